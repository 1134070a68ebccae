"""What of the reader learns, and what it gets wrong."""

import math
from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional

from fingerspell.models.hand_net import normalised
from fingerspell.models.mediapipe_networks import SameConv
from fingerspell.models.reader import HandReader
from fingerspell.training.hand_reader.sources import UNKNOWN
from fingerspell.training.tasks.base import LABEL

TURN_DEG, SQUASH, NOISE = 15.0, 0.1, 0.02  # standard deviations of what is done to landmarks at random
MIRRORED = 0.5  # of the hands
SHAKEN = 8  # times that the network for landmarks alone sees each hand's, each time changed otherwise
SMOOTHING = 0.05  # of labels
JOINTS_WEIGHT, HAND_WEIGHT = 2.0, 0.3  # of the loss, beside the letter's

Outputs = tuple[Tensor, Tensor, Tensor, Tensor]


class HandLearning(nn.Module):
    """The parts of a reader under their own names, so that weights of either fit the other.

    Args:
        reader: whose parts they are.
    """

    def __init__(self, reader: HandReader) -> None:
        super().__init__()
        for name, part in reader.named_children():
            self.add_module(name, part)
        self.letters, self.shape = reader.letters, reader.shape

    def forward(self, middle: Tensor, turn: Tensor, hands: Tensor) -> Outputs:
        """What is read in views, and of landmarks alone.

        Args:
            middle: features of views [B, 112, 14, 14], of the trunk's first layers.
            turn: [B, 2, 2] takes directions in the view to those in the image.
            hands: landmarks [B, K, 21, 2] of size 1.

        Returns:
            logits [B, 29]; landmarks [B, 21, 2], fractions of the view; logits [B] of a hand; logits
            [B, K, 29] of landmarks alone.
        """
        reading = self.letters(middle.float(), turn)
        alone: Tensor = self.shape.net(hands.flatten(0, 1))
        of_each = alone.reshape(*hands.shape[:2], -1)
        return self.letters.logits(reading.features), reading.joints, reading.hand, of_each


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
    """Logits [B, 29], and the loss [B] of each view: letter, landmarks, presence, letter by these.

    Each part is a mean over the views that say something of it.
    """
    logits, joints, hand, alone = (output.float() for output in outputs)
    label = facts[LABEL]
    trusted = (label != UNKNOWN) * facts["trust"]
    extent = (facts["joints"].amax(1) - facts["joints"].amin(1)).amax(1).clamp(0.05)
    error = ((joints - facts["joints"]).norm(dim=-1).mean(1) / extent).clamp(max=2)  # hands' sizes
    presence = functional.binary_cross_entropy_with_logits(
        hand, facts["hand"].clamp(0), reduction="none"
    )
    again = label[:, None].expand(-1, alone.shape[1])
    parts = (
        _share(_wrong(logits, label), trusted),
        JOINTS_WEIGHT * _share(error, facts["found"].float()),
        HAND_WEIGHT * _share(presence, (facts["hand"] != UNKNOWN).float()),
        _share(
            _wrong(alone.transpose(1, 2), again).mean(1), trusted * facts["found"] * facts["is_real"]
        ),
    )
    return logits, sum(parts[1:], parts[0])


def _wrong(logits: Tensor, label: Tensor) -> Tensor:
    return functional.cross_entropy(logits, label.clamp(0), reduction="none", label_smoothing=SMOOTHING)


def _share(values: Tensor, weights: Tensor) -> Tensor:
    """What each view [B] adds to the mean of those that have a weight."""
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
