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
- **J** and **Z** are drawn in the air, and begin as the hand shapes of I and D. So I that turns into J
  within `turn_s` becomes J, and D becomes Z.
- A **pause** of `pause_s` between two letters is a `space`, since ASL has no sign for it. It is told
  when the next letter begins, so that nothing is added after the last word.
- The probability of a letter is the highest its smoothed one has been; that of a pause grows from one
  half at `pause_s` to 1 at twice that.
- `nothing` is never a sign: it is what hands do in between.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fingerspell.core.alphabet import CLASSES, DELETE, NOTHING, SPACE
from fingerspell.core.types import Letter, LetterEvent

_NOTHING = CLASSES.index(NOTHING)
_TURNS_INTO = {CLASSES.index(shape): CLASSES.index(drawn) for shape, drawn in ("IJ", "DZ")}


@dataclass(frozen=True)
class DecoderOptions:
    """When a sign counts; times in seconds, probabilities from 0 to 1.

    Attributes:
        enter_probability: smoothed probability at which a sign may begin.
        leave_probability: smoothed probability under which a sign that has begun may end; lower than
            `enter_probability`, so that a flicker between the two neither ends nor begins a sign.
        min_hold_s: time a sign must stay ahead before it counts.
        release_s: time a sign must stay away before it has ended.
        smoothing_s: time constant of the exponential average of the probabilities.
        turn_s: longest time between I and the J it turns into, and between D and Z.
        pause_s: time between two letters that is a space.
        max_gap_s: a longer time between two frames ends the sign: nobody saw what happened.
    """

    enter_probability: float = 0.7
    leave_probability: float = 0.4
    min_hold_s: float = 0.06
    release_s: float = 0.06
    smoothing_s: float = 0.06
    turn_s: float = 0.25
    pause_s: float = 0.85
    max_gap_s: float = 1.0

    def __post_init__(self) -> None:
        if not 0 < self.leave_probability <= self.enter_probability < 1:
            raise ValueError("leave_probability must lie above 0 and not above enter_probability")
        times = (self.min_hold_s, self.release_s, self.smoothing_s, self.turn_s, self.max_gap_s)
        if min(times) < 0:
            raise ValueError("times must not be negative")
        if self.pause_s <= self.release_s:
            raise ValueError("pause_s must be longer than release_s")


@dataclass
class _Sign:
    """A sign that came in front at `start_s` and was last seen, strongly enough, at `end_s`."""

    index: int
    start_s: float
    end_s: float
    probability: float = 0.0
    released: bool = False

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
        self._last: Letter | None = None  # the last that has ended

    def push(self, time_s: float, probabilities: NDArray[np.floating]) -> list[LetterEvent]:
        """Take the next frame's probabilities [29]; return what began, became or ended with it.

        Raises:
            ValueError: time runs backwards, or there are not 29 probabilities.
        """
        if np.shape(probabilities) != (len(CLASSES),):
            raise ValueError(f"expected {len(CLASSES)} probabilities, got {np.shape(probabilities)}")
        events = self._advance(time_s, probabilities)
        events += self._follow_active(time_s)
        self._follow_candidate(time_s)
        held = self._candidate
        if held and time_s - held.start_s >= self.options.min_hold_s:
            self._candidate = None
            events += self._begin(held)
        return events

    def flush(self) -> list[LetterEvent]:
        """End the sign that is still held, and start afresh."""
        events = self._end()
        self._time_s, self._candidate, self._last = None, None, None
        return events

    def _advance(self, time_s: float, probabilities: NDArray[np.floating]) -> list[LetterEvent]:
        """Move the average on to `time_s`; after a gap, start it afresh."""
        events: list[LetterEvent] = []
        step_s = math.inf if self._time_s is None else time_s - self._time_s
        if step_s < 0:
            raise ValueError(f"time runs backwards, from {self._time_s} to {time_s} s")
        if step_s > self.options.max_gap_s:
            events, self._candidate = self._end(), None
            step_s = math.inf
        keep = math.exp(-step_s / self.options.smoothing_s) if self.options.smoothing_s else 0.0
        self._smoothed = keep * self._smoothed + (1 - keep) * probabilities
        self._time_s = time_s
        return events

    def _follow_active(self, time_s: float) -> list[LetterEvent]:
        """See whether the sign that has begun is still there."""
        sign = self._active
        if sign is None:
            return []
        if not sign.released and self._smoothed[sign.index] >= self.options.leave_probability:
            sign.see(time_s, self._smoothed)
        away_s = time_s - sign.end_s
        sign.released = sign.released or (away_s > 0 and away_s >= self.options.release_s)
        drawn = _TURNS_INTO.get(sign.index)
        waits = drawn is not None and away_s < self.options.turn_s
        turns = drawn is not None and self._candidate is not None and self._candidate.index == drawn
        return self._end() if sign.released and not (waits or turns) else []

    def _follow_candidate(self, time_s: float) -> None:
        """See which sign is ahead, and for how long."""
        leader = int(self._smoothed.argmax())
        is_held = self._active and not self._active.released and self._active.index == leader
        is_unsure = self._smoothed[leader] < self.options.enter_probability
        if leader == _NOTHING or is_unsure or is_held:
            self._candidate = None
            return
        if self._candidate is None or self._candidate.index != leader:
            self._candidate = _Sign(leader, time_s, time_s)
        self._candidate.see(time_s, self._smoothed)

    def _begin(self, sign: _Sign) -> list[LetterEvent]:
        before = self._active
        if before and _TURNS_INTO.get(before.index) == sign.index:
            sign.start_s = before.start_s
            self._active = sign
            return [LetterEvent("became", sign.letter())]
        events = self._end()
        events += self._pause(sign)
        self._active = sign
        return [*events, LetterEvent("began", sign.letter())]

    def _pause(self, sign: _Sign) -> list[LetterEvent]:
        """The space that lies between the last sign and `sign`, if there was a pause."""
        last, editing = self._last, (SPACE, DELETE)
        if last is None or last.char in editing or CLASSES[sign.index] in editing:
            return []
        paused_s = sign.start_s - last.end_s
        if paused_s < self.options.pause_s:
            return []
        probability = min(1.0, paused_s / (2 * self.options.pause_s))
        space = Letter(SPACE, last.end_s, sign.start_s, probability)
        return [LetterEvent("began", space), LetterEvent("ended", space)]

    def _end(self) -> list[LetterEvent]:
        if self._active is None:
            return []
        self._last, self._active = self._active.letter(), None
        return [LetterEvent("ended", self._last)]
