"""Practice and progress, with time passed in."""

import sqlite3
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fingerspell.app.learn.judging import judge
from fingerspell.app.learn.letters import HOW, letters_of
from fingerspell.app.learn.practice import Practice
from fingerspell.app.learn.progress import LetterRecord, Progress
from fingerspell.core.alphabet import CLASSES, LETTERS
from fingerspell.core.types import Letter
from fingerspell.errors import AppError

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
EASY = "Clear shapes"


def signs(*chars: str) -> list[Letter]:
    return [Letter(char, i, i + 0.5, 0.9) for i, char in enumerate(chars)]


def later(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


@pytest.fixture
def progress():
    progress = Progress(None)
    yield progress
    progress.close()


def practice(progress: Progress, mode: str, level: str = EASY) -> Practice:
    return Practice(progress, mode, level, NOON, Random(0))


def test_judging_by_hand():
    assert judge("HI", signs("H")).done == 1
    wrong = judge("HI", signs("H", "Y"))
    assert (wrong.done, wrong.mistakes) == (1, (("I", "Y"),))
    assert wrong.advice == "That reads as Y: fold the thumb in for I."
    right = judge("HI", signs("H", "Y", "del", "space", "I"))
    assert (right.done, right.advice) == (2, "")


def test_the_way_into_a_moving_letter_is_no_mistake():
    begun = judge("J", signs("I"))
    assert (begun.mistakes, begun.advice) == ((), "I is how J begins: now draw the hook.")
    assert judge("J", signs("J")).done == 1


@given(st.text("ABC", min_size=1, max_size=6), st.lists(st.sampled_from(CLASSES), max_size=20))
def test_done_is_the_longest_start_signed_in_order(target, chars):
    """Reference: greedy subsequence matching, and every other letter up to the end is a mistake."""
    expected = mistakes = 0
    for char in chars:
        if expected == len(target):
            break
        if char == target[expected]:
            expected += 1
        elif char in LETTERS:
            mistakes += 1
    judgement = judge(target, signs(*chars))
    assert (judgement.done, len(judgement.mistakes)) == (expected, mistakes)


def test_a_letter_passed_and_one_failed(progress):
    round_ = practice(progress, "Letters")
    first = round_.target
    assert first == letters_of(EASY)[0]
    assert round_.take(signs(first), later(2))
    assert round_.said == f"{first} is right at the first try."
    second = round_.target
    assert second != first
    assert not round_.take(signs("A"), later(4))
    assert round_.judgement.advice == f"That reads as A: {HOW[second]} for {second}."
    assert round_.take(signs("A", second), later(6))
    assert round_.said == f"{second} is right."
    records = {record.letter: record for record in progress.by_letter("sign")}
    assert records == {first: LetterRecord(first, 1, 1), second: LetterRecord(second, 1, 0)}
    assert progress.by_day() == [("2026-11-21", 2, 1)]


def test_a_skipped_letter_comes_back_and_is_told(progress):
    round_ = practice(progress, "Letters")
    first = round_.target
    round_.skip(NOON)
    assert round_.said == f"{first}: {HOW[first]}."
    assert round_.target != first
    round_.skip(later(90))  # the schedule asks again after a minute
    assert round_.target == first


def test_a_word_counts_each_letter_once_and_only_the_wrong_ones_as_wrong(progress):
    round_ = practice(progress, "Words")
    round_.target = "SEE"
    assert not round_.take(signs("S", "A"), later(1))
    assert round_.take(signs("S", "A", "E", "E"), later(6))
    assert progress.by_letter("sign") == [LetterRecord("E", 1, 0), LetterRecord("S", 1, 1)]
    assert round_.score == 3
    assert round_.target != "SEE"


def test_against_the_clock(progress):
    round_ = practice(progress, "Against the clock")
    assert not round_.take(signs(round_.target), NOON)  # not begun
    round_.start_clock(NOON, later(60))
    for second in (1, 2, 3):
        assert round_.take(signs(round_.target), later(second))
    assert round_.runs(later(59))
    assert not round_.take(signs(round_.target), later(60))
    assert (round_.said, progress.best_clock()) == ("Time! 3 letters.", 3)
    assert not round_.runs(later(61))
    assert progress.best_clock() == 3


def test_reading_hands_is_learnt_apart(progress):
    round_ = practice(progress, "Read hands")
    target = round_.target
    wrong = "A" if target != "A" else "B"
    assert not round_.guess(wrong, later(1))
    assert round_.judgement.advice == f"No, {wrong} would be: {HOW[wrong]}."
    assert round_.guess(target, later(2))
    assert progress.by_letter("sign") == []
    assert progress.by_letter("read") == [LetterRecord(target, 1, 0)]


def test_weak_letters_come_back_sooner(progress):
    """FSRS itself is tested by its authors; here: right is put off further than wrong."""
    progress.record("sign", "A", passed=True, seen="A", seconds=2, now=NOON)
    progress.record("sign", "B", passed=False, seen="D", seconds=9, now=NOON)
    assert progress.next_letter("sign", "AB", later(3600)) == "B"
    assert progress.next_letter("sign", "AC", later(1)) == "C"  # a new one before one that is known
    assert progress.next_letter("sign", "A", later(1), avoid="A") == "A"


def test_progress_is_kept_on_disk(tmp_path):
    path = tmp_path / "new" / "learn.sqlite"
    first = Progress(path)
    first.record("sign", "Q", passed=True, seen="Q", seconds=1.5, now=NOON)
    first.record_clock(7, NOON)
    first.close()
    again = Progress(path)
    assert again.by_letter("sign") == [LetterRecord("Q", 1, 1)]
    assert again.best_clock() == 7
    again.close()


def test_two_programs_share_a_file(tmp_path):
    one, other = Progress(tmp_path / "p"), Progress(tmp_path / "p")
    one.record("sign", "A", passed=True, seen="A", seconds=1, now=NOON)
    other.record("sign", "A", passed=False, seen="S", seconds=1, now=NOON)
    assert one.by_letter("sign") == [LetterRecord("A", 2, 1)]
    one.close()
    other.close()


def test_a_file_that_is_no_database_is_said_to_be_none(tmp_path):
    path = tmp_path / "learn.sqlite"
    path.write_bytes(b"something else" * 1000)
    with pytest.raises(AppError, match="cannot be used"):
        Progress(path)


def test_a_file_of_another_version_is_left_alone(tmp_path):
    path = tmp_path / "learn.sqlite"
    connection = sqlite3.connect(path)
    connection.execute("pragma user_version = 9")
    connection.close()
    with pytest.raises(AppError, match="another version"):
        Progress(path)
