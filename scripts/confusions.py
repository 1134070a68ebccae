"""Count what a model takes for what, for spelling correction.

    python scripts/confusions.py default DATA aslalphabets_test kaggle64_test \
        -o src/fingerspell/assets/confusions.json

The sets must be ones the model was not trained on, and not the ones it is judged on. Counts are of
letters only: one taken for `del`, `nothing` or `space` is no letter that could be corrected.
"""

import argparse
import json
import random
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.progress import track

from fingerspell import load_reader
from fingerspell.core.alphabet import LETTERS, parse_class
from fingerspell.core.types import FrameClassifier
from fingerspell.files import write_atomically
from fingerspell.pictures.formats import is_named_as_picture
from fingerspell.pictures.still import read_picture


def count(classifier: FrameClassifier, paths: list[Path]) -> NDArray[np.int64]:
    """How often a letter (row) was seen as another (column): int64 [26, 26], in the order A to Z."""
    counts = np.zeros((len(LETTERS), len(LETTERS)), np.int64)
    for path in track(paths, "counting", transient=True):
        meant = parse_class(path.parent.name)
        if meant in LETTERS:
            seen = int(classifier.classify(read_picture(path)[None])[0].probabilities.argmax())
            if seen < len(LETTERS):
                counts[LETTERS.index(meant), seen] += 1
    return counts


def pictures_of(folder: Path, limit: int) -> list[Path]:
    """The images of a folder, or `limit` of them drawn by a fixed seed."""
    paths = sorted(path for path in folder.rglob("*") if is_named_as_picture(path))
    return random.Random(0).sample(paths, limit) if limit < len(paths) else paths  # noqa: S311


def main() -> None:
    """Parse the command line, count, and write the file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("data", type=Path)
    parser.add_argument("sets", nargs="+")
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--per-set", type=int, default=1000, help="images of each set, at most")
    args = parser.parse_args()
    classifier = load_reader(args.model).classifier
    paths = [path for name in args.sets for path in pictures_of(args.data / name, args.per_set)]
    counts = count(classifier, paths)
    document = {
        "model": classifier.name,
        "sets": args.sets,
        "pictures": int(counts.sum()),
        "letters": LETTERS,
        "counts": counts.tolist(),
    }
    text = json.dumps(document).replace("], [", "],\n [")
    write_atomically(args.output, f"{text}\n".encode())
    print(f"wrote {args.output}: {counts.sum()} letters, {np.trace(counts) / counts.sum():.1%} right")


if __name__ == "__main__":
    main()
