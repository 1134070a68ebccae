"""Labels that a model contradicts: all of a person's images of a letter surely read as another.

Where a model that never learned from a person is sure of another letter in most of that person's images
of one, the label may be wrong, or the person signs a form that the model does not know. Only looking at
the images tells which.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fingerspell.evaluation.pictures import Pictures
from fingerspell.evaluation.predict import Predictions

SURE = 0.8  # probability of the other class from which an image counts
MOST = 0.5  # share of a person's images of a letter that must count
_BEGINNINGS = frozenset({("J", "I"), ("Z", "D")})  # a still of a motion shows the letter it begins as


def is_beginning(label: str, read: str) -> bool:
    """Whether a still of the one may well look like the other: J begins as I, and Z as D."""
    return (label, read) in _BEGINNINGS


@dataclass(frozen=True)
class DoubtfulLabel:
    """One person's images of one letter that are read as another.

    Attributes:
        person: who.
        letter: the label.
        read_as: what the model is sure of instead.
        images: how many it is sure of.
        of: images of that person and letter.
        probability: mean over these images of the probability of `read_as`.
        places: of these images among all, the surest first, [images].
    """

    person: str
    letter: str
    read_as: str
    images: int
    of: int
    probability: float
    places: NDArray[np.int64]


def doubtful_labels(pictures: Pictures, predictions: Predictions) -> list[DoubtfulLabel]:
    """The labels most worth a look first: by the share of images, then by probability.

    Args:
        pictures: whose groups are people.
        predictions: of a model that did not learn from them.
    """
    found = _doubtful(pictures.groups, predictions)
    return sorted(found, key=lambda d: (-d.images / d.of, -d.probability, d.person, d.letter))


def _doubtful(persons: NDArray[np.str_], predictions: Predictions) -> Iterator[DoubtfulLabel]:
    confidence = predictions.confidence
    sure = ~predictions.right & (confidence >= SURE)
    _, who = np.unique(persons, return_inverse=True)
    classes = predictions.alphabet.classes
    keys = who * len(classes) + predictions.labels
    for key in np.unique(keys[sure]).tolist():
        of = np.flatnonzero(keys == key)
        places = of[sure[of]]
        read_as = int(np.bincount(predictions.predicted[places]).argmax())
        places = places[predictions.predicted[places] == read_as]
        letter, other = classes[key % len(classes)], classes[read_as]
        if len(places) >= MOST * len(of) and not is_beginning(letter, other):
            yield DoubtfulLabel(
                str(persons[places[0]]),
                letter,
                other,
                len(places),
                len(of),
                float(confidence[places].mean()),
                places[np.argsort(-confidence[places], kind="stable")],
            )
