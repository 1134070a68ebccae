"""Reading words: what is fingerspelled next, and what becomes of each answer. No clock, no page."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random

from fingerspell.app.learn.marking import Mark, marks, missed, sentence
from fingerspell.app.learn.practice_schedule import SEEDS, Progress, WordRecord
from fingerspell.app.learn.word_lists import choose_word
from fingerspell.core.alphabet import LETTERS

SLOWEST, FASTEST, USUAL = 0.5, 8.0, 2.0  # letters a second
SLOWER = 0.7  # of the speed, each time the same word is wanted slower
REMEMBERED = 20  # words that do not come again at once
HEAD = ("time_utc", "list", "word", "answer", "right", "missed", "letters_per_s", "replays", "seconds")


@dataclass
class WordReading:
    """What one learner reads.

    Attributes:
        progress: where it is noted.
        of_list: the list's name.
        words: to choose from; never empty.
        letters_per_s: the speed that was chosen.
        now: when it began.
        rng: chooses the words.
        target: the word that is asked for.
        asked_at: when it was.
        speed: at which it is fingerspelled: the chosen one, or slower for this word.
        tries: how many answers there were to it.
        turn: grows with each word that is asked for and each change of its speed.
        number: of the word, from 1.
        answers: grows with all that is said.
        revealed: whether the word was given up, and stands there to be seen.
        marks: of the last answer, if it was wrong.
        said: about the last answer.
        kind: of what is said: right, wrong or neither ("").
        recent: words that were asked for last.
    """

    progress: Progress
    of_list: str
    words: Sequence[str]
    letters_per_s: float
    now: datetime
    rng: Random = field(default_factory=Random)
    target: str = ""
    speed: float = USUAL
    tries: int = 0
    turn: int = 0
    number: int = 0
    answers: int = 0
    revealed: bool = False
    marks: tuple[Mark, ...] = ()
    said: str = ""
    kind: str = ""
    recent: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.ask(self.now)

    def ask(self, now: datetime) -> None:
        """Fingerspell another word: of random ones, the one with most that is due."""
        due = self.progress.due_to_read(now)
        remembered = self.recent[-min(REMEMBERED, len(self.words) - 1) :] if len(self.words) > 1 else []
        self.target = choose_word(self.words, due, self.rng, remembered)
        self.recent = [*remembered, self.target]
        self.asked_at, self.speed = now, self.letters_per_s
        self.turn, self.number = self.turn + 1, self.number + 1
        self.tries, self.revealed, self.marks = 0, False, ()

    def answer(self, text: str, replays: int, now: datetime) -> bool:
        """Take what a learner has read; whether it is right, and the next word is asked for."""
        typed = "".join(text.upper().split())
        self.answers += 1
        if self.revealed and typed in ("", self.target):
            self.said, self.kind = "", ""
            self.ask(now)
            return True
        if not typed or not set(typed) <= set(LETTERS):
            self.said, self.kind = "Type the word in letters, A to Z.", "wrong"
            return False
        found = marks(self.target, typed)
        if not self.revealed:
            self._note(found, typed, replays, now)
        self.tries += 1
        if typed == self.target:
            first = ", first try" if self.tries == 1 else ""
            self.said, self.kind = f"Correct{first}: {self.target}.", "right"
            self.ask(now)
            return True
        self.said, self.kind = sentence(self.target, typed), "wrong"
        self.marks = tuple(found)
        return False

    def slower(self) -> None:
        """Fingerspell the same word more slowly."""
        self.speed = max(SLOWEST, round(self.speed * SLOWER, 2))
        self.turn += 1

    def reveal(self, replays: int, now: datetime) -> None:
        """Give the word up, and show it; no letter counts as wrong for that."""
        self.answers += 1
        if not self.revealed:
            self.progress.record_word(self._record("", "", replays, now))
        self.revealed, self.marks = True, ()
        self.said, self.kind = f"It was {self.target}.", ""

    def choose_speed(self, letters_per_s: float) -> None:
        """Fingerspell this word and those after it at another speed, if it is another."""
        if letters_per_s != self.letters_per_s:
            self.letters_per_s = self.speed = letters_per_s
            self.turn += 1

    def _note(self, found: Sequence[Mark], typed: str, replays: int, now: datetime) -> None:
        """Every answer is noted, and the first one counts for letters and pairs."""
        self.progress.record_word(self._record(typed, "".join(missed(found)), replays, now))
        if self.tries:
            return
        wrong: dict[str, str] = {}
        mixed_up = set()
        for mark in found:
            if mark.kind in ("wrong", "missing"):
                wrong.setdefault(mark.meant, mark.typed)
            if mark.kind == "wrong":
                mixed_up.add("".join(sorted((mark.meant, mark.typed))))
        seconds = (now - self.asked_at).total_seconds() / len(self.target)
        for letter in dict.fromkeys(self.target):
            self.progress.record(
                "read",
                letter,
                passed=letter not in wrong,
                seen=wrong.get(letter, letter),
                seconds=seconds,
                now=now,
                in_word=True,
            )
        if wrong:
            self.progress.hand_on(self.target, now)
        known = {*self.progress.pairs(), *SEEDS}
        told_apart = {pair for pair in known if set(pair) & set(self.target)}
        for pair in sorted(told_apart | mixed_up):
            self.progress.record_pair(pair, passed=pair not in mixed_up, now=now)

    def _record(self, typed: str, missed_letters: str, replays: int, now: datetime) -> WordRecord:
        return WordRecord(
            now.astimezone(UTC).isoformat(timespec="seconds"),
            self.of_list,
            self.target,
            typed,
            missed_letters,
            self.speed,
            replays,
            round((now - self.asked_at).total_seconds(), 1),
        )


def as_csv(records: Sequence[WordRecord]) -> str:
    """A table of answers, comma-separated, with a head; `right` is yes, no or revealed."""
    target = io.StringIO()
    writer = csv.writer(target, lineterminator="\n")
    writer.writerow(HEAD)
    for record in records:
        right = "revealed" if not record.answer else "yes" if record.answer == record.word else "no"
        writer.writerow(
            (
                record.at_utc,
                record.of_list,
                record.word,
                record.answer,
                right,
                " ".join(record.missed),
                f"{record.letters_per_s:g}",
                record.replays,
                f"{record.seconds:.1f}",
            )
        )
    return target.getvalue()
