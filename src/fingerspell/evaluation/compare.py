"""Whether one model is better than another, or was lucky: paired tests on the same images."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest

RESAMPLES = 9999


@dataclass(frozen=True)
class Comparison:
    """Two models on the same images.

    Attributes:
        n: images.
        only_first: images that the first model alone told.
        only_second: images that the second model alone told.
        difference: accuracy of the first less that of the second.
        low: of the 95 % interval of the difference, by a bootstrap of images.
        high: likewise.
        p_value: of McNemar's exact test that both err equally often.
    """

    n: int
    only_first: int
    only_second: int
    difference: float
    low: float
    high: float
    p_value: float


def compare(first: NDArray[np.bool_], second: NDArray[np.bool_], seed: int = 0) -> Comparison:
    """Compare which images two models told, [N] each.

    An image's difference is -1, 0 or 1, so a resample of images is a draw of three counts, and a
    bootstrap of any number of images takes no time.
    """
    n = len(first)
    only_first, only_second = int(np.sum(first & ~second)), int(np.sum(second & ~first))
    apart = only_first + only_second
    shares = np.array([only_first, only_second, n - apart]) / n
    drawn = np.random.default_rng(seed).multinomial(n, shares, RESAMPLES)
    low, high = np.percentile((drawn[:, 0] - drawn[:, 1]) / n, [2.5, 97.5])
    p_value = binomtest(only_first, apart).pvalue if apart else 1.0
    difference = (only_first - only_second) / n
    return Comparison(n, only_first, only_second, difference, float(low), float(high), float(p_value))
