"""The tests, against SciPy."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from fingerspell.study.statistics import Estimate, holm, line_within, mean, means

VALUES = st.lists(st.floats(-10, 10).map(lambda x: round(x, 3)), min_size=3, max_size=20)


@settings(deadline=None)
@given(VALUES)
def test_a_mean_is_students(values):
    found = mean(values)
    if len(set(values)) == 1:
        return
    theirs = stats.ttest_1samp(values, 0)
    assert found.interval == pytest.approx(tuple(theirs.confidence_interval()))
    assert min(found.p_above(), found.p_below()) * 2 == pytest.approx(theirs.pvalue)


def test_one_group_is_a_regression():
    chance = np.random.default_rng(0)
    x, y = chance.normal(size=12), chance.normal(size=12)
    found, theirs = line_within([(x, y)]), stats.linregress(x, y)
    assert found.slope.value == pytest.approx(theirs.slope)
    assert found.slope.error == pytest.approx(theirs.stderr)
    assert 2 * min(found.slope.p_above(), found.slope.p_below()) == pytest.approx(theirs.pvalue)
    assert found.r_squared == pytest.approx(theirs.rvalue**2)


def test_groups_have_heights_of_their_own():
    """Against least squares with a column for each group, and with a square."""
    chance = np.random.default_rng(1)
    groups = [(chance.normal(size=n), chance.normal(size=n) + 10 * n) for n in (5, 7)]
    x, y = (np.concatenate(each) for each in zip(*groups, strict=True))
    heights = np.repeat(np.eye(2), (5, 7), axis=0)
    (slope, *_), (left,), *_ = np.linalg.lstsq(np.column_stack([x, heights]), y)
    _, (bent,), *_ = np.linalg.lstsq(np.column_stack([x, x**2, heights]), y)
    found = line_within(groups)
    assert found.slope.value == pytest.approx(slope)
    assert found.slope.freedom == 9
    assert found.p_curved == pytest.approx(stats.f.sf((left - bent) / (bent / 8), 1, 8))


def test_what_cannot_be_tested():
    assert line_within([([1, 1], [2, 3])]) is None
    two = line_within([([1, 2], [2, 3]), ([1, 2], [5, 7])])
    assert two.p_curved == 1  # any curve through two values of x is a line
    alone = mean([3.0])
    assert alone.p_above() == alone.p_below() == 1
    assert alone.interval == (-np.inf, np.inf)
    assert mean([2.0, 2.0]).p_above() == 0


def test_means_share_a_spread():
    """With two samples, their difference over its error is that of the two-sample t test."""
    first, second = [1.0, 2.0, 4.0], [2.0, 5.0]
    one, two = means([first, second])
    theirs = stats.ttest_ind(first, second)
    assert (one.value - two.value) / np.hypot(one.error, two.error) == pytest.approx(theirs.statistic)
    assert one.freedom == theirs.df


@settings(deadline=None)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_holm_lies_between_none_and_bonferroni(p_values):
    adjusted = holm(p_values)
    for one, other in zip(p_values, adjusted, strict=True):
        assert one <= other <= min(1, one * len(p_values)) or other >= max(p_values)
    assert min(adjusted) == pytest.approx(min(1, min(p_values) * len(p_values)))
    order = np.argsort(p_values)
    assert (np.diff(np.array(adjusted)[order]) >= 0).all()


def test_an_estimate_against_a_bound():
    found = Estimate(1.0, 0.5, 10)
    assert found.p_above(1.0) == pytest.approx(0.5)
    assert found.p_above(0.0) == pytest.approx(stats.t.sf(2, 10))
    assert found.p_below(2.0) == pytest.approx(stats.t.sf(2, 10))
