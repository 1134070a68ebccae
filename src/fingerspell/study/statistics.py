"""The tests that hypotheses are decided by: means of differences, trends within groups, many looks."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

Floats = NDArray[np.float64]
ALPHA = 0.05


@dataclass(frozen=True)
class Estimate:
    """An effect with its 95 % interval, by Student's t.

    Attributes:
        value: the effect.
        error: its standard error; not a number where nothing tells how far values spread.
        freedom: degrees of freedom.
    """

    value: float
    error: float
    freedom: int

    @property
    def interval(self) -> tuple[float, float]:
        """Low and high; as wide as can be where the spread is not known."""
        if not self.freedom:
            return -np.inf, np.inf
        half = float(stats.t.ppf(1 - ALPHA / 2, self.freedom)) * self.error
        return self.value - half, self.value + half

    def p_above(self, bound: float = 0.0) -> float:
        """One-sided p value of the effect being above a bound; 1 where the spread is not known."""
        if not self.freedom:
            return 1.0
        if self.error == 0:
            return 0.0 if self.value > bound else 1.0
        return float(stats.t.sf((self.value - bound) / self.error, self.freedom))

    def p_below(self, bound: float = 0.0) -> float:
        """Likewise, of its being below."""
        return Estimate(-self.value, self.error, self.freedom).p_above(-bound)


def mean(values: Sequence[float]) -> Estimate:
    """Of differences or logarithms of ratios of pairs."""
    n = len(values)
    error = float(np.std(values, ddof=1) / np.sqrt(n)) if n > 1 else float("nan")
    return Estimate(float(np.mean(values)), error, n - 1)


def means(samples: Sequence[Sequence[float]]) -> list[Estimate]:
    """The mean of each sample, with one spread for all of them, as in an analysis of variance."""
    freedom = sum(len(sample) - 1 for sample in samples)
    squares = sum(float(np.sum((np.array(sample) - np.mean(sample)) ** 2)) for sample in samples)
    spread = np.sqrt(squares / freedom) if freedom else np.nan
    return [
        Estimate(float(np.mean(sample)), float(spread / np.sqrt(len(sample))), freedom)
        for sample in samples
    ]


@dataclass(frozen=True)
class Line:
    """A line through points of several groups, each with a height of its own.

    Attributes:
        slope: common to all groups.
        r_squared: share of the variance within groups that it explains.
        p_curved: of the test that a square term explains nothing; 1 where it cannot be tested.
        n: points.
    """

    slope: Estimate
    r_squared: float
    p_curved: float
    n: int


def line_within(groups: Sequence[tuple[Sequence[float], Sequence[float]]]) -> Line | None:
    """Least squares of y on x within groups (fixed effects); None where x does not vary in any.

    Args:
        groups: x and y of each.
    """
    kept = [(np.array(x, float), np.array(y, float)) for x, y in groups if len(set(x)) > 1]
    if not kept:
        return None
    x = np.concatenate([each - each.mean() for each, _ in kept])
    y = np.concatenate([each - each.mean() for _, each in kept])
    squares = np.concatenate([each**2 - (each**2).mean() for each, _ in kept])
    freedom = len(x) - len(kept) - 1
    slope = float(x @ y / (x @ x))
    left = float(np.sum((y - slope * x) ** 2))
    error = float(np.sqrt(left / freedom / (x @ x))) if freedom > 0 else float("nan")
    total = float(y @ y)
    return Line(
        Estimate(slope, error, max(0, freedom)),
        1 - left / total if total else 1.0,
        _p_of_square(x, y, squares, left, freedom - 1),
        len(x),
    )


def _p_of_square(x: Floats, y: Floats, squares: Floats, left: float, freedom: int) -> float:
    """F test of a square term; all arrays are centred within groups."""
    bent = squares - x * (x @ squares) / (x @ x)
    if freedom < 1 or bent @ bent < 1e-9 * (squares @ squares):  # two values of x: any curve is a line
        return 1.0
    gain = float((bent @ y) ** 2 / (bent @ bent))
    rest = left - gain
    if rest <= 0:
        return 0.0 if gain > 0 else 1.0
    return float(stats.f.sf(gain / (rest / freedom), 1, freedom))


def holm(p_values: Sequence[float]) -> list[float]:
    """P values adjusted for looking so many times (Holm, 1979).

    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    order = np.argsort(p_values)
    adjusted = [0.0] * len(p_values)
    highest = 0.0
    for rank, place in enumerate(order):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[place]))
        adjusted[place] = highest
    return adjusted
