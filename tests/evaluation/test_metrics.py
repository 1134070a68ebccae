"""Figures agree with scikit-learn and torchmetrics, and with what was worked out by hand."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torchmetrics.functional.classification import (
    multiclass_accuracy,
    multiclass_auroc,
    multiclass_average_precision,
    multiclass_f1_score,
    multilabel_confusion_matrix,
)

from fingerspell.core.alphabet import CLASSES
from fingerspell.evaluation.counts import Counts
from fingerspell.evaluation.metrics import (
    CURVE_POINTS,
    Share,
    confusions_of,
    counts_by_group,
    curves_of,
    metrics_of,
    spread_of,
)
from fingerspell.evaluation.predict import Predictions

from .conftest import draw_predictions, report_of_scikit_learn


@given(st.integers(0, 10_000), st.integers(2, 29))
def test_they_agree_with_scikit_learns_report(seed, classes):
    drawn = draw_predictions(300, seed, classes)
    metrics = metrics_of(drawn.counts)
    held, report = report_of_scikit_learn(drawn, zero_division=np.nan)
    for name in held:
        ours = metrics.per_class[name]
        assert ours.support == report[name]["support"]
        for key, value in (
            ("precision", ours.precision),
            ("recall", ours.recall),
            ("f1-score", ours.f1),
        ):
            assert value == pytest.approx(report[name][key], nan_ok=True)
    assert metrics.macro_f1 == pytest.approx(report["macro avg"]["f1-score"])
    assert metrics.weighted_f1 == pytest.approx(report["weighted avg"]["f1-score"])
    assert metrics.accuracy.value == np.mean(drawn.labels == drawn.predicted)


def test_they_agree_with_torchmetrics(predictions):
    metrics = metrics_of(predictions.counts)
    predicted, labels = torch.from_numpy(predictions.predicted), torch.from_numpy(predictions.labels)
    n = len(CLASSES)
    accuracy = multiclass_accuracy(predicted, labels, n, average="micro")
    assert metrics.accuracy.value == pytest.approx(accuracy.item())
    f1 = multiclass_f1_score(predicted, labels, n, average="none")
    assert [each.f1 for each in metrics.per_class.values()] == pytest.approx(f1.tolist())
    one_hot = torch.nn.functional.one_hot
    tables = multilabel_confusion_matrix(one_hot(predicted, n), one_hot(labels, n), n)
    for table, ours in zip(tables, metrics.per_class.values(), strict=True):
        expected = [
            [ours.true_negatives, ours.false_positives],
            [ours.false_negatives, ours.true_positives],
        ]
        assert table.tolist() == expected


def test_areas_agree_with_torchmetrics(predictions):
    curves = curves_of(predictions)
    probabilities = torch.from_numpy(predictions.probabilities.astype(np.float32))
    labels = torch.from_numpy(predictions.labels)
    precision = multiclass_average_precision(probabilities, labels, len(CLASSES), average="none")
    area = multiclass_auroc(probabilities, labels, len(CLASSES), average="none")
    assert list(curves) == list(CLASSES)
    ours = [curve.average_precision for curve in curves.values()]
    assert ours == pytest.approx(precision.tolist(), abs=1e-5)
    assert [curve.roc_area for curve in curves.values()] == pytest.approx(area.tolist(), abs=1e-5)


def test_curves_are_thinned_but_keep_their_ends():
    curve = curves_of(draw_predictions(5000, classes=2, skill=0.5))["A"]
    assert len(curve.recall) <= CURVE_POINTS
    assert len(curve.false_positive_rate) <= CURVE_POINTS
    assert (curve.recall[0], curve.recall[-1]) == (1, 0)
    assert (curve.false_positive_rate[0], curve.true_positive_rate[-1]) == (0, 1)


def test_thresholds_are_the_best_of_all():
    """Reference: every probability tried in turn."""
    drawn = draw_predictions(300, seed=3, skill=1.0)
    for name, curve in list(curves_of(drawn).items())[:5]:
        truth = drawn.labels == CLASSES.index(name)
        score = drawn.probabilities[:, CLASSES.index(name)].astype(np.float32)
        tried = [(truth & (score >= cut), score >= cut) for cut in np.unique(score)]
        f1s = [2 * right.sum() / (taken.sum() + truth.sum()) for right, taken in tried]
        gains = [
            right.sum() / truth.sum() - (taken & ~truth).sum() / (~truth).sum()
            for right, taken in tried
        ]
        best = curve.by_f1
        f1 = 2 * best.precision * best.recall / (best.precision + best.recall)
        assert f1 == pytest.approx(max(f1s))
        youden = curve.by_youden.recall - curve.by_youden.false_positive_rate
        assert youden == pytest.approx(max(gains))
        taken = score >= best.probability
        assert best.precision == pytest.approx(truth[taken].mean())


def test_thresholds_worked_by_hand():
    """A at 0.9, 0.8 and 0.3; others at 0.5 and 0.1: from 0.8 on, 2 of 2 are A, and 2 of 3 are read."""
    score = np.array([0.9, 0.8, 0.3, 0.5, 0.1], np.float32)
    probabilities = np.zeros((5, len(CLASSES)), np.float32)
    probabilities[:, 0], probabilities[:, 1] = score, 1 - score
    curve = curves_of(Predictions.of(np.array([0, 0, 0, 1, 1]), probabilities))["A"]
    assert curve.by_youden.probability == pytest.approx(0.8, abs=1e-3)
    assert (curve.by_youden.recall, curve.by_youden.false_positive_rate) == (pytest.approx(2 / 3), 0)
    assert curve.by_f1.probability == pytest.approx(0.3, abs=1e-3)  # F1 6/7; from 0.8 on it is 4/5
    assert (curve.by_f1.precision, curve.by_f1.recall) == (0.75, 1.0)


def test_there_is_no_curve_of_a_class_without_pictures_or_without_others():
    assert set(curves_of(draw_predictions(50, classes=3))) == {"A", "B", "C"}
    assert curves_of(draw_predictions(50, classes=1)) == {}


@given(st.integers(0, 500), st.integers(0, 500))
def test_the_interval_is_wilsons(right, wrong):
    n = right + wrong
    share = Share.of(right, n)
    if not n:
        assert math.isnan(share.value)
        return
    z = 1.959963984540054
    middle = (right + z * z / 2) / (n + z * z)
    half = z / (n + z * z) * math.sqrt(right * wrong / n + z * z / 4)
    assert (share.low, share.high) == pytest.approx((middle - half, middle + half), abs=1e-9)
    assert share.low <= share.value <= share.high


def test_worked_by_hand():
    confusion = np.zeros((29, 29), np.int64)
    a, b, nothing = CLASSES.index("A"), CLASSES.index("B"), CLASSES.index("nothing")
    confusion[a, a], confusion[a, b], confusion[a, nothing], confusion[b, b] = 6, 3, 1, 10
    metrics = metrics_of(Counts(confusion, np.array([16, 4] + [0] * 27)))
    assert metrics.accuracy.value == 16 / 20
    assert metrics.per_class["A"].recall == 0.6
    assert metrics.per_class["A"].precision == 1
    assert metrics.per_class["B"].precision == 10 / 13
    assert metrics.macro_f1 == pytest.approx((2 * 0.6 / 1.6 + 2 * (10 / 13) / (1 + 10 / 13)) / 2)
    assert metrics.per_class["nothing"].false_positives == 1
    assert math.isnan(metrics.per_class["nothing"].recall)
    assert [
        (c.truth, c.predicted, c.n, c.rate) for c in confusions_of(Counts(confusion, confusion[0]))
    ] == [
        ("A", "B", 3, 0.3),
        ("A", "nothing", 1, 0.1),
    ]


def test_sources_add_up(predictions):
    groups = np.array(["x", "y", "z", "x"] * 100)
    parts = counts_by_group(predictions, groups)
    assert {name: part.n for name, part in parts.items()} == {"x": 200, "y": 100, "z": 100}
    together = sum(parts.values(), Counts.none())
    np.testing.assert_array_equal(together.confusion, predictions.counts.confusion)


def test_the_spread_over_sources_counts_each_the_same():
    shares = [Share.of(9, 10), Share.of(500, 1000)]
    assert spread_of(shares) == pytest.approx((0.7, math.sqrt(0.08)))
    assert spread_of(shares[:1]) == (0.9, 0)
