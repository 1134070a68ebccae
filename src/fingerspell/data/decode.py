"""Picture files to small squares: the slow part of every data set, done as seldom as possible.

A JPEG is decoded at the smallest of 1/8, 2/8, ... of its size that is half as large again as the
target, which skips most of the arithmetic (by `simplejpeg`; Pillow has halves only, and takes longer).
All else is decoded as it is everywhere (`pictures.still`). Then it is resampled with the triangle
filter of `core/preprocess.py`, which is Pillow's "bilinear" in 8 bits, in half the time.
"""

import hashlib
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import simplejpeg
from numpy.typing import NDArray
from PIL import Image

from fingerspell.core.resample import crop
from fingerspell.data.index import Picture
from fingerspell.errors import DataError, PictureError
from fingerspell.pictures.container import durations
from fingerspell.pictures.formats import Format, format_of
from fingerspell.pictures.still import MAX_SHRUNK_PIXELS, decode, is_turned

Pixels = NDArray[np.uint8]
LARGE_PX = 2048  # larger pictures that `simplejpeg` does not decode are shrunk to this first
MARGIN = 1.5  # scaled JPEGs are this much larger than the target: scaling is sharper than the filter


@dataclass(frozen=True)
class PackSpec:
    """How pictures are packed.

    Attributes:
        size_px: side of the squares.
        keep_aspect: True centres the whole picture in a black square; False squashes it.
        scaled_decoding: decode JPEGs at a fraction of their size where that suffices; on average half
            a level (of 255) from decoding the whole.
    """

    size_px: int = 64
    keep_aspect: bool = True
    scaled_decoding: bool = True

    def __post_init__(self) -> None:
        if self.size_px < 1:
            raise DataError(f"{self.size_px} pixels is not a size to pack to: use 1 or more.")


def read_square(root: Path, picture: Picture, spec: PackSpec) -> Pixels:
    """Read a picture of an index as RGB uint8 [size_px, size_px, 3].

    Raises:
        DataError: the file is missing, damaged, or not the one that was indexed.
    """
    path = root / picture.path
    try:
        content = path.read_bytes()
        if hashlib.sha256(content).hexdigest() != picture.sha256:
            raise DataError(f"{path} has changed since it was indexed: index the data set again.")
        return decode_square(content, spec, path)
    except FileNotFoundError as error:
        raise DataError(f"{path} is gone since it was indexed: index the data set again.") from error
    except PictureError as error:
        raise DataError(
            f"{path} cannot be decoded ({error.fault}): leave it out with `data check --fix`."
        ) from error
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error.strerror}): check the file.") from error


def decode_square(content: bytes, spec: PackSpec, name: object = "the image") -> Pixels:
    """Decode the bytes of a picture file, upright, to RGB uint8 [size_px, size_px, 3].

    What is transparent becomes black, as it does where the reader decodes pictures.

    Raises:
        PictureError: it cannot be decoded; the sentence calls it `name`.
    """
    if spec.scaled_decoding and (scaled := _decode_jpeg(content, spec)):
        return _fit(*scaled, spec)
    longest_px = max(LARGE_PX, 4 * spec.size_px) if spec.scaled_decoding else None
    picture = Image.fromarray(decode(content, name, longest_px))
    return _fit(picture, picture.size, spec)


def _decode_jpeg(content: bytes, spec: PackSpec) -> tuple[Image.Image, tuple[float, float]] | None:
    """Decode a JPEG at the smallest of 1/8, 2/8, ... that is large enough.

    Returns:
        The picture, RGB, and its size in pixels, which is fractional where a side is no multiple of
        the divisor: the last pixels are partly padding. None for what is left to `pictures.still`:
        other formats, several pictures, CMYK, what is to be turned, far too large, or damaged.
    """
    if format_of(content[:3]) is not Format.JPEG or len(durations(content)) > 1 or is_turned(content):
        return None
    try:
        height, width, *_ = simplejpeg.decode_jpeg_header(content)
        if width * height > MAX_SHRUNK_PIXELS:
            return None
        least_width, least_height = _smallest_useful((width, height), spec)
        pixels = simplejpeg.decode_jpeg(content, min_height=least_height, min_width=least_width)
    except ValueError:
        return None
    eighths = round(8 * max(pixels.shape) / max(height, width))
    return Image.fromarray(pixels), (width * eighths / 8, height * eighths / 8)


def _smallest_useful(size: tuple[int, int], spec: PackSpec) -> tuple[int, int]:
    """The smallest (width, height) to decode a picture of this size at."""
    least = MARGIN * spec.size_px
    if not spec.keep_aspect:
        return (min(size[0], math.ceil(least)), min(size[1], math.ceil(least)))
    scale = min(1.0, least / max(size))
    return (math.ceil(size[0] * scale), math.ceil(size[1] * scale))


def _fit(picture: Image.Image, extent: tuple[float, float], spec: PackSpec) -> Pixels:
    """Resample the part of an RGB picture within `extent` (width, height) to the square."""
    side, (width, height) = spec.size_px, extent
    if width == height or not spec.keep_aspect:
        box = (0, 0, width, height)
        return np.asarray(picture.resize((side, side), Image.Resampling.BILINEAR, box))
    # Pillow cannot place a picture between the pixels of a square; the core can.
    longer = max(width, height)
    corners = (width - longer, height - longer, width + longer, height + longer)
    boxes = np.array([corners], np.float32) / 2
    pixels = np.asarray(picture)[None, : max(1, round(height)), : max(1, round(width))]
    view: NDArray[np.float32] = crop(pixels, boxes, side)[0]
    return np.rint(view).astype(np.uint8).transpose(1, 2, 0)
