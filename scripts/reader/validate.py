"""Measure a model file on sets it was not trained on, as they are and mirrored.

    python scripts/reader/validate.py MODEL DATA aslalphabets_test kaggle64_test multisigner100

MODEL is `default` (the bundled one) or a file. Prints one row a set: pictures, accuracy over all
classes, over the letters alone (with the 95 % Wilson interval), and over the letters mirrored.
Predictions range over all 29 classes, also where a set holds fewer.
"""

import argparse
import math
import random
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.progress import track

from fingerspell import load_reader
from fingerspell.core.alphabet import CLASSES, LETTERS, parse_class
from fingerspell.runtime.media.pictures import PICTURE_SUFFIXES, read_picture

Classify = Callable[[NDArray[np.uint8]], int]


def accuracy(classify: Classify, paths: Sequence[Path], mirrored: bool = False) -> tuple[float, float]:
    """Share right over all classes, and over the letters; each picture's folder is its class."""
    right: list[bool] = []
    letters: list[bool] = []
    for path in paths:
        pixels = read_picture(path)
        truth = parse_class(path.parent.name)
        guess = classify(np.ascontiguousarray(pixels[:, ::-1]) if mirrored else pixels)
        right.append(CLASSES[guess] == truth)
        letters.append(truth in LETTERS)
    return float(np.mean(right)), float(np.mean(np.array(right)[letters]))


def pictures_of(folder: Path, limit: int | None = None) -> list[Path]:
    """The pictures of an ImageFolder, or `limit` of them drawn by a fixed seed."""
    paths = sorted(p for p in folder.rglob("*") if p.suffix.lower() in PICTURE_SUFFIXES)
    if limit is not None and limit < len(paths):
        paths = random.Random(0).sample(paths, limit)  # noqa: S311
    return paths


def wilson_interval(share: float, n: int) -> tuple[float, float]:
    """The 95 % interval of a share of n (Wilson, 1927)."""
    z = 1.96
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return middle - half, middle + half


def main() -> None:
    """Parse the command line and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("data", type=Path)
    parser.add_argument("sets", nargs="+")
    args = parser.parse_args()
    classifier = load_reader(args.model).classifier

    def classify(pixels: NDArray[np.uint8]) -> int:
        return int(classifier.classify(pixels[None])[0].probabilities.argmax())

    print("| set | n | all classes | letters (95 % interval) | letters, mirrored |")
    print("|---|---|---|---|---|")
    for name in args.sets:
        paths = pictures_of(args.data / name)
        overall, letters = accuracy(classify, list(track(paths, name, transient=True)))
        mirrored = accuracy(classify, paths, mirrored=True)[1]
        n_letters = sum(parse_class(path.parent.name) in LETTERS for path in paths)
        low, high = wilson_interval(letters, n_letters)
        print(
            f"| `{name}` | {len(paths)} | {overall:.1%} | "
            f"{letters:.1%} ({low:.1%} to {high:.1%}) | {mirrored:.1%} |"
        )


if __name__ == "__main__":
    main()
