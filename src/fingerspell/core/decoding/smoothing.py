"""Probabilities averaged over time, the same in seconds at any frame rate."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


class Smoothing:
    """An exponential average of frames' probabilities.

    Args:
        constant_s: its time constant; 0 takes each frame as it is.
        n: how many probabilities a frame has.

    Attributes:
        probabilities: the average, `n` numbers.
        time_s: of the last frame; None before the first.
        from_s: halfway between the last two frames: a frame stands for the time since then.
    """

    def __init__(self, constant_s: float, n: int) -> None:
        self.constant_s = constant_s
        self.probabilities = [0.0] * n
        self.begin()

    def begin(self) -> None:
        """Take the next frame as the first."""
        self.time_s: float | None = None
        self.from_s = 0.0

    def is_gap(self, time_s: float, max_gap_s: float) -> bool:
        """Whether a frame at `time_s` comes more than `max_gap_s` after the last.

        Raises:
            ValueError: it comes before the last.
        """
        if self.time_s is not None and time_s < self.time_s:
            raise ValueError(f"time runs backwards, from {self.time_s} to {time_s} s")
        return self.time_s is None or time_s - self.time_s > max_gap_s

    def see(self, time_s: float, probabilities: Sequence[float]) -> None:
        """Move the average on to a frame at `time_s`."""
        step_s = math.inf if self.time_s is None else time_s - self.time_s
        keep = math.exp(-step_s / self.constant_s) if self.constant_s else 0.0
        both = zip(self.probabilities, probabilities, strict=True)
        self.probabilities = [keep * before + (1 - keep) * now for before, now in both]
        self.time_s = time_s
        self.from_s = time_s - (step_s / 2 if step_s < math.inf else 0.0)
