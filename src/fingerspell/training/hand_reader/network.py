"""What of the reader learns, and what it gets wrong."""

import math
from collections.abc import Mapping
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from fingerspell.models.hand_net import HandOutput, normalised
from fingerspell.models.mediapipe_networks import SameConv
from fingerspell.models.reader import HandReader
from fingerspell.training.hand_reader.features import KNOWN, SMALL
from fingerspell.training.hand_reader.sources import UNKNOWN
from fingerspell.training.tasks.base import LABEL

TURN_DEG, SQUASH, NOISE = 15.0, 0.1, 0.02  # standard deviations of what is done to landmarks at random
MIRRORED = 0.5  # of the hands
SHAKEN = 8  # times that the network for landmarks alone sees each hand's, each time changed otherwise
SMOOTHING = 0.05  # of labels
JOINTS_WEIGHT, HAND_WEIGHT, HEAT_WEIGHT = 2.0, 0.3, 0.3  # of the loss, beside the letter's


class Outputs(NamedTuple):
    """What is said of B views.

    Attributes:
        logits: [B, 29].
        joints: landmarks [B, 21, 2], fractions of the view.
        hand: logits [B] of a hand.
        alone: logits [B, K, 29] of landmarks alone, changed K times.
        small: of the small views.
    """

    logits: Tensor
    joints: Tensor
    hand: Tensor
    alone: Tensor
    small: HandOutput


class HandLearning(nn.Module):
    """The parts of a reader under their own names, so that weights of either fit the other.

    Args:
        reader: whose parts they are.
    """

    def __init__(self, reader: HandReader) -> None:
        super().__init__()
        for name, part in reader.named_children():
            self.add_module(name, part)
        self.letters, self.shape, self.small = reader.letters, reader.shape, reader.small
        self._small_spec = reader.small_spec

    def forward(self, middle: Tensor, turn: Tensor, hands: Tensor, small: Tensor) -> Outputs:
        """What is read in views, and of landmarks alone.

        Args:
            middle: features of views [B, 112, 14, 14], of the trunk's first layers.
            turn: [B, 2, 2] takes directions in the view to those in the image.
            hands: landmarks [B, K, 21, 2] of size 1.
            small: uint8 RGB [B, 3, 112, 112], views for the network for small hands.
        """
        reading = self.letters(middle.float(), turn)
        alone: Tensor = self.shape.net(hands.flatten(0, 1))
        return Outputs(
            self.letters.logits(reading.features),
            reading.joints,
            reading.hand,
            alone.reshape(*hands.shape[:2], -1),
            self.small(self._small_spec.normalise(small.float(), torch)),
        )


def in_image(joints: Tensor, turn: Tensor) -> Tensor:
    """Landmarks [B, 21, 2] of views as they lie in the images, of size 1."""
    return normalised((joints - 0.5) @ turn.transpose(1, 2))


def shaken(joints: Tensor, turn: Tensor, n: int) -> Tensor:
    """The same n times each, at random: [B, n, 21, 2].

    Each hand is turned, squashed, shaken and mirrored.
    """
    flat = in_image(joints, turn).repeat_interleave(n, 0)
    angle = torch.randn(len(flat), device=joints.device) * math.radians(TURN_DEG)
    cos, sin = angle.cos(), angle.sin()
    turned = flat @ torch.stack((cos, sin, -sin, cos), 1).view(-1, 2, 2)
    mirror = torch.ones(len(flat), 1, 2, device=joints.device)
    mirror[torch.rand(len(flat), device=joints.device) < MIRRORED, :, 0] = -1
    squash = (torch.randn(len(flat), 1, 2, device=joints.device) * SQUASH).exp()
    moved = normalised(turned * squash * mirror)
    return (moved + torch.randn_like(moved) * NOISE).reshape(len(joints), n, *joints.shape[1:])


def losses(outputs: Outputs, facts: Mapping[str, Tensor]) -> tuple[Tensor, Tensor]:
    """Logits [B, 29], and the loss [B] of each row: of its upright view, and of its small one.

    Each part is a mean over the views that say something of it.
    """
    logits, label = outputs.logits.float(), facts[LABEL]
    trusted = (label != UNKNOWN) * facts["trust"]
    error = _joint_errors(outputs.joints, facts["joints"]).mean(1).clamp(max=2)
    alone = outputs.alone.float().transpose(1, 2)
    again = label[:, None].expand(-1, alone.shape[2])
    parts = (
        _share(_wrong(logits, label), trusted),
        JOINTS_WEIGHT * _share(error, facts["found"].float()),
        HAND_WEIGHT * _absence(outputs.hand, facts["hand"]),
        _share(_wrong(alone, again).mean(1), trusted * facts["found"] * facts["is_real"]),
        small_losses(outputs.small, {name: facts[f"{SMALL}{name}"] for name in KNOWN}),
    )
    return logits, sum(parts[1:], parts[0])


def small_losses(seen: HandOutput, facts: Mapping[str, Tensor]) -> Tensor:
    """The loss [B] of each small view: letter, landmarks, their heat maps, presence."""
    joints, label = facts["joints"], facts["label"]
    visible = facts["found"][:, None] & ((joints > 0) & (joints < 1)).all(-1)
    n_cells = math.isqrt(seen.heat.shape[2])
    spread = -(cell_weights(joints.clamp(0, 1), n_cells) * seen.heat.float().log_softmax(-1)).sum(-1)
    error = _joint_errors(seen.joints, joints)
    parts = (
        _share(_wrong(seen.logits.float(), label), (label != UNKNOWN) * facts["trust"]),
        _share(JOINTS_WEIGHT * error + HEAT_WEIGHT * spread, visible.float()).mean(1),
        HAND_WEIGHT * _absence(seen.hand, facts["hand"]),
    )
    return sum(parts[1:], parts[0])


def cell_weights(joints: Tensor, n_cells: int) -> Tensor:
    """Places [B, 21, 2] in 0..1 as weights of the four nearest cells: [B, 21, n_cells * n_cells]."""
    places = (joints[..., None] * n_cells).clamp(0.5, n_cells - 0.5)
    centres = torch.arange(n_cells, device=joints.device) + 0.5
    weight: Tensor = (1 - (places - centres).abs()).clamp(0)
    return (weight[:, :, 1, :, None] * weight[:, :, 0, None, :]).flatten(2)


def _joint_errors(joints: Tensor, known: Tensor) -> Tensor:
    """By how much landmarks [B, 21, 2] are off [B, 21], in sizes of the hand."""
    extent = (known.amax(1) - known.amin(1)).amax(1).clamp(0.05)
    distances: Tensor = (joints.float() - known).norm(dim=-1)
    return distances / extent[:, None]


def _absence(hand: Tensor, known: Tensor) -> Tensor:
    """What each view [B] adds to the mean loss of the presence of hands."""
    wrong = functional.binary_cross_entropy_with_logits(hand.float(), known.clamp(0), reduction="none")
    return _share(wrong, (known != UNKNOWN).float())


def _wrong(logits: Tensor, label: Tensor) -> Tensor:
    return functional.cross_entropy(logits, label.clamp(0), reduction="none", label_smoothing=SMOOTHING)


def _share(values: Tensor, weights: Tensor) -> Tensor:
    """What each value adds to the mean of those that have a weight."""
    return values * weights / weights.mean().clamp(1e-6)


def compute_in_32_bits(layer: SameConv) -> None:
    """Take a depthwise convolution out of autocast: in 16 bits, it takes far longer on a CPU."""

    def before(_layer: SameConv, inputs: tuple[Tensor]) -> tuple[Tensor]:
        torch.set_autocast_enabled("cpu", False)
        return (inputs[0].float(),)

    def after(_layer: SameConv, _inputs: tuple[Tensor], _output: Tensor) -> None:
        torch.set_autocast_enabled("cpu", True)

    layer.register_forward_pre_hook(before)
    layer.register_forward_hook(after)
