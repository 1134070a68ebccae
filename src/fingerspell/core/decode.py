"""From a class probability per frame to letters with a beginning and an end.

`LetterDecoder` is the only decoder: files, cameras and evaluation feed it the same way, one frame at
a time. Time is an argument, never read from a clock, so the same frames always give the same letters.

The rules:
- Probabilities are smoothed over time (the same in seconds at any frame rate).
- A sign **begins** once its smoothed probability has stayed at `enter_probability` or more, and ahead
  of all others, for `min_hold_s`. Its start is when it came in front.
- It **ends** when its smoothed probability has stayed under `leave_probability` for `release_s`, or
  when another sign begins.
- So a held letter is one letter however long it is held, and a **double letter** needs a release
  between: anything else, or nothing, for `release_s`.
- The probability of a letter is the highest its smoothed one has been.
- `nothing` is never a sign: it is what hands do in between.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fingerspell.core.alphabet import CLASSES, NOTHING
from fingerspell.core.types import Letter, LetterEvent

_NOTHING = CLASSES.index(NOTHING)


@dataclass(frozen=True)
class DecoderOptions:
    """When a sign counts.

    Attributes:
        enter_probability: smoothed probability at which a sign may begin.
        leave_probability: smoothed probability under which a sign that has begun may end; lower than
            `enter_probability`, so that a flicker between the two neither ends nor begins a sign.
        min_hold_s: seconds a sign must stay ahead before it counts.
        release_s: seconds a sign must stay away before it has ended.
        smoothing_s: time constant of the exponential average of the probabilities.
        max_gap_s: a longer time between two frames ends the sign: nobody saw what happened.
    """

    enter_probability: float = 0.6
    leave_probability: float = 0.4
    min_hold_s: float = 0.12
    release_s: float = 0.1
    smoothing_s: float = 0.06
    max_gap_s: float = 1.0

    def __post_init__(self) -> None:
        if not 0 < self.leave_probability <= self.enter_probability < 1:
            raise ValueError("leave_probability must lie above 0 and not above enter_probability")
        if min(self.min_hold_s, self.release_s, self.smoothing_s, self.max_gap_s) < 0:
            raise ValueError("times must not be negative")


@dataclass
class _Sign:
    """A sign that came in front at `start_s` and was last seen, strongly enough, at `end_s`."""

    index: int
    start_s: float
    end_s: float
    probability: float = 0.0

    def see(self, time_s: float, smoothed: NDArray[np.floating]) -> None:
        self.end_s = time_s
        self.probability = max(self.probability, float(smoothed[self.index]))

    def letter(self) -> Letter:
        return Letter(CLASSES[self.index], self.start_s, self.end_s, self.probability)


class LetterDecoder:
    """Turns frames' probabilities into letter events; see the module for the rules."""

    def __init__(self, options: DecoderOptions | None = None) -> None:
        self.options = options or DecoderOptions()
        self._time_s: float | None = None
        self._smoothed = np.zeros(len(CLASSES))
        self._candidate: _Sign | None = None  # in front, not yet for long enough
        self._active: _Sign | None = None  # has begun, has not ended

    def push(self, time_s: float, probabilities: NDArray[np.floating]) -> list[LetterEvent]:
        """Take the next frame's probabilities [29]; return what began or ended with it.

        Raises:
            ValueError: time runs backwards, or there are not 29 probabilities.
        """
        if np.shape(probabilities) != (len(CLASSES),):
            raise ValueError(f"expected {len(CLASSES)} probabilities, got {np.shape(probabilities)}")
        events = self._advance(time_s, probabilities)
        leader = int(self._smoothed.argmax())
        ahead = leader != _NOTHING and self._smoothed[leader] >= self.options.enter_probability
        self._follow_candidate(leader if ahead else None, time_s)
        if self._active and self._smoothed[self._active.index] >= self.options.leave_probability:
            self._active.see(time_s, self._smoothed)
        elif self._active and time_s - self._active.end_s >= self.options.release_s:
            events += self._end()
        held = self._candidate
        if held and time_s - held.start_s >= self.options.min_hold_s:
            events += self._end()
            self._active, self._candidate = held, None
            events.append(LetterEvent("began", held.letter()))
        return events

    def flush(self) -> list[LetterEvent]:
        """End the sign that is still held, and start afresh."""
        events = self._end()
        self._time_s, self._candidate = None, None
        return events

    def _advance(self, time_s: float, probabilities: NDArray[np.floating]) -> list[LetterEvent]:
        """Move the average on to `time_s`; after a gap, start it afresh."""
        events: list[LetterEvent] = []
        step_s = math.inf if self._time_s is None else time_s - self._time_s
        if step_s < 0:
            raise ValueError(f"time runs backwards, from {self._time_s} to {time_s} s")
        if step_s > self.options.max_gap_s:
            events = self.flush()
            step_s = math.inf
        keep = math.exp(-step_s / self.options.smoothing_s) if self.options.smoothing_s else 0.0
        self._smoothed = keep * self._smoothed + (1 - keep) * probabilities
        self._time_s = time_s
        return events

    def _follow_candidate(self, leader: int | None, time_s: float) -> None:
        if leader is None or (self._active and self._active.index == leader):
            self._candidate = None
            return
        if self._candidate is None or self._candidate.index != leader:
            self._candidate = _Sign(leader, time_s, time_s)
        self._candidate.see(time_s, self._smoothed)

    def _end(self) -> list[LetterEvent]:
        ended, self._active = self._active, None
        return [LetterEvent("ended", ended.letter())] if ended else []
