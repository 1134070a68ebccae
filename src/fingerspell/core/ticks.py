"""What a sequence reader is given: what was seen, thirty times a second whatever the frame rate.

A frame is shown until the next one comes. Between two frames that follow each other closely, what was
seen changes evenly from one to the other; ticks of equal length make a network that learned one rate
read at any. It needs the standard library alone, since it runs in pages, too, that have no server.
"""

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

TICK_S = 1 / 30
BLEND_S = 0.2  # frames further apart are not blended: the first is shown until the second comes
HAND = 0.5  # probability of a hand from which its landmarks are used
# What a sequence reader's graph calls the parts of a `Glance`.
TICK_INPUTS = ("seen_probabilities", "joints", "hand")
TOLERANCE = 1e-6  # of a tick: one that is as good as at a frame is not left to the next


class Glance(NamedTuple):
    """What was seen at one moment.

    Attributes:
        probabilities: [29].
        joints: [42], x and y of each landmark, in heights of the image; anything if no hand is seen.
        hand: probability of a hand.
    """

    probabilities: Sequence[float]
    joints: Sequence[float]
    hand: float

    def until(self, other: "Glance", share: float) -> "Glance":
        """What was seen between this moment and another: `share` of the way, from 0 to 1."""
        return Glance(
            _between(self.probabilities, other.probabilities, share),
            _between(self.joints, other.joints, share),
            self.hand + share * (other.hand - self.hand),
        )


def _between(first: Sequence[float], second: Sequence[float], share: float) -> list[float]:
    return [a + share * (b - a) for a, b in zip(first, second, strict=True)]


class Ticker:
    """Turns frames, as they come, into ticks: those up to the frame that comes."""

    def __init__(self) -> None:
        self._frame: tuple[float, Glance] | None = None  # the last
        self._begin_s = 0.0
        self._next = 0  # the next tick, counted from the first frame

    def push(self, time_s: float, glance: Glance) -> list[tuple[float, Glance]]:
        """Take the next frame; return the new ticks, and what was seen at each."""
        if self._frame is None:
            self._begin_s = time_s
        before_s, before = self._frame or (time_s, glance)
        self._frame = time_s, glance
        gap_s = time_s - before_s
        blends = 0 < gap_s <= BLEND_S and (before.hand >= HAND) == (glance.hand >= HAND)
        stop = math.floor((time_s - self._begin_s) / TICK_S + TOLERANCE) + 1
        ticks = []
        for number in range(self._next, stop):
            tick_s = self._begin_s + number * TICK_S
            if tick_s >= time_s:
                seen = glance
            else:
                seen = before.until(glance, (tick_s - before_s) / gap_s) if blends else before
            ticks.append((tick_s, seen))
        self._next = max(stop, self._next)
        return ticks


def at_ticks(frames: Iterable[tuple[float, Glance]]) -> list[tuple[float, Glance]]:
    """All ticks of a video, and what was seen at each."""
    ticker = Ticker()
    return [tick for frame in frames for tick in ticker.push(*frame)]
