"""What a sequence reader is given: what was seen, thirty times a second whatever the frame rate.

A frame is shown until the next one comes. Between two frames that follow each other closely, what was
seen changes evenly from one to the other; ticks of equal length make a network that learned one rate
read at any. Each tick is described by `N_FEATURES` numbers, in which neither the place nor the size of
the hand matters, only how it moves.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fingerspell.core.alphabet import CLASSES
from fingerspell.core.types import N_JOINTS

TICK_S = 1 / 30
BLEND_S = 0.2  # frames further apart are not blended: the first is shown until the second comes
HAND = 0.5  # probability of a hand from which its joints are used
LEAST_PROBABILITY = 1e-4  # lower ones are read as this
SHAPE_PER_S = 0.1  # one root-mean-square hand size a second counts as this much
CENTRE_PER_S = 0.2
TOLERANCE = 1e-6  # of a tick: one that is as good as at a frame is not left to the next
MOST = 3.0  # a number beyond this, such as of a hand that jumps, is read as this

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Sight:
    """What was seen at N moments.

    Attributes:
        probabilities: float32 [N, 29].
        joints: float32 [N, 21, 2], in heights of the picture; anything where there is no hand.
        hand: float32 [N], probability of a hand.
    """

    probabilities: Floats
    joints: Floats
    hand: Floats

    def __len__(self) -> int:
        return len(self.hand)

    def __getitem__(self, rows: "slice | NDArray[np.integer]") -> "Sight":
        return Sight(self.probabilities[rows], self.joints[rows], self.hand[rows])


N_CLASSES = len(CLASSES)
SHAPE = slice(N_CLASSES, N_CLASSES + 2 * N_JOINTS)
CHANGE = slice(SHAPE.stop, SHAPE.stop + 2 * N_JOINTS)
MOTION = slice(CHANGE.stop, CHANGE.stop + 3)
N_FEATURES = MOTION.stop + 1


def in_heights(joints: Floats | None, pixels: NDArray[np.uint8]) -> Floats | None:
    """Joints [21, 2], fractions of the width and height of a picture [H, W, 3], in its heights."""
    if joints is None:
        return None
    height, width = pixels.shape[:2]
    return np.asarray(joints * np.array([width / height, 1.0], np.float32), np.float32)


def at_ticks(times_s: NDArray[np.float64], sight: Sight, ticks_s: NDArray[np.float64]) -> Sight:
    """What was seen at each tick.

    Args:
        times_s: of the frames [N], rising.
        sight: what is seen in them.
        ticks_s: [T], none before the first frame; those after the last see what it shows.
    """
    first = np.searchsorted(times_s, ticks_s, side="right") - 1
    second = np.minimum(first + 1, len(times_s) - 1)
    gap_s = times_s[second] - times_s[first]
    seen = sight.hand >= HAND
    blends = (gap_s > 0) & (gap_s <= BLEND_S) & (seen[first] == seen[second])
    share = np.where(blends, (ticks_s - times_s[first]) / np.where(blends, gap_s, 1.0), 0.0)
    share = share.astype(np.float32)

    def blended(values: Floats) -> Floats:
        weight = share.reshape(-1, *[1] * (values.ndim - 1))
        return np.asarray((1 - weight) * values[first] + weight * values[second], np.float32)

    return Sight(blended(sight.probabilities), blended(sight.joints), blended(sight.hand))


def features(sight: Sight, before: Sight | None = None) -> Floats:
    """The numbers [N, N_FEATURES] that describe ticks in a row, of which `before` is the last before.

    These are: 29 logarithms of probabilities; 21 joints, with mean 0 and root-mean-square distance 1;
    how fast these change; how fast the hand moves, in its sizes, and grows; whether there is a hand.
    """
    if before is not None:
        return features(joined([before[-1:], sight]))[1:]
    seen = sight.hand >= HAND
    joints = np.where(seen[:, None, None], sight.joints, 0).astype(np.float32)
    centre = joints.mean(1)
    around = joints - centre[:, None]
    size = np.sqrt(np.square(around).sum(2).mean(1)) + 1e-6
    shape = (around / size[:, None, None]).reshape(len(sight), -1)
    result = np.zeros((len(sight), N_FEATURES), np.float32)
    result[:, :N_CLASSES] = np.log(np.maximum(sight.probabilities, LEAST_PROBABILITY)) / 4 + 1
    result[:, SHAPE] = np.clip(shape, -MOST, MOST) * seen[:, None]
    both = (seen[1:] & seen[:-1])[:, None]
    change = np.diff(shape, axis=0) * (SHAPE_PER_S / TICK_S)
    result[1:, CHANGE] = np.clip(change, -MOST, MOST) * both
    mean_size = (size[1:] + size[:-1])[:, None] / 2
    moved = np.diff(centre, axis=0) / mean_size * (CENTRE_PER_S / TICK_S)
    grown = np.diff(np.log(size))[:, None] * (CENTRE_PER_S / TICK_S)
    result[1:, MOTION] = np.clip(np.concatenate([moved, grown], 1), -MOST, MOST) * both
    result[:, -1] = seen
    return result


class Ticker:
    """Turns frames, as they come, into ticks: those up to the frame that comes."""

    def __init__(self) -> None:
        self._times_s: list[float] = []  # of the last two frames
        self._frames: list[Sight] = []
        self._begin_s = 0.0
        self._next = 0  # the next tick, counted from the first frame

    def push(self, time_s: float, sight: Sight) -> tuple[NDArray[np.float64], Sight]:
        """Take the next frame, a `Sight` of one; return the new ticks [T] and what was seen at them."""
        if not self._frames:
            self._begin_s = time_s
        self._times_s = [*self._times_s[-1:], time_s]
        self._frames = [*self._frames[-1:], sight]
        stop = math.floor((time_s - self._begin_s) / TICK_S + TOLERANCE) + 1
        ticks_s = self._begin_s + np.arange(self._next, stop, dtype=np.float64) * TICK_S
        self._next = max(stop, self._next)
        return ticks_s, at_ticks(np.array(self._times_s), joined(self._frames), ticks_s)


def joined(parts: list[Sight]) -> Sight:
    """One after the other."""
    return Sight(
        np.concatenate([part.probabilities for part in parts]),
        np.concatenate([part.joints for part in parts]),
        np.concatenate([part.hand for part in parts]),
    )
