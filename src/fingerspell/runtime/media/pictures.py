"""Still pictures and folders of them."""

import re
import struct
import warnings
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, WebPImagePlugin

from fingerspell.core.types import Frame
from fingerspell.errors import MediaError

MIN_SIDE_PX = 16  # a hand needs more than this to be told
MAX_PIXELS = 64_000_000  # 192 MB once decoded
PICTURE_SIDE_PX = 1024  # larger pictures are shrunk while decoding; the reader needs no more
PICTURE_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".bmp"})
# No others, whatever a file is called: Pillow gives what looks like PostScript to Ghostscript.
PICTURE_FORMATS = ("BMP", "GIF", "JPEG", "PNG", WebPImagePlugin.WebPImageFile.format)
# What Pillow's readers raise on damage: the last two if it is in what a camera notes beside a picture.
DAMAGE = (OSError, ValueError, SyntaxError, struct.error, TypeError)

# Pillow would import the rest when the first file is opened, where Ctrl-C may be lost in an import.
Image.preinit()


def read_picture(path: Path) -> NDArray[np.uint8]:
    """Decode a picture, upright, to RGB uint8 [H, W, 3], at most 1024 pixels a side.

    What is transparent becomes black.

    Raises:
        MediaError: it is damaged, or smaller or larger than can be read.
    """
    try:
        with _no_bomb_warnings(), Image.open(path, formats=PICTURE_FORMATS) as picture:
            check_size(path, *picture.size)
            picture.thumbnail((PICTURE_SIDE_PX, PICTURE_SIDE_PX), Image.Resampling.BILINEAR)
            upright = _in_8_bits(ImageOps.exif_transpose(picture))
            if upright.has_transparency_data:
                black = Image.new("RGBA", upright.size, "black")
                upright = Image.alpha_composite(black, upright.convert("RGBA"))
            return np.asarray(upright.convert("RGB"))
    except MediaError:
        raise
    except Image.DecompressionBombError as error:
        raise MediaError(f"{path} is far too large a picture: shrink it first.") from error
    except DAMAGE as error:
        raise MediaError(
            f"{path} is damaged or cut short: copy or export the picture again."
        ) from error


def _in_8_bits(picture: Image.Image) -> Image.Image:
    """A grey picture of 16 bits in 8, which Pillow would cut off at 255 instead of scaling."""
    if not picture.mode.startswith("I"):
        return picture
    return Image.fromarray((np.asarray(picture) >> 8).astype(np.uint8))


def check_size(source: object, width: int, height: int) -> None:
    """Refuse pictures in which no hand could be told, and those that would fill the memory.

    Raises:
        MediaError: a side is under 16 pixels, or there are over 64 million pixels.
    """
    if min(width, height) < MIN_SIDE_PX:
        raise MediaError(
            f"{source} is {width}x{height} pixels, too small to hold a hand: "
            f"use at least {MIN_SIDE_PX} a side."
        )
    if width * height > MAX_PIXELS:
        raise MediaError(
            f"{source} is {width}x{height} pixels, over the limit of "
            f"{MAX_PIXELS // 1_000_000} million: shrink it first."
        )


def is_picture(path: Path) -> bool:
    """Whether a file is a still, told by its content; a GIF counts as a video.

    Raises:
        FileNotFoundError: there is none.
        PermissionError: it may not be read.
    """
    try:
        with _no_bomb_warnings(), Image.open(path, formats=PICTURE_FORMATS) as picture:
            return picture.format != "GIF"
    except Image.DecompressionBombError:
        return True
    except (FileNotFoundError, PermissionError):
        raise
    except DAMAGE:
        # A picture whose very head is damaged is still meant as one.
        return path.suffix.lower() in PICTURE_SUFFIXES


def _no_bomb_warnings() -> AbstractContextManager[Any]:
    """Pillow warns of large pictures; `check_size` refuses them, and smaller ones already."""
    return warnings.catch_warnings(action="ignore", category=Image.DecompressionBombWarning)


def pictures_in(folder: Path) -> list[Path]:
    """The pictures of a folder in natural order (2 before 10).

    Raises:
        MediaError: there are none.
    """
    pictures = [p for p in folder.iterdir() if is_named_as_picture(p)]
    if not pictures:
        raise MediaError(
            f"{folder} holds no pictures ({', '.join(sorted(PICTURE_SUFFIXES))}): "
            "give the folder they are in, or the files themselves."
        )
    return sorted(
        pictures,
        key=lambda p: [int(s) if s.isdecimal() else s for s in re.split(r"(\d+)", p.name)],
    )


def is_named_as_picture(path: Path) -> bool:
    """Whether a file is meant as a picture; not what systems hide beside them, such as `._1.jpg`."""
    hidden = path.name.startswith(".")
    return path.suffix.lower() in PICTURE_SUFFIXES and not hidden and not path.is_dir()


def picture_frames(pictures: list[Path]) -> Iterator[Frame]:
    """Pictures as frames, one a second."""
    for second, path in enumerate(pictures):
        yield Frame(float(second), read_picture(path))
