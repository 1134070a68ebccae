"""What one visitor signs: the decoder's state from frame to frame, and the text so far.

A session outlives the connections that feed it: the camera may stop, the page may change, and the text
is still there. It knows nothing of browsers: probabilities, times and keys come in, JSON-ready dicts go
out. It needs the standard library alone, since it runs in pages, too, that have no server (`site/`).
"""

import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from fingerspell.app.live.trace import Trace
from fingerspell.core.alphabet import ASL, DELETE, SPACE, Alphabet
from fingerspell.core.context import InContext
from fingerspell.core.decoding.frames import check_probabilities
from fingerspell.core.spelling.speller import Speller
from fingerspell.core.types import N_JOINTS, Decoder, Letter, LetterEvent, Transcript
from fingerspell.runtime.captioner import Captioner
from fingerspell.runtime.events import Document, letter_document, text_document
from fingerspell.runtime.writers import to_srt, to_txt, to_vtt

if TYPE_CHECKING:
    from fingerspell.core.types import Joints

REST_S = 2.0  # between two connections; longer than the decoder's `max_gap_s`, so that signs end there
SHOWN_FROM = 0.5  # probability from which a sign is shown
LONGEST_TEXT = 10_000  # characters that can be typed (static/live.html)
HAND_THERE = 0.5  # probability from which a hand counts as seen
CORRECTIONS = 2  # the newest, which can be refused
# Numbers that a page sends after the probabilities, where its model looked for a hand.
OF_HAND = 2 * N_JOINTS + 2


class Seen(NamedTuple):
    """What a page has seen in a frame; the last two are None where its model looks for no hand.

    Attributes:
        probabilities: [C], of the classes that are read.
        joints: [21], x and y of the landmarks, in heights of the image.
        hand: probability that there is one.
    """

    probabilities: Sequence[float]
    joints: list[tuple[float, float]] | None = None
    hand: float | None = None


def seen_in_page(numbers: Sequence[float], alphabet: Alphabet = ASL) -> Seen:
    """What the numbers say that a page sends of a frame.

    Args:
        numbers: probabilities of the classes that are read; then, of a model that looks for a hand,
            42 coordinates of landmarks as fractions of width and height, the probability of a hand, and
            width / height.
        alphabet: these classes.
    """
    probabilities = numbers[: len(alphabet)]
    if len(numbers) != len(alphabet) + OF_HAND:
        return Seen(probabilities)
    *joints, hand, shape = numbers[len(alphabet) :]
    pairs = zip(joints[::2], joints[1::2], strict=True)
    return Seen(probabilities, [(x * shape, y) for x, y in pairs], hand)


class Coach(Protocol):
    """What watches the hand, too: lessons do."""

    @property
    def off(self) -> Sequence[int]:
        """The landmarks to be marked in the last frame, as a line."""

    def see(self, time_s: float, trace: Trace) -> bool:
        """Look at the newest frames; whether the page is to ask what is said now."""


class TextSession:
    """Makes text of what is seen in one visitor's camera.

    Args:
        model: name of what sees it.
        decoder: makes letters of that.
        speller: corrects them; None leaves them as they were signed.
        alphabet: the classes that are read.
        in_context: tells letters from digits by the signs beside them.

    Attributes:
        trace: where the hand was in the newest frames.
        coach: watches it; None if nobody does.
        listener: is told what is signed, in documents of `runtime.events`; None if nobody listens.
    """

    def __init__(
        self,
        model: str,
        decoder: Decoder,
        speller: Speller | None,
        alphabet: Alphabet = ASL,
        in_context: InContext = list,
    ) -> None:
        self._lock = threading.Lock()
        self.trace = Trace()
        self.coach: Coach | None = None
        self.listener: Callable[[Document], None] | None = None
        self._time_s = self._begin_s = 0.0
        self._revision = 0
        self._begin(model, decoder, speller, alphabet, in_context)

    def _begin(
        self,
        model: str,
        decoder: Decoder,
        speller: Speller | None,
        alphabet: Alphabet,
        in_context: InContext,
    ) -> None:
        """Begin a new text."""
        self._model, self._decoder, self.alphabet = model, decoder, alphabet
        self._captioner = Captioner(speller, in_context)

    def correct_with(self, speller: Speller) -> None:
        """Correct the text, too, where that was not done from the beginning."""
        with self._lock:
            self._captioner.correct_with(speller)
            self._revision += 1

    def connect(self) -> None:
        """A camera begins: its times count from now on, after all that has been read."""
        with self._lock:
            self._take(self._decoder.flush())
            self._begin_s = self._time_s + REST_S if self._time_s else 0.0

    def take(self, seen: Seen, time_s: float) -> dict[str, Any]:
        """Go on from a frame that the page has read itself.

        Args:
            seen: in the frame.
            time_s: when it was taken, from the connection's start; never before the last one.

        Returns:
            `sign` (what is seen now, or ""), `probability`, and `caption` where the text has changed.
        """
        with self._lock:
            now_s = self._move_on(time_s)
            events = self._decoder.push(now_s, *seen)
            checked = check_probabilities(seen.probabilities, len(self.alphabet))
            view = view_of(checked, self.alphabet)
            return view | self._take(events) | self._note_hand(now_s, seen.joints, seen.hand)

    def watch(self, seen: Seen, time_s: float) -> dict[str, Any]:
        """Note where the hand is in a frame; `take` does, unless what it takes has no landmarks.

        Args:
            seen: in the frame.
            time_s: when it was taken, from the connection's start.

        Returns:
            Where a coach watches, `off`: what is to be marked; and `caption` if there is more to say.
        """
        with self._lock:
            return self._note_hand(self._begin_s + time_s, seen.joints, seen.hand)

    def _note_hand(self, time_s: float, joints: "Joints | None", hand: float | None) -> dict[str, Any]:
        if joints is not None and (hand is None or hand >= HAND_THERE):
            self.trace.add(time_s, joints)
        if self.coach is None:
            return {}
        has_more_to_say = self.coach.see(time_s, self.trace)
        self._revision += has_more_to_say
        caption = {"caption": self._caption()} if has_more_to_say else {}
        return {"off": list(self.coach.off), **caption}

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
            self._tell([], text_changed=True)
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
    def revision(self) -> int:
        """Changes with the text."""
        return self._revision

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
        self._tell(events, text_changed=changed)
        return {"caption": self._caption()} if changed else {}

    def _tell(self, events: Sequence[LetterEvent], *, text_changed: bool) -> None:
        if self.listener is None:
            return
        for event in events:
            self.listener(letter_document(event))
        if text_changed:
            self.listener(text_document("text", self._captioner.text, self._captioner.raw_text))

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
            model=self._model,
            letters=tuple(self._captioner.signs),
            duration_s=self._time_s,
            frames=0,
            fps=0.0,
            corrected=self._captioner.words,
        )
        return {"txt": to_txt(transcript), "srt": to_srt(transcript), "vtt": to_vtt(transcript)}


def view_of(probabilities: Sequence[float], alphabet: Alphabet = ASL) -> dict[str, Any]:
    """The sign that a page shows for a frame, or "", and its probability."""
    pooled = alphabet.pooled(list(probabilities))
    probability = max(pooled)
    sign = alphabet.classes[pooled.index(probability)] if probability >= SHOWN_FROM else ""
    return {"sign": sign, "probability": round(probability, 3)}


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("nan")
