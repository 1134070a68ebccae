"""Calibration, worked out by hand and by torchmetrics."""

import numpy as np
import pytest
import torch
from torchmetrics.functional.classification import multiclass_calibration_error

from fingerspell.evaluation.calibration import BINS, calibration_of
from fingerspell.evaluation.predict import Predictions

from .conftest import draw_predictions


def sure_of(confidence: float, right: int, wrong: int) -> tuple[np.ndarray, np.ndarray]:
    """A model that says A with one confidence; some pictures are A, the others B."""
    probabilities = np.full((right + wrong, 29), (1 - confidence) / 28, np.float32)
    probabilities[:, 0] = confidence
    said = Predictions.of(np.array([0] * right + [1] * wrong), probabilities)
    return said.confidence, said.right


def test_a_model_that_is_right_as_often_as_it_says_has_no_error():
    assert calibration_of(*sure_of(0.75, 75, 25)).error == pytest.approx(0, abs=1e-3)


def test_a_model_that_is_too_sure():
    calibration = calibration_of(*sure_of(0.9, 60, 40))
    assert calibration.error == pytest.approx(0.3, abs=1e-3)
    assert calibration.confidence.tolist() == pytest.approx([0.9], abs=1e-3)
    assert calibration.accuracy.tolist() == pytest.approx([0.6])
    assert calibration.n_right.sum() == 60
    assert calibration.n_wrong[17:19].sum() == 40  # 0.90, about as it is stored


@pytest.mark.parametrize("skill", [0, 1, 3, 6])
def test_the_error_agrees_with_torchmetrics(skill):
    drawn = draw_predictions(2000, skill=skill)
    expected = multiclass_calibration_error(
        torch.from_numpy(drawn.probabilities.astype(np.float32)),
        torch.from_numpy(drawn.labels),
        num_classes=29,
        n_bins=BINS,
    )
    assert calibration_of(drawn.confidence, drawn.right).error == pytest.approx(
        expected.item(), abs=1e-4
    )
