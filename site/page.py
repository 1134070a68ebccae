"""The page's Python: messages and answers are JSON, and the rules are the package's own."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from fingerspell.app.learn.coaching import Coach
from fingerspell.app.learn.letters import HOW, LEVELS, listed, look_alikes
from fingerspell.app.learn.practice import CHALLENGE, CLOCK_S, MODES, Practice
from fingerspell.app.learn.practice_schedule import Progress
from fingerspell.app.live.text_session import Seen, TextSession, seen_in_page, view_of
from fingerspell.app.upload.stills import HAND_THERE, letter_of, likeliest
from fingerspell.core.alphabet import ASL, Alphabet
from fingerspell.core.context import in_context_of
from fingerspell.core.decoding.decoder import LetterDecoder
from fingerspell.core.decoding.frames import seconds_shown
from fingerspell.core.decoding.options import DecoderOptions
from fingerspell.core.sequence import Question, Questions, can_read, glance_of
from fingerspell.core.spelling.speller import Speller
from fingerspell.core.ticks import TICK_INPUTS
from fingerspell.core.types import LetterEvent, Transcript, without_moving_letters
from fingerspell.runtime.language import load_speller
from fingerspell.runtime.writers import WRITERS


@dataclass(frozen=True)
class SequenceReader:
    """What the model's file says of its sequence reader, which ONNX Runtime runs (python-worker.js).

    Attributes:
        delay_ticks: what it says at a tick is of the tick this many before.
        start: shape of its state.
    """

    delay_ticks: int
    start: tuple[int, int]


class Stream:
    """One camera or video: what is seen goes in, and signs with their times come out.

    Args:
        name: of the state that the sequence reader keeps for it.
        reader: the model's sequence reader; None reads what is seen in frames as it is.
        take: is given what was signed, and when.
    """

    def __init__(
        self, name: str, reader: SequenceReader | None, take: Callable[[Seen, float, float | None], Any]
    ) -> None:
        self.name, self.reader, self.take = name, reader, take
        self._questions = Questions(reader.delay_ticks if reader else 0, DecoderOptions().max_gap_s)

    def see(self, seen: Seen, time_s: float, duration_s: float | None = None) -> list[Question]:
        """Take the next frame; what the sequence reader has to be asked then."""
        if self.reader is None or seen.joints is None:
            self.take(seen, time_s, duration_s)
            return []
        return self._questions.see(time_s, glance_of(*seen), seconds_shown(duration_s))

    def end(self) -> list[Question]:
        """What it has to be asked at the end."""
        return self._questions.end()

    def told(self, question: Question, said: list[list[float]]) -> None:
        """Take what it said."""
        for time_s, probabilities in question.told(said):
            self.take(Seen(probabilities), time_s, None)


class Video:
    """A video that is being read: what its frames gave, and when the last of them ends."""

    def __init__(self, reader: SequenceReader | None, alphabet: Alphabet) -> None:
        self.decoder = LetterDecoder(alphabet=alphabet)
        self.events: list[LetterEvent] = []
        self.end_s = 0.0
        self.stream = Stream("video", reader, self._take)

    def _take(self, seen: Seen, time_s: float, duration_s: float | None) -> None:
        self.events += self.decoder.push(time_s, seen.probabilities, duration_s=duration_s)


@dataclass
class Camera:
    """A camera's text, what is seen in it, and when it began."""

    session: TextSession
    stream: Stream
    begun_ms: float | None = None


class Page:
    """What one page holds.

    Args:
        model: name of what reads its pictures.
        sequence: its sequence reader, if it has one.
        progress: where the learner's progress lies; None keeps it in memory alone.
        alphabet: the classes that are read; classes.js leaves out all others.
    """

    def __init__(
        self, model: str, progress: Path | None, sequence: SequenceReader | None, alphabet: Alphabet
    ) -> None:
        self.model, self.path, self.sequence, self.alphabet = model, progress, sequence, alphabet
        self.speller: Speller | None = None
        self.cameras: dict[str, Camera] = {}
        self.video = Video(sequence, alphabet)
        self.in_context = in_context_of(alphabet, lambda: self.speller)
        self.asking: tuple[Stream, list[Question], Callable[[], Any]] | None = None
        self.progress: Progress | None = None
        self.practice: Practice | None = None

    def answer(self, message: dict[str, Any]) -> Any:
        """What a message asks for: its `do` is the name of a method that begins with `do_`."""
        return getattr(self, f"do_{message.pop('do')}")(**message)

    def _ask(self, stream: Stream, questions: list[Question], done: Callable[[], Any]) -> Any:
        """What `done` gives, once the sequence reader has answered; it is asked first if need be."""
        if not questions or stream.reader is None:
            return done()
        self.asking = stream, questions, done
        return {
            "questions": [
                {
                    "stream": stream.name,
                    "ticks": dict(zip(TICK_INPUTS, zip(*question.ticks, strict=True), strict=True)),
                    "afresh": question.afresh,
                    "start": stream.reader.start,
                }
                for question in questions
            ]
        }

    def do_said(self, said: list[list[list[float]]]) -> Any:
        """Go on from what the sequence reader said."""
        if self.asking is None:
            raise RuntimeError("nothing was asked")
        stream, questions, done = self.asking
        self.asking = None
        for question, rows in zip(questions, said, strict=True):
            stream.told(question, rows)
        return done()

    def camera(self, name: str) -> Camera:
        """One by its name, such as `live`."""
        if name not in self.cameras:
            decoder = LetterDecoder(alphabet=self.alphabet)
            session = TextSession(self.model, decoder, self.speller, self.alphabet, self.in_context)
            stream = Stream(
                name,
                self.sequence,
                # Where the hand is, the session is told at once (`do_frame`).
                lambda seen, time_s, _: session.take(Seen(seen.probabilities), time_s),
            )
            self.cameras[name] = Camera(session, stream)
        return self.cameras[name]

    def session(self, name: str) -> TextSession:
        """The text of one by its name."""
        return self.camera(name).session

    def do_words(self) -> None:
        """Make the speller, which takes a while; texts are corrected from here on."""
        self.speller = load_speller()
        for camera in self.cameras.values():
            camera.session.correct_with(self.speller)

    def do_connect(self, session: str) -> dict[str, Any]:
        """A camera begins."""
        camera = self.camera(session)

        def done() -> dict[str, Any]:
            camera.session.connect()
            camera.begun_ms = None
            return {"hello": True, "caption": camera.session.caption()}

        return self._ask(camera.stream, camera.stream.end(), done)

    def do_frame(self, session: str, t: float, numbers: list[float]) -> dict[str, Any]:
        """Go on from what was seen in a frame of the camera."""
        camera, seen = self.camera(session), seen_in_page(numbers, self.alphabet)
        camera.begun_ms = t if camera.begun_ms is None else camera.begun_ms
        before = camera.session.revision
        time_s = (t - camera.begun_ms) / 1000
        watched = camera.session.watch(seen, time_s)
        questions = camera.stream.see(seen, time_s)

        def done() -> dict[str, Any]:
            changed = camera.session.revision != before
            caption = {"caption": camera.session.caption()} if changed else {}
            return {"t": t, **view_of(seen.probabilities, self.alphabet), **watched, **caption}

        return self._ask(camera.stream, questions, done)

    def do_key(self, session: str, key: str, word: str = "") -> dict[str, Any]:
        """Do what a key says."""
        return self.session(session).press(key, word)

    def do_still(self, probabilities: list[float], hand: float) -> dict[str, Any]:
        """What one picture shows."""
        best = likeliest(without_moving_letters(probabilities, self.alphabet), self.alphabet)
        has_hand = hand > HAND_THERE
        return {"best": best, "has_hand": has_hand, "letter": letter_of(best, has_hand=has_hand)}

    def do_video(self) -> None:
        """A video begins."""
        self.video = Video(self.sequence, self.alphabet)

    def do_video_frame(
        self, numbers: list[float], time_s: float, duration_s: float | None
    ) -> dict[str, Any]:
        """Go on from a frame of it."""
        stream, seen = self.video.stream, seen_in_page(numbers, self.alphabet)
        self.video.end_s = time_s + (duration_s or 0.0)
        questions = stream.see(seen, time_s, duration_s)
        return self._ask(stream, questions, lambda: view_of(seen.probabilities, self.alphabet))

    def do_video_end(self, name: str, duration_s: float, frames: int) -> dict[str, Any]:
        """The transcript of the video, and its files."""
        stream = self.video.stream
        return self._ask(stream, stream.end(), lambda: self._transcript(name, duration_s, frames))

    def _transcript(self, name: str, duration_s: float, frames: int) -> dict[str, Any]:
        events = self.video.events + self.video.decoder.flush()
        letters = tuple(self.in_context([e.letter for e in events if e.kind == "ended"]))
        words = self.speller and self.speller.correct(letters, end_s=self.video.end_s)
        corrected = None if words is None else tuple(words)
        fps = frames / duration_s if duration_s else 0.0
        transcript = Transcript(name, self.model, letters, duration_s, frames, fps, corrected=corrected)
        files = {ending: write(transcript) for ending, write in WRITERS.items()}
        return {**transcript.as_dict(), "files": files}

    def do_learn(self, mode: str = MODES[0], level: str = next(iter(LEVELS))) -> dict[str, Any]:
        """Begin to practise."""
        self.progress = self.progress or Progress(self.path)
        self.practice = Practice(self.progress, mode, level, datetime.now(UTC))
        self.session("learn").press("clear")
        return self._lesson()

    def do_signed(self) -> dict[str, Any]:
        """Evaluate what was signed since the letter or word was shown."""
        session = self.session("learn")
        hint = session.coach.said if isinstance(session.coach, Coach) else None
        if self.practice and self.practice.take(session.signs, datetime.now(UTC), session.trace, hint):
            session.press("clear")
        return self._lesson()

    def do_skip(self) -> dict[str, Any]:
        """Ask for another."""
        if self.practice:
            self.practice.skip(datetime.now(UTC))
        self.session("learn").press("clear")
        return self._lesson()

    def do_guess(self, letter: str) -> dict[str, Any]:
        """Take what was read in a picture."""
        if self.practice:
            self.practice.guess(letter.upper(), datetime.now(UTC))
        return self._lesson()

    def do_clock(self) -> dict[str, Any]:
        """Begin the minute."""
        if self.practice:
            now = datetime.now(UTC)
            self.practice.start_clock(now, now + timedelta(seconds=CLOCK_S))
        self.session("learn").press("clear")
        return self._lesson()

    def do_lesson(self) -> dict[str, Any]:
        """What is asked for, and what there is to say."""
        return self._lesson()

    def _coach(self, practice: Practice) -> None:
        """Have the hand watched, for the letter that is asked for."""
        session = self.session("learn")
        if practice.mode == CHALLENGE:
            session.coach = None
        elif not isinstance(session.coach, Coach) or session.coach.letter != practice.asked:
            session.coach = Coach(practice.asked)

    def _lesson(self) -> dict[str, Any]:
        practice, now = self.practice, datetime.now(UTC)
        if practice is None or self.progress is None:
            return {}
        runs = practice.runs(now)
        left_s = (practice.ends_at - now).total_seconds() if runs and practice.ends_at else 0.0
        kind, text = practice.feedback()
        done = practice.evaluation.done
        asked = practice.asked
        self._coach(practice)
        alike = look_alikes(asked)
        return {
            "modes": MODES,
            "levels": LEVELS,
            "mode": practice.mode,
            "timed": practice.mode == CHALLENGE,
            "level": practice.level,
            "skill": practice.skill,
            "target": practice.target,
            "done": done,
            "asked": asked,
            "how": f"{HOW[asked].capitalize()}.",
            "alike": f"Often confused with {listed(alike)}." if alike else "",
            "kind": kind,
            "text": text,
            "score": practice.score,
            "runs": runs,
            "left_s": left_s,
            "best": self.progress.best_clock(),
        }


page: Page | None = None


def begin(model: str, progress: str = "", sequence: str = "null", alphabet: str = "null") -> None:
    """Begin a page whose pictures are read by `model`.

    Args:
        model: its name.
        progress: path of the learner's progress; "" keeps none.
        sequence: what its sequence reader says of itself, as JSON; `null` without one.
        alphabet: the classes that are read, as JSON; `null` for those of `ASL`.
    """
    global page  # noqa: PLW0603 -- a worker is one page's
    about, classes = json.loads(sequence), json.loads(alphabet)
    read = Alphabet.from_dict(classes) if classes else ASL
    reader = None
    if about and can_read(read):
        reader = SequenceReader(about["delay_ticks"], tuple(about["state"]))
    page = Page(model, Path(progress) if progress else None, reader, read)


def answer(message: str) -> str:
    """Answer one message."""
    if page is None:
        raise RuntimeError("no page has begun")
    return json.dumps(page.answer(json.loads(message)))
