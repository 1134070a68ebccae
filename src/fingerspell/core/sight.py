"""What was seen in frames: arrays of many at once."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fingerspell.core.ticks import Glance

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Sight:
    """What was seen at N moments.

    Attributes:
        probabilities: float32 [N, 29].
        joints: float32 [N, 21, 2], in heights of the image; anything where there is no hand.
        hand: float32 [N], probability of a hand.
    """

    probabilities: Floats
    joints: Floats
    hand: Floats

    def __len__(self) -> int:
        return len(self.hand)

    def __getitem__(self, rows: "slice | NDArray[np.integer]") -> "Sight":
        return Sight(self.probabilities[rows], self.joints[rows], self.hand[rows])

    def glances(self) -> list[Glance]:
        """One after the other."""
        joints = self.joints.reshape(len(self), -1)
        columns = (self.probabilities.tolist(), joints.tolist(), self.hand.tolist())
        return [Glance(*each) for each in zip(*columns, strict=True)]


def in_heights(joints: Floats | None, pixels: NDArray[np.uint8]) -> Floats | None:
    """Joints [21, 2], fractions of the width and height of a picture [H, W, 3], in its heights."""
    if joints is None:
        return None
    height, width = pixels.shape[:2]
    return np.asarray(joints * np.array([width / height, 1.0], np.float32), np.float32)


def joined(parts: list[Sight]) -> Sight:
    """One after the other."""
    return Sight(
        np.concatenate([part.probabilities for part in parts]),
        np.concatenate([part.joints for part in parts]),
        np.concatenate([part.hand for part in parts]),
    )
