"""Random views of the training images: what the reader may come to see of a hand it has found.

A view is a square of 224 pixels around the hand, turned so that the hand is upright, nearly; seldom one
beside it, or of an image without one. The image is rolled, squashed and mirrored at random before,
and lit and blurred after; what lies outside it is black or another background. Whole batches at a time.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from fingerspell.core.types import N_JOINTS
from fingerspell.models.mediapipe_networks import HAND_PX as VIEW_PX
from fingerspell.models.reader import JOINT_MIDDLE_BASE, JOINT_WRIST
from fingerspell.models.reader_rules import ReaderRules
from fingerspell.models.squares import angle_of, turn_by
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
from fingerspell.training.hand_reader.training_images import N_PLACES, PACKED_PX, Samples

BESIDE_SHARE = 0.06  # of the views of images whose landmarks are known
MISTAKEN_SHARE = 0.6  # of the views of images without hands: around what looks like one
SHRUNK_TO = (0.13, 0.18, 0.25, 0.4)  # of the pixels of a view: hands of few


@dataclass(frozen=True)
class Crops(Views):
    """Upright views to learn from, of 224 pixels.

    Attributes:
        turn: [N, 2, 2], takes directions in the view to those in the rolled and mirrored image.
    """

    turn: Tensor


def draw_crops(samples: Samples, index: Tensor, generator: torch.Generator) -> Crops:
    """One random view of each of the samples `index` [N]."""
    dice = Dice(len(index), generator)
    found, joints = samples.found[index], samples.joints[index]
    extent = (joints.amax(1) - joints.amin(1)).amax(1).clamp(8)
    beside = found & (extent < 0.35 * PACKED_PX) & dice.chance(BESIDE_SHARE)
    mistaken, around = _mistaken(samples, index, dice)
    outline, placed = torch.where(mistaken[:, None, None], around, joints), found | mistaken
    rolled = roll(dice)
    turn = turn_by(_angle(torch.linalg.solve(rolled, outline.transpose(1, 2)), placed, dice))
    middle, side = _place(dice, outline, rolled @ turn, placed, beside, samples.size[index])
    to_picture = rolled @ turn * (side / 2)[:, None, None]
    placement = Placement(middle, side, to_picture, VIEW_PX, bend(dice))
    pictures = show(samples, index, placement, dice)
    return Crops(
        pictures=photograph(pictures, generator, SHRUNK_TO),
        joints=placement.in_view(joints),
        turn=turn,
        **told(samples, index, beside),
    )


def _mistaken(samples: Samples, index: Tensor, dice: Dice) -> tuple[Tensor, Tensor]:
    """Which views [N] are to be around what looks like a hand, and its landmarks [N, 21, 2], if any."""
    place = (dice.uniform() * N_PLACES).long()
    lower, upper = samples.places[index, place].unbind(1)
    around = upper[:, None].repeat(1, N_JOINTS, 1)
    around[:, JOINT_WRIST] = lower
    return (lower != upper).any(1) & dice.chance(MISTAKEN_SHARE), around


def _angle(joints: Tensor, placed: Tensor, dice: Dice) -> Tensor:
    """By how much views are turned [N]: as the hands of landmarks [N, 2, 21] are, or nearly."""
    upright = angle_of(joints[:, :, JOINT_WRIST], joints[:, :, JOINT_MIDDLE_BASE])
    missed = torch.where(dice.chance(0.15), dice.normal(0.5), dice.normal(0.12))
    return torch.where(placed, upright + missed, dice.normal(1.5))


def _place(
    dice: Dice, joints: Tensor, axes: Tensor, placed: Tensor, beside: Tensor, size: Tensor
) -> tuple[Tensor, Tensor]:
    """Middle [N, 2] and side [N] of views along `axes` [N, 2, 2], in pixels of the packed images."""
    seen = torch.linalg.solve(axes, joints.transpose(1, 2))
    low, high = seen.amin(2), seen.amax(2)
    extent = (high - low).amax(1).clamp(8)
    hand_middle = (axes @ ((low + high) / 2)[:, :, None])[:, :, 0]
    anywhere = size * torch.stack((dice.uniform(0.2, 0.8), dice.uniform(0.2, 0.8)), 1)
    side = torch.where(
        placed,
        extent / (ReaderRules.fill * torch.exp(dice.normal(0.2))),
        PACKED_PX * torch.exp(dice.uniform(math.log(0.25), math.log(1.3))),
    )
    side = torch.where(beside, extent * dice.uniform(*BESIDE_SIDES), side)
    room = torch.where(placed, 0.07 * side * dice.normal().abs().clamp(max=2), 0.3 * side)
    middle = torch.where(placed[:, None], hand_middle, anywhere)
    return moved(dice, middle, room, beside, extent, side), side
