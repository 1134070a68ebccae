"""The only resize and normalise: squares of a picture, resampled to a network's input.

A view is a square (or, for squashing networks, a rectangle) of a picture, resampled with a triangle
filter that widens when it shrinks, which is what Pillow and torchvision call "bilinear, antialias".
It is done by two matrix products, one a side, so NumPy, PyTorch and an exported ONNX graph do the
very same arithmetic: every function takes the array library to use as `xp`.

This module knows nothing of files, of colour conversion (pictures are RGB) or of networks.
"""

from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np

Array = Any  # a numpy.ndarray or a torch.Tensor, as `xp` says


@dataclass(frozen=True)
class PreprocessSpec:
    """How pictures become a network's input; it travels with the model.

    Attributes:
        size_px: side of the square input.
        mean: subtracted from each of R, G, B after scaling pixels to 0..1.
        std: divided by, likewise.
        keep_aspect: True centres the whole picture in a black square; False squashes it.
    """

    size_px: int
    mean: tuple[float, float, float] = (0.5, 0.5, 0.5)
    std: tuple[float, float, float] = (0.25, 0.25, 0.25)
    keep_aspect: bool = True

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "PreprocessSpec":
        """The spec that `dataclasses.asdict` was made of, after a journey through JSON."""
        return cls(**{**values, "mean": tuple(values["mean"]), "std": tuple(values["std"])})

    def __call__(self, pictures: Array, xp: ModuleType = np) -> Array:
        """Preprocess uint8 RGB [N, H, W, 3] to float32 [N, 3, size_px, size_px]."""
        boxes = self.whole_picture(pictures, xp)
        return self.normalise(crop(pictures, boxes, self.size_px, xp), xp)

    def whole_picture(self, pictures: Array, xp: ModuleType = np) -> Array:
        """Boxes [N, 4] (x0, y0, x1, y1 in pixels) that hold the whole of pictures [N, H, W, 3]."""
        height, width = pictures.shape[1:3]
        side_x = side_y = max(height, width)
        if not self.keep_aspect:
            side_x, side_y = width, height
        return xp.stack(
            [
                _filled_like(pictures, value, xp)
                for value in (
                    (width - side_x) / 2,
                    (height - side_y) / 2,
                    (width + side_x) / 2,
                    (height + side_y) / 2,
                )
            ],
            1,
        )

    def normalise(self, views: Array, xp: ModuleType = np) -> Array:
        """Scale views [N, 3, S, S] from 0..255 to the network's range."""
        mean = xp.asarray(self.mean, dtype=xp.float32).reshape(1, 3, 1, 1)
        std = xp.asarray(self.std, dtype=xp.float32).reshape(1, 3, 1, 1)
        return (views / 255.0 - mean) / std


def crop(pictures: Array, boxes: Array, size_px: int, xp: ModuleType = np) -> Array:
    """Resample boxes of pictures to squares; what lies outside a picture is black.

    Args:
        pictures: uint8 RGB [N, H, W, 3].
        boxes: float [N, 4], x0, y0, x1, y1 in pixels of the picture, one box a picture.
        size_px: side of the squares.
        xp: numpy or torch.

    Returns:
        float32 [N, 3, size_px, size_px], values 0..255.
    """
    n, height, width = pictures.shape[:3]
    rows = _resample_matrix(boxes[:, 1], boxes[:, 3], size_px, height, xp)
    columns = _resample_matrix(boxes[:, 0], boxes[:, 2], size_px, width, xp)
    pixels = xp.asarray(pictures, dtype=xp.float32).reshape(n, height, width * 3)
    bands = xp.moveaxis((rows @ pixels).reshape(n, size_px, width, 3), 3, 1)
    return bands @ xp.swapaxes(columns, 1, 2)[:, None]


def _filled_like(pictures: Array, value: float, xp: ModuleType) -> Array:
    """Float32 [N] filled with `value`, written so that N may stay open in an exported graph."""
    return xp.asarray(pictures[:, 0, 0, 0], dtype=xp.float32) * 0.0 + value


def _resample_matrix(start: Array, stop: Array, size: int, length: int, xp: ModuleType) -> Array:
    """Weights [N, size, length] that resample pixels start..stop of `length` to `size` pixels."""
    scale = ((stop - start) / size)[:, None, None]
    target = xp.asarray(xp.arange(size), dtype=xp.float32)[None, :, None]
    source = xp.asarray(xp.arange(length), dtype=xp.float32)[None, None, :]
    centre = start[:, None, None] + (target + 0.5) * scale
    reach = xp.clip(scale, 1.0, None)
    weight = xp.clip(1.0 - xp.abs(source + 0.5 - centre) / reach, 0.0, None)
    total = xp.clip(weight.sum(-1), 1e-6, None)[:, :, None]
    return weight / total
