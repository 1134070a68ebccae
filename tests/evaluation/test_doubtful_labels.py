"""Labels that a model contradicts, against a case worked by hand."""

from pathlib import Path

import numpy as np
import pytest

from fingerspell.core.alphabet import CLASSES
from fingerspell.data.groups import People
from fingerspell.data.index import Index, Picture
from fingerspell.evaluation.doubtful_labels import doubtful_labels
from fingerspell.evaluation.pictures import Pictures, Protocol
from fingerspell.evaluation.predict import Predictions


def test_a_case_by_hand():
    rows = [  # person, letter, read as, how surely
        *[("ann", "D", "Z", 0.85)] * 4,
        ("ann", "D", "Z", 0.95),
        *[("ann", "A", "A", 0.9)] * 3,
        *[("bob", "T", "N", 0.9)] * 2,
        ("bob", "T", "T", 0.9),
        *[("bob", "M", "N", 0.7)] * 5,  # not sure
        ("cyd", "S", "E", 0.9),  # one of three
        *[("cyd", "S", "S", 0.9)] * 2,
        *[("cyd", "J", "I", 0.9)] * 5,  # a J begins as I
    ]
    index = Index(Path("s"), tuple(Picture(f"{n}.jpg", row[1], row[0]) for n, row in enumerate(rows)))
    probabilities = np.full((len(rows), len(CLASSES)), 0.001, np.float32)
    for n, (_, _, read_as, sure) in enumerate(rows):
        probabilities[n, CLASSES.index(read_as)] = sure
    pictures = Pictures("s", Protocol.STRANGERS, index, people=People())
    first, second = doubtful_labels(pictures, Predictions.of(pictures.labels, probabilities))
    assert (first.person, first.letter, first.read_as) == ("ann", "D", "Z")
    assert (first.images, first.of) == (5, 5)
    assert first.probability == pytest.approx((4 * 0.85 + 0.95) / 5, abs=1e-3)
    assert first.places.tolist() == [4, 0, 1, 2, 3]
    assert (second.person, second.letter, second.images, second.of) == ("bob", "T", 2, 3)
