"""What flows through the reader: frames in, predictions, letters, a transcript out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, Protocol
from unicodedata import category

from fingerspell.core.alphabet import ASL, Alphabet, Role
from fingerspell.core.text import Word, compose, words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    # Of a frame; pages that have no NumPy give lists.
    Probabilities = Sequence[float] | NDArray[np.floating]
    Joints = Sequence[tuple[float, float]] | NDArray[np.floating]

N_JOINTS = 21  # wrist, then four joints from base to tip for thumb, index, middle, ring, little


def printable(name: str) -> str:
    r"""A file's name as text of any encoding: bytes of it that are no UTF-8 become `\udc..`."""
    return name.encode("utf-8", "backslashreplace").decode()


def on_one_line(name: str) -> str:
    r"""A file's name, or a sentence that names one, as a line that a terminal shows and does not obey.

    Line breaks and other control characters in it are shown as escapes, such as `\n` and `\x1b`.
    """
    breaks = ("Cc", "Zl", "Zp")  # control characters, and what ends lines and paragraphs
    return "".join(ascii(c)[1:-1] if category(c) in breaks else c for c in printable(name))


@dataclass(frozen=True)
class Frame:
    """One picture of a video or camera.

    Attributes:
        time_s: when it was taken.
        pixels: RGB uint8 [H, W, 3].
        duration_s: how long it is shown; None if that is not known.
    """

    time_s: float
    pixels: NDArray[np.uint8]
    duration_s: float | None = None


@dataclass(frozen=True)
class Prediction:
    """What a classifier says of one picture.

    Attributes:
        probabilities: float32 [C], in the order of the classifier's alphabet, summing to 1.
        joints: float32 [21, 2], x and y as fractions of the picture's width and height (wrist, then
            base to tip of thumb, index, middle, ring and little finger); None if not known.
        hand_probability: that a hand is in the picture at all; None if not known.
    """

    probabilities: NDArray[np.float32]
    joints: NDArray[np.float32] | None = None
    hand_probability: float | None = None

    def without_moving_letters(self, alphabet: Alphabet = ASL) -> Prediction:
        """The same with J and Z ruled out; see the function of that name."""
        return self._with(without_moving_letters(self.probabilities.tolist(), alphabet))

    def narrowed(self, alphabet: Alphabet, to: Alphabet) -> Prediction:
        """The same of some classes of an alphabet, as if there were no others; see `Alphabet`."""
        if to == alphabet:
            return self
        return self._with(alphabet.narrowed(self.probabilities.tolist(), to))

    def _with(self, probabilities: list[float]) -> Prediction:
        array = self.probabilities[: len(probabilities)].copy()
        array[:] = probabilities
        return replace(self, probabilities=array)


def without_moving_letters(probabilities: Sequence[float], alphabet: Alphabet = ASL) -> list[float]:
    """Probabilities with J and Z ruled out, theirs shared by the other letters in proportion.

    They are drawn in the air, and a still image holds only part of them. What looks like such a
    part is a letter all the same, so `nothing`, `space` and `del` get no share.
    """
    still = {*alphabet.of_role(Role.LETTER, Role.DIGIT)} - alphabet.moving
    if not still or not alphabet.moving:
        return list(probabilities)
    named = list(zip(alphabet.classes, probabilities, strict=True))
    moving = sum(p for name, p in named if name in alphabet.moving)
    # Far below float32's precision unless no other letter has any probability at all.
    shares = [p + 1e-12 if name in still else 0.0 for name, p in named]
    kept = [0.0 if name in alphabet.moving else p for name, p in named]
    total = sum(shares)
    return [p + moving * share / total for p, share in zip(kept, shares, strict=True)]


class Decoder(Protocol):
    """Turns what is seen in the frames of one video into letters, one frame at a time."""

    def push(
        self,
        time_s: float,
        probabilities: Probabilities,
        joints: Joints | None = None,
        hand: float | None = None,
        *,
        duration_s: float | None = None,
    ) -> list[LetterEvent]:
        """Take the next frame; return what began, became or ended with it.

        Args:
            time_s: when the frame was taken.
            probabilities: float32 [C], of the classes of its alphabet.
            joints: float32 [21, 2], in heights of the picture; None if not known.
            hand: probability that a hand is in the picture; None if not known.
            duration_s: how long the frame is shown; None if not known, as of a camera's.
        """

    def flush(self) -> list[LetterEvent]:
        """End the sign that is still held, and start afresh."""


class FrameClassifier(Protocol):
    """Anything that tells the sign in pictures: an ONNX model, a PyTorch network, a test's double.

    It may have an attribute `alphabet`; without one, it tells the classes of `ASL` (`alphabet_of`).
    """

    @property
    def name(self) -> str:
        """Name and version, as transcripts show it."""

    def classify(self, pictures: NDArray[np.uint8]) -> list[Prediction]:
        """Classify RGB pictures [N, H, W, 3]; one prediction each, in order."""


def alphabet_of(classifier: FrameClassifier) -> Alphabet:
    """The classes that a classifier tells apart."""
    alphabet: Alphabet = getattr(classifier, "alphabet", ASL)
    return alphabet


def known_to(classifier: FrameClassifier) -> Alphabet:
    """All classes that a classifier's model tells apart, digits that nobody asked for among them."""
    known: Alphabet = getattr(classifier, "known", alphabet_of(classifier))
    return known


@dataclass(frozen=True)
class Letter:
    """One sign that was held: a letter, `space` or `del`, with its time in seconds.

    Attributes:
        glimpses: letters that were ahead between the sign before and this one, but never surely enough
            to count (see `core.decoding.glimpses`). They are not part of what was signed.
    """

    char: str
    start_s: float
    end_s: float
    probability: float
    glimpses: tuple[Letter, ...] = ()


@dataclass(frozen=True)
class LetterEvent:
    """A sign has just begun (it is certain, but still held: `end_s` is now) or has ended.

    "became" says that the sign that had begun turned out to be another: I is drawn on into J, D into Z.
    """

    kind: Literal["began", "became", "ended"]
    letter: Letter


@dataclass(frozen=True)
class Transcript:
    """What was read from one source.

    Attributes:
        source: the picture, folder, video or address that was read.
        model: name of the model that read it.
        letters: every sign seen, `space` and `del` among them.
        duration_s: length of the video; 0 for a picture.
        frames: pictures looked at.
        fps: frames per second, not rounded; 0 for a picture.
        probabilities: class to probability, for a single picture only.
        corrected: the words that were meant, where spelling was corrected.
        stopped: whether the user stopped a live source before it ended.
    """

    source: str
    model: str
    letters: tuple[Letter, ...]
    duration_s: float
    frames: int
    fps: float
    probabilities: Mapping[str, float] | None = None
    corrected: tuple[Word, ...] | None = None
    stopped: bool = False

    @property
    def raw_text(self) -> str:
        """What was signed, exactly. `space` leaves a space, `del` takes the last character back."""
        return compose(self.letters)

    @property
    def text(self) -> str:
        """The words that were probably meant; `raw_text` where nothing was corrected."""
        if self.corrected is None:
            return self.raw_text
        return " ".join(word.text for word in self.corrected)

    @property
    def words(self) -> tuple[Word, ...]:
        """The words of `text`, each with when it was signed."""
        return tuple(words(self.letters)) if self.corrected is None else self.corrected

    def as_dict(self) -> dict[str, Any]:
        """The document that `fingerspell read -f json` prints; times in seconds."""
        document: dict[str, Any] = {
            "source": printable(self.source),
            "model": self.model,
            "text": self.text,
            "raw_text": self.raw_text,
            "letters": [
                {
                    "char": letter.char,
                    "start_s": round(letter.start_s, 3),
                    "end_s": round(letter.end_s, 3),
                    "probability": round(letter.probability, 4),
                }
                for letter in self.letters
            ],
            "duration_s": round(self.duration_s, 3),
            "frames": self.frames,
            "fps": self.fps,
        }
        if self.probabilities is not None:
            document["probabilities"] = {k: round(p, 6) for k, p in self.probabilities.items()}
        return document
