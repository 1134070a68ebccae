"""One uploaded file, read: what the page shows, without the page."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from PIL import Image

from fingerspell.app.hand import draw_hand
from fingerspell.core.alphabet import CLASSES
from fingerspell.core.types import Frame, Transcript
from fingerspell.errors import MediaError
from fingerspell.runtime.burn_in import burn_in
from fingerspell.runtime.media import open_media
from fingerspell.runtime.reader import Reader

BEST = 5  # signs that are listed for a picture
Progress = Callable[[float], None]  # takes what share is done, 0 to 1


@dataclass(frozen=True)
class ReadPicture:
    """A picture that was read.

    Attributes:
        name: of the file.
        drawn: the picture with the hand drawn over it.
        best: the likeliest signs with their probabilities, likeliest first.
    """

    name: str
    drawn: Image.Image
    best: tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class ReadVideo:
    """A video that was read; the transcript's source is the file's name."""

    name: str
    content: bytes
    transcript: Transcript


def read_upload(
    name: str, content: bytes, reader: Reader, longest_s: float, on_progress: Progress
) -> ReadPicture | ReadVideo:
    """Read a picture or a video.

    Args:
        name: of the file, as its owner calls it.
        content: of the file.
        reader: reads it.
        longest_s: videos that last longer are refused.
        on_progress: told how far a video has been read.

    Raises:
        MediaError: it cannot be read, or lasts too long; the sentence names the file.
    """
    with _as_file(name, content) as path:
        media = open_media(path)
        if media.kind == "picture":
            return _read_picture(name, next(media.frames()), reader)
        _check_length(name, media.duration_s, longest_s)

        last: Frame | None = None

        def on_frame(frame: Frame) -> None:
            nonlocal last
            last = frame
            _check_length(name, frame.time_s, longest_s)  # where the header did not tell the truth
            on_progress(min(1.0, frame.time_s / media.duration_s) if media.duration_s else 0.0)

        transcript = reader.read_media(media, on_frame)
        if transcript.probabilities and last:  # a video of one picture
            return _read_picture(name, last, reader)
        return ReadVideo(name, content, replace(transcript, source=name))


def caption_video(read: ReadVideo, on_progress: Progress) -> bytes:
    """An MP4 of the video, without sound, with what was signed drawn into it.

    Raises:
        MediaError: it cannot be written.
    """
    length_s = read.transcript.duration_s or 1.0
    with _as_file(read.name, read.content) as path:
        target = path.with_name("captioned.mp4")
        burn_in(read.transcript, path, target, lambda f: on_progress(min(1.0, f.time_s / length_s)))
        return target.read_bytes()


def _read_picture(name: str, frame: Frame, reader: Reader) -> ReadPicture:
    prediction = reader.read_still(frame)
    order = np.argsort(prediction.probabilities)[::-1][:BEST]
    best = tuple((CLASSES[i], float(prediction.probabilities[i])) for i in order)
    return ReadPicture(name, draw_hand(frame.pixels, prediction.joints), best)


def _check_length(name: str, length_s: float, longest_s: float) -> None:
    if length_s > longest_s:
        raise MediaError(
            f"{name} lasts longer than {longest_s / 60:g} minutes: cut it, or read it with "
            "`fingerspell read`, which has no limit."
        )


@contextmanager
def _as_file(name: str, content: bytes) -> Iterator[Path]:
    """The content as a file that is removed afterwards; errors call it by its own name."""
    with tempfile.TemporaryDirectory(prefix="fingerspell-") as folder:
        path = Path(folder) / f"upload{Path(name).suffix.lower()}"
        path.write_bytes(content)
        try:
            yield path
        except MediaError as error:
            raise MediaError(str(error).replace(str(path), name)) from error
