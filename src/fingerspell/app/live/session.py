"""What one visitor signs: the reader's state from frame to frame, and the text so far.

A session outlives the connections that feed it: the camera may stop, the page may change, and the text
is still there. It knows nothing of browsers: pictures, times and keys come in, JSON-ready dicts go out.
"""

import io
import secrets
import threading
from typing import Any
from weakref import WeakValueDictionary

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from fingerspell.core.alphabet import CLASSES, DELETE, SPACE
from fingerspell.core.types import Frame, Letter, LetterEvent, Transcript
from fingerspell.errors import MediaError
from fingerspell.runtime.captioner import Captioner
from fingerspell.runtime.media.pictures import DAMAGE
from fingerspell.runtime.reader import Reader
from fingerspell.runtime.writers import to_srt, to_txt, to_vtt

LARGEST_FRAME_PX = 1280 * 960
SUM_TOLERANCE = 1e-3  # of probabilities, as float32 sums go
REST_S = 2.0  # between two connections; longer than the decoder's `max_gap_s`, so that signs end there
SHOWN_FROM = 0.5  # probability from which a sign is shown
LONGEST_TEXT = 10_000  # characters that can be typed (static/live.html)
CORRECTIONS = 2  # the newest, which can be refused


class LiveSession:
    """Reads one visitor's camera.

    Args:
        reader: what reads the frames; `use` exchanges it.
    """

    def __init__(self, reader: Reader) -> None:
        self.token = secrets.token_urlsafe(18)
        self._lock = threading.Lock()
        self._time_s = self._begin_s = 0.0
        self._revision = 0
        self.use(reader)

    def use(self, reader: Reader) -> None:
        """Read with another model from now on, and begin a new text."""
        with self._lock:
            self.reader = reader
            self._watch = reader.watch()
            self._captioner = Captioner(reader.speller)

    def connect(self) -> None:
        """A camera begins: its times count from now on, after all that has been read."""
        with self._lock:
            self._captioner.take(self._watch.end())
            self._begin_s = self._time_s + REST_S if self._time_s else 0.0

    def look(self, jpeg: bytes, time_s: float) -> dict[str, Any]:
        """Read one frame.

        Args:
            jpeg: the picture.
            time_s: when it was taken, from the connection's start; never before the last one.

        Returns:
            `sign` (what is seen now, or ""), `probability`, `hand` (probability), `joints` (21 pairs of
            fractions, or []), and `caption` where the text has changed.

        Raises:
            MediaError: it is no JPEG picture of at most 1280x960 pixels.
        """
        pixels = decode_jpeg(jpeg)
        with self._lock:
            frame = Frame(self._move_on(time_s), pixels)
            seen = self._watch.see(frame)
            joints, hand = seen.prediction.joints, seen.prediction.hand_probability
            return {
                **_view(seen.prediction.probabilities),
                "hand": 1.0 if hand is None else round(hand, 3),
                "joints": [] if joints is None else np.round(joints, 4).tolist(),
                **self._take(seen.events),
            }

    def take(self, probabilities: NDArray[np.float32], time_s: float) -> dict[str, Any]:
        """Go on from a frame that the page has read itself.

        Args:
            probabilities: float32 [29], see `decode_probabilities`.
            time_s: as for `look`.

        Returns:
            `sign`, `probability` and `caption`, as `look` does.
        """
        with self._lock:
            events = self._watch.decoder.push(self._move_on(time_s), probabilities)
            return {**_view(probabilities), **self._take(events)}

    def press(self, key: str, word: str = "") -> dict[str, Any]:
        """Do what a key says.

        Args:
            key: `space`, `delete`, `undo`, `clear`, `choose`, `keep`, `edit`, `restore` or `files`.
            word: that is chosen; when the word that is kept begins; the whole text that was typed.

        Returns:
            The `key`, and `caption`, or `files` with the text and the subtitles.
        """
        with self._lock:
            if key == "files":
                return {"key": key, "files": self._files()}
            self._revision += 1
            self._edit(key, word)
            if signs := self._captioner.signs:  # the times of what was typed have passed, too
                self._time_s = max(self._time_s, signs[-1].end_s)
            return {"key": key, "caption": self._caption()}

    def _edit(self, key: str, word: str) -> None:
        match key:
            case "space":
                self._captioner.add(SPACE, self._time_s)
            case "delete":
                self._captioner.add(DELETE, self._time_s)
            case "undo":
                self._captioner.undo()
            case "clear":
                self._captioner.clear()
            case "choose" if word in self._captioner.suggestions:
                self._captioner.choose(word)
            case "keep":
                self._captioner.keep(_number(word))
            case "edit":
                self._captioner.rewrite(word[:LONGEST_TEXT])
            case "restore" if not self._captioner.signs:
                self._captioner.restore(word[:LONGEST_TEXT])

    def caption(self) -> dict[str, Any]:
        """The text so far: `text`, `raw`, `suggestions`, `corrections`, and `revision`.

        `revision` changes with the text.
        """
        with self._lock:
            return self._caption()

    @property
    def signs(self) -> list[Letter]:
        """Every sign so far, `space` and `del` among them."""
        with self._lock:
            return self._captioner.signs

    @property
    def raw_text(self) -> str:
        """Exactly what was signed."""
        return self._captioner.raw_text

    def _move_on(self, time_s: float) -> float:
        """The session's time, from a connection's."""
        self._time_s = max(self._time_s, self._begin_s + time_s)
        return self._time_s

    def _take(self, events: list[LetterEvent]) -> dict[str, Any]:
        """Write what began and ended; `caption` where that changed the text."""
        changed = self._captioner.take(events)
        self._revision += changed
        return {"caption": self._caption()} if changed else {}

    def _caption(self) -> dict[str, Any]:
        captioner = self._captioner
        return {
            "text": captioner.text,
            "raw": captioner.raw_text,
            "suggestions": captioner.suggestions,
            "corrections": [
                {"start": word.start_s, "signed": word.signed, "text": word.text}
                for word in captioner.corrections[-CORRECTIONS:]
            ],
            "revision": self._revision,
        }

    def _files(self) -> dict[str, str]:
        transcript = Transcript(
            source="camera",
            model=self.reader.classifier.name,
            letters=tuple(self._captioner.signs),
            duration_s=self._time_s,
            frames=0,
            fps=0.0,
            corrected=self._captioner.words,
        )
        return {"txt": to_txt(transcript), "srt": to_srt(transcript), "vtt": to_vtt(transcript)}


def decode_jpeg(jpeg: bytes) -> NDArray[np.uint8]:
    """RGB uint8 [H, W, 3] of a camera's JPEG.

    Raises:
        MediaError: it is no JPEG picture, or larger than 1280x960 pixels.
    """
    try:
        with Image.open(io.BytesIO(jpeg), formats=["JPEG"]) as picture:
            if picture.width * picture.height > LARGEST_FRAME_PX:
                raise MediaError("the camera's picture is too large: 1280x960 pixels are enough.")
            return np.asarray(picture.convert("RGB"))
    except (Image.DecompressionBombError, *DAMAGE) as error:
        raise MediaError("the camera sent what is no picture: start it again.") from error


def decode_probabilities(content: bytes) -> NDArray[np.float32]:
    """Float32 [29] of a page that reads by itself: little-endian float32.

    Raises:
        MediaError: they are no 29 probabilities of the classes, which sum to 1.
    """
    if len(content) == 4 * len(CLASSES):
        probabilities = np.frombuffer(content, "<f4")
        # Comparisons with what is no number are false.
        if probabilities.min() >= 0 and abs(probabilities.sum(dtype=np.float64) - 1) <= SUM_TOLERANCE:
            return probabilities
    raise MediaError("the page sent no probabilities: reload it.")


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("nan")


def _view(probabilities: NDArray[np.float32]) -> dict[str, Any]:
    best = int(probabilities.argmax())
    probability = float(probabilities[best])
    return {
        "sign": CLASSES[best] if probability >= SHOWN_FROM else "",
        "probability": round(probability, 3),
    }


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
