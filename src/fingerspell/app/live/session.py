"""What one visitor signs to this server: pictures come in, and sessions are found by their token."""

import secrets
from typing import Any, Protocol
from weakref import WeakValueDictionary

import numpy as np
from numpy.typing import NDArray

from fingerspell.app.live.text_session import (
    OF_HAND,
    Seen,
    TextSession,
    seen_in_page,
    view_of,
)
from fingerspell.core.alphabet import ASL, Alphabet
from fingerspell.core.context import InContext
from fingerspell.core.sight import in_heights
from fingerspell.core.spelling.speller import Speller
from fingerspell.core.types import Decoder, Frame
from fingerspell.errors import MediaError, PictureError
from fingerspell.pictures.formats import Format, format_of
from fingerspell.pictures.still import as_rgb, opened
from fingerspell.runtime.reader import Reader

LARGEST_FRAME_PX = 1280 * 960
SUM_TOLERANCE = 1e-3  # of probabilities, as float32 sums go


class Recorder(Protocol):
    """What takes pictures out of the frames."""

    def see(self, time_s: float, jpeg: bytes, hand: float | None) -> bool:
        """Look at the next frame; whether it was taken."""


class LiveSession(TextSession):
    """Reads one visitor's camera.

    Args:
        reader: what reads the frames; `use` exchanges it.

    Attributes:
        recorder: takes pictures out of the frames; None keeps none.
    """

    def __init__(self, reader: Reader) -> None:
        self.token = secrets.token_urlsafe(18)
        self.reader, self._watch = reader, reader.watch()
        self.recorder: Recorder | None = None
        super().__init__(*self._parts())

    def use(self, reader: Reader) -> None:
        """Read with another model from now on, and begin a new text."""
        with self._lock:
            self.reader, self._watch = reader, reader.watch()
            self._begin(*self._parts())

    def _parts(self) -> tuple[str, Decoder, Speller | None, Alphabet, InContext]:
        """What a text is begun with."""
        reader, decoder = self.reader, self._watch.decoder
        return reader.classifier.name, decoder, reader.speller, reader.alphabet, reader.in_context

    def look(self, jpeg: bytes, time_s: float) -> dict[str, Any]:
        """Read one frame.

        Args:
            jpeg: the picture.
            time_s: when it was taken, from the connection's start; never before the last one.

        Returns:
            `sign` (what is seen now, or ""), `probability`, `hand` (probability), `joints` (21 pairs of
            fractions, or []), `caption` where the text has changed, and `off` where a coach watches.

        Raises:
            MediaError: it is no JPEG picture of at most 1280x960 pixels.
        """
        pixels = decode_jpeg(jpeg)
        with self._lock:
            frame = Frame(self._move_on(time_s), pixels)
            seen = self._watch.see(frame)
            joints, hand = seen.prediction.joints, seen.prediction.hand_probability
            events = self._take(seen.events)
            if self.recorder and self.recorder.see(frame.time_s, jpeg, hand):
                self._revision += 1
                events = {"caption": self._caption()}
            return {
                **view_of(seen.prediction.probabilities.tolist(), self.alphabet),
                "hand": 1.0 if hand is None else round(hand, 3),
                "joints": [] if joints is None else np.round(joints, 4).tolist(),
                **events,
                **self._note_hand(frame.time_s, in_heights(joints, pixels), hand),
            }


def decode_jpeg(jpeg: bytes) -> NDArray[np.uint8]:
    """RGB uint8 [H, W, 3] of a camera's JPEG.

    Raises:
        MediaError: it is no JPEG picture, or larger than 1280x960 pixels.
    """
    no_picture = "the camera sent something that is not a picture: start it again."
    if format_of(jpeg[:3]) is not Format.JPEG:
        raise MediaError(no_picture)
    try:
        with opened(jpeg, "the camera's picture") as picture:
            if picture.width * picture.height > LARGEST_FRAME_PX:
                raise MediaError("the camera's picture is too large: 1280x960 pixels are enough.")
            return np.asarray(as_rgb(picture, None))
    except PictureError as error:
        raise MediaError(no_picture) from error


def decode_seen(content: bytes, alphabet: Alphabet = ASL) -> Seen:
    """What a page that reads by itself has seen: `seen_in_page`'s numbers as little-endian float32.

    Raises:
        MediaError: they do not begin with a probability of each class, which sum to 1, or are too few
            or many.
    """
    if len(content) in (4 * len(alphabet), 4 * (len(alphabet) + OF_HAND)):
        numbers = np.frombuffer(content, "<f4")
        probabilities = numbers[: len(alphabet)]
        # Comparisons with what is no number are false.
        if probabilities.min() >= 0 and abs(probabilities.sum(dtype=np.float64) - 1) <= SUM_TOLERANCE:
            return seen_in_page(numbers.tolist(), alphabet)
    raise MediaError("the page did not send what it saw: reload it.")


# Sessions by their token, as long as somebody holds them: the visitor's page, or a connection.
_sessions: WeakValueDictionary[str, LiveSession] = WeakValueDictionary()


def open_session(reader: Reader) -> LiveSession:
    """A new session that the socket can find by its token."""
    session = LiveSession(reader)
    _sessions[session.token] = session
    return session


def find_session(token: str) -> LiveSession | None:
    """The session with this token; None if there never was one, or it has gone."""
    return _sessions.get(token)
