"""Several pictures in one file, with when each is shown: GIF, WebP, PNG, AVIF, and motion JPEG."""

import mmap
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from fingerspell.errors import Fault, PictureError
from fingerspell.pictures.container import Content, durations, jpeg_ends
from fingerspell.pictures.formats import HEAD_BYTES, Format, format_of, head_of
from fingerspell.pictures.still import (
    Pixels,
    as_rgb,
    check_size,
    content_of,
    decode,
    open_picture,
    sound,
)


@dataclass(frozen=True)
class Shown:
    """A picture of several: RGB uint8 [H, W, 3], and when and for how long it is shown."""

    pixels: Pixels
    start_s: float
    duration_s: float


@contextmanager
def file_content(path: Path) -> Iterator[Content]:
    """What a file holds; of motion JPEG, which may be long, only the pages that are looked at.

    Raises:
        PictureError: the file is larger than any picture, or cannot be read.
    """
    if format_of(head_of(path)) is not Format.JPEG:
        yield content_of(path)
        return
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        yield content


def shown_durations(path: Path) -> list[float]:
    """How long each of several pictures in a file is shown, in seconds; none if it holds but one.

    Raises:
        PictureError: the file is larger than any picture, or cannot be read.
    """
    if format_of(head_of(path)) is None:
        return []
    with file_content(path) as content:
        found = durations(content)
    return found if len(found) > 1 else []


def moving_pictures(content: Content, name: object, longest_px: int | None) -> Iterator[Shown]:
    """The pictures of a file that holds several, upright, in order.

    Args:
        content: of the file.
        name: what errors call it.
        longest_px: longer pictures are shrunk to this; None leaves them as they are.

    Raises:
        PictureError: it is damaged; whoever has taken the pictures before the damage keeps them.
    """
    shown_s, time_s = durations(content), 0.0
    is_jpeg = format_of(content[:HEAD_BYTES]) is Format.JPEG
    several = (
        _jpegs(content, name, longest_px)
        if is_jpeg
        else _frames(content, name, longest_px, len(shown_s))
    )
    try:
        for pixels, duration_s in zip(several, shown_s, strict=False):
            yield Shown(pixels, time_s, duration_s)
            time_s += duration_s
    except PictureError as error:
        if not time_s or error.fault is not Fault.DAMAGED:
            raise
        raise PictureError(
            f"{name} is damaged or cut short after {time_s:.1f} s: copy or export it again.",
            Fault.DAMAGED,
        ) from error


def _jpegs(content: Content, name: object, longest_px: int | None) -> Iterator[Pixels]:
    for start, end in pairwise([0, *jpeg_ends(content), len(content)]):
        yield decode(content[start:end], name, longest_px)


def _frames(content: Content, name: object, longest_px: int | None, count: int) -> Iterator[Pixels]:
    # What follows a `yield` happens later, so nothing of `sound` may be open across one.
    with open_picture(bytes(content), name) as picture:
        first = int(getattr(picture, "default_image", False))  # of a PNG; not part of the animation
        try:
            with sound(name):  # the whole file is looked through
                promised = getattr(picture, "n_frames", 1) - first
        except PictureError:
            promised = count + 1  # so that the damage is met after what is whole
        for number in range(max(count, promised)):
            with sound(name):
                picture.seek(first + number)
                check_size(name, picture)
                # A copy: the next picture may be drawn over this one.
                pixels = np.asarray(as_rgb(picture.copy(), longest_px))
            yield pixels
