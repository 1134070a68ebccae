"""Boxes of pictures, resampled to squares.

The filter widens when it shrinks, which is what Pillow and torchvision call "antialias": a triangle
(bilinear) or Keys' cubic (bicubic). Rows first, then columns, each by matrix products, so NumPy,
PyTorch and an exported ONNX graph do the very same arithmetic with the array library given as `xp`.

A row depends on the lines near it only, so rows are made in blocks of a few: a product with all lines
would spend nine tenths of its time on zeros. For the columns, fewer by then, that did not pay.
"""

from types import ModuleType
from typing import Any, Literal

import numpy as np

Array = Any  # a numpy.ndarray or a torch.Tensor, as `xp` says
Kernel = Literal["bilinear", "bicubic"]
REACH = {"bilinear": 1, "bicubic": 2}  # of a kernel, in its own units
BLOCK = 8  # rows of one product; 16 and 32 were slower in ONNX Runtime


def crop(
    pictures: Array,
    boxes: Array,
    size_px: int,
    xp: ModuleType = np,
    kernel: Kernel = "bilinear",
    widest_px: int | None = None,
) -> Array:
    """Resample boxes of pictures to squares; what lies outside a picture is black.

    Args:
        pictures: uint8 RGB [N, H, W, 3].
        boxes: float [N, 4], x0, y0, x1, y1 in pixels of the picture, one box a picture; [1, 4] is the
            same for all.
        size_px: side of the squares.
        xp: numpy or torch.
        kernel: of the resampling.
        widest_px: no box is wider or higher; found out where not given, which a graph to be exported
            cannot do, since its shapes may not depend on what it sees.

    Returns:
        float32 [N, 3, size_px, size_px], values 0..255.
    """
    n, height, width = pictures.shape[:3]
    if widest_px is None:
        widest_px = int((boxes[:, 2:] - boxes[:, :2]).max()) + 1
    lines = pictures.reshape(n * height, width * 3)
    index, rows = _rows(boxes[:, 1], boxes[:, 3], size_px, height, widest_px, xp, kernel)
    near = lines[index + xp.arange(n, device=lines.device).reshape(n, 1, 1) * height]
    bands = (rows @ xp.asarray(near, dtype=xp.float32)).reshape(n, -1, width, 3)[:, :size_px]
    columns = _columns(boxes[:, 0], boxes[:, 2], size_px, width, xp, kernel)
    views = xp.moveaxis(bands, 3, 1) @ xp.swapaxes(columns, 1, 2)[:, None]
    return views if kernel == "bilinear" else xp.clip(views, 0.0, 255.0)


def _columns(
    start: Array, stop: Array, size: int, length: int, xp: ModuleType, kernel: Kernel
) -> Array:
    """Weights [N, size, length] that make `size` pixels of pixels start..stop [N] of `length`."""
    scale = ((stop - start) / size)[:, None, None]
    centre = start[:, None, None] + (_count(size, start, xp)[:, None] + 0.5) * scale
    return _weights(centre, _count(length, start, xp), scale, length, xp, kernel)


def _rows(
    start: Array, stop: Array, size: int, length: int, widest: int, xp: ModuleType, kernel: Kernel
) -> tuple[Array, Array]:
    """The same for blocks of rows.

    Returns:
        the lines near each block, int64 [N, blocks, near]; and their weights in each of its rows,
        float32 [N, blocks, BLOCK, near].
    """
    reach = REACH[kernel]
    n_near = (BLOCK - 1 + 2 * reach) * widest // size + 2 * reach + 2
    scale = ((stop - start) / size)[:, None, None, None]
    target = _count(-(-size // BLOCK) * BLOCK, start, xp).reshape(1, -1, BLOCK, 1)
    centre = start[:, None, None, None] + (target + 0.5) * scale
    lowest = xp.floor(centre[:, :, :1] - reach * xp.clip(scale, 1.0, None))
    source = lowest + _count(n_near, start, xp)
    weights = _weights(centre, source, scale, length, xp, kernel)
    # Lines outside the picture have no weight, and any line will do for them.
    return xp.asarray(xp.clip(source[:, :, 0], 0, length - 1), dtype=xp.int64), weights


def _weights(
    centre: Array, source: Array, scale: Array, length: int, xp: ModuleType, kernel: Kernel
) -> Array:
    """What part each pixel of `source` has in the one resampled around `centre`; together they are 1.

    Pixels of `source` outside 0..length have none. `scale` is how many are given for one resampled.
    """
    distance = xp.abs(source + 0.5 - centre) / xp.clip(scale, 1.0, None)
    weight = _triangle(distance, xp) if kernel == "bilinear" else _cubic(distance, xp)
    weight = weight * ((source >= 0) & (source < length))
    total = xp.clip(weight.sum(-1), 1e-6, None)[..., None]
    if kernel == "bicubic":
        # Around a picture only the negative parts of the kernel reach it, and their sum is no measure.
        weight = weight * (xp.abs(centre - length / 2) <= length / 2)
    return weight / total


def _triangle(distance: Array, xp: ModuleType) -> Array:
    return xp.clip(1.0 - distance, 0.0, None)


def _cubic(distance: Array, xp: ModuleType) -> Array:
    """The cubic of Keys (1981), a = -0.5, as Pillow and torchvision have it."""
    near, far = xp.clip(distance, None, 1.0), xp.clip(distance, 1.0, 2.0)
    # One cubic holds up to distance 1, the other from 1 to 2; each is 0 where it is clipped to its end.
    return (1.5 * near - 2.5) * near * near + 1.0 + ((2.5 - 0.5 * far) * far - 4.0) * far + 2.0


def _count(n: int, like: Array, xp: ModuleType) -> Array:
    """0, 1, ... n - 1 as float32."""
    return xp.asarray(xp.arange(n, device=like.device), dtype=xp.float32)
