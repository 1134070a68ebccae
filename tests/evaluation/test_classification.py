"""The report by class is scikit-learn's."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fingerspell.evaluation.classification import report_rows
from fingerspell.evaluation.counts import Counts

from .conftest import draw_predictions, report_of_scikit_learn


@given(st.integers(0, 10_000), st.integers(2, 29))
def test_rows_are_those_of_scikit_learn(seed, classes):
    """Which is given every image, where ours has counts alone."""
    drawn = draw_predictions(200, seed, classes)
    held, report = report_of_scikit_learn(drawn, zero_division=0.0)
    rows = {row.name: row for row in report_rows(drawn.counts)}
    assert list(rows) == [*held, "accuracy", "macro avg", "weighted avg"]
    for name in (*held, "macro avg", "weighted avg"):
        ours, theirs = rows[name], report[name]
        figures = (ours.precision, ours.recall, ours.f1, ours.support)
        names = ("precision", "recall", "f1-score", "support")
        assert figures == pytest.approx([theirs[each] for each in names])
    right = float((drawn.labels == drawn.predicted).mean())
    assert (rows["accuracy"].f1, rows["accuracy"].support) == (pytest.approx(right), 200)


def test_no_images_give_no_rows():
    assert report_rows(Counts.none()) == ()
