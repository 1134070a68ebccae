"""Images that two models read unlike, by hand."""

import re
from types import SimpleNamespace

import numpy as np
import pytest

from fingerspell.core.alphabet import CLASSES
from fingerspell.evaluation.changes import pairings
from fingerspell.evaluation.evaluate import Evaluation, SetEvaluation
from fingerspell.evaluation.predict import Predictions
from fingerspell.evaluation.report.changed import changed


def evaluation_of(pictures, name, read):
    """A model that reads A with 0.5 everywhere, but for images by place: class and probability."""
    probabilities = np.full((len(pictures), len(CLASSES)), 0.5 / 28, np.float32)
    probabilities[:, 0] = 0.5
    for place, (label, probability) in read.items():
        probabilities[place] = (1 - probability) / 28
        probabilities[place, CLASSES.index(label)] = probability
    on_set = SetEvaluation(pictures, Predictions.of(pictures.labels, probabilities))
    return Evaluation(SimpleNamespace(name=name, model=name), (on_set,))


@pytest.fixture
def pair(stills):
    """Images 2, 3 are of B, 4, 5 of C: the second model reads 2 and 3 rightly, and 4 as D."""
    first = evaluation_of(stills, "one", {4: ("C", 0.9)})
    second = evaluation_of(stills, "two", {2: ("B", 0.6), 3: ("B", 0.9), 4: ("D", 0.7), 5: ("E", 0.8)})
    return first, second


def test_images_by_who_is_right_the_surest_first(stills, pair):
    assert [CLASSES[label] for label in stills.labels[:6]] == list("AABBCC")
    [found] = pairings(pair)
    assert (found.first, found.second, found.data) == ("one", "two", "samples")
    assert [
        (each.place, each.label, each.first[0], each.second[0]) for each in found.changed(False)
    ] == [
        (3, "B", "A", "B"),
        (2, "B", "A", "B"),
    ]
    [only_first] = found.changed(True)
    assert (only_first.place, only_first.first[0], only_first.second[0]) == (4, "C", "D")
    assert only_first.second[1] == pytest.approx(0.7, abs=1e-3)
    [neither] = found.changed(None)
    assert (neither.place, neither.first[0], neither.second[0]) == (5, "A", "E")
    assert (found.comparison.only_first, found.comparison.only_second) == (1, 2)


def test_they_are_shown_with_both_readings(pair):
    text = changed(pair)
    assert "What changed: one and two on samples" in text
    assert re.findall(r"<h3>([^<]*)</h3>", text) == [
        "Only one is right: 1 image",
        "Only two is right: 2 images",
        "Both are wrong, each in its way: 1 image",
    ]
    assert len(re.findall(r"<img ", text)) == 4
    assert "B: A / B" in text
    assert "A 50%, B 90%" in text


def test_nothing_is_shown_of_models_that_agree(pair):
    assert changed([pair[0], pair[0]]) == ""
