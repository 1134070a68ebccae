"""Whether a model is right as often as it says."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.calibration import calibration_curve

BINS = 15  # of equal width, as in Guo et al., 2017
HISTOGRAM_EDGES = np.linspace(0, 1, 21)


@dataclass(frozen=True)
class Calibration:
    """Confidence, the probability of the predicted class, against the share that is right.

    Attributes:
        error: expected calibration error: mean distance of the two over bins of confidence, weighted
            by images (Guo et al., "On Calibration of Modern Neural Networks", 2017).
        confidence: mean confidence of each bin that holds images, [B].
        accuracy: share of them that is right, [B].
        n_right: right images by confidence, in the bins of `HISTOGRAM_EDGES`, [20].
        n_wrong: wrong ones.
    """

    error: float
    confidence: NDArray[np.float64]
    accuracy: NDArray[np.float64]
    n_right: NDArray[np.int64]
    n_wrong: NDArray[np.int64]


def calibration_of(confidence: NDArray[np.floating], right: NDArray[np.bool_]) -> Calibration:
    """Measure the calibration of confidences [N], of which these [N] are right."""
    accuracy, mean_confidence = calibration_curve(right, confidence, n_bins=BINS)
    inner_edges = np.linspace(0, 1, BINS + 1)[1:-1]
    n = np.bincount(np.searchsorted(inner_edges, confidence))  # in the bins of scikit-learn
    error = np.average(np.abs(accuracy - mean_confidence), weights=n[n > 0])
    return Calibration(
        float(error),
        mean_confidence,
        accuracy,
        np.histogram(confidence[right], HISTOGRAM_EDGES)[0],
        np.histogram(confidence[~right], HISTOGRAM_EDGES)[0],
    )
