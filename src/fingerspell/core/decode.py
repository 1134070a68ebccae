"""From a class probability per frame to letters with a beginning and an end.

`LetterDecoder` is the only decoder: files, cameras and evaluation feed it the same way, one frame at
a time. Time is an argument, never read from a clock, so the same frames always give the same letters.

The rules:
- Probabilities are smoothed over time (the same in seconds at any frame rate).
- A sign **begins** once its smoothed probability has stayed ahead of all others, at `sure_probability`
  or more for `min_hold_s`, or at `enter_probability` or more for `unsure_hold_s`. Each frame stands for
  the time from halfway since the one before, so that at 5 frames a second one may be enough.
- A frame that is **shown for long** (`STILL_S` or more), as in slideshows and in screen recordings that
  write one only when the image changes, counts as if it came every `REPEAT_S` while it is shown.
- Within a word that counts (see below) `word_probability` is enough instead of `enter_probability`: a
  hand that signs is in the middle of its letters, while one that rises or rests takes their shapes too.
- It **ends** when its smoothed probability has stayed under `leave_probability` for `release_s`, or
  when another sign begins.
- A **word counts** only once one of its signs has stayed at `sure_probability` for `min_hold_s`; until
  then its signs wait, and are told with that one. Hands that rest or wave look a little like letters
  now and then, but never surely, while a word has a clear letter nearly always.
- So a held letter is one letter however long it is held, and a **double letter** needs a release
  between: anything else, or nothing, for `release_s`.
- **J** and **Z** are drawn in the air, and begin as the hand shapes of I and D. So I that turns into J
  within `turn_s` becomes J, and D becomes Z.
- A **pause** of `pause_s` between two letters is a `space`, since ASL has no sign for it. It is told
  when the next letter begins, so that nothing is added after the last word. It is none where nothing
  or a space stands before it, nor after a `del` that took a space back.
- The probability of a letter is the highest its smoothed one has been; that of a pause grows from one
  half at `pause_s` to 1 at twice that.
- `nothing` is never a sign: it is what hands do in between.
- A letter that was ahead of all other letters between two signs for `min_hold_s`, at
  `glimpse_probability` or more, but never surely enough, is a **glimpse** (`core.glimpses`). It comes
  with the sign after it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from fingerspell.core.alphabet import CLASSES, DELETE, LETTERS, NOTHING, SPACE
from fingerspell.core.glimpses import Glimpses
from fingerspell.core.types import Letter, LetterEvent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fingerspell.core.types import Joints, Probabilities

STILL_S = 0.25  # a frame that is shown for so long is a still, not an instant of a video
REPEAT_S = 0.04  # such a frame counts as it would in a video of 25 frames a second
SETTLED = 10  # time constants after which an average no longer changes

_NOTHING = CLASSES.index(NOTHING)
_TURNS_INTO = {CLASSES.index(shape): CLASSES.index(drawn) for shape, drawn in ("IJ", "DZ")}


@dataclass(frozen=True)
class DecoderOptions:
    """When a sign counts; times in seconds, probabilities from 0 to 1.

    Attributes:
        enter_probability: smoothed probability at which a sign may begin.
        word_probability: the same within a word that counts, until `pause_s` after its last sign.
        sure_probability: smoothed probability at which a sign begins sooner, and which one sign of each
            word must reach.
        leave_probability: smoothed probability under which a sign that has begun may end; lower than
            those two, so that a flicker between the two neither ends nor begins a sign.
        glimpse_probability: smoothed probability from which a letter that does not count is a glimpse.
        min_hold_s: time a sign must stay sure before it counts, and a letter ahead to be a glimpse.
        unsure_hold_s: time a sign that is not sure must stay ahead before it counts.
        release_s: time a sign must stay away before it has ended.
        smoothing_s: time constant of the exponential average of the probabilities.
        turn_s: longest time between I and the J it turns into, and between D and Z.
        pause_s: time between two letters that is a space.
        max_gap_s: a longer time between two frames ends the sign: nobody saw what happened (unless the
            first says that it is shown for that long).
    """

    enter_probability: float = 0.45
    word_probability: float = 0.3
    sure_probability: float = 0.7
    leave_probability: float = 0.25
    glimpse_probability: float = 0.12
    min_hold_s: float = 0.06
    unsure_hold_s: float = 0.12
    release_s: float = 0.06
    smoothing_s: float = 0.06
    turn_s: float = 0.25
    pause_s: float = 0.85
    max_gap_s: float = 1.0

    def __post_init__(self) -> None:
        for begins in ("enter_probability", "word_probability"):
            if not 0 < self.leave_probability <= getattr(self, begins) <= self.sure_probability < 1:
                raise ValueError(f"must be 0 < leave_probability <= {begins} <= sure_probability < 1")
        if not 0 < self.glimpse_probability < 1:
            raise ValueError("must be 0 < glimpse_probability < 1")
        for name in (option.name for option in fields(self) if option.name.endswith("_s")):
            if not 0 <= getattr(self, name) < math.inf:
                raise ValueError(f"{name} must be a number of seconds, not negative")
        if self.pause_s <= self.release_s:
            raise ValueError("pause_s must be longer than release_s")


def check_probabilities(probabilities: Probabilities) -> list[float]:
    """Refuse what no classifier says of a frame; gives the 29 numbers as Python's own.

    Raises:
        ValueError: there are not 29 probabilities, all of them numbers.
    """
    shape = getattr(probabilities, "shape", (len(probabilities),))
    if shape != (len(CLASSES),):
        raise ValueError(f"expected {len(CLASSES)} probabilities, got {shape}")
    numbers = [float(probability) for probability in probabilities]
    if not all(map(math.isfinite, numbers)):
        raise ValueError("probabilities must be numbers")
    return numbers


def seconds_shown(duration_s: float | None) -> float:
    """How long a frame is shown; 0 where that is not known.

    Raises:
        ValueError: no frame can be shown for so long.
    """
    shown_s = 0.0 if duration_s is None else duration_s
    if not 0 <= shown_s < math.inf:
        raise ValueError(f"a frame cannot be shown for {duration_s} s")
    return shown_s


@dataclass
class _Sign:
    """A sign that came in front at `start_s` and was last seen, strongly enough, at `end_s`."""

    index: int
    start_s: float
    end_s: float
    probability: float = 0.0
    released: bool = False
    sure_from_s: float | None = None  # it has been sure since then
    glimpses: tuple[Letter, ...] = ()

    def see(self, time_s: float, from_s: float, smoothed: list[float], sure_probability: float) -> None:
        self.end_s = time_s
        probability = smoothed[self.index]
        self.probability = max(self.probability, probability)
        if probability < sure_probability:
            self.sure_from_s = None
        elif self.sure_from_s is None:
            self.sure_from_s = from_s

    def letter(self) -> Letter:
        char = CLASSES[self.index]
        return Letter(char, self.start_s, self.end_s, self.probability, self.glimpses)


class LetterDecoder:
    """Turns frames' probabilities into letter events; see the module for the rules."""

    def __init__(self, options: DecoderOptions | None = None) -> None:
        self.options = options or DecoderOptions()
        self._smoothed = [0.0] * len(CLASSES)
        self._forget()

    def _forget(self) -> None:
        self._time_s: float | None = None
        self._from_s = 0.0  # halfway between the frame before and this one
        self._candidate: _Sign | None = None  # in front, not yet for long enough
        self._active: _Sign | None = None  # has begun, has not ended
        self._last: Letter | None = None  # the last that has ended
        self._counts = False  # whether a sign of this word was sure
        self._waiting: list[LetterEvent] = []  # what to tell when one is
        self._last_counted: Letter | None = None  # the last of the words that counted, before this one
        self._typed: list[str] = []  # what the signs that were told have typed
        self._took_back = ""  # by the last of them, if that was `del`
        options, reach_s = self.options, min(self.options.pause_s, self.options.max_gap_s)
        self._glimpses = Glimpses(options.glimpse_probability, options.min_hold_s, reach_s)

    def push(
        self,
        time_s: float,
        probabilities: Probabilities,
        _joints: Joints | None = None,
        _hand: float | None = None,
        *,
        duration_s: float | None = None,
    ) -> list[LetterEvent]:
        """Take the next frame's probabilities [29]; return what began, became or ended with it.

        Args:
            time_s: when the frame was taken, or is first shown.
            probabilities: [29].
            duration_s: how long it is shown, where that is known; the next frame must not come sooner.

        Raises:
            ValueError: time runs backwards, or there are not 29 probabilities, all of them numbers.
        """
        numbers = check_probabilities(probabilities)
        shown_s = seconds_shown(duration_s)
        events = self._see(time_s, numbers, self.options.max_gap_s)
        for later_s in self._repeats(shown_s):
            events += self._see(time_s + later_s, numbers, math.inf)
        return events

    def _repeats(self, shown_s: float) -> Iterator[float]:
        """How long after it came a frame counts again, if it is shown for long.

        Once nothing new can come of it only its end matters: an image that is shown for a year takes
        no longer than one of some seconds.
        """
        if shown_s < STILL_S:
            return
        options = self.options
        holds_s = options.min_hold_s + options.unsure_hold_s + options.release_s
        settled_s = SETTLED * options.smoothing_s + holds_s + options.turn_s + options.pause_s
        n = math.ceil(shown_s / REPEAT_S - 1e-6)
        n_unsettled = min(n, math.ceil(settled_s / REPEAT_S))
        yield from (shown_s * i / n for i in range(1, n_unsettled))
        if n_unsettled < n:
            yield shown_s * (n - 1) / n

    def _see(self, time_s: float, probabilities: list[float], max_gap_s: float) -> list[LetterEvent]:
        """Take what is there at one instant, and has been unless the last was over `max_gap_s` ago."""
        events = self._advance(time_s, probabilities, max_gap_s)
        events += self._follow_active(time_s)
        self._follow_candidate(time_s)
        if not self._active:
            self._glimpses.see(self._from_s, time_s, self._smoothed[: len(LETTERS)])
        ahead = self._candidate
        if ahead and (self._is_sure(ahead) or time_s - ahead.start_s >= self.options.unsure_hold_s):
            self._candidate = None
            events += self._begin(ahead)
        return events + self._count()

    def flush(self) -> list[LetterEvent]:
        """End the sign that is still held, and start afresh."""
        events = self._end()
        self._forget()
        return events

    def _advance(
        self, time_s: float, probabilities: list[float], max_gap_s: float
    ) -> list[LetterEvent]:
        """Move the average on to `time_s`; after a gap, start it afresh."""
        events: list[LetterEvent] = []
        step_s = math.inf if self._time_s is None else time_s - self._time_s
        if step_s < 0:
            raise ValueError(f"time runs backwards, from {self._time_s} to {time_s} s")
        if step_s > max_gap_s:
            events, self._candidate = self._end(), None
            self._glimpses.begin(-math.inf)
            step_s = math.inf
        keep = math.exp(-step_s / self.options.smoothing_s) if self.options.smoothing_s else 0.0
        both = zip(self._smoothed, probabilities, strict=True)
        self._smoothed = [keep * before + (1 - keep) * now for before, now in both]
        self._time_s = time_s
        self._from_s = time_s - (step_s / 2 if step_s < math.inf else 0.0)
        return events

    def _follow_active(self, time_s: float) -> list[LetterEvent]:
        """See whether the sign that has begun is still there."""
        sign = self._active
        if sign is None:
            return []
        if not sign.released and self._smoothed[sign.index] >= self.options.leave_probability:
            sign.see(time_s, self._from_s, self._smoothed, self.options.sure_probability)
        away_s = time_s - sign.end_s
        sign.released = sign.released or (away_s > 0 and away_s >= self.options.release_s)
        drawn = _TURNS_INTO.get(sign.index)
        waits = drawn is not None and away_s < self.options.turn_s
        turns = drawn is not None and self._candidate is not None and self._candidate.index == drawn
        return self._end() if sign.released and not (waits or turns) else []

    def _follow_candidate(self, time_s: float) -> None:
        """See which sign is ahead, and for how long."""
        leader = self._smoothed.index(max(self._smoothed))
        is_held = self._active and not self._active.released and self._active.index == leader
        is_unsure = self._smoothed[leader] < self._enough(time_s)
        if leader == _NOTHING or is_unsure or is_held:
            self._candidate = None
            return
        if self._candidate is None or self._candidate.index != leader:
            self._candidate = _Sign(leader, self._from_s, time_s)
        self._candidate.see(time_s, self._from_s, self._smoothed, self.options.sure_probability)

    def _enough(self, time_s: float) -> float:
        """The smoothed probability at which a sign may begin."""
        before = self._active or self._last
        in_word = self._counts and before and time_s - before.end_s < self.options.pause_s
        return self.options.word_probability if in_word else self.options.enter_probability

    def _begin(self, sign: _Sign) -> list[LetterEvent]:
        before = self._active
        if before and _TURNS_INTO.get(before.index) == sign.index:
            sign.start_s, sign.glimpses = before.start_s, before.glimpses
            self._active = sign
            return self._told(LetterEvent("became", sign.letter()))
        if before:  # it may have been strong enough for a moment yet
            before.end_s = min(before.end_s, sign.start_s)
        events = self._end()
        if self._last:  # that may have been strong enough, too, when this one came in front
            sign.start_s = max(sign.start_s, self._last.end_s)
        after_last, nearer = self._glimpses.before(sign.start_s)
        sign.glimpses = after_last + nearer
        if self._last and sign.start_s - self._last.end_s >= self.options.pause_s:
            of_word = after_last if self._counts else ()
            self._next_word()
            events += self._pause(sign, of_word)
            sign.glimpses = (of_word if CLASSES[sign.index] == SPACE else ()) + nearer
        self._active = sign
        return events + self._told(LetterEvent("began", sign.letter()))

    def _next_word(self) -> None:
        """Forget the word before if it did not count; the new one has yet to."""
        if self._counts:
            self._last_counted = self._last
        self._last = self._last_counted
        self._counts = False
        self._waiting.clear()

    def _pause(self, sign: _Sign, glimpses: tuple[Letter, ...]) -> list[LetterEvent]:
        """The space between the last word and `sign`, after glimpses of more of that word."""
        last, in_space = self._last, SPACE in (*self._typed[-1:], self._took_back)
        if last is None or not self._typed or in_space or CLASSES[sign.index] in (SPACE, DELETE):
            return []
        probability = min(1.0, (sign.start_s - last.end_s) / (2 * self.options.pause_s))
        space = Letter(SPACE, last.end_s, sign.start_s, probability, glimpses)
        return self._told(LetterEvent("began", space), LetterEvent("ended", space))

    def _end(self) -> list[LetterEvent]:
        if self._active is None:
            return []
        self._last, self._active = self._active.letter(), None
        self._glimpses.begin(self._last.end_s)
        return self._told(LetterEvent("ended", self._last))

    def _told(self, *events: LetterEvent) -> list[LetterEvent]:
        """The events, if this word counts; else they wait."""
        self._waiting += events
        return self._tell() if self._counts else []

    def _tell(self) -> list[LetterEvent]:
        """What was waiting, and is told now; note what it types."""
        events, self._waiting = self._waiting, []
        for char in (event.letter.char for event in events if event.kind == "ended"):
            self._took_back = ""
            if char != DELETE:
                self._typed.append(char)
            elif self._typed:
                self._took_back = self._typed.pop()
        return events

    def _is_sure(self, sign: _Sign) -> bool:
        from_s = math.inf if sign.sure_from_s is None else sign.sure_from_s
        return sign.end_s - from_s >= self.options.min_hold_s

    def _count(self) -> list[LetterEvent]:
        """What was waiting, if the sign at hand is sure."""
        if self._counts or not self._active or not self._is_sure(self._active):
            return []
        self._counts = True
        return self._tell()
