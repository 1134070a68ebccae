"""A learner's practice: what is asked for next, and what becomes of each try. No clock, no page."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from random import Random

from fingerspell.app.learn.correcting import Correction
from fingerspell.app.learn.evaluating import NOTHING_YET, UNSEEN, Evaluation, correct, evaluate
from fingerspell.app.learn.letters import HOW, STILL, WHAT, letters_of, words_of
from fingerspell.app.learn.practice_schedule import Progress, Skill
from fingerspell.app.learn.rhythm import rhythm_of
from fingerspell.app.live.trace import Trace
from fingerspell.core.types import Letter

CLOCK_S = 60  # length of a challenge
CHALLENGE, READING, READING_WORDS = "One-minute challenge", "Read a sign", "Read words"
START = "Start the minute"
WORDS = "Words"
MODES = ("Letters", WORDS, CHALLENGE, READING, READING_WORDS)


@dataclass
class Practice:
    """What one learner is doing now.

    Attributes:
        progress: where it is noted.
        mode: one of `MODES`, but not the last, which is `words.WordReading`'s.
        level: one of `letters.LEVELS`.
        now: when it began.
        rng: chooses the words.
        target: the letter or word that is asked for.
        asked_at: when it was.
        evaluation: of what was signed since.
        said: about the last one that was done or skipped: "" or a sentence.
        is_praise: whether that says that it was right.
        score: how many letters were done in this mode.
        ends_at: when a challenge ends; None if none runs.
        skipped: letters that were given up, which come again after the others.
        hint: what is off in a hand that holds something which is not read as the letter.
        was_misread: whether the word is asked for because it was misread when it was read.
    """

    progress: Progress
    mode: str
    level: str
    now: datetime
    rng: Random = field(default_factory=Random)
    target: str = ""
    evaluation: Evaluation = NOTHING_YET
    said: str = ""
    is_praise: bool = False
    score: int = 0
    ends_at: datetime | None = None
    skipped: list[str] = field(default_factory=list)
    hint: Correction | None = None
    was_misread: bool = False

    def __post_init__(self) -> None:
        self.ask(self.now)

    @property
    def skill(self) -> Skill:
        """What is practised: signing letters, or reading them."""
        return "read" if self.mode == READING else "sign"

    def ask(self, now: datetime) -> None:
        """Ask for the next letter or word."""
        self.evaluation, self.asked_at, self.hint = NOTHING_YET, now, None
        if self.mode == WORDS:
            self._ask_for_word()
        else:
            letters = letters_of(self.level)
            if len({*self.skipped, self.target} & {*letters}) == len(letters):
                self.skipped.clear()
            self.target = self.progress.next_letter(
                self.skill, letters, now, avoid={*self.skipped, self.target}
            )

    def _ask_for_word(self) -> None:
        """Ask for a word that was misread, whichever still letters it has, or else a random one."""
        letters = {*letters_of(STILL), *letters_of(self.level)}
        misread = [
            word
            for word in self.progress.to_sign()
            if word != self.target and word not in self.skipped and set(word) <= letters
        ]
        self.was_misread = bool(misread)
        choice = [word for word in words_of(self.level) if word != self.target]
        self.target = misread[0] if misread else self.rng.choice(choice)

    @property
    def asked(self) -> str:
        """The letter that is to be signed now."""
        return self.target[self.evaluation.done]

    def take(
        self,
        signs: Sequence[Letter],
        now: datetime,
        trace: Trace = UNSEEN,
        hint: Correction | None = None,
    ) -> bool:
        """Evaluate all that was signed since the target was shown; whether it is done.

        Args:
            signs: that were read.
            now: the time.
            trace: where the hand was meanwhile.
            hint: what is off in the hand as it is held now.
        """
        if self.mode == CHALLENGE and not self.runs(now):
            return False
        self.evaluation = evaluate(self.target, signs, trace)
        self.hint = hint if self.mode != CHALLENGE else None  # there is no time for it
        if self.evaluation.done < len(self.target):
            return False
        self._finish(now, self._remark(signs, trace))
        return True

    def _remark(self, signs: Sequence[Letter], trace: Trace) -> str:
        """What to say of what was signed right: how a word flowed, or what of a letter was off."""
        letters = as_spelled(self.target, signs)
        if self.mode == WORDS:
            rhythm = rhythm_of(letters, trace)
            return " ".join(rhythm.sentences()) if rhythm else ""
        off = correct(self.target, letters[-1], trace) if self.mode != CHALLENGE else None
        return off.sentence if off else ""

    def guess(self, letter: str, now: datetime) -> bool:
        """Take what a learner reads in the picture of the target; whether it is right."""
        mistakes = self.evaluation.mistakes
        if letter not in WHAT:
            self.evaluation = Evaluation(0, "Type a letter, A to Z.", mistakes)
            return False
        if letter == self.target:
            self._finish(now, "")
            return True
        say = f"Not {letter}. {letter} is {WHAT[letter]}. Look again."
        self.evaluation = Evaluation(0, say, (*mistakes, (self.target, letter)))
        return False

    def skip(self, now: datetime) -> None:
        """Show how it is done and ask for another; that is no failure."""
        one = len(self.target) == 1
        self.said = f"Skipped. For {self.target}, {HOW[self.target]}." if one else "Skipped."
        if self.skill == "read":
            self.said = f"Skipped. It was {self.target}: {WHAT[self.target]}."
        self.is_praise = False
        self.skipped.append(self.target)
        self.ask(now)

    def start_clock(self, now: datetime, ends_at: datetime) -> None:
        """Begin a challenge."""
        self.score, self.ends_at, self.said = 0, ends_at, ""
        self.skipped.clear()
        self.ask(now)

    def runs(self, now: datetime) -> bool:
        """Whether a challenge runs; notes its result when it has just ended."""
        if self.ends_at is None:
            return False
        if now >= self.ends_at:
            self.ends_at = None
            best = self.progress.best_clock()
            self.progress.record_clock(self.score, now)
            record = " A new best!" if self.score > best > 0 else ""
            letters = "1 letter" if self.score == 1 else f"{self.score} letters"
            self.said, self.is_praise = f"Time's up: {letters}.{record}", self.score > 0
            self.evaluation = NOTHING_YET  # the result stands, whatever was signed last
            return False
        return True

    def feedback(self) -> tuple[str, str]:
        """`right`, `wrong` or neither (""), and what to say now."""
        if self.hint and self.hint.part != self.evaluation.part:
            return "", self.hint.sentence
        if self.evaluation.advice:
            return "wrong", self.evaluation.advice
        if self.said:
            return "right" if self.is_praise else "", self.said
        if self.skill == "read":
            return "", "Which letter is it?"
        if self.mode == CHALLENGE and self.ends_at is None:
            return "", f"Press \u201c{START}\u201d when your camera is on."
        return "", f"Show {self.target} to the camera."

    def _finish(self, now: datetime, remark: str) -> None:
        wrong = dict(reversed(self.evaluation.mistakes))  # the first mistake of each letter counts
        for letter in dict.fromkeys(self.target):
            self._record(letter, passed=letter not in wrong, seen=wrong.get(letter, letter), now=now)
        if self.mode == WORDS:
            self.progress.word_signed(self.target)
        self.score += len(self.target)
        praise = "Correct!" if wrong else "Correct, first try!"
        self.said, self.is_praise = f"{praise} {remark}".rstrip(), True
        self.ask(now)

    def _record(self, letter: str, *, passed: bool, seen: str, now: datetime) -> None:
        seconds = (now - self.asked_at).total_seconds() / len(self.target)
        self.progress.record(self.skill, letter, passed=passed, seen=seen, seconds=seconds, now=now)


def as_spelled(word: str, signs: Sequence[Letter]) -> list[Letter]:
    """The sign of each letter of a word, in order, as `evaluate` takes them, and none besides."""
    found: list[Letter] = []
    for sign in signs:
        if len(found) < len(word) and sign.char == word[len(found)]:
            found.append(sign)
    return found
