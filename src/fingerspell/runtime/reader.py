"""The reader: a classifier and a decoder put together, for files and for live frames."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from fingerspell.core.alphabet import CLASSES
from fingerspell.core.decode import DecoderOptions, LetterDecoder
from fingerspell.core.sequence import SequenceDecoder, SequenceNetwork
from fingerspell.core.sight import in_heights
from fingerspell.core.spelling import Speller, SpellingOptions
from fingerspell.core.text import Word
from fingerspell.core.types import (
    Decoder,
    Frame,
    FrameClassifier,
    Letter,
    LetterEvent,
    Prediction,
    Transcript,
)
from fingerspell.errors import MediaError
from fingerspell.runtime.following import HandFollower
from fingerspell.runtime.language import load_speller
from fingerspell.runtime.media import Media, open_media
from fingerspell.runtime.mediapipe_hands import HandLandmarker, WithMediapipe
from fingerspell.runtime.onnx_classifier import OnnxClassifier

BUNDLED = "default"
BY_ITSELF = "reader"  # it finds the hand itself


class IncompleteError(MediaError):
    """A video is damaged or cut short, or a live source failed.

    Attributes:
        transcript: what was read until there.
    """

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
        hand = prediction.hand_probability
        events = self.decoder.push(frame.time_s, prediction.probabilities, joints, hand)
        return Observation(frame, prediction, events)

    def end(self) -> list[LetterEvent]:
        """End the sign that is still held."""
        return self.decoder.flush()


class Reader:
    """Reads pictures and video with one model.

    Args:
        classifier: tells the sign in one picture.
        options: when a sign counts as a letter; see `DecoderOptions`. None leaves it to the model's
            sequence reader, where it has one.
        speller: corrects the text of what has several letters; None leaves it as it was signed.
    """

    def __init__(
        self,
        classifier: FrameClassifier,
        options: DecoderOptions | None = None,
        speller: Speller | None = None,
    ) -> None:
        self.classifier = classifier
        self.network: SequenceNetwork | None = getattr(classifier, "sequence", None)
        self.options = options or (self.network.options if self.network else DecoderOptions())
        self.speller = speller

    def decoder(self) -> Decoder:
        """What makes letters of one video or camera."""
        if self.network:
            return SequenceDecoder(self.network, self.options)
        return LetterDecoder(self.options)

    def read(
        self, source: str | Path | int, on_frame: Callable[[Frame], None] | None = None
    ) -> Transcript:
        """Read a picture, a folder of pictures (one letter each), a video file or a network stream.

        Args:
            source: path, address, or index of a camera (which is read until it is unplugged).
            on_frame: called after each frame, for showing progress.

        Raises:
            MediaError: the source cannot be read to its end (see `read_media`).
        """
        return self.read_media(open_media(source), on_frame)

    def read_media(self, media: Media, on_frame: Callable[[Frame], None] | None = None) -> Transcript:
        """Read what `open_media` opened.

        A live source ends when the user stops it (KeyboardInterrupt): the transcript holds what was
        read until then, and says so in `stopped`.

        Raises:
            IncompleteError: a video is damaged or cut short, or a live source fails; it holds what was
                read until there.
            MediaError: nothing of it can be read, or not all of a folder's pictures.
        """
        count, last_s, is_video = 0, 0.0, media.kind not in ("picture", "folder")
        damage: MediaError | None = None

        def undamaged() -> Iterator[Frame]:
            nonlocal damage
            try:
                yield from media.frames()
            except MediaError as error:
                if not (count and is_video):
                    raise
                damage = error

        def counted() -> Iterator[Frame]:
            nonlocal count, last_s
            for frame in undamaged():
                count, last_s = count + 1, frame.time_s
                yield frame
                if on_frame:
                    on_frame(frame)

        probabilities, stopped = None, False
        if not is_video:
            stills = list(self._read_stills(counted()))
            length_s = 0.0 if media.kind == "picture" else 1.0
            letters = [_still_letter(start_s, length_s, p) for start_s, p in stills]
            if media.kind == "picture":
                probabilities = dict(zip(CLASSES, stills[0][1].probabilities.tolist(), strict=True))
        else:
            letters, stopped = self._read_video(counted(), is_live=media.kind == "live")
        transcript = Transcript(
            source=media.source,
            model=self.classifier.name,
            letters=tuple(letters),
            duration_s=media.duration_s or last_s,
            frames=count,
            fps=media.fps,
            probabilities=probabilities,
            corrected=self._corrected(letters) if media.kind != "picture" else None,
            stopped=stopped,
        )
        if damage:
            raise IncompleteError(str(damage), transcript) from damage
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
        return Watch(HandFollower(self.classifier).look, self.decoder())

    def _read_video(self, frames: Iterable[Frame], is_live: bool) -> tuple[list[Letter], bool]:
        """The letters, and whether the user stopped a live source."""
        watch, events, stopped = self.watch(), list[LetterEvent](), False
        try:
            for frame in frames:
                events += watch.see(frame).events
        except KeyboardInterrupt:
            if not is_live:
                raise
            stopped = True
        events += watch.end()
        return [event.letter for event in events if event.kind == "ended"], stopped

    def _corrected(self, letters: list[Letter]) -> tuple[Word, ...] | None:
        return tuple(self.speller.correct(letters)) if self.speller else None

    def _read_stills(self, frames: Iterable[Frame]) -> Iterator[tuple[float, Prediction]]:
        for frame in frames:
            yield frame.time_s, self._look(frame)

    def _look(self, frame: Frame) -> Prediction:
        [prediction] = self.classifier.classify(frame.pixels[None])
        return prediction


def _still_letter(start_s: float, length_s: float, prediction: Prediction) -> Letter:
    best = int(prediction.probabilities.argmax())
    return Letter(CLASSES[best], start_s, start_s + length_s, float(prediction.probabilities[best]))


def load_reader(
    model: str | Path = BUNDLED,
    options: DecoderOptions | None = None,
    *,
    pause_s: float | None = None,
    spell: bool = True,
    words: Iterable[str] = (),
    spelling: SpellingOptions | None = None,
    hands: str | Path = BY_ITSELF,
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

    Raises:
        ModelError: a file is missing, damaged, or no model of ours; or MediaPipe cannot be had.
    """
    classifier: FrameClassifier = OnnxClassifier(None if str(model) == BUNDLED else model)
    if str(hands) != BY_ITSELF:
        classifier = WithMediapipe(classifier, HandLandmarker(hands))
    speller = load_speller(words, spelling) if spell else None
    reader = Reader(classifier, options, speller)
    if pause_s is not None:
        reader.options = replace(reader.options, pause_s=pause_s)
    return reader
