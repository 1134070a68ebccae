"""Moments of a video: a few of its frames, with what a reader took them for."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fingerspell.core.sequence import Answers, glance_of
from fingerspell.core.ticks import HAND
from fingerspell.evaluation.observed import Observed
from fingerspell.runtime.reader import Reader

MOMENTS = 24  # of a video, at most
NEAR_S = 0.1  # what the sequence reader says of a time further off is of another moment


@dataclass(frozen=True)
class Guess:
    """The likeliest sign, and how probable it is."""

    char: str
    probability: float


@dataclass(frozen=True)
class Moment:
    """A frame of a video, and what a reader took it for.

    Attributes:
        frame: its number, from 0.
        time_s: when it is shown.
        seen: by the frame reader.
        in_motion: by the sequence reader; None without one, or if it says nothing of that time.
        hand: probability that a hand is where the reader looked; 1 where the model gives none.
        joints: landmarks of the hand, float32 [21, 2] in heights of the image; None if not known.
    """

    frame: int
    time_s: float
    seen: Guess
    in_motion: Guess | None
    hand: float
    joints: NDArray[np.float32] | None

    @property
    def tracked(self) -> NDArray[np.float32] | None:
        """The landmarks, if a hand was there."""
        return self.joints if self.hand >= HAND else None


def hand_seen(observed: Observed) -> tuple[float, float]:
    """When the first and the last hand of a video is seen, in seconds; without any, the whole video."""
    times_s = observed.times_s[observed.hand >= HAND]
    if not len(times_s):
        times_s = observed.times_s
    return (float(times_s[0]), float(times_s[-1])) if len(times_s) else (0.0, 0.0)


def moments_of(reader: Reader, observed: Observed, n: int = MOMENTS) -> tuple[Moment, ...]:
    """At most `n` moments, evenly spread over the time in which a hand is seen.

    Args:
        reader: whose classifier has observed the video.
        observed: what it saw.
        n: at least 2.
    """
    if not len(observed):
        return ()
    first_s, last_s = hand_seen(observed)
    wanted_s = np.linspace(first_s, last_s, n)
    frames = np.unique([np.abs(observed.times_s - time_s).argmin() for time_s in wanted_s])
    answers = list(_in_motion(reader, observed))
    return tuple(_moment(reader, observed, frame, answers) for frame in frames.tolist())


def _moment(
    reader: Reader, observed: Observed, frame: int, answers: Sequence[tuple[float, Sequence[float]]]
) -> Moment:
    time_s, joints = float(observed.times_s[frame]), observed.joints[frame]
    near = [each for each in answers if abs(each[0] - time_s) <= NEAR_S]
    nearest = min(near, key=lambda answer: abs(answer[0] - time_s), default=None)
    return Moment(
        frame=frame,
        time_s=time_s,
        seen=_guess(reader, observed.probabilities[frame]),
        in_motion=_guess(reader, nearest[1]) if nearest else None,
        hand=float(observed.hand[frame]),
        joints=joints if np.isfinite(joints).all() else None,
    )


def _guess(reader: Reader, probabilities: Sequence[float] | NDArray[np.float32]) -> Guess:
    place = int(np.argmax(probabilities))
    return Guess(reader.alphabet.classes[place], float(probabilities[place]))


def _in_motion(reader: Reader, observed: Observed) -> Iterator[tuple[float, Sequence[float]]]:
    """What the sequence reader says, with the time of which it says so; nothing without one."""
    if not reader.network:
        return
    answers = Answers(reader.network, reader.options.max_gap_s)
    for time_s, shown_s, probabilities, joints, hand in observed.frames():
        glance = glance_of(probabilities.tolist(), joints, hand)
        yield from answers.see(time_s, glance, shown_s or 0.0)
    yield from answers.end()
