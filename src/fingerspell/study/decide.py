"""Hypotheses decided from measured cells: R1's four, and those that a user writes (`claims.py`).

Each test gives the p values of the hypothesis and of its opposite; the smaller one, doubled and
adjusted for the number of hypotheses (Holm), decides. Below 5 % the hypothesis is accepted or rejected,
else the cells leave it undecided. Intervals are 95 % each, not adjusted.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import pairwise
from math import exp, log, log2

from scipy.stats import binomtest

from fingerspell.core.alphabet import CLASSES
from fingerspell.study.claims import FIGURES, Choice, Claim, Contrast, Figure, Trend, holds
from fingerspell.study.costs import Job
from fingerspell.study.results import Cell, Result, Status
from fingerspell.study.statistics import ALPHA, Estimate, holm, line_within, mean, means

ACCURATE = 0.9  # "generally accurate", says report R3
LINEAR = 0.1  # share of the time that has to go with the number of batches


class Verdict(StrEnum):
    """What cells say of a hypothesis."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    UNDECIDED = "undecided"


class Plot(StrEnum):
    """Which chart shows what a test looked at: a figure over a factor, or cells beside each other."""

    BATCH_SIZE = "batch_size"
    DEVICES = "devices"
    WORKERS = "workers"
    BATCHES = "batches"
    PAIRS = "pairs"


@dataclass(frozen=True)
class Decision:
    """A hypothesis, and what the cells say of it.

    Attributes:
        name: such as `H2`.
        claim: in words.
        effect: what was found; not a number where nothing could be tested.
        low: of the effect's 95 % interval.
        high: likewise.
        effect_unit: of these three: `ratio`, `points` (of 100), or a share.
        n: measurements, or pairs of them, in the test.
        test: its name, and what it takes for granted.
        p_for: one-sided p value of the hypothesis,
        p_against: and of its opposite.
        figure: the name of the figure that the plot shows,
        plot: over this.
        where: which cells were meant; all where empty.
        note: what the verdict does not say.
        p_adjusted: two-sided, for the number of hypotheses decided together.
    """

    name: str
    claim: str
    effect: float
    low: float
    high: float
    effect_unit: str
    n: int
    test: str
    p_for: float
    p_against: float
    figure: str
    plot: Plot
    note: str = ""
    where: Choice = field(default_factory=dict)
    p_adjusted: float = 1.0

    @property
    def verdict(self) -> Verdict:
        """By the adjusted p value."""
        if self.p_adjusted >= ALPHA:
            return Verdict.UNDECIDED
        return Verdict.ACCEPTED if self.p_for < self.p_against else Verdict.REJECTED


Effect = tuple[float, float, float, str]


def as_ratio(estimate: Estimate) -> Effect:
    """Of a logarithm: the ratio and its interval."""
    low, high = estimate.interval
    return exp(estimate.value), _exp(low), _exp(high), "ratio"


def _exp(value: float) -> float:
    return exp(value) if value < 700 else float("inf")  # noqa: PLR2004  (a double's end)


def as_points(estimate: Estimate) -> Effect:
    """Of a share: points of 100 and their interval."""
    low, high = estimate.interval
    return 100 * estimate.value, 100 * low, 100 * high, "points"


def untested(name: str, claim: str, test: str, figure: str, plot: Plot) -> Decision:
    """Of a hypothesis that no cells are about: undecided."""
    nan = float("nan")
    note = "No cells differ in what this is about, so there was nothing to test."
    return Decision(name, claim, nan, nan, nan, "", 0, test, 1.0, 1.0, figure, plot, note)


def decide(results: Iterable[Result], claims: Sequence[Claim] = ()) -> list[Decision]:
    """H1 to H4 and the user's claims, from the cells that are done."""
    done = [each for each in results if each.status is Status.DONE]
    decisions = [
        test(done) for test in (signs_are_recognised, devices_save, batches_teach, time_is_linear)
    ]
    decisions += [_of_claim(done, claim) for claim in claims]
    adjusted = holm([min(1.0, 2 * min(each.p_for, each.p_against)) for each in decisions])
    return [replace(each, p_adjusted=p) for each, p in zip(decisions, adjusted, strict=True)]


def signs_are_recognised(results: Sequence[Result]) -> Decision:
    """H1, by the test images of the cell that was best in validation."""
    tested = [each for each in results if each.test_accuracy is not None and each.n_test]
    claim = f"signs can be recognised: more than {ACCURATE:.0%} of the test images are read rightly"
    test = "exact binomial test of the cell that was best in validation, Wilson interval"
    if not tested:
        return untested("H1", claim, test, "test_accuracy", Plot.BATCH_SIZE)
    best = max(tested, key=lambda each: each.validation_accuracy or 0.0)
    accuracy = best.test_accuracy or 0.0
    right = round(accuracy * best.n_test)
    interval = binomtest(right, best.n_test).proportion_ci(method="wilson")
    return Decision(
        "H1",
        claim,
        *(accuracy, float(interval.low), float(interval.high), "share"),
        best.n_test,
        test,
        float(binomtest(right, best.n_test, ACCURATE, "greater").pvalue),
        float(binomtest(right, best.n_test, ACCURATE, "less").pvalue),
        *("test_accuracy", Plot.BATCH_SIZE),
        f"Guessing gives {1 / len(CLASSES):.1%}. Test and training images come from the same videos "
        "where the split is random: this says nothing about unseen signers, for whom see "
        "`fingerspell evaluate`.",
    )


def devices_save(results: Sequence[Result]) -> Decision:
    """H2: accepted if every step to more devices saves time, rejected if one of them costs time."""
    claim = "more devices always save time"
    test = (
        "paired t tests of the logarithm of the ratio of times, one for each step to more devices, "
        "with one spread for all; all must save (intersection-union), or one cost, adjusted for their "
        "number (Holm)"
    )
    steps = _steps_up(results)
    if not steps:
        return untested("H2", claim, test, "seconds_per_epoch", Plot.DEVICES)
    estimates = means(list(steps.values()))
    worst_name, worst = max(zip(steps, estimates, strict=True), key=lambda pair: pair[1].value)
    slower = sum(ratio > 0 for ratios in steps.values() for ratio in ratios)
    n = sum(map(len, steps.values()))
    return Decision(
        "H2",
        claim,
        *as_ratio(worst),
        n,
        test,
        max(each.p_below() for each in estimates),
        min(holm([each.p_above() for each in estimates])),
        *("seconds_per_epoch", Plot.DEVICES),
        f"The effect is that of the worst step, {worst_name}. More devices were slower in {slower} of "
        f"{n} pairs.",
    )


def _steps_up(results: Sequence[Result]) -> dict[str, list[float]]:
    """Logarithms of ratios of times, by network, way of loading, and numbers of devices."""
    steps: dict[str, list[float]] = {}
    for group in _alike(results, "devices"):
        by_devices = {each.cell.devices: each for each in group if each.seconds_per_epoch > 0}
        numbers = sorted(by_devices)
        for few, many in pairwise(numbers):
            cell = by_devices[many].cell
            kind = (cell.strategy, cell.model, cell.precision, cell.loading, by_devices[many].hardware)
            name = f"{few} to {many} ({', '.join(kind)})"
            ratio = by_devices[many].seconds_per_epoch / by_devices[few].seconds_per_epoch
            steps.setdefault(name, []).append(log(ratio))
    return steps


def batches_teach(results: Sequence[Result]) -> Decision:
    """H3, after equally many epochs."""
    trend = Trend("H3", FIGURES["test_accuracy"], rises=True, factor="batch_size")
    note = "After equally many epochs, in which a larger batch takes fewer steps."
    return replace(_of_trend(results, trend), claim="a larger batch gives a better model", note=note)


def time_is_linear(results: Sequence[Result]) -> Decision:
    """H4: by how much of the time goes with the number of batches, all else equal."""
    claim = "at fixed devices, time is linear in the number of batches"
    test = (
        "least squares of time on batches, both over their means, with a height for each group; the "
        f"slope, the share of the time that goes with batches, against {LINEAR:g}; F test of curvature"
    )
    line = line_within(
        [_over_means(group) for group in _alike(results, "batch_size") if len(group) > 1]
    )
    if line is None:
        return untested("H4", claim, test, "seconds_per_epoch", Plot.BATCHES)
    curved = line.p_curved < ALPHA
    against = min(line.slope.p_below(LINEAR), line.p_curved / 2 if curved else 1.0)
    return Decision(
        "H4",
        claim,
        *(line.slope.value, *line.slope.interval, "share"),
        line.n,
        test,
        1.0 if curved else line.slope.p_above(LINEAR),
        against,
        *("seconds_per_epoch", Plot.BATCHES),
        f"R² within groups is {line.r_squared:.2f}; p of curvature {line.p_curved:.2g}. A share of 1 "
        "is time proportional to batches, 0 is time that depends on images alone.",
    )


def _over_means(group: Sequence[Result]) -> tuple[list[float], list[float]]:
    batches = [float(Job.of(each).steps) for each in group]
    seconds = [each.seconds_per_epoch for each in group]
    mean_batches, mean_seconds = sum(batches) / len(batches), sum(seconds) / len(seconds)
    return [each / mean_batches for each in batches], [each / mean_seconds for each in seconds]


def _of_claim(results: Sequence[Result], claim: Claim) -> Decision:
    return _of_trend(results, claim) if isinstance(claim, Trend) else _of_contrast(results, claim)


def _of_trend(results: Sequence[Result], trend: Trend) -> Decision:
    """A figure, or its logarithm, on the factor's doublings, within cells alike in all else."""
    measured = [
        each for each in results if trend.figure(each) is not None and holds(trend.where, each.cell)
    ]
    groups = [
        (
            [_doublings(each.cell, trend.factor) for each in group],
            [_scaled(trend.figure, each) for each in group],
        )
        for group in _alike(measured, trend.factor)
    ]
    line = line_within(groups)
    what = trend.figure.name if trend.figure.is_share else f"the logarithm of {trend.figure.name}"
    test = f"least squares of {what} on doublings of {trend.factor}, a height for each group"
    if line is None:
        return untested(trend.name, trend.text, test, trend.figure.name, Plot(trend.factor))
    effect = as_points(line.slope) if trend.figure.is_share else as_ratio(line.slope)
    above, below = line.slope.p_above(), line.slope.p_below()
    return Decision(
        trend.name,
        trend.text,
        *(*effect[:3], f"{effect[3]} a doubling"),
        line.n,
        test,
        *((above, below) if trend.rises else (below, above)),
        *(trend.figure.name, Plot(trend.factor)),
        where=trend.where,
    )


def _doublings(cell: Cell, factor: str) -> float:
    """Log2 of the factor; of one more where it may be 0, as workers."""
    value: int = getattr(cell, factor)
    return log2(value + 1) if factor == "workers" else log2(value)


def _of_contrast(results: Sequence[Result], contrast: Contrast) -> Decision:
    """Pairs of cells, or of means of cells, that are alike in all that is not compared."""
    test = "paired t test of " + ("differences" if contrast.figure.is_share else "logarithms of ratios")
    differences = []
    meant = [r for r in results if holds(contrast.where, r.cell) and contrast.figure(r) is not None]
    for group in _alike(meant, *contrast.of):
        left = [_scaled(contrast.figure, each) for each in group if holds(contrast.of, each.cell)]
        right = [_scaled(contrast.figure, each) for each in group if holds(contrast.others, each.cell)]
        if left and right:
            differences.append(sum(left) / len(left) - sum(right) / len(right))
    if not differences:
        return untested(contrast.name, contrast.text, test, contrast.figure.name, Plot.PAIRS)
    found = mean(differences)
    above, below = found.p_above(), found.p_below()
    return Decision(
        contrast.name,
        contrast.text,
        *(as_points(found) if contrast.figure.is_share else as_ratio(found)),
        len(differences),
        test,
        *((above, below) if contrast.greater else (below, above)),
        *(contrast.figure.name, Plot.PAIRS),
        where=contrast.where,
    )


def _alike(results: Sequence[Result], *but_for: str) -> list[list[Result]]:
    """Results in groups that differ in nothing but some fields of the cell.

    Groups that differ in devices: a single device goes with each strategy for several.
    """
    groups: dict[tuple[object, ...], list[Result]] = {}
    fields = [name for name in Cell.__dataclass_fields__ if name not in (*but_for, "strategy")]
    several = {each.cell.strategy for each in results if each.cell.devices > 1}
    for result in results:
        key = (*(getattr(result.cell, name) for name in fields), result.hardware, result.n_train)
        for strategy in _strategies(result.cell, several, but_for):
            groups.setdefault((*key, strategy), []).append(result)
    return list(groups.values())


def _strategies(cell: Cell, several: set[str], but_for: Sequence[str]) -> Iterable[str]:
    """Of which groups a cell is."""
    if "strategy" in but_for:
        return [""]
    return several if cell.devices == 1 and "devices" in but_for else [cell.strategy]


def _scaled(figure: Figure, result: Result) -> float:
    value = figure(result)
    if value is None:
        raise ValueError(f"{figure.name} was not measured of {result.cell.key}")
    return value if figure.is_share else log(value)
