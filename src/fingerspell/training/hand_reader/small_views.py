"""Random views for the network for small hands: whole images, hands, and what is beside them.

A view is a square of 112 pixels with the hand anywhere in it, or close up; seldom one beside it. It is
not turned upright. As in `crops`, the image is rolled, squashed and mirrored at random before.
"""

import math

import torch
from torch import Tensor

from fingerspell.models.reader_rules import ReaderRules
from fingerspell.training.hand_reader.random_views import (
    BESIDE_SIDES,
    Dice,
    Placement,
    Views,
    bend,
    moved,
    photograph,
    roll,
    show,
    told,
)
from fingerspell.training.hand_reader.training_images import PACKED_PX, Samples

VIEW_PX = ReaderRules.small_view_px
CLOSE_SHARE, BESIDE_SHARE = 0.52, 0.08  # of the views of images whose landmarks are known
WHOLE_TRUST = 0.5  # in letters of whole views: the letter is read close up
FAR, NEAR = 0.11, 0.85  # shares of the sides of whole views that hands have
LARGEST_VIEW_PX = 3.5 * PACKED_PX
SHRUNK_TO = (0.25, 0.4, 0.6)  # of the pixels of a view


def draw_small(samples: Samples, index: Tensor, generator: torch.Generator) -> Views:
    """One random view of each of the samples `index` [N], 112 pixels wide and high."""
    dice = Dice(len(index), generator)
    found, joints = samples.found[index], samples.joints[index]
    extent = (joints.amax(1) - joints.amin(1)).amax(1).clamp(8)
    kind = dice.uniform()
    beside = found & (extent < 0.35 * PACKED_PX) & (kind < BESIDE_SHARE)
    close = found & ~beside & (kind < BESIDE_SHARE + CLOSE_SHARE)
    middle, side = _place(dice, joints, extent, found, close, beside, samples.size[index] / 2)
    placement = Placement(middle, side, roll(dice) * (side / 2)[:, None, None], VIEW_PX, bend(dice))
    known = told(samples, index, beside)
    known["trust"] = known["trust"] * torch.where(found & ~close & ~beside, WHOLE_TRUST, 1.0)
    pictures = photograph(show(samples, index, placement, dice), generator, SHRUNK_TO)
    return Views(pictures=pictures, joints=placement.in_view(joints), **known)


def _place(
    dice: Dice,
    joints: Tensor,
    extent: Tensor,
    found: Tensor,
    close: Tensor,
    beside: Tensor,
    picture_middle: Tensor,
) -> tuple[Tensor, Tensor]:
    """Middle [N, 2] and side [N] of the views, in pixels of the packed images."""
    share = torch.where(
        close,
        ReaderRules.small_fill * torch.exp(dice.normal(0.17)),
        torch.exp(dice.uniform(math.log(FAR), math.log(NEAR))),
    )
    of_hand = (extent / share).clamp(max=LARGEST_VIEW_PX)
    side = torch.where(found, of_hand, PACKED_PX * dice.uniform(0.75, 1.4))
    side = torch.where(beside, extent * dice.uniform(*BESIDE_SIDES), side)
    close_room = 0.09 * side * dice.normal().abs().clamp(max=2)
    room = torch.where(close, close_room, 0.46 * (side - extent).clamp(0))
    room = torch.where(found, room, 0.15 * side)
    middle = torch.where(found[:, None], (joints.amin(1) + joints.amax(1)) / 2, picture_middle)
    return moved(dice, middle, room, beside, extent, side), side
