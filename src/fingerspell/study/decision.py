"""What a test says of a hypothesis: verdict, effect, interval, and the plot that shows it."""

from dataclasses import dataclass, field
from enum import StrEnum
from math import exp

from fingerspell.study.claims import Choice
from fingerspell.study.statistics import ALPHA, Estimate


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
