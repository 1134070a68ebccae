"""The report by class is scikit-learn's."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import classification_report

from fingerspell.core.alphabet import CLASSES
from fingerspell.evaluation.classification import report_rows
from fingerspell.evaluation.counts import Counts

from .conftest import draw_predictions


@given(st.integers(0, 10_000), st.integers(2, 29))
def test_rows_are_those_of_scikit_learn(seed, classes):
    """Which is given every image, where ours has counts alone."""
    drawn = draw_predictions(200, seed, classes)
    held = sorted(set(drawn.labels.tolist()))
    report = classification_report(
        drawn.labels,
        drawn.predicted,
        labels=held,
        target_names=[CLASSES[place] for place in held],
        output_dict=True,
        zero_division=0.0,
    )
    rows = {row.name: row for row in report_rows(drawn.counts)}
    assert list(rows) == [*(CLASSES[place] for place in held), "accuracy", "macro avg", "weighted avg"]
    for name in (*(CLASSES[place] for place in held), "macro avg", "weighted avg"):
        ours, theirs = rows[name], report[name]
        figures = (ours.precision, ours.recall, ours.f1, ours.support)
        names = ("precision", "recall", "f1-score", "support")
        assert figures == pytest.approx([theirs[each] for each in names])
    right = float((drawn.labels == drawn.predicted).mean())
    assert (rows["accuracy"].f1, rows["accuracy"].support) == (pytest.approx(right), 200)


def test_no_images_give_no_rows():
    assert report_rows(Counts.none()) == ()
