"""What a learner has practised, in SQLite, and which letter is due next.

Letters come back as they are about to be forgotten: the schedule is FSRS (Ye, Su and Cao, 2022), from
the library `fsrs`. Signing a letter and reading one are learnt apart, so each has its own schedule. So
has each pair of letters that were once taken for each other when a word was read.
"""

import json
import sqlite3
import threading
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import astuple, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from fsrs import Card, Rating, Scheduler

from fingerspell.errors import AppError

VERSION = 3  # of the tables
SWIFT_S = 3.0  # a letter that was right at once and as quickly as this is easy
TABLES = """
create table attempt (
    at_utc text not null, skill text not null, letter text not null,
    passed integer not null, seen text not null, seconds real not null
);
create table card (skill text, letter text, state text not null, primary key (skill, letter));
create table clock (at_utc text not null, letters integer not null);
"""
TABLES_SINCE_2 = """
create table word (
    at_utc text not null, list text not null, word text not null, answer text not null,
    missed text not null, letters_per_s real not null, replays integer not null, seconds real not null
);
"""
TABLES_SINCE_3 = """
create table own_list (name text primary key, words text not null);
create table to_sign (word text primary key, at_utc text not null);
"""
NEW_TABLES = (TABLES, TABLES_SINCE_2, TABLES_SINCE_3)  # what each version added
Skill = Literal["sign", "read"]
# Pairs that learners often take for each other when they read: each is due until it was told apart.
SEEDS = ("EO", "MN", "RU")


@dataclass(frozen=True)
class LetterRecord:
    """How often a letter was tried, and right at the first try."""

    letter: str
    tried: int
    right: int


@dataclass(frozen=True)
class WordRecord:
    """One answer to a word that was fingerspelled.

    Attributes:
        at_utc: when, ISO 8601.
        of_list: the list that the word is of.
        word: what was fingerspelled.
        answer: what was typed; "" if the word was revealed.
        missed: the letters of the word that were not read.
        letters_per_s: how fast it was fingerspelled.
        replays: how often it was seen again before the answer.
        seconds: from when it was asked for.
    """

    at_utc: str
    of_list: str
    word: str
    answer: str
    missed: str
    letters_per_s: float
    replays: int
    seconds: float


@dataclass(frozen=True)
class Standing:
    """One letter with both skills: how often it was right, signed and read, and what is due."""

    letter: str
    signed: LetterRecord
    read: LetterRecord
    due: tuple[Skill, ...]


class Progress:
    """One learner's progress.

    Args:
        path: the database; None keeps it in memory, for as long as this object lives.

    Raises:
        AppError: the file cannot be opened, or is none of ours.
    """

    def __init__(self, path: Path | None) -> None:
        self._name = str(path) if path else "the progress in memory"
        self._lock = threading.Lock()  # pages of one visitor run in several threads
        self._scheduler = Scheduler(enable_fuzzing=False)
        with self._told():
            if path:
                path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(path or ":memory:", check_same_thread=False, timeout=5)
            [version] = self._connection.execute("pragma user_version").fetchone()
            if version < VERSION:
                lacking = " ".join(NEW_TABLES[version:])
                self._connection.executescript(f"{lacking} pragma user_version = {VERSION};")
        if version not in range(VERSION + 1):
            raise AppError(f"{self._name} was written by another version: install that, or remove it.")

    def record(
        self,
        skill: Skill,
        letter: str,
        *,
        passed: bool,
        seen: str,
        seconds: float,
        now: datetime,
        in_word: bool = False,
    ) -> None:
        """Note one letter that was asked for.

        Args:
            skill: what was practised.
            letter: what was asked for.
            passed: whether it was right at the first try.
            seen: what was read first; "" for nothing.
            seconds: from when it was shown to when it was right or given up.
            now: the time, with its zone.
            in_word: whether it was read within a word, which helps to guess it: never easy.
        """
        rating = Rating.Again
        if passed:
            rating = Rating.Easy if seconds <= SWIFT_S and not in_word else Rating.Good
        with self._told(), self._lock, self._connection as connection:
            connection.execute(
                "insert into attempt values (?, ?, ?, ?, ?, ?)",
                (now.astimezone(UTC).isoformat(), skill, letter, passed, seen, seconds),
            )
            self._review(connection, skill, letter, rating, now)

    def record_pair(self, pair: str, *, passed: bool, now: datetime) -> None:
        """Note whether two letters, A to Z, were told from each other in a word that was read.

        A pair is first noted when it was not.
        """
        with self._told(), self._lock, self._connection as connection:
            rating = Rating.Good if passed else Rating.Again
            self._review(connection, "read", pair, rating, now)

    def pairs(self) -> list[str]:
        """The pairs of letters that were once taken for each other, A to Z."""
        query = "select letter from card where skill = 'read' and length(letter) = 2 order by 1"
        return [pair for (pair,) in self._rows(query)]

    def due(self, skill: Skill, now: datetime) -> list[str]:
        """Letters and pairs that are due, the longest overdue first."""
        rows = self._rows("select letter, state from card where skill = ?", skill)
        with self._told():
            cards = {item: Card.from_json(state) for item, state in rows}
        return sorted(
            (item for item in cards if cards[item].due <= now), key=lambda item: cards[item].due
        )

    def due_to_read(self, now: datetime) -> list[str]:
        """Letters and pairs that are due to be read; of `SEEDS`, those that were never noted, too."""
        return [*self.due("read", now), *(pair for pair in SEEDS if pair not in self.pairs())]

    def hand_on(self, word: str, now: datetime) -> None:
        """Have a word that was misread signed, too."""
        self._write(
            "insert or ignore into to_sign values (?, ?)", word, now.astimezone(UTC).isoformat()
        )

    def to_sign(self) -> list[str]:
        """Words that were misread, and not signed since; the first one first."""
        return [word for (word,) in self._rows("select word from to_sign order by at_utc, word")]

    def word_signed(self, word: str) -> None:
        """Note that a word was signed."""
        self._write("delete from to_sign where word = ?", word)

    def keep_list(self, name: str, words: str) -> None:
        """Keep a list of one's own; one of the same name is replaced."""
        self._write("insert or replace into own_list values (?, ?)", name, words)

    def drop_list(self, name: str) -> None:
        """Forget a list of one's own."""
        self._write("delete from own_list where name = ?", name)

    def own_lists(self) -> dict[str, str]:
        """The texts of the lists that were kept, by name."""
        return dict(self._rows("select name, words from own_list order by name"))

    def record_word(self, record: WordRecord) -> None:
        """Note an answer to a word."""
        values = astuple(record)
        with self._told(), self._lock, self._connection as connection:
            marks = ", ".join("?" * len(values))
            connection.execute(f"insert into word values ({marks})", values)  # noqa: S608 - no values

    def words(self) -> list[WordRecord]:
        """Every answer to a word, the first one first."""
        return [WordRecord(*row) for row in self._rows("select * from word order by rowid")]

    def standings(self, now: datetime) -> list[Standing]:
        """Every letter that was practised in either skill, A to Z, with both."""
        signed = {record.letter: record for record in self.by_letter("sign")}
        read = {record.letter: record for record in self.by_letter("read")}
        due: dict[Skill, list[str]] = {"sign": self.due("sign", now), "read": self.due("read", now)}
        return [
            Standing(
                letter,
                signed.get(letter, LetterRecord(letter, 0, 0)),
                read.get(letter, LetterRecord(letter, 0, 0)),
                tuple(skill for skill in due if letter in due[skill]),
            )
            for letter in sorted(signed | read)
        ]

    def next_letter(
        self, skill: Skill, letters: Sequence[str], now: datetime, avoid: Collection[str] = ()
    ) -> str:
        """Which of `letters` to practise: one that is due, then a new one, then the weakest.

        Args:
            skill: what is practised.
            letters: to choose from, in the order in which they are first shown.
            now: the time, with its zone.
            avoid: the one that was just shown, and those that were skipped.
        """
        choice = [letter for letter in letters if letter not in avoid] or list(letters)
        with self._told(), self._lock:
            cards = {letter: card for letter in choice if (card := self._card(skill, letter))}
        due = [letter for letter, card in cards.items() if card.due <= now]
        if due:
            return min(due, key=lambda letter: cards[letter].due)
        fresh = [letter for letter in choice if letter not in cards]
        if fresh:
            return fresh[0]
        return min(cards, key=lambda x: self._scheduler.get_card_retrievability(cards[x], now))

    def record_clock(self, letters: int, now: datetime) -> None:
        """Note a challenge."""
        self._write("insert into clock values (?, ?)", now.astimezone(UTC).isoformat(), letters)

    def best_clock(self) -> int:
        """The most letters of a challenge; 0 before the first."""
        return int(self._rows("select coalesce(max(letters), 0) from clock")[0][0])

    def by_letter(self, skill: Skill) -> list[LetterRecord]:
        """Every letter that was practised, A to Z."""
        rows = self._rows(
            "select letter, count(*), sum(passed) from attempt where skill = ? group by 1 order by 1",
            skill,
        )
        return [LetterRecord(*row) for row in rows]

    def by_day(self) -> list[tuple[str, int, int]]:
        """Days (UTC, ISO 8601) with how many letters were tried, and right at the first try."""
        return self._rows(
            "select substr(at_utc, 1, 10), count(*), sum(passed) from attempt group by 1 order by 1"
        )

    def close(self) -> None:
        """Close the database."""
        self._connection.close()

    def _card(self, skill: Skill, letter: str) -> Card | None:
        row = self._connection.execute(
            "select state from card where skill = ? and letter = ?", (skill, letter)
        ).fetchone()
        return Card.from_json(row[0]) if row else None

    def _review(
        self, connection: sqlite3.Connection, skill: Skill, item: str, rating: Rating, now: datetime
    ) -> None:
        """Schedule a letter, or a pair of letters, anew."""
        card = self._card(skill, item) or Card(card_id=int.from_bytes(item.encode()))
        card, _ = self._scheduler.review_card(card, rating, now.astimezone(UTC))
        connection.execute(
            "insert or replace into card values (?, ?, ?)", (skill, item, card.to_json())
        )

    def _write(self, statement: str, *values: Any) -> None:
        with self._told(), self._lock, self._connection as connection:
            connection.execute(statement, values)

    def _rows(self, query: str, *values: Any) -> list[Any]:
        with self._told(), self._lock:
            return self._connection.execute(query, values).fetchall()

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Turn what SQLite says into one sentence."""
        try:
            yield
        except (sqlite3.Error, json.JSONDecodeError, KeyError, OSError) as error:
            raise AppError(
                f"{self._name} cannot be used ({error}): move it away to begin afresh."
            ) from error
