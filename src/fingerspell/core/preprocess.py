"""The only resize and normalise: squares of a picture, resampled to a network's input.

A view is a square (or, for squashing networks, a rectangle) of a picture, resampled with a filter that
widens when it shrinks, which is what Pillow and torchvision call "antialias": a triangle (bilinear) or
Keys' cubic (bicubic). It is done by two matrix products, one a side, so NumPy, PyTorch and an exported
ONNX graph do the very same arithmetic: every function takes the array library to use as `xp`.

This module knows nothing of files, of colour conversion (pictures are RGB) or of networks.
"""

from dataclasses import dataclass
from types import ModuleType
from typing import Any, Literal, get_args

import numpy as np

from fingerspell.errors import ModelError

Array = Any  # a numpy.ndarray or a torch.Tensor, as `xp` says
Kernel = Literal["bilinear", "bicubic"]


@dataclass(frozen=True)
class PreprocessSpec:
    """How pictures become a network's input; it travels with the model.

    Attributes:
        size_px: side of the square input.
        mean: subtracted from each of R, G, B after scaling pixels to 0..1.
        std: divided by, likewise.
        keep_aspect: True centres the whole picture in a black square; False squashes it, or, where
            `crop_share` is under 1, takes the middle square of its shorter side.
        crop_share: share of the view's side that is kept, centred. 224/256 with `keep_aspect` False is
            torchvision's `Resize(256)` and `CenterCrop(224)`, its rounding to whole pixels included.
        kernel: of the resampling; bicubic is clipped to what a pixel can be.

    Raises:
        ModelError: no picture can be preprocessed so.
    """

    size_px: int
    mean: tuple[float, float, float] = (0.5, 0.5, 0.5)
    std: tuple[float, float, float] = (0.25, 0.25, 0.25)
    keep_aspect: bool = True
    crop_share: float = 1.0
    kernel: Kernel = "bilinear"

    def __post_init__(self) -> None:
        if not 0 < self.crop_share <= 1:
            raise ModelError(f"crop_share cannot be {self.crop_share}: give more than 0, at most 1.")
        if self.kernel not in get_args(Kernel):
            raise ModelError(f"kernel cannot be {self.kernel!r}: give bilinear or bicubic.")

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "PreprocessSpec":
        """The spec that `dataclasses.asdict` was made of, after a journey through JSON."""
        return cls(**{**values, "mean": tuple(values["mean"]), "std": tuple(values["std"])})

    def __call__(self, pictures: Array, xp: ModuleType = np) -> Array:
        """Preprocess uint8 RGB [N, H, W, 3] to float32 [N, 3, size_px, size_px]."""
        # All have one size, so one box and one pair of matrices serves them all.
        return self.look(pictures, self.kept_part(pictures[:1], xp), xp)

    def look(self, pictures: Array, boxes: Array, xp: ModuleType = np) -> Array:
        """Resample boxes [N, 4] (x0, y0, x1, y1 in pixels) of pictures and normalise them."""
        return self.normalise(crop(pictures, boxes, self.size_px, xp, self.kernel), xp)

    def whole_picture(self, pictures: Array, xp: ModuleType = np) -> Array:
        """Boxes [N, 4] (x0, y0, x1, y1 in pixels) that hold the whole of pictures [N, H, W, 3]."""
        height, width = pictures.shape[1:3]
        side_x, side_y = self._sides_of_view(width, height)
        return _boxes_like(
            pictures,
            ((width - side_x) / 2, (height - side_y) / 2, (width + side_x) / 2, (height + side_y) / 2),
            xp,
        )

    def kept_part(self, pictures: Array, xp: ModuleType = np) -> Array:
        """Boxes [N, 4] (x0, y0, x1, y1 in pixels) of what the network is to see of whole pictures."""
        if self.crop_share == 1:
            return self.whole_picture(pictures, xp)
        height, width = pictures.shape[1:3]
        side_x, side_y = self._sides_of_view(width, height)
        left, right = self._kept(side_x, min(side_x, side_y))
        top, bottom = self._kept(side_y, min(side_x, side_y))
        x, y = (width - side_x) / 2, (height - side_y) / 2
        return _boxes_like(pictures, (x + left, y + top, x + right, y + bottom), xp)

    def _sides_of_view(self, width: int, height: int) -> tuple[int, int]:
        """Width and height in pixels of the black square around a picture, or of the picture."""
        longer = max(width, height)
        return (longer, longer) if self.keep_aspect else (width, height)

    def _kept(self, side: int, shorter: int) -> tuple[float, float]:
        """Where along a side of a view is kept, in its pixels, given the view's shorter side."""
        resized = round(self.size_px / self.crop_share) * side // shorter
        surplus = resized - self.size_px
        start = surplus // 2 + surplus % 4 // 3  # half of it; .5 goes to the even number, as in round()
        return start * side / resized, (start + self.size_px) * side / resized

    def normalise(self, views: Array, xp: ModuleType = np) -> Array:
        """Scale views [N, 3, S, S] from 0..255 to the network's range."""
        mean, std = (
            xp.asarray(values, dtype=xp.float32, device=views.device).reshape(1, 3, 1, 1)
            for values in (self.mean, self.std)
        )
        return (views / 255.0 - mean) / std


def crop(
    pictures: Array, boxes: Array, size_px: int, xp: ModuleType = np, kernel: Kernel = "bilinear"
) -> Array:
    """Resample boxes of pictures to squares; what lies outside a picture is black.

    Args:
        pictures: uint8 RGB [N, H, W, 3].
        boxes: float [N, 4], x0, y0, x1, y1 in pixels of the picture, one box a picture; [1, 4] is the
            same for all.
        size_px: side of the squares.
        xp: numpy or torch.
        kernel: of the resampling.

    Returns:
        float32 [N, 3, size_px, size_px], values 0..255.
    """
    n, height, width = pictures.shape[:3]
    weights = _bilinear if kernel == "bilinear" else _bicubic
    rows = weights(boxes[:, 1], boxes[:, 3], size_px, height, xp)
    columns = weights(boxes[:, 0], boxes[:, 2], size_px, width, xp)
    pixels = xp.asarray(pictures, dtype=xp.float32).reshape(n, height, width * 3)
    bands = xp.moveaxis((rows @ pixels).reshape(n, size_px, width, 3), 3, 1)
    views = bands @ xp.swapaxes(columns, 1, 2)[:, None]
    return views if kernel == "bilinear" else xp.clip(views, 0.0, 255.0)


def _boxes_like(pictures: Array, corners: tuple[float, ...], xp: ModuleType) -> Array:
    """The same box for each picture, float32 [N, 4], so that N may stay open in an exported graph."""
    zero = xp.asarray(pictures[:, 0, 0, 0], dtype=xp.float32) * 0.0
    return xp.stack([zero + corner for corner in corners], 1)


def _bilinear(start: Array, stop: Array, size: int, length: int, xp: ModuleType) -> Array:
    """Weights [N, size, length] that resample pixels start..stop of `length` to `size` pixels."""
    distance, _ = _distances(start, stop, size, length, xp)
    weight = xp.clip(1.0 - distance, 0.0, None)
    total = xp.clip(weight.sum(-1), 1e-6, None)[:, :, None]
    return weight / total


def _bicubic(start: Array, stop: Array, size: int, length: int, xp: ModuleType) -> Array:
    """As `_bilinear`, with the cubic of Keys (1981), a = -0.5, as Pillow and torchvision do."""
    distance, centre = _distances(start, stop, size, length, xp)
    near, far = xp.clip(distance, None, 1.0), xp.clip(distance, 1.0, 2.0)
    # One cubic holds up to distance 1, the other from 1 to 2; each is 0 where it is clipped to its end.
    weight = (1.5 * near - 2.5) * near * near + 1.0 + ((2.5 - 0.5 * far) * far - 4.0) * far + 2.0
    # Around a picture only the negative parts of the kernel reach it, and their sum is no measure.
    inside = xp.abs(centre - length / 2) <= length / 2
    return weight * inside / xp.clip(weight.sum(-1), 1e-6, None)[:, :, None]


def _distances(
    start: Array, stop: Array, size: int, length: int, xp: ModuleType
) -> tuple[Array, Array]:
    """Distances [N, size, length] between pixels resampled and given, and the former's [N, size, 1].

    They are in units of the kernel: pixels of what is given, or resampled ones where those are larger.
    """
    scale = ((stop - start) / size)[:, None, None]
    target = xp.asarray(xp.arange(size, device=start.device), dtype=xp.float32)[None, :, None]
    source = xp.asarray(xp.arange(length, device=start.device), dtype=xp.float32)[None, None, :]
    centre = start[:, None, None] + (target + 0.5) * scale
    reach = xp.clip(scale, 1.0, None)
    return xp.abs(source + 0.5 - centre) / reach, centre
