"""One uploaded file, read: what the page shows, without the page."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from PIL import Image

from fingerspell.app.hand_drawing import draw_hand
from fingerspell.app.upload.opening import Apart, Here, Opened
from fingerspell.app.upload.playing import write_playable
from fingerspell.app.upload.stills import HAND_THERE, letter_of, likeliest
from fingerspell.core.types import Frame, Transcript
from fingerspell.errors import MediaError
from fingerspell.runtime.reader import IncompleteError, Reader

Progress = Callable[[str, float], None]  # takes what is done, and what share of it, 0 to 1


@dataclass(frozen=True)
class ReadPicture:
    """A picture that was read.

    Attributes:
        name: of the file.
        drawn: the picture with the hand drawn over it, where there is one.
        has_hand: whether there is.
        best: the likeliest signs with their probabilities, likeliest first.
    """

    name: str
    drawn: Image.Image
    has_hand: bool
    best: tuple[tuple[str, float], ...]

    @property
    def letter(self) -> str:
        """The letter; "" where no hand, or no letter, was seen."""
        return letter_of(self.best, has_hand=self.has_hand)


@dataclass(frozen=True)
class ReadVideo:
    """A video that was read.

    Attributes:
        name: of the file, which is the transcript's source, too.
        content: of the file.
        transcript: what was read.
        shown: a copy that browsers play; None where they play the file itself.
        damage: what was wrong with it; "" where all of it could be read.
    """

    name: str
    content: bytes
    transcript: Transcript
    shown: bytes | None = None
    damage: str = ""


def read_upload(
    name: str,
    content: bytes,
    reader: Reader,
    longest_s: float,
    on_progress: Progress,
    opener: Here | Apart | None = None,
) -> ReadPicture | ReadVideo:
    """Read a picture or a video.

    Args:
        name: of the file, as its owner calls it.
        content: of the file.
        reader: reads it.
        longest_s: videos that last longer are refused.
        on_progress: told how far a video has been read.
        opener: decodes it; None does so in this process.

    Raises:
        MediaError: it cannot be read, or lasts too long; the sentence names the file.
    """
    with _as_file(name, content) as path:
        opened = (opener or Here()).open(path)
        media = opened.media
        if media.kind == "picture":
            return _read_picture(name, next(media.frames()), reader)
        _check_length(name, media.duration_s, longest_s)
        last: Frame | None = None

        def on_frame(frame: Frame) -> None:
            nonlocal last
            last = frame
            _check_length(name, frame.time_s, longest_s)  # where the header did not tell the truth
            on_progress("Reading", _share(frame, media.duration_s))

        damage = ""
        try:
            transcript = reader.read_media(media, on_frame)
        except IncompleteError as error:
            transcript, damage = error.transcript, str(error).replace(str(path), name)
        if transcript.probabilities and last:  # a video of one picture
            return _read_picture(name, last, reader)
        shown = None if opened.plays else _playable(opened, path, on_progress)
        return ReadVideo(name, content, replace(transcript, source=name), shown, damage)


def caption_video(read: ReadVideo, on_progress: Progress, opener: Here | Apart | None = None) -> bytes:
    """An MP4 of the video, without sound, with what was signed drawn into it.

    Raises:
        MediaError: it cannot be written.
    """
    length_s = read.transcript.duration_s or 1.0
    with _as_file(read.name, read.content) as path:
        target = path.with_name("captioned.mp4")
        (opener or Here()).burn_in(
            read.transcript, path, target, lambda frame: on_progress("Writing", _share(frame, length_s))
        )
        return target.read_bytes()


def _playable(opened: Opened, path: Path, on_progress: Progress) -> bytes | None:
    """A copy that browsers play, as far as the file can be decoded; None where nothing can."""
    target = path.with_name("playable.mp4")
    frames = opened.media.frames

    def undamaged() -> Iterator[Frame]:
        try:
            yield from frames()
        except MediaError:
            return  # reading has said it already

    media = replace(opened.media, frames=undamaged)
    try:
        write_playable(media, target, lambda f: on_progress("Converting", _share(f, media.duration_s)))
        return target.read_bytes()
    except (MediaError, OSError):
        return None


def _share(frame: Frame, length_s: float) -> float:
    return min(1.0, frame.time_s / length_s) if length_s else 0.0


def _read_picture(name: str, frame: Frame, reader: Reader) -> ReadPicture:
    prediction = reader.read_still(frame)
    best = likeliest(prediction.probabilities.tolist(), reader.alphabet)
    hand = prediction.hand_probability
    has_hand = hand is None or hand > HAND_THERE
    drawn = draw_hand(frame.pixels, prediction.joints if has_hand else None)
    return ReadPicture(name, drawn, has_hand, best)


def _check_length(name: str, length_s: float, longest_s: float) -> None:
    if length_s > longest_s:
        raise MediaError(
            f"{name} lasts longer than {longest_s / 60:g} minutes: cut it, or read it with "
            "`fingerspell read`, which has no limit."
        )


@contextmanager
def _as_file(name: str, content: bytes) -> Iterator[Path]:
    """The content as a file that is removed afterwards; errors call it by its own name.

    Of the name only the ending is used, and of that only letters and digits.
    """
    ending = "".join(c for c in Path(name).suffix.lower() if c.isascii() and c.isalnum())
    with tempfile.TemporaryDirectory(prefix="fingerspell-") as folder:
        path = Path(folder) / (f"upload.{ending}" if ending else "upload")
        path.write_bytes(content)
        try:
            yield path
        except MediaError as error:
            raise MediaError(str(error).replace(str(path), name)) from error
