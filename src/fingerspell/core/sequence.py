"""Letters from a network that sees the hand move.

A sequence reader (see `training.sequence`) is a network that is given what was seen at each tick (see
`core.ticks`), together with the state it returned last, and says what was signed a moment before. From
there on, the same rules as without one make letters of it (`core.decoding`). Frames of which nothing is
known of a hand are read by the rules as they are without a network.

Whoever runs the network need not be Python: `Questions` says what to ask it, and when its answers were
true. The site asks ONNX Runtime in the browser; `Answers` asks a `SequenceNetwork`.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from fingerspell.core.alphabet import ASL, CLASSES, Alphabet
from fingerspell.core.decoding.decoder import LetterDecoder
from fingerspell.core.decoding.frames import REPEAT_S, STILL_S, check_probabilities, seconds_shown
from fingerspell.core.decoding.options import DecoderOptions
from fingerspell.core.ticks import Glance, Ticker
from fingerspell.core.types import N_JOINTS, LetterEvent

if TYPE_CHECKING:
    from fingerspell.core.types import Joints, Probabilities

MOST_SHOWN_S = 10.0  # a frame that is shown for longer counts for so long


def can_read(alphabet: Alphabet) -> bool:
    """Whether sequence readers have learned an alphabet; where digits are read, too, the rules read."""
    return alphabet.classes == CLASSES


@dataclass(frozen=True)
class Question:
    """What a network is asked next.

    Attributes:
        ticks: to give it, in order.
        afresh: whether its state is the one before the first tick.
        times_s: the last of its answers are of these times; those before them are of none.
    """

    ticks: list[Glance]
    afresh: bool
    times_s: list[float]

    def told(self, said: Sequence[Sequence[float]]) -> Iterator[tuple[float, Sequence[float]]]:
        """The times, each with the probabilities that the answers [T, 29] have for it."""
        return zip(self.times_s, said[len(said) - len(self.times_s) :], strict=True)


class Questions:
    """What to ask a network of one video, frame by frame.

    Args:
        delay_ticks: what the network says at a tick is of the tick this many before.
        max_gap_s: after longer without a frame it begins afresh, since nobody saw what happened.
    """

    def __init__(self, delay_ticks: int, max_gap_s: float) -> None:
        self._delay_ticks, self._max_gap_s = delay_ticks, max_gap_s
        self._forget()

    def _forget(self) -> None:
        self._ticker = Ticker()
        self._last: Glance | None = None  # at the last tick
        self._waiting_s: list[float] = []  # ticks of which nothing has been said yet
        self._time_s: float | None = None

    def see(self, time_s: float, glance: Glance, shown_s: float = 0.0) -> list[Question]:
        """Take the next frame, and for how long it is shown where that is known.

        Raises:
            ValueError: time runs backwards.
        """
        questions: list[Question] = []
        if self._time_s is not None:
            if time_s < self._time_s:
                raise ValueError(f"time runs backwards, from {self._time_s} to {time_s} s")
            if time_s - self._time_s > self._max_gap_s:
                questions = self.end()
        ticks = self._ticker.push(time_s, glance)
        self._time_s = time_s
        if shown_s >= STILL_S:
            for number in range(1, math.ceil(min(shown_s, MOST_SHOWN_S) / REPEAT_S - 1e-6)):
                self._time_s = time_s + number * REPEAT_S
                ticks += self._ticker.push(self._time_s, glance)
        if ticks:
            times_s, seen = zip(*ticks, strict=True)
            afresh, self._last = self._last is None, seen[-1]
            self._waiting_s += times_s
            questions.append(self._question(list(seen), self._delay_ticks, afresh=afresh))
        return questions

    def end(self) -> list[Question]:
        """Ask of the last ticks: what is shown then stays as it is. Then begin afresh."""
        questions: list[Question] = []
        if self._last and self._waiting_s:
            questions = [self._question([self._last] * self._delay_ticks, 0, afresh=False)]
        self._forget()
        return questions

    def _question(self, ticks: list[Glance], n_waiting: int, *, afresh: bool) -> Question:
        """All times but the last `n_waiting` are told by it."""
        n_told = max(0, len(self._waiting_s) - n_waiting)
        told, self._waiting_s = self._waiting_s[:n_told], self._waiting_s[n_told:]
        return Question(ticks, afresh, told)


class SequenceNetwork(Protocol):
    """A network with a state, as a model's file holds one.

    Attributes:
        delay_ticks: what it says at a tick is of the tick this many before.
    """

    delay_ticks: int

    def start(self) -> Any:
        """The state before the first tick."""

    def step(self, ticks: Sequence[Glance], state: Any) -> tuple[Sequence[Sequence[float]], Any]:
        """The 29 probabilities at each tick, and the state after them."""


class Answers:
    """What a network says of one video, frame by frame.

    Args:
        network: says what is signed.
        max_gap_s: as of `Questions`.
    """

    def __init__(self, network: SequenceNetwork, max_gap_s: float) -> None:
        self._network = network
        self._questions = Questions(network.delay_ticks, max_gap_s)
        self._state = network.start()

    def see(
        self, time_s: float, glance: Glance, shown_s: float = 0.0
    ) -> Iterator[tuple[float, Sequence[float]]]:
        """Take the next frame, as `Questions.see` does; give times and what was signed then.

        Raises:
            ValueError: time runs backwards.
        """
        return self._ask(self._questions.see(time_s, glance, shown_s))

    def end(self) -> Iterator[tuple[float, Sequence[float]]]:
        """What was signed at the times that are left. Then begin afresh."""
        return self._ask(self._questions.end())

    def _ask(self, questions: list[Question]) -> Iterator[tuple[float, Sequence[float]]]:
        for question in questions:
            state = self._network.start() if question.afresh else self._state
            said, self._state = self._network.step(question.ticks, state)
            yield from question.told(said)


class SequenceDecoder:
    """Letters of one video, by a sequence reader; a `core.types.Decoder`.

    Args:
        network: says what is signed.
        options: when that is a letter.
    """

    def __init__(self, network: SequenceNetwork, options: DecoderOptions | None = None) -> None:
        self.network, self.options = network, options or DecoderOptions()
        self._answers = Answers(network, self.options.max_gap_s)
        self._letters = LetterDecoder(self.options)
        self._alone = LetterDecoder(self.options)

    def push(
        self,
        time_s: float,
        probabilities: "Probabilities",
        joints: "Joints | None" = None,
        hand: float | None = None,
        *,
        duration_s: float | None = None,
    ) -> list[LetterEvent]:
        """Take the next frame, as `core.types.Decoder` has it.

        Raises:
            ValueError: time runs backwards, or there are not 29 probabilities, all of them numbers.
        """
        checked = check_probabilities(probabilities, len(ASL))
        shown_s = seconds_shown(duration_s)
        if joints is None and hand is None:
            return self._alone.push(time_s, probabilities, duration_s=duration_s)
        answers = self._answers.see(time_s, glance_of(checked, joints, hand), shown_s)
        return [event for said in answers for event in self._letters.push(*said)]

    def flush(self) -> list[LetterEvent]:
        """End the sign that is still held, and start afresh."""
        left = [event for said in self._answers.end() for event in self._letters.push(*said)]
        return [*left, *self._letters.flush(), *self._alone.flush()]


def glance_of(probabilities: Sequence[float], joints: "Joints | None", hand: float | None) -> Glance:
    """One frame; without landmarks there is no hand to follow."""
    placed = [] if joints is None else [float(value) for point in joints for value in point]
    if not placed or not all(map(math.isfinite, placed)):
        return Glance(probabilities, [0.0] * (2 * N_JOINTS), 0.0)
    return Glance(probabilities, placed, 1.0 if hand is None else float(hand))
