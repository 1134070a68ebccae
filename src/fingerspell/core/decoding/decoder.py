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
- Where a digit looks like a letter, as 2 does like V, both count as the letter: `core.context` tells
  them apart by the other signs of the word.
- **J** and **Z** are drawn in the air, and begin as the hand shapes of I and D. So I that turns into J
  within `turn_s` becomes J, and D becomes Z.
- A **pause** of `pause_s` between two letters is a `space`, since ASL has no sign for it. It is told
  when the next letter begins, so that nothing is added after the last word. It is none where nothing
  or a space stands before it, nor after a `del` that took a space back.
- The probability of a letter is the highest its smoothed one has been; that of a pause grows from one
  half at `pause_s` to 1 at twice that.
- `nothing` is never a sign: it is what hands do in between.
- A letter that was ahead of all other letters between two signs for `min_hold_s`, at
  `glimpse_probability` or more, but never surely enough, is a **glimpse** (`glimpses`). It comes
  with the sign after it.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from fingerspell.core.alphabet import ASL, NOTHING, SPACE, Alphabet
from fingerspell.core.decoding.frames import check_probabilities, repeats, seconds_shown
from fingerspell.core.decoding.glimpses import Glimpses
from fingerspell.core.decoding.options import DecoderOptions
from fingerspell.core.decoding.signs import Sign
from fingerspell.core.decoding.smoothing import Smoothing
from fingerspell.core.decoding.words import Words
from fingerspell.core.types import Letter, LetterEvent

if TYPE_CHECKING:
    from fingerspell.core.types import Joints, Probabilities


class LetterDecoder:
    """Turns frames' probabilities into letter events; see the module for the rules.

    Args:
        options: when a sign counts.
        alphabet: the classes that frames have probabilities of.
    """

    def __init__(self, options: DecoderOptions | None = None, alphabet: Alphabet = ASL) -> None:
        self.options, self.alphabet = options or DecoderOptions(), alphabet
        self._smoothing = Smoothing(self.options.smoothing_s, len(alphabet))
        self._letters = [alphabet.index(letter) for letter in alphabet.letters]
        self._forget()

    def _forget(self) -> None:
        self._smoothing.begin()
        self._candidate: Sign | None = None  # in front, not yet for long enough
        self._active: Sign | None = None  # has begun, has not ended
        self._last: Letter | None = None  # the last that has ended
        self._words = Words()
        options, reach_s = self.options, min(self.options.pause_s, self.options.max_gap_s)
        self._glimpses = Glimpses(
            self.alphabet.letters, options.glimpse_probability, options.min_hold_s, reach_s
        )

    def push(
        self,
        time_s: float,
        probabilities: Probabilities,
        _joints: Joints | None = None,
        _hand: float | None = None,
        *,
        duration_s: float | None = None,
    ) -> list[LetterEvent]:
        """Take the next frame's probabilities; return what began, became or ended with it.

        Args:
            time_s: when the frame was taken, or is first shown.
            probabilities: [C], of the classes of the alphabet.
            duration_s: how long it is shown, where that is known; the next frame must not come sooner.

        Raises:
            ValueError: time runs backwards, or there are not C probabilities, all of them numbers.
        """
        numbers = self.alphabet.pooled(check_probabilities(probabilities, len(self.alphabet)))
        shown_s = seconds_shown(duration_s)
        events = self._see(time_s, numbers, self.options.max_gap_s)
        for later_s in repeats(shown_s, self.options):
            events += self._see(time_s + later_s, numbers, math.inf)
        return events

    def _see(self, time_s: float, probabilities: list[float], max_gap_s: float) -> list[LetterEvent]:
        """Take what is there at one instant, and has been unless the last was over `max_gap_s` ago."""
        events = self._advance(time_s, probabilities, max_gap_s)
        events += self._follow_active(time_s)
        self._follow_candidate(time_s)
        if not self._active and self._letters:
            letters = [self._smoothing.probabilities[place] for place in self._letters]
            self._glimpses.see(self._smoothing.from_s, time_s, letters)
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
        if self._smoothing.is_gap(time_s, max_gap_s):
            events, self._candidate = self._end(), None
            self._glimpses.begin(-math.inf)
            self._smoothing.begin()
        self._smoothing.see(time_s, probabilities)
        return events

    def _follow_active(self, time_s: float) -> list[LetterEvent]:
        """See whether the sign that has begun is still there."""
        sign = self._active
        if sign is None:
            return []
        smoothed = self._smoothing.probabilities
        if not sign.released and smoothed[sign.index] >= self.options.leave_probability:
            self._see_sign(sign, time_s)
        away_s = time_s - sign.end_s
        sign.released = sign.released or (away_s > 0 and away_s >= self.options.release_s)
        drawn = self.alphabet.turns_into.get(sign.index)
        waits = drawn is not None and away_s < self.options.turn_s
        turns = drawn is not None and self._candidate is not None and self._candidate.index == drawn
        return self._end() if sign.released and not (waits or turns) else []

    def _follow_candidate(self, time_s: float) -> None:
        """See which sign is ahead, and for how long."""
        smoothed = self._smoothing.probabilities
        leader = smoothed.index(max(smoothed))
        is_held = self._active and not self._active.released and self._active.index == leader
        is_unsure = smoothed[leader] < self._enough(time_s)
        if self.alphabet.classes[leader] == NOTHING or is_unsure or is_held:
            self._candidate = None
            return
        if self._candidate is None or self._candidate.index != leader:
            self._candidate = Sign(
                leader, self.alphabet.classes[leader], self._smoothing.from_s, time_s
            )
        self._see_sign(self._candidate, time_s)

    def _see_sign(self, sign: Sign, time_s: float) -> None:
        smoothing, sure = self._smoothing, self.options.sure_probability
        sign.see(time_s, smoothing.from_s, smoothing.probabilities, sure)

    def _enough(self, time_s: float) -> float:
        """The smoothed probability at which a sign may begin."""
        before = self._active or self._last
        in_word = self._words.counts and before and time_s - before.end_s < self.options.pause_s
        return self.options.word_probability if in_word else self.options.enter_probability

    def _begin(self, sign: Sign) -> list[LetterEvent]:
        before = self._active
        if before and self.alphabet.turns_into.get(before.index) == sign.index:
            sign.start_s, sign.glimpses = before.start_s, before.glimpses
            self._active = sign
            return self._words.tell(LetterEvent("became", sign.letter()))
        if before:  # it may have been strong enough for a moment yet
            before.end_s = min(before.end_s, sign.start_s)
        events = self._end()
        if self._last:  # that may have been strong enough, too, when this one came in front
            sign.start_s = max(sign.start_s, self._last.end_s)
        after_last, nearer = self._glimpses.before(sign.start_s)
        sign.glimpses = after_last + nearer
        if self._last and sign.start_s - self._last.end_s >= self.options.pause_s:
            of_word = after_last if self._words.counts else ()
            self._last = self._words.next(self._last)
            events += self._pause(sign, of_word)
            sign.glimpses = (of_word if sign.char == SPACE else ()) + nearer
        self._active = sign
        return events + self._words.tell(LetterEvent("began", sign.letter()))

    def _pause(self, sign: Sign, glimpses: tuple[Letter, ...]) -> list[LetterEvent]:
        """The space between the last word and `sign`, after glimpses of more of that word."""
        last = self._last
        if last is None or not self._words.takes_space(sign.char):
            return []
        probability = min(1.0, (sign.start_s - last.end_s) / (2 * self.options.pause_s))
        space = Letter(SPACE, last.end_s, sign.start_s, probability, glimpses)
        return self._words.tell(LetterEvent("began", space), LetterEvent("ended", space))

    def _end(self) -> list[LetterEvent]:
        if self._active is None:
            return []
        self._last, self._active = self._active.letter(), None
        self._glimpses.begin(self._last.end_s)
        return self._words.tell(LetterEvent("ended", self._last))

    def _is_sure(self, sign: Sign) -> bool:
        return sign.sure_for_s() >= self.options.min_hold_s

    def _count(self) -> list[LetterEvent]:
        """What was waiting, if the sign at hand is sure."""
        if self._words.counts or not self._active or not self._is_sure(self._active):
            return []
        return self._words.count()
