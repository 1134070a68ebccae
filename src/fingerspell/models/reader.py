"""The reader's own network: find the joints of the hand first, read the letter from them.

`HandNet` sees a square view (RGB, normalised, [N, 3, S, S]) and answers three questions: is there a
hand, where are its 21 joints, and which class is it. The letter is read from the joints and from the
features at the joints, so that there is little else (no wallpaper, no face) it could be read from.
Joints come as heat maps turned into coordinates by a soft-argmax (Nibali et al., "Numerical
Coordinate Regression with Convolutional Neural Networks", 2018).

One network serves both looks of the reader: the whole picture, then the hand (`TwoLooks`).
"""

from dataclasses import replace
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from fingerspell.core.alphabet import CLASSES
from fingerspell.core.preprocess import PreprocessSpec

N_JOINTS = 21  # wrist, then four joints from base to tip for thumb, index, middle, ring, little
STRIDE = 8  # pixels of the view in one cell of a heat map
BLIND_SHARE = 0.3  # of training views whose letter must be read from the joints alone


class HandOutput(NamedTuple):
    """What `HandNet` says of N views."""

    logits: Tensor  # [N, 29], classes in the order of `fingerspell.core.alphabet.CLASSES`
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

    def forward(self, view: Tensor, sharpness: float = 1.0) -> HandOutput:
        """Read views [N, 3, S, S] (float, normalised RGB; S a multiple of 16).

        A joint's place is the mean of its heat map. Where that has two peaks, one at the hand and one
        at a face, the mean is at neither; a `sharpness` over 1 lets the higher peak win.
        """
        eighth = self.eighth(view)
        sixteenth = self.sixteenth(eighth)
        fused = self.fuse(torch.relu(eighth + self.up(sixteenth)))
        heat = self.heat(fused).flatten(2)
        place = (heat.float() * sharpness).softmax(-1)
        joints = place @ _cell_centres(fused)
        features = place.to(fused.dtype) @ self.at_joint(fused).flatten(2).transpose(1, 2)
        overall = sixteenth.mean((2, 3))
        seen = functional.dropout(overall.new_ones(len(overall), 1), BLIND_SHARE, self.training)
        evidence = (normalised(joints).flatten(1).to(fused.dtype), features.flatten(1), overall * seen)
        logits = self.letter(torch.cat(evidence, 1))
        return HandOutput(logits, heat, joints, self.hand(overall).squeeze(1))


def _cell_centres(features: Tensor) -> Tensor:
    """Centres [H*W, 2] (x, y) of the cells of a feature map, as fractions of its sides."""
    height, width = features.shape[2:]
    y = (torch.arange(height, device=features.device) + 0.5) / height
    x = (torch.arange(width, device=features.device) + 0.5) / width
    return torch.stack((x.repeat(height), y.repeat_interleave(width)), 1)


def normalised(joints: Tensor) -> Tensor:
    """Joints [N, 21, 2] with mean 0 and root-mean-square distance 1, whatever place and size."""
    centred = joints - joints.mean(1, keepdim=True)
    spread = centred.square().sum(-1, keepdim=True).mean(1, keepdim=True)
    return centred / (spread + 1e-6).sqrt()


class TwoLooks(nn.Module):
    """The whole reader: looks at the picture to find the hand, then at the hand to read it.

    The same network serves both looks. No layer of it needs a certain size, so the first look has more
    pixels than it was trained on, and finds smaller hands for it. Where it finds none, the second is at
    the whole picture again, so that there is always an answer and it is `nothing` that has to win. The
    second look is at the hand and at its mirror image: a right hand is read as a left one is.

    Args:
        net: the network, trained on views of both kinds.
        spec: how a view is resampled and normalised.
    """

    FIRST_LOOK_PX = 160  # side of the first view; see docs/experiments.md
    FIRST_LOOK_SHARPNESS = 2.0  # of the joints it finds; see docs/experiments.md
    FILL = 0.65  # share of the second view's side that the hand's joints span
    SMALLEST_HAND = 0.08  # of the picture's longer side; no second look goes closer than this
    HAND_LOGIT = -1.0  # first looks under this saw no hand

    def __init__(self, net: HandNet, spec: PreprocessSpec) -> None:
        super().__init__()
        self.net = net
        self.spec = spec
        self.first_spec = replace(spec, size_px=self.FIRST_LOOK_PX)

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Read uint8 RGB [N, H, W, 3].

        Returns:
            probabilities [N, 29]; joints [N, 21, 2], x and y as fractions of width and height; and the
            probability [N] that a hand is in the picture.
        """
        height, width = pictures.shape[1:3]
        longer = max(height, width)
        whole = self.spec.whole_picture(pictures, torch)
        picture = self.first_spec.look(pictures, whole, torch, longer)
        first: HandOutput = self.net(picture, self.FIRST_LOOK_SHARPNESS)
        hand_box = self._hand_box(first.joints.detach(), whole)
        box = torch.where((first.hand > self.HAND_LOGIT)[:, None], hand_box, whole)
        widest = longer * 100 // round(100 * self.FILL) + 1  # as wide as joints at all edges make it
        view = self.spec.look(pictures, box, torch, widest)
        second: HandOutput = self.net(torch.cat((view, view.flip(3))))
        corner, side = box[:, None, :2], (box[:, 2:] - box[:, :2])[:, None]
        joints = (corner + second.joints[: len(view)] * side) / torch.tensor([width, height])
        probabilities = (second.logits[: len(view)] + second.logits[len(view) :]).div(2).softmax(1)
        return probabilities, joints, first.hand.sigmoid()

    def _hand_box(self, joints: Tensor, whole: Tensor) -> Tensor:
        """The square [N, 4] around joints [N, 21, 2] that were seen in the boxes `whole`."""
        low, high = joints.amin(1), joints.amax(1)
        side = (high - low).amax(1, keepdim=True).clamp(self.SMALLEST_HAND) / self.FILL
        centre = (low + high) / 2
        box = torch.cat((centre - side / 2, centre + side / 2), 1)
        return whole[:, :2].repeat(1, 2) + box * (whole[:, 2:] - whole[:, :2]).repeat(1, 2)
