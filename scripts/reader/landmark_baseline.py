"""The yardstick: MediaPipe's joints and a small network, on the sets the reader is judged on.

    python scripts/reader/landmark_baseline.py DATA --judge multisigner100,aslalphabets_test

`DATA/joints/<set>.npz` holds the joints of the training sets and of those to judge, all made by
`label_joints.py` (`--sets`). The network is scikit-learn's, of two hidden layers; it learns from
every joint found in the lettered training sets, each hand and its mirror image. Then each of these
sets is left out in turn and judged by a network that learned from the others. Where MediaPipe finds no
hand, the answer is `nothing`; predictions range over all 29 classes.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.progress import track
from sklearn.neural_network import MLPClassifier

from fingerspell.core.alphabet import CLASSES, LETTERS, NOTHING, parse_class
from joints import load_hands
from samples import SOURCES

LETTERED = [name for name, source in SOURCES.items() if source.classes is None and not source.empty]


class Labelled:
    """Joints [N, 42] of a set, with mean 0 and size 1; whether a hand was found; labels [N]."""

    def __init__(self, data: Path, name: str) -> None:
        hands = load_hands(data, name)
        classes = [parse_class(path.split("/")[0]) for path in hands.paths]
        chosen = hands.joints - hands.joints.mean(1, keepdims=True)
        size = np.sqrt(np.square(chosen).sum(2).mean(1))[:, None, None]
        self.features = (chosen / np.maximum(size, 1e-6)).reshape(len(chosen), 42).astype(np.float32)
        self.found = hands.found
        self.labels = np.array([CLASSES.index(each) for each in classes])
        self.letters = np.array([each in LETTERS for each in classes])


def fit(sets: Sequence[Labelled]) -> MLPClassifier:
    """A network that learned from the hands found in `sets`, and from their mirror images."""
    features = np.concatenate([each.features[each.found] for each in sets])
    labels = np.concatenate([each.labels[each.found] for each in sets])
    mirrored = features * np.tile(np.array([-1, 1], np.float32), 21)
    network = MLPClassifier((256, 128), alpha=1e-3, early_stopping=True, random_state=0)
    return network.fit(np.concatenate([features, mirrored]), np.concatenate([labels, labels]))


def answers(network: MLPClassifier, of: Labelled) -> NDArray[np.int64]:
    """Class of each picture [N]; `nothing` where no hand was found."""
    seen: NDArray[np.int64] = network.predict(of.features)
    return np.where(of.found, seen, CLASSES.index(NOTHING))


def report(name: str, network: MLPClassifier, of: Labelled) -> None:
    """Print a line on the letters of a set."""
    right = (answers(network, of) == of.labels)[of.letters]
    found = of.found[of.letters]
    print(
        f"{name:<20} n {len(right):>6,}  letters right {right.mean():6.1%}  hand found "
        f"{found.mean():6.1%}  right where found {right[found].mean():6.1%}",
        flush=True,
    )


def main() -> None:
    """Parse the command line, fit and judge."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--judge", default="multisigner100,aslalphabets_test,kaggle64_test")
    args = parser.parse_args()
    sets = {name: Labelled(args.data, name) for name in LETTERED}
    network = fit(list(sets.values()))
    for name in args.judge.split(","):
        report(name, network, Labelled(args.data, name))
    for name in track(LETTERED, "leaving one set out", transient=True):
        others = [each for other, each in sets.items() if other != name]
        report(f"without {name}", fit(others), sets[name])


if __name__ == "__main__":
    main()
