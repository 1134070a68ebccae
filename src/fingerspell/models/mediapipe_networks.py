"""The two networks of MediaPipe Hands, as PyTorch modules that its weights fit into.

`PalmDetector` finds palms in a square picture, `HandTrunk` turns the square around a hand into
features. Both are those of Zhang et al., "MediaPipe Hands: On-device Real-time Hand Tracking" (2020),
as the package mediapipe 0.10.21 ships them (`palm_detection_full.tflite`, `hand_landmark_full.tflite`;
Apache-2.0); `tools/hand_data/mediapipe_weights.py` takes the weights out. Parameters are defined in the
order of the operators there, which is how `load_in_order` knows which is which.
"""

from collections.abc import Sequence
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from fingerspell.models.hand_net import cell_centres

MEDIAPIPE = "MediaPipe Hands 0.10.21 (Apache-2.0)"  # whose weights they are
PALM_PX = 192  # side of the detector's input
N_PALM_POINTS = 7  # wrist, bases of index, middle, ring and little finger, two of the thumb
WRIST, MIDDLE_BASE = 0, 2  # among them
HAND_PX = 224  # side of the trunk's input
TRUNK_WIDTH, MIDDLE_WIDTH = 1152, 112  # channels of the features, and of those at 1/16 of the side


class SameConv(nn.Conv2d):
    """A convolution with TensorFlow's SAME padding: where odd, the larger part is right and below."""

    def __init__(self, n_in: int, n_out: int, kernel: int, stride: int = 1, groups: int = 1) -> None:
        super().__init__(n_in, n_out, kernel, stride, kernel // 2 * (stride == 1), groups=groups)
        self.before, self.after = (kernel - stride) // 2, (kernel - stride + 1) // 2

    def forward(self, x: Tensor) -> Tensor:
        """Convolve `x` [N, C, H, W], sides even where the stride is 2."""
        if self.stride[0] > 1:
            x = functional.pad(x, (self.before, self.after, self.before, self.after))
        return super().forward(x)


class ChannelPReLU(nn.Module):
    """PReLU made of what ONNX Runtime computes in blocked layout, in which its own PReLU is not.

    The detector takes three quarters of the time so, and says the same.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(width))

    def forward(self, x: Tensor) -> Tensor:
        """`x` [N, width, H, W], its negative part times a number for each channel."""
        width = len(self.weight)
        minus = torch.full((width, 1, 1, 1), -1.0)
        negative = torch.relu(functional.conv2d(x, minus, groups=width))
        slope = -self.weight.reshape(width, 1, 1, 1)
        return torch.relu(x) + functional.conv2d(negative, slope, groups=width)


class _PalmBlock(nn.Module):
    """A depthwise and a pointwise convolution, around which the input passes."""

    def __init__(self, n_in: int, n_out: int, stride: int = 1) -> None:
        super().__init__()
        self.depthwise = SameConv(n_in, n_in, 5, stride, n_in)
        self.pointwise = nn.Conv2d(n_in, n_out, 1)
        self.activation = ChannelPReLU(n_out)
        self.stride, self.width, self.widening = stride, n_in, n_out - n_in

    def forward(self, x: Tensor) -> Tensor:
        learned = self.pointwise(self.depthwise(x))
        if self.stride == 2:  # noqa: PLR2004 - halves
            x = functional.max_pool2d(x, 2)
        if self.widening:  # a convolution, to stay in the layout that ONNX Runtime blocks
            same = torch.eye(self.width + self.widening, self.width)
            x = functional.conv2d(x, same[:, :, None, None])
        return cast("Tensor", self.activation(learned + x))


class _PalmStage(nn.Sequential):
    """Blocks of one width, after one that halves the sides where the stage before has another."""

    def __init__(self, n_blocks: int, width: int, before: int | None = None) -> None:
        first = [] if before is None else [_PalmBlock(before, width, 2)]
        super().__init__(*first, *(_PalmBlock(width, width) for _ in range(n_blocks)))


class PalmDetector(nn.Module):
    """Scores and places of palms at 2,016 anchors (2 at each 8th pixel, 6 at each 16th).

    Source: BlazePalm in Zhang et al. (2020), a single-shot detector with two scales.
    """

    def __init__(self) -> None:
        super().__init__()
        self.stem, self.activation = SameConv(3, 32, 5, 2), ChannelPReLU(32)
        self.quarter = nn.Sequential(*_PalmStage(4, 32), *_PalmStage(4, 64, 32))
        self.eighth, self.sixteenth = _PalmStage(4, 128, 64), _PalmStage(4, 256, 128)
        self.smallest = _PalmStage(4, 256, 256)
        self.up, self.up_activation = nn.Conv2d(256, 256, 1), ChannelPReLU(256)
        self.coarse = _PalmStage(2, 256)
        self.coarse_score, self.coarse_place = nn.Conv2d(256, 6, 1), nn.Conv2d(256, 6 * 18, 1)
        self.up_again, self.up_again_activation = nn.Conv2d(256, 128, 1), ChannelPReLU(128)
        self.fine = _PalmStage(2, 128)
        self.fine_score, self.fine_place = nn.Conv2d(128, 2, 1), nn.Conv2d(128, 2 * 18, 1)

    def forward(self, picture: Tensor) -> tuple[Tensor, Tensor]:
        """Look at pictures [N, 3, 192, 192], RGB in 0..1.

        Returns:
            scores [N, 2016], logits; and places [N, 2016, 9, 2], x and y as fractions of the picture:
            the middle of the palm's box, its width and height, and 7 points of the palm.
        """
        eighth = self.eighth(self.quarter(self.activation(self.stem(picture))))
        sixteenth = self.sixteenth(eighth)
        smallest = self.smallest(sixteenth)
        coarse = self.coarse(sixteenth + self.up_activation(self.up(_doubled(smallest))))
        fine = self.fine(eighth + self.up_again_activation(self.up_again(_doubled(coarse))))
        scores = torch.cat((_rows(self.fine_score(fine), 1), _rows(self.coarse_score(coarse), 1)), 1)
        raw = torch.cat((_rows(self.fine_place(fine), 18), _rows(self.coarse_place(coarse), 18)), 1)
        places = raw.reshape(len(raw), -1, 2 + N_PALM_POINTS, 2) / PALM_PX
        at_anchor = torch.ones(2 + N_PALM_POINTS, 1)
        at_anchor[1] = 0  # width and height are no place
        return scores.squeeze(2), places + anchors()[:, None] * at_anchor


def anchors() -> Tensor:
    """Where the 2,016 anchors are [2016, 2], x and y as fractions of the picture."""
    centres = []
    for cells, each in ((PALM_PX // 8, 2), (PALM_PX // 16, 6)):
        centres.append(cell_centres(cells, cells).repeat_interleave(each, 0))
    return torch.cat(centres)


def _doubled(x: Tensor) -> Tensor:
    return functional.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)


def _rows(x: Tensor, width: int) -> Tensor:
    """[N, anchors * width, H, W] as [N, H * W * anchors, width]."""
    return x.permute(0, 2, 3, 1).reshape(len(x), -1, width)


class _HandBlock(nn.Module):
    """An inverted residual (Sandler et al., "MobileNetV2", 2018), parts of it left out at both ends."""

    def __init__(self, n_in: int, width: int, n_out: int | None, kernel: int, stride: int = 1) -> None:
        super().__init__()
        self.expand = nn.Conv2d(n_in, width, 1) if width != n_in else None
        self.depthwise = SameConv(width, width, kernel, stride, width)
        self.project = nn.Conv2d(width, n_out, 1) if n_out else None
        self.passes = n_in == n_out and stride == 1

    def forward(self, x: Tensor) -> Tensor:
        wide = x if self.expand is None else functional.relu6(self.expand(x))
        wide = functional.relu6(self.depthwise(wide))
        if self.project is None:
            return wide
        learned = cast("Tensor", self.project(wide))
        return x + learned if self.passes else learned


class HandTrunk(nn.Module):
    """Features of the hand in a square of 224 pixels.

    `first` are the layers down to 1/16 of the side, `last` those after them: what lies between is what
    the reader's own layers see, too.
    """

    def __init__(self) -> None:
        super().__init__()
        self.stem = SameConv(3, 24, 3, 2)
        self.first = nn.Sequential(
            _HandBlock(24, 24, 16, 3),
            _HandBlock(16, 64, 24, 3, 2),
            _HandBlock(24, 144, 24, 3),
            _HandBlock(24, 144, 40, 5, 2),
            _HandBlock(40, 240, 40, 5),
            _HandBlock(40, 240, 80, 3, 2),
            *(_HandBlock(80, 480, 80, 3) for _ in range(2)),
            _HandBlock(80, 480, MIDDLE_WIDTH, 5),
            *(_HandBlock(MIDDLE_WIDTH, 672, MIDDLE_WIDTH, 5) for _ in range(2)),
        )
        self.last = nn.Sequential(
            _HandBlock(MIDDLE_WIDTH, 672, 192, 5, 2),
            *(_HandBlock(192, TRUNK_WIDTH, 192, 5) for _ in range(3)),
            _HandBlock(192, TRUNK_WIDTH, None, 3),
        )

    def middle(self, view: Tensor) -> Tensor:
        """Features [N, 112, 14, 14] of views [N, 3, 224, 224], RGB in 0..1."""
        return cast("Tensor", self.first(functional.relu6(self.stem(view))))


def load_in_order(module: nn.Module, weights: Sequence[Tensor]) -> None:
    """Fill a module's parameters with tensors in the order in which it defines them.

    Raises:
        ValueError: they are of other numbers or sizes.
    """
    with torch.no_grad():
        for parameter, weight in zip(module.parameters(), weights, strict=True):
            if parameter.numel() != weight.numel():
                raise ValueError(f"{tuple(weight.shape)} does not fit {tuple(parameter.shape)}")
            parameter.copy_(weight.reshape(parameter.shape))
