"""Inputs of `fingerspell read` that have to be fetched before they can be opened."""

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from fingerspell.core.types import Frame
from fingerspell.errors import MediaError
from fingerspell.runtime.media import Media, open_media

STDIN = "-"
STDIN_NAME = "standard input"
STDIN_BYTES = 4_000_000_000  # an endless stream would fill the disk
_PIECE_BYTES = 1 << 20


@contextmanager
def opened(source: str) -> Iterator[Media]:
    """A path, an address, or `-` for what comes on standard input, which is copied to a file first.

    Most formats cannot be read without going back and forth, so a pipe is no substitute for a file.

    Raises:
        MediaError: as `open_media` does.
    """
    if source != STDIN:
        yield open_media(source)
        return
    if sys.stdin is None:
        raise MediaError(f"{STDIN_NAME} is closed: give a file.")
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "input"
        _save(sys.stdin.buffer, copy)
        with _named(copy):
            media = open_media(copy)

        def frames() -> Iterator[Frame]:
            with _named(copy):
                yield from media.frames()

        yield replace(media, source=STDIN, frames=frames)


def _save(stream: BinaryIO, path: Path) -> None:
    left = STDIN_BYTES
    try:
        with path.open("wb") as file:
            while piece := stream.read(_PIECE_BYTES):
                left -= len(piece)
                if left < 0:
                    raise MediaError(
                        f"{STDIN_NAME} is longer than {STDIN_BYTES // 10**9} GB: save it to a file."
                    )
                file.write(piece)
    except OSError as error:
        raise MediaError(f"{STDIN_NAME} cannot be kept ({error.strerror}): give a file.") from error


@contextmanager
def _named(copy: Path) -> Iterator[None]:
    """Have errors name what was given, not the copy of it."""
    try:
        yield
    except MediaError as error:
        raise MediaError(str(error).replace(str(copy), STDIN_NAME)) from error
