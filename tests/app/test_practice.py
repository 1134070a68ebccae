"""Practice and progress, with time passed in."""

import sqlite3
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.app.times import NOON, later

from fingerspell.app.learn.evaluating import Evaluation, evaluate
from fingerspell.app.learn.letters import HOW, WHAT, letters_of
from fingerspell.app.learn.practice import CHALLENGE, READING, Practice
from fingerspell.app.learn.practice_schedule import LetterRecord, Progress
from fingerspell.core.alphabet import CLASSES, LETTERS
from fingerspell.core.types import Letter
from fingerspell.errors import AppError

EASY = "Easy letters"


def signs(*chars: str) -> list[Letter]:
    return [Letter(char, i, i + 0.5, 0.9) for i, char in enumerate(chars)]


def practice(progress: Progress, mode: str, level: str = EASY) -> Practice:
    return Practice(progress, mode, level, NOON, Random(0))


def test_evaluating_by_hand():
    assert evaluate("HI", signs("H")).done == 1
    wrong = evaluate("HI", signs("H", "Y"))
    assert (wrong.done, wrong.mistakes) == (1, (("I", "Y"),))
    assert wrong.advice == "That looked like Y. For I, fold the thumb in."
    right = evaluate("HI", signs("H", "Y", "del", "space", "I"))
    assert (right.done, right.advice) == (2, "")


def test_the_way_into_a_moving_letter_is_no_mistake():
    begun = evaluate("J", signs("I"))
    assert (begun.mistakes, begun.advice) == (
        (),
        "J starts like I. Now draw the hook and turn your wrist.",
    )
    assert evaluate("J", signs("J")).done == 1


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
    evaluation = evaluate(target, signs(*chars))
    assert (evaluation.done, len(evaluation.mistakes)) == (expected, mistakes)


def test_a_letter_passed_and_one_failed(progress):
    round_ = practice(progress, "Letters")
    first = round_.target
    assert first == letters_of(EASY)[0]
    assert round_.take(signs(first), later(2))
    assert (round_.said, round_.is_praise) == ("Correct, first try!", True)
    second = round_.target
    assert second != first
    assert not round_.take(signs("A"), later(4))
    assert round_.evaluation.advice == f"That looked like A. For {second}, {HOW[second]}."
    assert round_.take(signs("A", second), later(6))
    assert round_.said == "Correct!"
    records = {record.letter: record for record in progress.by_letter("sign")}
    assert records == {first: LetterRecord(first, 1, 1), second: LetterRecord(second, 1, 0)}
    assert progress.by_day() == [("2026-11-21", 2, 1)]


def test_a_skipped_letter_is_shown_and_no_failure(progress):
    round_ = practice(progress, "Letters")
    order = letters_of(EASY)
    asked = []
    for second in range(len(order)):
        asked.append(round_.target)
        round_.skip(later(second))
        assert round_.said == f"Skipped. For {asked[-1]}, {HOW[asked[-1]]}."
        assert not round_.is_praise
    assert asked == list(order)  # each once before one comes again
    assert round_.target == order[0]
    assert progress.by_letter("sign") == []


def test_a_word_counts_each_letter_once_and_only_the_wrong_ones_as_wrong(progress):
    round_ = practice(progress, "Words")
    round_.target = "SEE"
    assert not round_.take(signs("S", "A"), later(1))
    assert round_.take(signs("S", "A", "E", "E"), later(6))
    assert progress.by_letter("sign") == [LetterRecord("E", 1, 0), LetterRecord("S", 1, 1)]
    assert round_.score == 3
    assert round_.target != "SEE"


def test_a_challenge(progress):
    round_ = practice(progress, CHALLENGE)
    assert not round_.take(signs(round_.target), NOON)  # not begun
    round_.start_clock(NOON, later(60))
    for second in (1, 2, 3):
        assert round_.take(signs(round_.target), later(second))
    assert round_.runs(later(59))
    assert not round_.take(signs(round_.target), later(60))
    assert (round_.said, progress.best_clock()) == ("Time's up: 3 letters.", 3)
    assert not round_.runs(later(61))
    assert progress.best_clock() == 3


def test_the_result_of_a_challenge_is_shown_also_when_the_last_sign_was_wrong(progress):
    progress.record_clock(0, NOON)
    round_ = practice(progress, CHALLENGE)
    round_.start_clock(NOON, later(60))
    assert round_.take(signs(round_.target), later(1))
    wrong = "A" if round_.target != "A" else "B"
    assert not round_.take(signs(wrong), later(59))
    assert round_.evaluation.advice
    assert not round_.runs(later(60))
    assert (round_.said, round_.evaluation.advice) == ("Time's up: 1 letter.", "")


def test_reading_signs_is_learnt_apart(progress):
    round_ = practice(progress, READING)
    target = round_.target
    wrong = "A" if target != "A" else "B"
    assert not round_.guess("1", later(1))
    assert round_.evaluation == Evaluation(0, "Type a letter, A to Z.", ())
    assert not round_.guess(wrong, later(1))
    assert round_.evaluation.advice == f"Not {wrong}. {wrong} is {WHAT[wrong]}. Look again."
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
