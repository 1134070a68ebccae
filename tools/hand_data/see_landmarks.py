"""The landmarks that a reader sees in pictures, for `letter_forms.py`.

    python tools/hand_data/see_landmarks.py DATA [--sets people,roboflow_letters] [--model default]

DATA holds the sets as folders (`DATA/<set>/<CLASS>/<picture>`). One `DATA/seen/<set>.npz` a set is
written: `paths` (relative to the set), `joints` (float32 [N, 21, 2], in heights of the picture), `hand`
(float32 [N], the probability of one) and `read` (the class that is read). A set that is there already
is left as it is.
"""

import argparse
from pathlib import Path

import numpy as np
from rich.progress import track

from archives import write_archive
from fingerspell.core.alphabet import CLASSES
from fingerspell.core.sight import in_heights
from fingerspell.core.types import N_JOINTS
from fingerspell.pictures.still import read_picture
from fingerspell.runtime.onnx_classifier import OnnxClassifier
from fingerspell.training.hand_reader.sources import archive_path

SUFFIXES = {".jpg", ".jpeg", ".png"}
NO_HAND = np.full((N_JOINTS, 2), np.nan, np.float32)


def see(classifier: OnnxClassifier, path: Path) -> tuple[np.ndarray, float, str]:
    """Landmarks, probability of a hand, and the class of one picture."""
    pixels = read_picture(path)
    [seen] = classifier.classify(pixels[None])
    joints = in_heights(seen.joints, pixels)
    hand = 0.0 if seen.hand_probability is None else seen.hand_probability
    return NO_HAND if joints is None else joints, hand, CLASSES[int(seen.probabilities.argmax())]


def main() -> None:
    """Parse the command line and look at set after set."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--sets", default="people,roboflow_letters,t32,meyyappan")
    parser.add_argument("--model", help="a model file (default: the bundled one)")
    parser.add_argument("--made", default="seen", help="folder of the .npz files in DATA")
    parser.add_argument("--threads", type=int, default=0)
    args = parser.parse_args()
    classifier = OnnxClassifier(args.model, args.threads)
    (args.data / args.made).mkdir(exist_ok=True)
    for name in args.sets.split(","):
        target = archive_path(args.data, args.made, name)
        if target.exists():
            continue
        root = args.data / name
        paths = sorted(path for path in root.rglob("*") if path.suffix.lower() in SUFFIXES)
        joints, hand, read = zip(
            *(see(classifier, path) for path in track(paths, name, transient=True)), strict=True
        )
        write_archive(
            target,
            paths=[path.relative_to(root).as_posix() for path in paths],
            joints=np.stack(joints),
            hand=np.array(hand, np.float32),
            read=np.array(read),
        )
        print(
            f"{name}: {len(paths)} pictures, {np.mean(np.array(hand) >= 0.5):.1%} with a hand",
            flush=True,
        )


if __name__ == "__main__":
    main()
