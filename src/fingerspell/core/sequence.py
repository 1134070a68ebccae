"""Letters from a network that sees the hand move.

A sequence reader (see `training.sequence`) is a network that is given what was seen at each tick (see
`core.sight`), together with the state it returned last, and says what was signed a moment before. From
there on, the same rules as without one make letters of it (`core.decode`), only that its answers need
less smoothing and are sure much sooner. Of frames without anything known of a hand, which is what the
app's page sends that reads by itself, these rules read as they do without a network.
"""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from fingerspell.core.decode import (
    REPEAT_S,
    STILL_S,
    DecoderOptions,
    LetterDecoder,
    check_probabilities,
    seconds_shown,
)
from fingerspell.core.sight import CHANGE, MOTION, Floats, Sight, Ticker, features
from fingerspell.core.types import N_JOINTS, LetterEvent

MOST_SHOWN_S = 10.0  # a frame that is shown for longer counts for so long
# What a network says of ticks is decided, not doubted: docs/experiments/46-sequence-reader.md.
DECIDED = DecoderOptions(
    enter_probability=0.6,
    word_probability=0.45,
    sure_probability=0.6,
    leave_probability=0.2,
    min_hold_s=0.03,
    unsure_hold_s=0.03,
    release_s=0.03,
    smoothing_s=0.04,
    turn_s=0.1,
)


class SequenceNetwork(Protocol):
    """A network with a state, as a model's file holds one.

    Attributes:
        delay_ticks: what it says at a tick is of the tick this many before.
        options: when what it says is a letter.
    """

    delay_ticks: int
    options: DecoderOptions

    def start(self) -> Floats:
        """The state before the first tick."""

    def step(self, numbers: Floats, state: Floats) -> tuple[Floats, Floats]:
        """Probabilities [T, 29] at ticks [T, N_FEATURES], and the state after them."""


class SequenceDecoder:
    """Letters of one video, by a sequence reader; a `core.types.Decoder`.

    Args:
        network: says what is signed.
        options: when that is a letter.
    """

    def __init__(self, network: SequenceNetwork, options: DecoderOptions | None = None) -> None:
        self.network, self.options = network, options or network.options
        self._letters = LetterDecoder(self.options)
        self._alone = LetterDecoder(DecoderOptions(pause_s=self.options.pause_s))
        self._forget()

    def _forget(self) -> None:
        self._ticker = Ticker()
        self._before: Sight | None = None
        self._state = self.network.start()
        self._numbers = np.zeros((0, 0), np.float32)  # of the last tick
        self._times_s: list[float] = []  # of ticks of which nothing has been said yet
        self._time_s: float | None = None

    def push(
        self,
        time_s: float,
        probabilities: NDArray[np.floating],
        joints: NDArray[np.float32] | None = None,
        hand: float | None = None,
        *,
        duration_s: float | None = None,
    ) -> list[LetterEvent]:
        """Take the next frame, as `core.types.Decoder` has it.

        Raises:
            ValueError: time runs backwards, or there are not 29 probabilities, all of them numbers.
        """
        check_probabilities(probabilities)
        shown_s = seconds_shown(duration_s)
        if joints is None and hand is None:
            return self._alone.push(time_s, probabilities, duration_s=duration_s)
        sight = _sight(probabilities, joints, hand)
        events = self._see(time_s, sight)
        if shown_s >= STILL_S:
            for later_s in np.arange(REPEAT_S, min(shown_s, MOST_SHOWN_S), REPEAT_S).tolist():
                events += self._see(time_s + later_s, sight)
        return events

    def _see(self, time_s: float, sight: Sight) -> list[LetterEvent]:
        """Take what is there at one instant."""
        events: list[LetterEvent] = []
        if self._time_s is not None:
            if time_s < self._time_s:
                raise ValueError(f"time runs backwards, from {self._time_s} to {time_s} s")
            if time_s - self._time_s > self.options.max_gap_s:
                events = self._rest()  # nobody saw what happened
                self._forget()
        self._time_s = time_s
        ticks_s, seen = self._ticker.push(time_s, sight)
        if not len(ticks_s):
            return events
        numbers = features(seen, self._before)
        self._before, self._numbers = seen[-1:], numbers[-1:]
        self._times_s += ticks_s.tolist()
        return events + self._say(numbers, self.network.delay_ticks)

    def flush(self) -> list[LetterEvent]:
        """End the sign that is still held, and start afresh."""
        events = self._rest() + self._letters.flush() + self._alone.flush()
        self._forget()
        return events

    def _rest(self) -> list[LetterEvent]:
        """What was signed at the last ticks: what is shown then stays as it is."""
        numbers = np.repeat(self._numbers, self.network.delay_ticks, axis=0)
        numbers[:, CHANGE] = 0
        numbers[:, MOTION] = 0
        return self._say(numbers, waits=0) if self._times_s else []

    def _say(self, numbers: Floats, waits: int) -> list[LetterEvent]:
        """Give the network more ticks; all but the last `waits` that were shown are decided then."""
        said, self._state = self.network.step(numbers, self._state)
        n_decided = max(0, len(self._times_s) - waits)
        decided, self._times_s = self._times_s[:n_decided], self._times_s[n_decided:]
        events: list[LetterEvent] = []
        for time_s, probabilities in zip(decided, said[len(said) - n_decided :], strict=True):
            events += self._letters.push(time_s, probabilities)
        return events


def _sight(
    probabilities: NDArray[np.floating], joints: NDArray[np.float32] | None, hand: float | None
) -> Sight:
    """One frame; without joints there is no hand to follow."""
    known = joints is not None and bool(np.isfinite(joints).all())
    shown = joints if joints is not None and known else np.zeros((N_JOINTS, 2), np.float32)
    sure = (1.0 if hand is None else hand) if known else 0.0
    return Sight(
        np.asarray(probabilities, np.float32)[None],
        np.asarray(shown, np.float32)[None],
        np.array([sure], np.float32),
    )
