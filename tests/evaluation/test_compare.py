"""Paired tests agree with sums by hand and with SciPy's bootstrap."""

from math import comb

import numpy as np
import pytest
from scipy.stats import bootstrap

from fingerspell.evaluation.compare import compare


def test_mcnemars_test_by_hand():
    first = np.array([True] * 80 + [False] * 12 + [True] * 8)
    second = np.array([True] * 80 + [True] * 12 + [False] * 8)
    comparison = compare(first, second)
    assert (comparison.only_first, comparison.only_second, comparison.n) == (8, 12, 100)
    assert comparison.difference == -0.04
    tail = sum(comb(20, k) for k in range(9)) / 2**20
    assert comparison.p_value == pytest.approx(2 * tail)


def test_equal_models_do_not_differ():
    right = np.array([True, False, True])
    comparison = compare(right, right)
    assert (comparison.difference, comparison.low, comparison.high, comparison.p_value) == (0, 0, 0, 1)


def test_the_interval_agrees_with_scipys_bootstrap():
    random = np.random.default_rng(0)
    first, second = random.random(500) < 0.9, random.random(500) < 0.85
    difference = first.astype(float) - second
    expected = bootstrap((difference,), np.mean, method="percentile", rng=1).confidence_interval
    comparison = compare(first, second)
    assert (comparison.low, comparison.high) == pytest.approx(tuple(expected), abs=0.004)
