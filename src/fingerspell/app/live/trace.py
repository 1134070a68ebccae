"""Where the hand was in the newest frames of one camera; what lessons look back at."""

import threading
from array import array
from collections import deque
from collections.abc import Sequence
from typing import TYPE_CHECKING

from fingerspell.core.types import N_JOINTS

if TYPE_CHECKING:
    from fingerspell.core.types import Joints

Hand = list[tuple[float, float]]
KEPT = 1800  # frames: a minute at 30 a second; 400 kB


class Trace:
    """The landmarks of the newest frames that showed a hand, with their times.

    Frames come in one thread, and pages look back in others.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._frames: deque[tuple[float, array[float]]] = deque(maxlen=KEPT)

    def add(self, time_s: float, joints: "Joints") -> None:
        """Note the landmarks [21, 2] of the next frame, in heights of the image."""
        numbers = array("f", (float(x) for point in joints for x in point))
        with self._lock:
            self._frames.append((time_s, numbers))

    def between(self, start_s: float, end_s: float) -> list[tuple[float, Hand]]:
        """The frames of some time, each with when it was taken."""
        found = []
        with self._lock:
            for time_s, numbers in reversed(self._frames):
                if time_s < start_s:
                    break
                if time_s <= end_s:
                    found.append((time_s, numbers))
        return [(time_s, _hand(numbers)) for time_s, numbers in reversed(found)]


def _hand(numbers: Sequence[float]) -> Hand:
    return [(numbers[2 * i], numbers[2 * i + 1]) for i in range(N_JOINTS)]
