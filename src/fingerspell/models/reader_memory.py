"""What the reader remembers from one frame of a video to the next.

To detect a hand takes most of the time that reading one does, and may find another one. In a video it
is near where it was a moment ago, so the reader looks there first. Where no letter is clear, it may see
the wrong place: then it detects the hand anew, now and then. To look all over a frame and find no
hand takes longest. Where none has been for a while, that is done less often than 30 times a second, and
seldom while nothing moves.
"""

from typing import NamedTuple, Self

import torch
from torch import Tensor

from fingerspell.core.types import N_JOINTS
from fingerspell.models.reader_rules import ReaderRules

# Ways to detect a hand: by its landmarks, by its palm, by its palm in a wider view, or all of them; and
# none where what was seen before holds. Where no hand has been for a while, looks are in turn.
NO_WAY, LANDMARKS, PALM, WIDE_PALM, ALL_WAYS = range(-1, 4)
WAYS = (LANDMARKS, PALM, LANDMARKS, WIDE_PALM)
PARTS, PART_PX = 10, 16  # a picture has 10x10 parts, of 16x16 of its pixels each


class Memory(NamedTuple):
    """What is remembered of N videos; all zeros before the first frame.

    Attributes:
        joints: [N, 21, 2] of the frame that was looked at last, fractions of width and height.
        hand: [N], the logit of a hand in it.
        features: [N, K] of it, of which the letter is read.
        uncertain: [N], how many frames in succession have been uncertain.
        without_s: [N], seconds since a hand was seen, or since the video began.
        looked_s: [N], seconds since a frame was looked at.
        looks: [N], how many frames without a hand have been looked at in succession.
        unmoved: [N], how many of these since something moved.
        parts: [N, 100], the mean green of its parts, 0 to 255.
    """

    joints: Tensor
    hand: Tensor
    features: Tensor
    uncertain: Tensor
    without_s: Tensor
    looked_s: Tensor
    looks: Tensor
    unmoved: Tensor
    parts: Tensor

    @classmethod
    def of(cls, state: Tensor) -> Self:
        """What a `state` [N, `size`] holds."""
        rest = state.shape[1] - sum(_SIZES)
        joints, *numbers, parts, features = torch.split(state, [*_SIZES, rest], 1)
        hand, uncertain, without_s, looked_s, looks, unmoved = (each[:, 0] for each in numbers)
        joints = joints.reshape(-1, N_JOINTS, 2)
        times = (uncertain, without_s, looked_s, looks, unmoved)
        return cls(joints, hand, features, *times, parts)

    def state(self) -> Tensor:
        """The same as one tensor [N, `size`], which begins with the joints and the logit of a hand."""
        numbers = (self.hand, self.uncertain, self.without_s, self.looked_s, self.looks, self.unmoved)
        columns = [each[:, None] for each in numbers]
        return torch.cat((self.joints.flatten(1), *columns, self.parts, self.features), 1)

    def ways(self, dt_s: Tensor, parts: Tensor, rules: ReaderRules) -> Tensor:
        """In which way, or in none, the next frames [N] are to be looked at, `dt_s` later."""
        is_known = ~self.has_moved(parts, rules) & (self.unmoved >= len(WAYS))
        holds = self.looked_s + dt_s < torch.where(is_known, rules.unmoved_s, rules.idle_s)
        in_turn = torch.tensor(WAYS)[self.looks.remainder(len(WAYS)).long()]
        is_idle = self.without_s > rules.idle_after_s
        return torch.where(is_idle, torch.where(holds, NO_WAY, in_turn), ALL_WAYS)

    def has_moved(self, parts: Tensor, rules: ReaderRules) -> Tensor:
        """In which of the next frames [N] something has moved since one was looked at."""
        return (parts - self.parts).abs().amax(1) >= rules.moved

    def to_detect(self, rules: ReaderRules) -> Tensor:
        """In which of the next frames [N] the hand is detected anew though it is tracked."""
        return self.uncertain.remainder(rules.uncertain_frames) == 1


_SIZES = (2 * N_JOINTS, *[1] * 6, PARTS * PARTS)  # in the order of a state; features come last


def size(features: int) -> int:
    """How many numbers a state has, with so many features."""
    return sum(_SIZES) + features


def means_of_parts(pictures: Tensor) -> Tensor:
    """The mean green [N, 100] of parts of uint8 RGB [N, H, W, 3], in a grid over the whole picture."""
    n_pixels = PARTS * PART_PX
    places = (torch.arange(n_pixels) + 0.5) / n_pixels
    rows, columns = ((places * side).long() for side in pictures.shape[1:3])
    pixels = pictures.index_select(1, rows).index_select(2, columns)[..., 1].float()
    return pixels.reshape(-1, PARTS, PART_PX, PARTS, PART_PX).mean((2, 4)).flatten(1)
