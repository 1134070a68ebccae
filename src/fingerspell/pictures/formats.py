"""Which format a file is in, told by its first bytes: its name may say anything."""

import re
from collections.abc import Iterator, Mapping
from enum import StrEnum
from pathlib import Path

HEAD_BYTES = 512  # enough for every format below
MIN_BOX_BYTES = 16  # of the first box of an AVIF or HEIC file: size, `ftyp`, brand, version


class Format(StrEnum):
    """Formats that are decoded."""

    JPEG = "JPEG"
    PNG = "PNG"
    WEBP = "WebP"
    BMP = "BMP"
    GIF = "GIF"
    AVIF = "AVIF"
    HEIC = "HEIC"


SUFFIXES_OF: Mapping[Format, tuple[str, ...]] = {
    Format.JPEG: (".jpg", ".jpeg", ".jpe", ".jfif"),
    Format.PNG: (".png", ".apng"),
    Format.WEBP: (".webp",),
    Format.BMP: (".bmp", ".dib"),
    Format.GIF: (".gif",),
    Format.AVIF: (".avif",),
    Format.HEIC: (".heic", ".heif", ".hif"),
}
PICTURE_SUFFIXES = frozenset(suffix for group in SUFFIXES_OF.values() for suffix in group)

_STARTS: Mapping[bytes, Format] = {
    b"\xff\xd8\xff": Format.JPEG,
    b"\x89PNG\r\n\x1a\n": Format.PNG,
    b"GIF87a": Format.GIF,
    b"GIF89a": Format.GIF,
}
_BMP_HEADERS = frozenset({12, 16, 40, 52, 56, 64, 108, 124})  # how long they are, in bytes
_AVIF_BRANDS = frozenset({b"avif", b"avis"})
_HEIC_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"})
_ANY_PICTURE_BRANDS = frozenset({b"mif1", b"mif2", b"msf1", b"miaf"})  # AVIF or HEIC
# What people have and is not decoded, by how it starts.
_OTHERS: Mapping[bytes, str] = {
    b"II*\0": "a TIFF or a camera's raw image",
    b"MM\0*": "a TIFF or a camera's raw image",
    b"II+\0": "a TIFF image",
    b"MM\0+": "a TIFF image",
    b"FUJIFILMCCD-RAW": "a camera's raw image",
    b"\xff\x0a": "a JPEG XL image",
    b"\0\0\0\x0cJXL \r\n\x87\n": "a JPEG XL image",
    b"\0\0\0\x0cjP  \r\n\x87\n": "a JPEG 2000 image",
    b"\xff\x4f\xff\x51": "a JPEG 2000 image",
    b"8BPS": "a Photoshop image",
    b"gimp xcf": "a GIMP image",
    b"%PDF": "a PDF document",
    b"%!PS": "a PostScript document",
    b"\xc5\xd0\xd3\xc6": "a PostScript document",
    b"<svg": "an SVG drawing",
}


def format_of(head: bytes) -> Format | None:
    """The format of a file that begins with `head`; None if it is none that is decoded here."""
    for start, picture_format in _STARTS.items():
        if head.startswith(start):
            return picture_format
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return Format.WEBP
    if head.startswith(b"BM") and int.from_bytes(head[14:18], "little") in _BMP_HEADERS:
        return Format.BMP
    return _format_of_boxes(head)


def _format_of_boxes(head: bytes) -> Format | None:
    """AVIF or HEIC, which are kept in the same boxes as MP4."""
    length = int.from_bytes(head[:4], "big")
    if head[4:8] != b"ftyp" or length < MIN_BOX_BYTES:
        return None
    brands = [head[8:12], *(head[at : at + 4] for at in range(16, min(length, len(head)) - 3, 4))]
    if brands[0] in _HEIC_BRANDS:
        return Format.HEIC
    if brands[0] in _AVIF_BRANDS:
        return Format.AVIF
    if brands[0] not in _ANY_PICTURE_BRANDS:
        return None
    return Format.AVIF if _AVIF_BRANDS.intersection(brands) else Format.HEIC


def is_heic_brand(brand: str) -> bool:
    """Whether a container whose major brand is this holds a HEIC picture."""
    return brand.encode() in _HEIC_BRANDS | _ANY_PICTURE_BRANDS


def other_format(head: bytes) -> str | None:
    """What a file that begins with `head` is, if it is a picture that is not decoded here."""
    for start, name in _OTHERS.items():
        if head.startswith(start):
            return name
    if head[4:12] == b"ftypcrx ":
        return "a camera's raw image"
    return "an SVG drawing" if head.lstrip()[:5] == b"<?xml" and b"<svg" in head else None


def head_of(path: Path) -> bytes:
    """The first bytes of a file.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        return file.read(HEAD_BYTES)


def is_named_as_picture(path: Path) -> bool:
    """Whether a file is meant as a picture; not what systems hide beside them, such as `._1.jpg`."""
    hidden = path.name.startswith(".")
    return path.suffix.lower() in PICTURE_SUFFIXES and not hidden and not path.is_dir()


def natural_order(name: str) -> list[tuple[bool, int, str]]:
    """A key that sorts names as people do: 2 before 10, and b between A and C."""
    return [*_parts(name), (True, 0, name)]  # names that differ in case only have an order, too


def _parts(name: str) -> Iterator[tuple[bool, int, str]]:
    """Numbers before words, wherever they stand."""
    for part in re.split(r"(\d+)", name.casefold()):
        if part.isdecimal():
            yield False, int(part), ""
        elif part:
            yield True, 0, part
