"""One picture, decoded: upright, RGB, 8 bits, no larger than asked for; or refused in a sentence."""

import importlib
import io
import stat
import struct
import warnings
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import AvifImagePlugin, ExifTags, Image, WebPImagePlugin
from PIL.BmpImagePlugin import BmpImageFile
from PIL.GifImagePlugin import GifImageFile
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile

from fingerspell.errors import Fault, PictureError
from fingerspell.pictures.container import durations, jpeg_bits, says_how_to_turn
from fingerspell.pictures.formats import HEAD_BYTES, Format, format_of, other_format

Pixels = NDArray[np.uint8]

MIN_SIDE_PX = 16  # a hand needs more than this to be told
MAX_PIXELS = 64_000_000  # 192 MB once decoded
MAX_SHRUNK_PIXELS = 256_000_000  # of JPEGs, which are decoded at down to an eighth of their size
MAX_BYTES = 256_000_000
LONGEST_PX = 1024  # larger pictures are shrunk while decoding; the reader needs no more
SHALLOWER_BITS = (10, 12, 14)  # that cameras leave in 16
UPRIGHT = 1  # value of Exif's orientation
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
# What Pillow's readers raise on damage, the later ones if it is in what is noted beside the pixels.
DAMAGE = (
    OSError, ValueError, SyntaxError, EOFError, RuntimeError, MemoryError, struct.error, zlib.error,
    TypeError, LookupError, ArithmeticError, AttributeError, Image.DecompressionBombError,
)  # fmt: skip
_READERS: dict[Format, Callable[[io.BytesIO], ImageFile]] = {
    Format.JPEG: JpegImageFile,
    Format.PNG: PngImageFile,
    Format.WEBP: WebPImagePlugin.WebPImageFile,
    Format.BMP: BmpImageFile,
    Format.GIF: GifImageFile,
    Format.AVIF: AvifImagePlugin.AvifImageFile,
}


def read_picture(path: Path, longest_px: int | None = LONGEST_PX) -> Pixels:
    """Decode a picture file; see `decode`.

    Raises:
        PictureError: it cannot be read.
    """
    return decode(content_of(path), path, longest_px)


def content_of(path: Path) -> bytes:
    """The bytes of a picture file.

    Raises:
        PictureError: it cannot be read, or is larger than any picture.
    """
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):  # reading a pipe would wait for ever
            raise PictureError(f"{path} is not a file: check the path.", Fault.DAMAGED)
        if status.st_size > MAX_BYTES:
            raise PictureError(f"{path} is over 256 MB: export a smaller image.", Fault.TOO_LARGE)
        return path.read_bytes()
    except OSError as error:
        raise PictureError(
            f"{path} cannot be read ({error.strerror}): check the file.", Fault.DAMAGED
        ) from error


def decode(content: bytes, name: object, longest_px: int | None = LONGEST_PX) -> Pixels:
    """Decode the bytes of a picture file, upright, to RGB uint8 [H, W, 3].

    What is transparent becomes black.

    Args:
        content: of the file.
        name: what errors call it.
        longest_px: longer pictures are shrunk to this; None leaves them as they are.

    Raises:
        PictureError: it is damaged, smaller or larger than can be read, holds several pictures, or is
            none that is read here.
    """
    if len(durations(content)) > 1:
        raise PictureError(
            f"{name} holds several images: read it by itself, or export the one that is meant.",
            Fault.SEVERAL,
        )
    with opened(content, name) as picture:
        check_size(name, picture, shrinks=longest_px is not None)
        return np.asarray(as_rgb(picture, longest_px))


@contextmanager
def opened(content: bytes, name: object) -> Iterator[ImageFile]:
    """A picture, not decoded yet; whatever its decoding raises becomes a `PictureError`.

    Raises:
        PictureError: it is damaged, or none that is read here.
    """
    with sound(name), open_picture(content, name) as picture:
        yield picture


def open_picture(content: bytes, name: object) -> ImageFile:
    """The same for who decodes it within `sound`, and closes it.

    Raises:
        PictureError: it is damaged, or none that is read here.
    """
    reader = _reader_of(content[:HEAD_BYTES], name)
    bits = jpeg_bits(content) if reader is JpegImageFile else None
    if bits and bits != 8:  # noqa: PLR2004 - as everybody has them
        raise PictureError(
            f"{name} is a JPEG of {bits} bits, which is not read here: export it with 8.",
            Fault.NOT_READ,
        )
    with sound(name):
        return reader(io.BytesIO(content))


@contextmanager
def sound(name: object) -> Iterator[None]:
    """Damage becomes a sentence; what Pillow would warn of in passing is of no interest.

    Raises:
        PictureError: the picture that is decoded meanwhile is damaged.
    """
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", module=r"PIL\b|pi_heif\b")
            yield
    except PictureError:
        raise
    except Image.DecompressionBombError as error:
        raise PictureError(
            f"{name} is far too large an image: shrink it first.", Fault.TOO_LARGE
        ) from error
    except MemoryError as error:
        raise PictureError(
            f"{name} takes too much memory to decode here: shrink it first.", Fault.TOO_LARGE
        ) from error
    except DAMAGE as error:
        raise PictureError(
            f"{name} is damaged or cut short: copy or export the image again.", Fault.DAMAGED
        ) from error


def _reader_of(head: bytes, name: object) -> Callable[[io.BytesIO], ImageFile]:
    picture_format = format_of(head)
    if picture_format is Format.HEIC:
        return _heic_reader(name)
    if picture_format is Format.AVIF and not AvifImagePlugin.SUPPORTED:
        raise PictureError(
            f"{name} is an AVIF image, which this system's Pillow does not read: export it as JPEG.",
            Fault.NOT_READ,
        )
    if picture_format is Format.WEBP:
        _check_webp_size(head, name)
    if picture_format:
        return _READERS[picture_format]
    raise PictureError(*_why_not(head, name))


def _why_not(head: bytes, name: object) -> tuple[str, Fault]:
    if other := other_format(head):
        return f"{name} is {other}, which is not read here: export it as JPEG or PNG.", Fault.NOT_READ
    damaged = f"{name} is damaged or cut short: copy or export the image again."
    return damaged, Fault.NO_PICTURE


def refuse_other_formats(head: bytes, name: object) -> None:
    """Call pictures that are not read here by their name.

    Raises:
        PictureError: `head` is the start of one.
    """
    if format_of(head) is Format.HEIC:
        _heic_reader(name)
    elif not format_of(head) and other_format(head):
        raise PictureError(*_why_not(head, name))


def _heic_reader(name: object) -> Callable[[io.BytesIO], ImageFile]:
    try:
        reader: Callable[[io.BytesIO], ImageFile] = importlib.import_module("pi_heif").HeifImageFile
    except ImportError as error:
        raise PictureError(heic_sentence(name), Fault.NOT_READ) from error
    return reader


def heic_sentence(name: object) -> str:
    """What to do about a HEIC picture where nothing reads it."""
    return (
        f"{name} is a HEIC image: install what reads these with `pip install 'fingerspell[heic]'`, "
        "or export it as JPEG."
    )


def check_size(name: object, picture: ImageFile, *, shrinks: bool = False) -> None:
    """Refuse pictures in which no hand could be told, and those that would fill the memory.

    Args:
        name: what errors call it.
        picture: what was opened.
        shrinks: whether it is shrunk while decoding, so that a JPEG may be larger.

    Raises:
        PictureError: a side is under 16 pixels, or there are over 64 million pixels; 256 million of a
            JPEG that is shrunk, unless it is a progressive one, which is held in memory as a whole.
    """
    is_light = shrinks and isinstance(picture, JpegImageFile) and "progressive" not in picture.info
    check_pixels(name, *picture.size, MAX_SHRUNK_PIXELS if is_light else MAX_PIXELS)


def check_pixels(name: object, width: int, height: int, most: int = MAX_PIXELS) -> None:
    """The same for a picture or video of this size.

    Raises:
        PictureError: it is too small or too large.
    """
    if min(width, height) < MIN_SIDE_PX:
        raise PictureError(
            f"{name} is {width}x{height} pixels, too small to hold a hand: "
            f"use at least {MIN_SIDE_PX} a side.",
            Fault.TOO_SMALL,
        )
    if width * height > most:
        raise PictureError(
            f"{name} is {width}x{height} pixels, over the limit of {most // 1_000_000} million: "
            "shrink it first.",
            Fault.TOO_LARGE,
        )


def _check_webp_size(head: bytes, name: object) -> None:
    """Before Pillow opens it, which takes the memory for two of them."""
    width = height = 0
    match head[12:16]:
        case b"VP8X":
            width, height = (1 + int.from_bytes(head[at : at + 3], "little") for at in (24, 27))
        case b"VP8L":
            bits = int.from_bytes(head[21:25], "little")
            width, height = 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
        case b"VP8 ":
            width, height = (int.from_bytes(head[at : at + 2], "little") & 0x3FFF for at in (26, 28))
    if width * height > MAX_PIXELS:
        check_pixels(name, width, height)


def as_rgb(picture: Image.Image, longest_px: int | None = LONGEST_PX) -> Image.Image:
    """An opened picture as RGB of 8 bits, upright, black where it is transparent.

    Args:
        picture: is decoded, and may be changed.
        longest_px: longer pictures are shrunk to this, JPEGs while they are decoded.
    """
    turn = _TURNS.get(orientation(picture))
    shown = in_8_bits(picture)
    if longest_px:
        shown.thumbnail((longest_px, longest_px), Image.Resampling.BILINEAR)
    if turn is not None:
        shown = shown.transpose(turn)
    if shown.has_transparency_data:
        black = Image.new("RGBA", shown.size, "black")
        shown = Image.alpha_composite(black, shown.convert("RGBA"))
    return shown if shown.mode == "RGB" else shown.convert("RGB")


def in_8_bits(picture: Image.Image) -> Image.Image:
    """A picture that can be resampled: no palette, and grey of 16 bits in 8.

    Pillow would cut such grey off at 255. Its lower bits are left out, but of a camera's 10, 12 or 14
    bits, which are written as they are, those that the brightest pixel needs are kept.
    """
    if picture.mode.startswith("I"):
        grey = np.asarray(picture)
        brightest = int(grey.max(initial=0))
        bits = next((bits for bits in SHALLOWER_BITS if brightest < 1 << bits), 16)
        return Image.fromarray((grey >> bits - 8).astype(np.uint8))
    if picture.mode in ("P", "PA"):
        return picture.convert("RGBA" if picture.has_transparency_data else "RGB")
    return picture.convert("L") if picture.mode == "1" else picture


def orientation(picture: Image.Image) -> int:
    """Exif's orientation, 1 to 8; 1 (upright) where there is none, or the notes are damaged."""
    try:
        value = picture.getexif().get(ExifTags.Base.Orientation, UPRIGHT)
    except DAMAGE:
        return UPRIGHT
    return value if value in _TURNS else UPRIGHT


def is_turned(content: bytes, name: object = "the image") -> bool:
    """Whether a JPEG is to be turned or mirrored to be upright.

    Raises:
        PictureError: it is damaged.
    """
    if not says_how_to_turn(content):
        return False
    with opened(content, name) as picture:
        return orientation(picture) != UPRIGHT
