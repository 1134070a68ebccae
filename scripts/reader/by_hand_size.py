"""Letters read right by the size of the hand, as MediaPipe's joints tell it.

    python scripts/reader/by_hand_size.py default DATA multisigner100

`DATA/joints/<set>.npz` comes from `label_joints.py`. A hand's size is the longer side of the box around
its joints, as a share of the picture's longer side.
"""

import argparse
from itertools import pairwise
from pathlib import Path

import numpy as np
from rich.progress import track

from fingerspell import load_reader
from fingerspell.core.alphabet import CLASSES, LETTERS, parse_class
from fingerspell.evaluation.metrics import Share
from fingerspell.pictures.still import read_picture
from joints import load_hands

EDGES = (0.0, 0.25, 0.35, 0.45, 0.6, 1.5)  # shares


def main() -> None:
    """Parse the command line, read, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("data", type=Path)
    parser.add_argument("set")
    args = parser.parse_args()
    classifier = load_reader(args.model).classifier
    hands = load_hands(args.data, args.set)
    sizes = np.where(hands.found, np.ptp(hands.joints, axis=1).max(1) / hands.size_wh.max(1), np.nan)
    truths = np.array([parse_class(path.split("/")[0]) for path in hands.paths])
    right = np.zeros(len(truths), bool)
    for i, path in enumerate(track(hands.paths, "reading", transient=True)):
        [seen] = classifier.classify(read_picture(args.data / args.set / path)[None])
        right[i] = CLASSES[int(seen.probabilities.argmax())] == truths[i]
    letters = np.isin(truths, LETTERS)
    groups = {f"{a:.2f} to {b:.2f}": (sizes >= a) & (sizes < b) for a, b in pairwise(EDGES)}
    groups["no hand found"] = np.isnan(sizes)
    print("| size of the hand | n | right (95 %) |\n|---|---|---|")
    for name, group in groups.items():
        members = right[group & letters]
        if len(members):
            print(f"| {name} | {len(members):,} | {Share.of(int(members.sum()), len(members))} |")


if __name__ == "__main__":
    main()
