"""The reader: a classifier and a decoder put together, for files and for live frames."""

import math
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path

from fingerspell.core.context import in_context_of
from fingerspell.core.decoding.decoder import LetterDecoder
from fingerspell.core.decoding.options import DecoderOptions
from fingerspell.core.sequence import SequenceDecoder, SequenceNetwork, can_read
from fingerspell.core.sight import in_heights
from fingerspell.core.spelling.options import SpellingOptions
from fingerspell.core.spelling.speller import Speller
from fingerspell.core.text import Word
from fingerspell.core.types import (
    Decoder,
    Frame,
    FrameClassifier,
    Letter,
    LetterEvent,
    Prediction,
    Transcript,
    alphabet_of,
)
from fingerspell.errors import MediaError, ModelError
from fingerspell.runtime.hand_tracking import HandTracker
from fingerspell.runtime.language import load_speller
from fingerspell.runtime.media import Media, open_media
from fingerspell.runtime.media.fewer import LEAST_FPS, at_most, is_rate
from fingerspell.runtime.onnx_classifier import OnnxClassifier

BUNDLED = "default"
BY_ITSELF = "reader"  # it finds the hand itself


class IncompleteError(MediaError):
    """A video is damaged or cut short, an image of a folder is, or a live source failed.

    Attributes:
        transcript: what was read until there.
    """

    code = "media-incomplete"

    def __init__(self, message: str, transcript: Transcript) -> None:
        super().__init__(message, transcript)  # both, so that it can be pickled
        self.transcript = transcript

    def __str__(self) -> str:
        return str(self.args[0])


@dataclass(frozen=True)
class Observation:
    """A frame of a video, what the classifier says of it, and what began or ended with it."""

    frame: Frame
    prediction: Prediction
    events: list[LetterEvent]


class Watch:
    """One video or camera, frame by frame; `Reader.watch` begins it.

    Args:
        look: tells the sign in the next frame.
        decoder: makes letters of them.
    """

    def __init__(self, look: Callable[[Frame], Prediction], decoder: Decoder) -> None:
        self._look = look
        self.decoder = decoder

    def see(self, frame: Frame) -> Observation:
        """Take the next frame."""
        prediction = self._look(frame)
        joints = in_heights(prediction.joints, frame.pixels)
        events = self.decoder.push(
            frame.time_s,
            prediction.probabilities,
            joints,
            prediction.hand_probability,
            duration_s=frame.duration_s,
        )
        return Observation(frame, prediction, events)

    def end(self) -> list[LetterEvent]:
        """End the sign that is still held."""
        return self.decoder.flush()


class Reader:
    """Reads images and video with one model.

    Args:
        classifier: recognises the sign in one image.
        options: when a sign counts as a letter; see `DecoderOptions`.
        speller: corrects the text of what has several letters, or makes what does when it is first
            needed; None leaves it as it was signed.
        moving_letters_in_stills: recognise J and Z in still images, too. Each is drawn in the air, so a
            still shows only part of it, and looks like I or D.
        fps: how many frames of a second of video are read at most, 5 or more; None for all.

    Raises:
        ValueError: `fps` is less than 5, or no number.
    """

    def __init__(
        self,
        classifier: FrameClassifier,
        options: DecoderOptions | None = None,
        speller: Speller | Callable[[], Speller] | None = None,
        *,
        moving_letters_in_stills: bool = False,
        fps: float | None = None,
    ) -> None:
        if fps is not None and not is_rate(fps):
            raise ValueError(f"{fps} frames a second cannot be read: give {LEAST_FPS:g} or more.")
        self.classifier, self.alphabet = classifier, alphabet_of(classifier)
        network: SequenceNetwork | None = getattr(classifier, "sequence", None)
        self.network = network if can_read(self.alphabet) else None
        self.options = options or DecoderOptions()
        self._speller = speller
        self.moving_letters_in_stills, self.fps = moving_letters_in_stills, fps

    @cached_property
    def speller(self) -> Speller | None:
        """What corrects the text: an image's one letter does without its 0.3 s of loading words."""
        return self._speller() if callable(self._speller) else self._speller

    def decoder(self) -> Decoder:
        """What makes letters of one video or camera."""
        if self.network:
            return SequenceDecoder(self.network, self.options)
        return LetterDecoder(self.options, self.alphabet)

    def in_context(self, letters: Sequence[Letter]) -> list[Letter]:
        """What may be a letter or a digit, as the signs beside it tell; see `core.context`."""
        return in_context_of(self.alphabet, lambda: self.speller)(letters)

    def read(
        self, source: str | Path | int, on_frame: Callable[[Frame], None] | None = None
    ) -> Transcript:
        """Read an image, a folder of images (one letter each), a video file or a network stream.

        Args:
            source: path, address, or index of a camera (which is read until it is unplugged).
            on_frame: called after each frame, for showing progress.

        Raises:
            MediaError: the source cannot be read to its end (see `read_media`).
        """
        return self.read_media(open_media(source), on_frame)

    def read_media(self, media: Media, on_frame: Callable[[Frame], None] | None = None) -> Transcript:
        """Read what `open_media` opened.

        What shows a single frame is read as an image, whatever its container or address. A live source
        ends when the user stops it (KeyboardInterrupt): the transcript holds what was read until then,
        and says so in `stopped`.

        Raises:
            IncompleteError: a video is damaged or cut short, images of a folder are, or a live source
                fails; it holds what was read of the rest.
            MediaError: nothing of it can be read.
        """
        taken, letters, stopped = _Taken(media, on_frame), list[Letter](), False
        match media.kind:
            case "picture":
                deque(taken.frames(), maxlen=0)
            case "folder":
                letters = [self._letter_of(frame, self.read_still(frame)) for frame in taken.frames()]
            case _:
                letters, stopped = self._read_video(taken.frames(), is_live=media.kind == "live")
        probabilities = None
        if media.kind != "folder" and taken.only and not (stopped or taken.damage):
            prediction = self.read_still(taken.only)
            letters = [self._letter_of(Frame(0.0, taken.only.pixels), prediction)]
            probabilities = dict(
                zip(self.alphabet.classes, prediction.probabilities.tolist(), strict=True)
            )
        letters = self.in_context(letters)
        end_s = math.inf if media.kind == "folder" else taken.last_s  # pictures are never cut off
        transcript = Transcript(
            source=media.source,
            model=self.classifier.name,
            letters=tuple(letters),
            duration_s=media.duration_s or taken.last_s,
            frames=taken.count,
            fps=media.fps,
            probabilities=probabilities,
            corrected=self._corrected(letters, end_s) if probabilities is None else None,
            stopped=stopped,
        )
        if taken.damage:
            raise IncompleteError(str(taken.damage), transcript) from taken.damage
        return transcript

    def stream(self, frames: Iterable[Frame]) -> Iterator[LetterEvent]:
        """Turn timed frames into letter events as they come; the last sign ends with the frames.

        Every letter gives two events: "began" as soon as it is certain, "ended" when it is released;
        between them, "became" if it turned out to be another (see `LetterEvent`).
        """
        watch = self.watch()
        for frame in frames:
            yield from watch.see(frame).events
        yield from watch.end()

    def watch(self) -> Watch:
        """Like `stream`, but frame by frame, and tells what is seen in each."""
        return Watch(HandTracker(self.classifier).look, self.decoder())

    def _read_video(self, frames: Iterable[Frame], is_live: bool) -> tuple[list[Letter], bool]:
        """The letters, and whether the user stopped a live source."""
        watch, events, stopped = self.watch(), list[LetterEvent](), False
        if self.fps:
            frames = at_most(frames, self.fps)
        try:
            for frame in frames:
                events += watch.see(frame).events
        except KeyboardInterrupt:
            if not is_live:
                raise
            stopped = True
        events += watch.end()
        return [event.letter for event in events if event.kind == "ended"], stopped

    def _corrected(self, letters: list[Letter], end_s: float) -> tuple[Word, ...] | None:
        if self.speller is None:
            return None
        return tuple(self.speller.correct(letters, end_s=end_s))

    def read_still(self, frame: Frame) -> Prediction:
        """What one image shows that is no frame of a video."""
        [prediction] = self.classifier.classify(frame.pixels[None])
        if self.moving_letters_in_stills:
            return prediction
        return prediction.without_moving_letters(self.alphabet)

    def _letter_of(self, frame: Frame, prediction: Prediction) -> Letter:
        """The sign of a still, for as long as it is shown."""
        best = int(prediction.probabilities.argmax())
        end_s = frame.time_s + (frame.duration_s or 0.0)
        char, probability = self.alphabet.classes[best], float(prediction.probabilities[best])
        return Letter(char, frame.time_s, end_s, probability)


class _Taken:
    """The frames of a source as they are taken from it.

    Args:
        media: the source.
        on_frame: called after each frame.

    Attributes:
        count: frames so far.
        last_s: when the last one ends.
        only: the frame, as long as there is only one.
        damage: what ended the frames of a video too early, or is wrong with others of a folder.
    """

    def __init__(self, media: Media, on_frame: Callable[[Frame], None] | None) -> None:
        self._media, self._on_frame = media, on_frame
        self.count, self.last_s = 0, 0.0
        self.only: Frame | None = None
        self.damage: MediaError | None = None

    def frames(self) -> Iterator[Frame]:
        """Yield them; `damage` is raised only where there is no frame."""
        for frame in self._undamaged():
            self.count, self.last_s = self.count + 1, frame.time_s + (frame.duration_s or 0.0)
            self.only = frame if self.count == 1 else None
            yield frame
            if self._on_frame:
                self._on_frame(frame)

    def _undamaged(self) -> Iterator[Frame]:
        try:
            yield from self._media.frames()
        except MediaError as error:
            if not self.count:
                raise
            self.damage = error


def load_reader(
    model: str | Path = BUNDLED,
    options: DecoderOptions | None = None,
    *,
    pause_s: float | None = None,
    spell: bool = True,
    words: Iterable[str] = (),
    spelling: SpellingOptions | None = None,
    hands: str | Path = BY_ITSELF,
    moving_letters_in_stills: bool = False,
    digits: bool = False,
    fps: float | None = None,
    threads: int = 0,
) -> Reader:
    """Load a reader: the bundled model, or a model file exported by `fingerspell`.

    Args:
        model: `default` or a path.
        options: when a sign counts as a letter.
        pause_s: of these options, the time between two letters that is a space.
        spell: whether `Transcript.text` is corrected, as English.
        words: the user's own words, names for example, which correction never changes.
        spelling: how readily letters are changed.
        hands: what finds the hand: `reader` is the model itself; `mediapipe`, or the path of a
            `hand_landmarker.task`, has MediaPipe find it (see `runtime.mediapipe_hands`).
        moving_letters_in_stills: recognise J and Z in still images, too; see `Reader`.
        digits: read digits, too; a model that tells nothing else reads them anyway.
        fps: how many frames of a second of video are read at most; None for all.
        threads: of the model; 0 leaves it to ONNX Runtime (one a core).

    Raises:
        ModelError: a file is missing, damaged, or no model of ours; or MediaPipe cannot be had.
        ValueError: `fps` is less than 5, or no number.
    """
    path = None if str(model) == BUNDLED else model
    known = OnnxClassifier(path, threads, digits=digits)
    if digits and not known.alphabet.digits:
        raise ModelError(f"{known.name} tells no digits: leave out --digits, or use `{BUNDLED}`.")
    classifier: FrameClassifier = known
    if str(hands) != BY_ITSELF:
        from fingerspell.runtime.mediapipe_hands import HandLandmarker, WithMediapipe  # noqa: PLC0415

        classifier = WithMediapipe(classifier, HandLandmarker(hands))
    own = list(words)
    speller = partial(load_speller, own, spelling) if spell else None
    reader = Reader(
        classifier, options, speller, moving_letters_in_stills=moving_letters_in_stills, fps=fps
    )
    if pause_s is not None:
        reader.options = replace(reader.options, pause_s=pause_s)
    return reader
