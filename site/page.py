"""The page's Python: messages and answers are JSON, and the rules are the package's own."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from fingerspell.app.learn.letters import HOW, LEVELS, listed, look_alikes
from fingerspell.app.learn.practice import CHALLENGE, CLOCK_S, MODES, Practice
from fingerspell.app.learn.progress import Progress
from fingerspell.app.live.text_session import TextSession, view_of
from fingerspell.app.upload.stills import HAND_THERE, letter_of, likeliest
from fingerspell.core.decode import LetterDecoder
from fingerspell.core.spelling import Speller
from fingerspell.core.types import LetterEvent, Transcript, without_moving_letters
from fingerspell.runtime.language import load_speller
from fingerspell.runtime.writers import WRITERS


@dataclass
class Video:
    """A video that is being read: what its frames gave, and when the last of them ends."""

    decoder: LetterDecoder = field(default_factory=LetterDecoder)
    events: list[LetterEvent] = field(default_factory=list)
    end_s: float = 0.0


class Page:
    """What one page holds.

    Args:
        model: name of what reads its pictures.
        progress: where the learner's progress lies; None keeps it in memory alone.
    """

    def __init__(self, model: str, progress: Path | None) -> None:
        self.model, self.path = model, progress
        self.speller: Speller | None = None
        self.sessions: dict[str, TextSession] = {}
        self.begun_ms: dict[str, float] = {}
        self.video = Video()
        self.progress: Progress | None = None
        self.practice: Practice | None = None

    def answer(self, message: dict[str, Any]) -> Any:
        """What a message asks for: its `do` is the name of a method that begins with `do_`."""
        return getattr(self, f"do_{message.pop('do')}")(**message)

    def session(self, name: str) -> TextSession:
        """One by its name, such as `live`."""
        if name not in self.sessions:
            self.sessions[name] = TextSession(self.model, LetterDecoder(), self.speller)
        return self.sessions[name]

    def do_words(self) -> None:
        """Make the speller, which takes a while; texts are corrected from here on."""
        self.speller = load_speller()
        for session in self.sessions.values():
            session.correct_with(self.speller)

    def do_connect(self, session: str) -> dict[str, Any]:
        """A camera begins."""
        self.session(session).connect()
        self.begun_ms.pop(session, None)
        return {"hello": True, "caption": self.session(session).caption()}

    def do_frame(self, session: str, t: float, probabilities: list[float]) -> dict[str, Any]:
        """Go on from what was seen in a frame of the camera."""
        seconds = (t - self.begun_ms.setdefault(session, t)) / 1000
        return {"t": t, **self.session(session).take(probabilities, seconds)}

    def do_key(self, session: str, key: str, word: str = "") -> dict[str, Any]:
        """Do what a key says."""
        return self.session(session).press(key, word)

    def do_still(self, probabilities: list[float], hand: float) -> dict[str, Any]:
        """What one picture shows."""
        best = likeliest(without_moving_letters(probabilities))
        has_hand = hand > HAND_THERE
        return {"best": best, "has_hand": has_hand, "letter": letter_of(best, has_hand=has_hand)}

    def do_video(self) -> None:
        """A video begins."""
        self.video = Video()

    def do_video_frame(
        self, probabilities: list[float], time_s: float, duration_s: float | None
    ) -> dict[str, Any]:
        """Go on from a frame of it."""
        self.video.events += self.video.decoder.push(time_s, probabilities, duration_s=duration_s)
        self.video.end_s = time_s + (duration_s or 0.0)
        return view_of(probabilities)

    def do_video_end(self, name: str, duration_s: float, frames: int) -> dict[str, Any]:
        """The transcript of the video, and its files."""
        events = self.video.events + self.video.decoder.flush()
        letters = tuple(event.letter for event in events if event.kind == "ended")
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
        """Judge what was signed since the letter or word was shown."""
        if self.practice and self.practice.take(self.session("learn").signs, datetime.now(UTC)):
            self.session("learn").press("clear")
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

    def _lesson(self) -> dict[str, Any]:
        practice, now = self.practice, datetime.now(UTC)
        if practice is None or self.progress is None:
            return {}
        runs = practice.runs(now)
        left_s = (practice.ends_at - now).total_seconds() if runs and practice.ends_at else 0.0
        kind, text = practice.feedback()
        done = practice.judgement.done
        asked = practice.target[done]
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


def begin(model: str, progress: str = "") -> None:
    """Begin a page whose pictures are read by `model`."""
    global page  # noqa: PLW0603 -- a worker is one page's
    page = Page(model, Path(progress) if progress else None)


def answer(message: str) -> str:
    """Answer one message."""
    if page is None:
        raise RuntimeError("no page has begun")
    return json.dumps(page.answer(json.loads(message)))
