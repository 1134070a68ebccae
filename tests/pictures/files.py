"""Picture files made on the spot: of every format, still and moving."""

import io
from collections.abc import Sequence

import numpy as np
from PIL import Image

SAVED_AS = {"jpg": "JPEG", "png": "PNG", "webp": "WEBP", "bmp": "BMP", "gif": "GIF", "avif": "AVIF"}


def gradient(width: int = 40, height: int = 30) -> Image.Image:
    """Red grows to the right, green downwards."""
    y, x = np.mgrid[0:height, 0:width]
    red, green = x * 240 // width, y * 240 // height
    return Image.fromarray(np.stack((red, green, np.full_like(x, 20)), -1).astype(np.uint8))


def encoded(picture: Image.Image, suffix: str, **options: object) -> bytes:
    """The picture as a file of that suffix."""
    content = io.BytesIO()
    picture.save(content, SAVED_AS[suffix], **options)
    return content.getvalue()


def moving(
    pictures: Sequence[Image.Image], suffix: str, durations_ms: Sequence[int], **options: object
) -> bytes:
    """Several pictures in one file; in one of JPEGs ("mjpeg") durations are not kept."""
    if suffix == "mjpeg":
        return b"".join(encoded(picture, "jpg", quality=95) for picture in pictures)
    first, *rest = pictures
    # What pictures are alike differs between the formats, so each has a corner of its own.
    return encoded(
        first, suffix, save_all=True, append_images=rest, duration=list(durations_ms), **options
    )


def exif_block(orientation: int) -> bytes:
    """A JPEG's block that says how the picture is to be turned."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    body = b"Exif\0\0" + exif.tobytes().removeprefix(b"Exif\0\0")
    return b"\xff\xe1" + (len(body) + 2).to_bytes(2, "big") + body


def with_blocks(jpeg: bytes, *blocks: bytes) -> bytes:
    """A JPEG with blocks before its own."""
    return jpeg[:2] + b"".join(blocks) + jpeg[2:]


FILLER = b"\xff\xe2\xff\xff" + bytes(0xFFFD)  # the longest block there is
