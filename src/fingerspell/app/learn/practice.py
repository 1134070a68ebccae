"""A learner's practice: what is asked for next, and what becomes of each try. No clock, no page."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from random import Random

from fingerspell.app.learn.judging import NOTHING_YET, Judgement, judge
from fingerspell.app.learn.letters import HOW, letters_of, words_of
from fingerspell.app.learn.progress import Progress, Skill
from fingerspell.core.types import Letter

CLOCK_S = 60  # length of a round against the clock
MODES = ("Letters", "Words", "Against the clock", "Read hands")


@dataclass
class Practice:
    """What one learner is doing now.

    Attributes:
        progress: where it is noted.
        mode: one of `MODES`.
        level: one of `letters.LEVELS`.
        now: when it began.
        rng: chooses the words.
        target: the letter or word that is asked for.
        asked_at: when it was.
        judgement: of what was signed since.
        said: what was said of the last one that was done: "" or a sentence.
        score: how many letters were done in this mode.
        ends_at: when a round against the clock ends; None if none runs.
    """

    progress: Progress
    mode: str
    level: str
    now: datetime
    rng: Random = field(default_factory=Random)
    target: str = ""
    judgement: Judgement = NOTHING_YET
    said: str = ""
    score: int = 0
    ends_at: datetime | None = None

    def __post_init__(self) -> None:
        self.ask(self.now)

    @property
    def skill(self) -> Skill:
        """What is practised: signing letters, or reading them."""
        return "read" if self.mode == "Read hands" else "sign"

    def ask(self, now: datetime) -> None:
        """Ask for the next letter or word."""
        self.judgement, self.asked_at = NOTHING_YET, now
        if self.mode == "Words":
            choice = [word for word in words_of(self.level) if word != self.target]
            self.target = self.rng.choice(choice)
        else:
            self.target = self.progress.next_letter(
                self.skill, letters_of(self.level), now, avoid=self.target
            )

    def take(self, signs: Sequence[Letter], now: datetime) -> bool:
        """Judge all that was signed since the target was shown; whether it is done."""
        if self.mode == "Against the clock" and not self.runs(now):
            return False
        self.judgement = judge(self.target, signs)
        if self.judgement.done < len(self.target):
            return False
        self._finish(now)
        return True

    def guess(self, letter: str, now: datetime) -> bool:
        """Take what a learner reads in the picture of the target; whether it is right."""
        mistakes = self.judgement.mistakes
        if letter == self.target:
            self._finish(now)
            return True
        say = f"No, {letter} would be: {HOW[letter]}."
        self.judgement = Judgement(0, say, (*mistakes, (self.target, letter)))
        return False

    def skip(self, now: datetime) -> None:
        """Give up what is asked for; its letters come back soon."""
        for letter in self.target[self.judgement.done : self.judgement.done + 1]:
            self._record(letter, passed=False, seen="", now=now)
        self.said = f"{self.target}: {HOW[self.target]}." if len(self.target) == 1 else ""
        self.ask(now)

    def start_clock(self, now: datetime, ends_at: datetime) -> None:
        """Begin a round against the clock."""
        self.score, self.ends_at, self.said = 0, ends_at, ""
        self.ask(now)

    def runs(self, now: datetime) -> bool:
        """Whether a round against the clock runs; notes its result when it has just ended."""
        if self.ends_at is None:
            return False
        if now >= self.ends_at:
            self.ends_at = None
            self.progress.record_clock(self.score, now)
            self.said = f"Time! {self.score} letters."
            return False
        return True

    def _finish(self, now: datetime) -> None:
        wrong = dict(reversed(self.judgement.mistakes))  # the first mistake of each letter counts
        for letter in dict.fromkeys(self.target):
            self._record(letter, passed=letter not in wrong, seen=wrong.get(letter, letter), now=now)
        self.score += len(self.target)
        first = "" if wrong else " at the first try"
        self.said = f"{self.target} is right{first}."
        self.ask(now)

    def _record(self, letter: str, *, passed: bool, seen: str, now: datetime) -> None:
        seconds = (now - self.asked_at).total_seconds() / len(self.target)
        self.progress.record(self.skill, letter, passed=passed, seen=seen, seconds=seconds, now=now)
