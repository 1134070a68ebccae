"""Reading words, with time passed in."""

import csv
import io
import sqlite3
from random import Random

from tests.app.times import NOON, later

from fingerspell.app.learn.practice import Practice
from fingerspell.app.learn.practice_schedule import TABLES, LetterRecord, Progress
from fingerspell.app.learn.word_practice import SLOWEST, WordReading, as_csv
from fingerspell.core.types import Letter


def reading(progress: Progress, *words: str) -> WordReading:
    return WordReading(progress, "Names", words or ("RUTH",), 2.0, NOON, Random(0))


def test_a_word_is_nearly_read_and_then_read(progress):
    round_ = reading(progress)
    assert not round_.answer("uuth", 1, later(5))
    assert (round_.said, round_.kind) == ("Almost right: the 1st letter is not U.", "wrong")
    assert [mark.kind for mark in round_.marks] == ["wrong", "right", "right", "right"]
    assert round_.answer(" ruth ", 2, later(9))
    assert (round_.said, round_.kind, round_.marks) == ("Correct: RUTH.", "right", ())
    assert [(word.answer, word.missed, word.replays) for word in progress.words()] == [
        ("UUTH", "R", 1),
        ("RUTH", "", 2),
    ]


def test_only_the_first_answer_counts_for_letters(progress):
    round_ = reading(progress)
    round_.answer("UUTH", 0, later(5))
    round_.answer("RUTH", 0, later(9))
    assert progress.by_letter("read") == [
        LetterRecord("H", 1, 1),
        LetterRecord("R", 1, 0),
        LetterRecord("T", 1, 1),
        LetterRecord("U", 1, 1),
    ]


def test_a_pair_comes_back_once_it_was_mixed_up(progress):
    """By FSRS's first steps, what was wrong is due after a minute, and what was right after ten."""
    round_ = reading(progress)
    round_.answer("UUTH", 0, NOON)
    assert progress.pairs() == ["RU"]
    assert set(progress.due("read", later(120))) == {"R", "RU"}
    round_.answer("RUTH", 0, later(1))
    assert round_.answer("RUTH", 0, later(121))  # the next word: now told apart
    assert not {"R", "RU"} & set(progress.due("read", later(180)))


def test_what_was_missed_is_asked_for_next(progress):
    words = ["RUN", "CAT", "SIT", "HOP", "LAB", "MIX"]
    round_ = reading(progress, *words)
    round_.target = "RUN"
    round_.answer("UUN", 0, NOON)
    round_.recent = []
    round_.ask(later(3600))
    assert round_.target == "RUN"  # the only one with R


def test_what_is_no_word_is_no_answer(progress):
    round_ = reading(progress)
    for text in ("", "  ", "4", "A-B"):
        assert not round_.answer(text, 0, later(1))
        assert round_.said == "Type the word in letters, A to Z."
    assert progress.words() == []


def test_a_revealed_word_counts_for_no_letter(progress):
    round_ = reading(progress, "RUTH", "OMAR")
    given_up = round_.target
    round_.reveal(3, later(4))
    assert round_.said == f"It was {given_up}."
    round_.reveal(3, later(5))  # once is enough
    assert not round_.answer("X", 0, later(6))
    assert round_.answer("", 0, later(7))
    assert round_.target != given_up
    assert [(word.answer, word.replays) for word in progress.words()] == [("", 3)]
    assert progress.by_letter("read") == []


def test_slower_is_for_one_word(progress):
    round_ = reading(progress)
    turn = round_.turn
    round_.slower()
    assert (round_.speed, round_.turn) == (1.4, turn + 1)
    for _ in range(9):
        round_.slower()
    assert round_.speed == SLOWEST
    round_.answer("RUTH", 0, later(1))
    assert round_.speed == 2.0
    round_.choose_speed(3.0)
    assert (round_.speed, round_.letters_per_s) == (3.0, 3.0)


def test_results_as_a_table(progress):
    round_ = reading(progress)
    round_.answer("UUTH", 1, later(5))
    round_.slower()
    round_.answer("RUTH", 2, later(9.26))
    round_.reveal(0, later(11.26))
    assert list(csv.DictReader(io.StringIO(as_csv(progress.words())))) == [
        row("UUTH", "no", "R", "2", "1", "5.0"),
        row("RUTH", "yes", "", "1.4", "2", "9.3"),
        row("", "revealed", "", "2", "0", "2.0"),
    ]


def row(answer: str, right: str, missed: str, speed: str, replays: str, seconds: str) -> dict[str, str]:
    times = {"5.0": "12:00:05", "9.3": "12:00:09", "2.0": "12:00:11"}
    return {
        "time_utc": f"2026-11-21T{times[seconds]}+00:00",
        "list": "Names",
        "word": "RUTH",
        "answer": answer,
        "right": right,
        "missed": missed,
        "letters_per_s": speed,
        "replays": replays,
        "seconds": seconds,
    }


def test_one_card_has_both_skills(progress):
    progress.record("sign", "A", passed=True, seen="A", seconds=5, now=NOON)
    progress.record("read", "A", passed=False, seen="S", seconds=5, now=NOON)
    [card] = progress.standings(later(120))
    assert (card.letter, card.due) == ("A", ("read",))
    assert (card.signed, card.read) == (LetterRecord("A", 1, 1), LetterRecord("A", 1, 0))


def test_progress_of_before_words_is_kept(tmp_path):
    path = tmp_path / "learn.sqlite"
    old = sqlite3.connect(path)
    old.executescript(f"{TABLES} pragma user_version = 1; insert into clock values ('2026', 7);")
    old.close()
    progress = Progress(path)
    assert (progress.best_clock(), progress.words()) == (7, [])
    WordReading(progress, "Names", ["ADA"], 2.0, NOON).answer("ADA", 0, NOON)
    progress.close()
    again = Progress(path)
    assert [word.word for word in again.words()] == ["ADA"]
    again.close()


def test_pairs_that_are_often_mixed_up_are_due_from_the_beginning(progress):
    assert progress.due_to_read(NOON) == ["EO", "MN", "RU"]
    reading(progress, "RUTH").answer("RUTH", 0, NOON)  # told apart: by FSRS, due again in ten minutes
    assert progress.due_to_read(later(1)) == ["EO", "MN"]
    assert "RU" in progress.due_to_read(later(3600))


def test_a_misread_word_is_handed_on_to_be_signed(progress):
    reading(progress, "RUTH").answer("UUTH", 0, NOON)
    reading(progress, "BULB").answer("BULB", 0, NOON)
    assert progress.to_sign() == ["RUTH"]
    practice = Practice(progress, "Words", "Easy letters", NOON, Random(0))
    assert (practice.target, practice.was_misread) == ("RUTH", True)
    signs = [Letter(char, i, i + 0.5, 0.9) for i, char in enumerate("RUTH")]
    assert practice.take(signs, later(9))
    assert progress.to_sign() == []
    assert not practice.was_misread


def test_a_misread_word_waits_for_a_level_that_has_its_letters(progress):
    progress.hand_on("JAZZ", NOON)
    assert not Practice(progress, "Words", "All except J and Z", NOON, Random(0)).was_misread
    practice = Practice(progress, "Words", "All letters", NOON, Random(0))
    assert practice.target == "JAZZ"
    practice.skip(later(1))
    assert practice.target != "JAZZ"


def test_own_lists_are_kept_between_visits(tmp_path):
    first = Progress(tmp_path / "learn.sqlite")
    first.keep_list("Unit 3", "cat dog")
    first.keep_list("Unit 3", "cat cow")
    first.keep_list("Names", "Ada")
    first.close()
    again = Progress(tmp_path / "learn.sqlite")
    assert again.own_lists() == {"Names": "Ada", "Unit 3": "cat cow"}
    again.drop_list("Names")
    assert list(again.own_lists()) == ["Unit 3"]
    again.close()
