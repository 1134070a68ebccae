"""Takes some pictures of a hand out of a camera's frames, one after the other."""

from collections.abc import Callable
from dataclasses import dataclass

from fingerspell.errors import AppError

WAIT_S, EVERY_S = 1.0, 0.5  # before the first picture, and between two
HAND_THERE = 0.5  # probability from which a hand counts as seen


@dataclass
class Recorder:
    """What is still to be taken.

    Attributes:
        keep: is given each picture.
        left: how many are still to be taken.
        needs_hand: whether pictures without a hand are passed over.
        next_s: when the next one is taken; None before the first frame.
        error: why a picture could not be kept; "" if all were.
    """

    keep: Callable[[bytes], None]
    left: int
    needs_hand: bool = True
    next_s: float | None = None
    error: str = ""

    def see(self, time_s: float, jpeg: bytes, hand: float | None) -> bool:
        """Look at the next frame; whether it was taken."""
        if self.next_s is None:
            self.next_s = time_s + WAIT_S
        has_hand = hand is None or hand >= HAND_THERE
        if not self.left or time_s < self.next_s or (self.needs_hand and not has_hand):
            return False
        self.left, self.next_s = self.left - 1, time_s + EVERY_S
        try:
            self.keep(jpeg)
        except AppError as error:
            self.left, self.error = 0, str(error)
        return True
