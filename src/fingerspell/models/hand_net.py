"""A network that finds the joints of the hand first, and reads the letter from them.

`HandNet` sees a square view (RGB, normalised, [N, 3, S, S]) and answers three questions: is there a
hand, where are its 21 joints, and which class is it. The letter is read from the joints and from the
features at the joints, so that there is little else (no wallpaper, no face) it could be read from.
Joints come as heat maps turned into coordinates by a soft-argmax (Nibali et al., "Numerical
Coordinate Regression with Convolutional Neural Networks", 2018).
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from fingerspell.core.alphabet import CLASSES
from fingerspell.core.types import N_JOINTS

STRIDE = 8  # pixels of the view in one cell of a heat map


class HandOutput(NamedTuple):
    """What `HandNet` says of N views."""

    logits: Tensor  # [N, 29], classes in the order of `fingerspell.core.alphabet.CLASSES`
    features: Tensor  # [N, 256], of which the last layer makes the logits
    heat: Tensor  # [N, 21, S/8 * S/8], logits of each joint's place
    joints: Tensor  # [N, 21, 2], x and y as fractions of the view
    hand: Tensor  # [N], logit that a hand is in view


def _conv(n_in: int, n_out: int, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(n_in, n_out, 3, stride, padding=1, bias=False), nn.BatchNorm2d(n_out), nn.ReLU()
    )


class Residual(nn.Module):
    """Two 3x3 convolutions around which the input passes (He et al., 2016)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = _conv(width, width)
        self.second = nn.Sequential(
            nn.Conv2d(width, width, 3, padding=1, bias=False), nn.BatchNorm2d(width)
        )

    def forward(self, x: Tensor) -> Tensor:
        """Add what was learned to `x` [N, width, H, W]."""
        return torch.relu(x + self.second(self.first(x)))


class HandNet(nn.Module):
    """Joints, then letter, of the hand in a square view.

    Args:
        widths: channels at 1/2, 1/4, 1/8 and 1/16 of the view's side.
        joint_width: features read at each joint.
    """

    def __init__(
        self, widths: tuple[int, int, int, int] = (32, 48, 128, 192), joint_width: int = 16
    ) -> None:
        super().__init__()
        half, quarter, eighth, sixteenth = widths
        self.eighth = nn.Sequential(
            _conv(3, half, 2), _conv(half, quarter, 2), _conv(quarter, eighth, 2), Residual(eighth)
        )
        self.sixteenth = nn.Sequential(
            _conv(eighth, sixteenth, 2), Residual(sixteenth), Residual(sixteenth)
        )
        self.up = nn.ConvTranspose2d(sixteenth, eighth, 2, 2)
        self.fuse = nn.Sequential(
            nn.Conv2d(eighth, eighth, 1, bias=False), nn.BatchNorm2d(eighth), nn.ReLU()
        )
        self.heat = nn.Conv2d(eighth, N_JOINTS, 1)
        self.at_joint = nn.Conv2d(eighth, joint_width, 1)
        self.hand = nn.Linear(sixteenth, 1)
        self.letter = nn.Sequential(
            nn.Linear(N_JOINTS * (2 + joint_width) + sixteenth, 256),
            nn.ReLU(),
            nn.Dropout(0.2),
            nn.Linear(256, len(CLASSES)),
        )

    def forward(self, view: Tensor) -> HandOutput:
        """Read views [N, 3, S, S] (float, normalised RGB; S a multiple of 16).

        A joint's place is the mean of its heat map.
        """
        eighth = self.eighth(view)
        sixteenth = self.sixteenth(eighth)
        fused = self.fuse(torch.relu(eighth + self.up(sixteenth)))
        heat = self.heat(fused).flatten(2)
        place = heat.float().softmax(-1)
        joints = place @ cell_centres(*fused.shape[2:]).to(fused.device)
        features = place.to(fused.dtype) @ self.at_joint(fused).flatten(2).transpose(1, 2)
        overall = sixteenth.mean((2, 3))
        evidence = (normalised(joints).flatten(1).to(fused.dtype), features.flatten(1), overall)
        read = self.letter[:-1](torch.cat(evidence, 1))
        return HandOutput(self.letter[-1](read), read, heat, joints, self.hand(overall).squeeze(1))


def cell_centres(height: int, width: int) -> Tensor:
    """Centres [H*W, 2] (x, y) of the cells of a feature map, as fractions of its sides."""
    y = (torch.arange(height) + 0.5) / height
    x = (torch.arange(width) + 0.5) / width
    return torch.stack((x.repeat(height), y.repeat_interleave(width)), 1)


def normalised(joints: Tensor) -> Tensor:
    """Joints [N, 21, 2] with mean 0 and root-mean-square distance 1, whatever place and size."""
    centred = joints - joints.mean(1, keepdim=True)
    spread = centred.square().sum(-1, keepdim=True).mean(1, keepdim=True)
    return centred / (spread + 1e-6).sqrt()
