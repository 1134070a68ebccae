"""Label training pictures with the 21 joints of the hand, for the reader to learn from.

MediaPipe Hands 0.10.21 is the teacher. It forbids NumPy 2, so it runs in an environment of its own:

    uv run --no-project --isolated --python 3.11 --with mediapipe==0.10.21 \
        tools/hand_data/label_joints.py DATA [--out DATA/joints]

DATA holds the sets as folders (`DATA/<set>/<CLASS>/<picture>`). One `<set>.npz` a set is written:
`paths` (relative to the set), `size_wh` (int32, [N, 2]), `joints` (float32, [N, 2, 21, 2], x and y as
fractions of the picture's width and height; the second hand's row is for pictures with two) and
`found` (float32, [N, 2], MediaPipe's handedness score, 0 where no hand was found). A set that is
already labelled is left as it is, so the script can be stopped and started again.
"""

import argparse
import functools
import multiprocessing
import os
from pathlib import Path

import cv2
import numpy as np
from mediapipe.python.solutions.hands import Hands

TRAINING_SETS = (
    "aslalphabets",
    "roboflow_letters",
    "massey",
    "t32",
    "meyyappan",
    "kaggle64",
    "digits218",
    "rps_webcam",
    "upper_bodies",
    "people",
)
MIN_SIDE_PX = 256  # smaller pictures are enlarged first: MediaPipe's palm detector sees 192 px
# A palm that fills the frame, or a dark one, is missed at first; these second looks find most of them.
PAD_FRACTIONS = (0.0, 0.35)
PICTURE_SUFFIXES = {".jpg", ".jpeg", ".png"}


@functools.cache
def hand_finder() -> Hands:
    """MediaPipe's model, loaded once a process."""
    return Hands(static_image_mode=True, max_num_hands=2, min_detection_confidence=0.3)


def find_joints(bgr: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Joints [2, 21, 2] as fractions of the picture, and scores [2], of up to two hands."""
    joints, scores = np.zeros((2, 21, 2), np.float32), np.zeros(2, np.float32)
    scale = max(1.0, MIN_SIDE_PX / min(bgr.shape[:2]))
    picture = cv2.resize(bgr, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
    for pad_fraction in PAD_FRACTIONS:
        pad = round(pad_fraction * max(picture.shape[:2]))
        height, width = picture.shape[:2]
        padded = cv2.copyMakeBorder(picture, pad, pad, pad, pad, cv2.BORDER_REPLICATE)
        result = hand_finder().process(cv2.cvtColor(padded, cv2.COLOR_BGR2RGB))
        if not result.multi_hand_landmarks:
            continue
        for i, (hand, side) in enumerate(
            zip(result.multi_hand_landmarks, result.multi_handedness, strict=True)
        ):
            xy = np.array([(p.x, p.y) for p in hand.landmark], np.float32)
            joints[i] = (xy * (width + 2 * pad, height + 2 * pad) - pad) / (width, height)
            scores[i] = side.classification[0].score
        break
    return joints, scores


def label_picture(path: str) -> tuple[tuple[int, int], np.ndarray, np.ndarray]:
    """Size (width, height), joints and scores of one picture."""
    bgr = cv2.imread(path)
    if bgr is None:
        raise ValueError(f"{path} cannot be decoded; delete it or fetch the set again.")
    return (bgr.shape[1], bgr.shape[0]), *find_joints(bgr)


def main() -> None:
    """Parse the command line and label set after set."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--out", type=Path, help="folder of the .npz files (default: DATA/joints)")
    parser.add_argument("--sets", default=",".join(TRAINING_SETS))
    args = parser.parse_args()
    out = args.out or args.data / "joints"
    out.mkdir(parents=True, exist_ok=True)
    with multiprocessing.get_context("spawn").Pool(os.cpu_count()) as pool:
        for name in args.sets.split(","):
            target = out / f"{name}.npz"
            if target.exists():
                continue
            root = args.data / name
            paths = sorted(p for p in root.rglob("*") if p.suffix.lower() in PICTURE_SUFFIXES)
            results = pool.map(label_picture, [str(p) for p in paths], chunksize=16)
            sizes, joints, found = zip(*results, strict=True)
            unfinished = target.with_suffix(".part.npz")
            np.savez_compressed(
                unfinished,
                paths=[p.relative_to(root).as_posix() for p in paths],
                size_wh=np.array(sizes, np.int32),
                joints=np.stack(joints),
                found=np.stack(found),
            )
            unfinished.replace(target)
            share = (np.stack(found)[:, 0] > 0).mean()
            print(f"{name}: {len(paths)} pictures, a hand found in {share:.1%}", flush=True)


if __name__ == "__main__":
    main()
