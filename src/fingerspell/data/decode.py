"""Picture files to small squares: the slow part of every data set, done as seldom as possible.

A JPEG is decoded at the smallest of 1/8, 2/8, ... of its size that is half as large again as the
target, which skips most of the arithmetic (by `simplejpeg`; Pillow has halves only, and takes longer).
All else is Pillow's. Then it is resampled with the triangle filter of `core/preprocess.py`, which is
Pillow's "bilinear" in 8 bits, in half the time.
"""

import hashlib
import io
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import simplejpeg
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageOps

from fingerspell.core.resample import crop
from fingerspell.data.index import Picture
from fingerspell.data.scan import FORMATS
from fingerspell.errors import DataError

Pixels = NDArray[np.uint8]
MARGIN = 1.5  # scaled JPEGs are this much larger than the target: scaling is sharper than the filter
UPRIGHT = 1  # value of Exif's orientation
JPEG_START = b"\xff\xd8\xff"
EXIF_ENDS = 1 << 16  # bytes; a block of a JPEG is no longer


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
            raise DataError(f"{self.size_px} pixels is no size to pack to: use 1 or more.")


def read_square(root: Path, picture: Picture, spec: PackSpec) -> Pixels:
    """Read a picture of an index as RGB uint8 [size_px, size_px, 3].

    Raises:
        DataError: the file is missing, damaged, or not the one that was indexed.
    """
    path = root / picture.path
    try:
        content = path.read_bytes()
        if hashlib.sha256(content).hexdigest() != picture.sha256:
            raise DataError(f"{path} has changed since it was indexed: index the data set anew.")
        return decode_square(content, spec)
    except FileNotFoundError as error:
        raise DataError(f"{path} is gone since it was indexed: index the data set anew.") from error
    except Image.DecompressionBombError as error:
        raise DataError(f"{path} is far too large a picture: shrink it or leave it out.") from error
    except (OSError, ValueError, SyntaxError) as error:  # what Pillow's readers raise on damage
        raise DataError(
            f"{path} cannot be decoded ({error}): leave it out with `data check --fix`."
        ) from error


def decode_square(content: bytes, spec: PackSpec) -> Pixels:
    """Decode the bytes of a picture file, upright, to RGB uint8 [size_px, size_px, 3].

    What is transparent becomes black, as it does where the reader decodes pictures.

    Raises:
        OSError, ValueError, SyntaxError: the file is damaged.
        PIL.Image.DecompressionBombError: it is far too large.
    """
    if spec.scaled_decoding and (scaled := _decode_jpeg(content, spec)):
        return _fit(*scaled, spec)
    with Image.open(io.BytesIO(content), formats=FORMATS) as picture:
        upright = _rgb(ImageOps.exif_transpose(picture))
        return _fit(upright, upright.size, spec)


def _decode_jpeg(content: bytes, spec: PackSpec) -> tuple[Image.Image, tuple[float, float]] | None:
    """Decode a JPEG at the smallest of 1/8, 2/8, ... that is large enough.

    Returns:
        The picture, RGB, and its size in pixels, which is fractional where a side is no multiple of
        the divisor: the last pixels are partly padding. None for what needs Pillow: other formats,
        CMYK, what is to be turned, far too large, or damaged.
    """
    if not content.startswith(JPEG_START) or _turned(content):
        return None
    try:
        height, width, *_ = simplejpeg.decode_jpeg_header(content)
        if width * height > (Image.MAX_IMAGE_PIXELS or 0):
            return None
        least_width, least_height = _smallest_useful((width, height), spec)
        pixels = simplejpeg.decode_jpeg(content, min_height=least_height, min_width=least_width)
    except ValueError:
        return None
    eighths = round(8 * max(pixels.shape) / max(height, width))
    return Image.fromarray(pixels), (width * eighths / 8, height * eighths / 8)


def _turned(content: bytes) -> bool:
    """Whether a JPEG's Exif block says that it is to be turned or mirrored to be seen upright."""
    if b"Exif\0\0" not in content[:EXIF_ENDS]:
        return False
    with Image.open(io.BytesIO(content), formats=FORMATS) as picture:
        return bool(picture.getexif().get(ExifTags.Base.Orientation, UPRIGHT) != UPRIGHT)


def _rgb(picture: Image.Image) -> Image.Image:
    if picture.mode.startswith("I;16"):  # grey of 16 bits, which Pillow would cut off at 255
        picture = Image.fromarray((np.asarray(picture) >> 8).astype(np.uint8))
    if picture.has_transparency_data:
        black = Image.new("RGBA", picture.size, "black")
        picture = Image.alpha_composite(black, picture.convert("RGBA"))
    return picture if picture.mode == "RGB" else picture.convert("RGB")


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
