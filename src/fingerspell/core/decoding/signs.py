"""A sign from when it came in front until it has ended."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from fingerspell.core.types import Letter


@dataclass
class Sign:
    """A sign that came in front at `start_s` and was last seen, strongly enough, at `end_s`.

    Attributes:
        index: of its class.
        char: its class.
        probability: the highest that its smoothed one has been.
        released: it has stayed away for long enough to have ended.
        sure_from_s: it has been sure since then; None where it is not.
        glimpses: those before it.
    """

    index: int
    char: str
    start_s: float
    end_s: float
    probability: float = 0.0
    released: bool = False
    sure_from_s: float | None = None
    glimpses: tuple[Letter, ...] = ()

    def see(self, time_s: float, from_s: float, smoothed: Sequence[float], sure: float) -> None:
        """Take its smoothed probability of a frame that stands for `from_s` to `time_s`."""
        self.end_s = time_s
        probability = smoothed[self.index]
        self.probability = max(self.probability, probability)
        if probability < sure:
            self.sure_from_s = None
        elif self.sure_from_s is None:
            self.sure_from_s = from_s

    def sure_for_s(self) -> float:
        """How long it has been sure."""
        return self.end_s - (math.inf if self.sure_from_s is None else self.sure_from_s)

    def letter(self) -> Letter:
        """The sign as it is told."""
        return Letter(self.char, self.start_s, self.end_s, self.probability, self.glimpses)
