"""Cut the hands out of the training pictures, for the training to put before other backgrounds.

Needs OpenCV, which comes with what `label_joints.py` needs; run it after that script:

    uv run --no-project --isolated --python 3.11 --with mediapipe==0.10.21 \
        tools/hand_data/cut_out_hands.py DATA

For each `DATA/joints/<set>.npz` of N pictures, `DATA/hands/<set>.npz` holds `masks` (uint8,
[N, 2, 128, 16], rows of bits): the pixels of each of the two hands, in the picture shrunk to a longer
side of 128 and put at the top left of a square. They are found by GrabCut (Rother et al., 2004) around
the joints; where that finds something else, the joints drawn as thick as fingers stand in. And
`DATA/handless/<set>/` holds the pictures of people with their hands painted over (Telea, 2004):
backgrounds with faces and without hands. A set that is done is left as it is.
"""

import argparse
import functools
import multiprocessing
import os
from pathlib import Path

import cv2
import numpy as np

MASK_PX = 128
PERSON_PX = 256
SETS_OF_PEOPLE = ("rps_webcam", "upper_bodies", "meyyappan")
LARGEST_HAND = 0.3  # share of a picture that may be painted over
BLACK = 15  # `massey` shows hands on black
FINGERS = [(base + i, base + i + 1) for base in (1, 5, 9, 13, 17) for i in range(3)]
BONES = [*FINGERS, (0, 1), (0, 5), (5, 9), (9, 13), (13, 17), (0, 17)]
PALM = [0, 1, 5, 9, 13, 17]


def hand_size(joints: np.ndarray) -> float:
    """Length of the palm of joints [21, 2], in their unit, whichever way the hand faces."""
    length, width = np.linalg.norm(joints[0] - joints[9]), np.linalg.norm(joints[5] - joints[17])
    return float(max(length, 1.2 * width, 0.5 * np.ptp(joints, axis=0).max()))


def draw_hand(shape: tuple[int, ...], joints: np.ndarray, finger: float, arm: float) -> np.ndarray:
    """Mask uint8 [H, W] of a palm, fingers `finger` palms thick and `arm` palms of the arm."""
    size = hand_size(joints)
    mask = np.zeros(shape[:2], np.uint8)
    cv2.fillPoly(mask, [np.round(joints[PALM]).astype(int)], 1)
    along = (joints[0] - joints[9]) / (np.linalg.norm(joints[0] - joints[9]) + 1e-6)
    elbow = joints[0] + along * size * arm
    lines = [(joints[a], joints[b], finger) for a, b in BONES] + [(joints[0], elbow, 2 * finger)]
    for begin, end, thick in lines:
        ends = [tuple(int(v) for v in np.round(point)) for point in (begin, end)]
        cv2.line(mask, *ends, 1, max(1, round(thick * size)))
    return mask


def cut_out(bgr: np.ndarray, joints: np.ndarray) -> np.ndarray:
    """Mask uint8 [H, W] of the hand with `joints` [21, 2] in a picture [H, W, 3]."""
    drawn = draw_hand(bgr.shape, joints, 0.3, 0.9)
    if not drawn.any():
        return drawn
    mask = np.full(bgr.shape[:2], cv2.GC_BGD, np.uint8)
    mask[draw_hand(bgr.shape, joints, 0.62, 1.1) > 0] = cv2.GC_PR_BGD
    mask[drawn > 0] = cv2.GC_PR_FGD
    mask[draw_hand(bgr.shape, joints, 0.08, 0.0) > 0] = cv2.GC_FGD
    if np.isin(mask, (cv2.GC_BGD, cv2.GC_PR_BGD)).sum() < 30:  # too few to know the background by
        return drawn
    cv2.grabCut(bgr, mask, None, np.zeros((1, 65)), np.zeros((1, 65)), 2, cv2.GC_INIT_WITH_MASK)
    found = np.isin(mask, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.uint8)
    parts, part_of, facts, _ = cv2.connectedComponentsWithStats(found)
    if parts > 1:
        found = (part_of == 1 + facts[1:, cv2.CC_STAT_AREA].argmax()).astype(np.uint8)
    inside = ((joints >= 0) & (joints < bgr.shape[1::-1])).all(1)
    x, y = joints[inside].astype(int).T
    likely = 0.5 < found.sum() / drawn.sum() < 1.5 and found[y, x].mean() > 0.85
    return found if likely else drawn


@functools.cache
def open_set(data: Path, name: str) -> dict[str, np.ndarray]:
    """What `label_joints.py` wrote of a set, loaded once a process."""
    with np.load(data / "joints" / f"{name}.npz") as archive:
        return dict(archive)


def cut_picture(data: Path, name: str, i: int) -> np.ndarray:
    """Masks [2, 128, 16] of picture `i`; the same picture without its hands is written beside."""
    labelled = open_set(data, name)
    path, found = labelled["paths"][i], labelled["found"][i] > 0
    bgr = cv2.imread(str(data / name / path))
    small = shrunk(bgr, MASK_PX)
    masks = np.zeros((2, MASK_PX, MASK_PX), np.uint8)
    for hand in np.flatnonzero(found):
        joints = labelled["joints"][i, hand] * small.shape[1::-1]
        mask = small.max(2) > BLACK if name == "massey" else cut_out(small, joints)
        masks[hand, : len(mask), : mask.shape[1]] = mask
    if name in SETS_OF_PEOPLE and found.any():
        person = shrunk(bgr, PERSON_PX)
        hands = [
            draw_hand(person.shape, joints * person.shape[1::-1], 0.75, 0.3)
            for joints in labelled["joints"][i, found]
        ]
        if np.mean(painted := np.maximum.reduce(hands)) < LARGEST_HAND:
            target = data / "handless" / name / f"{path.replace('/', '_')}.jpg"
            cv2.imwrite(str(target), cv2.inpaint(person, painted, 5, cv2.INPAINT_TELEA))
    return np.packbits(masks, axis=2)


def shrunk(bgr: np.ndarray, longer_px: int) -> np.ndarray:
    """The picture with a longer side of `longer_px`."""
    scale = longer_px / max(bgr.shape[:2])
    height, width = (max(1, round(side * scale)) for side in bgr.shape[:2])
    return cv2.resize(bgr, (width, height), interpolation=cv2.INTER_AREA)


def main() -> None:
    """Parse the command line and cut set after set."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--sets", help="comma-separated (default: all that have joints)")
    args = parser.parse_args()
    every = sorted(path.stem for path in (args.data / "joints").glob("*.npz"))
    (args.data / "hands").mkdir(exist_ok=True)
    with multiprocessing.get_context("spawn").Pool(os.cpu_count()) as pool:
        for name in args.sets.split(",") if args.sets else every:
            target = args.data / "hands" / f"{name}.npz"
            if target.exists():
                continue
            if name in SETS_OF_PEOPLE:
                (args.data / "handless" / name).mkdir(parents=True, exist_ok=True)
            jobs = [(args.data, name, i) for i in range(len(open_set(args.data, name)["paths"]))]
            masks = pool.starmap(cut_picture, jobs, chunksize=16)
            unfinished = target.with_suffix(".part.npz")
            np.savez_compressed(unfinished, masks=np.stack(masks))
            unfinished.replace(target)
            print(f"{name}: {len(masks)} pictures cut out", flush=True)


if __name__ == "__main__":
    main()
