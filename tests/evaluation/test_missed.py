"""When characters were read wrong, and how often."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fingerspell.core.text import compose, plain
from fingerspell.core.types import Letter
from fingerspell.evaluation.missed import (
    CharacterError,
    Misread,
    Missed,
    character_errors,
    spans,
    what_is_missed,
)

WHOLE = (0.5, 9.0)
SIGNS = st.sampled_from(["A", "B", "C+H", "space", "del", "thank_you", "Ä", "5"])


def letters(*chars):
    """Each for a second, from 1 s on."""
    return [Letter(char, n, n + 0.8, 0.9) for n, char in enumerate(chars, 1)]


def errors(text, read, known=()):
    return character_errors(text, plain(compose(read)), read, known, WHOLE)


@given(st.lists(SIGNS, max_size=8))
def test_every_character_has_a_time(chars):
    read = letters(*chars)
    placed = spans(read)
    assert len(placed) == len(plain(compose(read)))
    assert placed == sorted(placed)


def test_a_space_lies_between_words():
    assert spans(letters("A", "space", "B", "X", "del")) == [(1, 1.8), (1.8, 3), (3, 3.8)]


def test_what_was_read_has_its_own_time():
    assert errors("AB", letters("A", "C")) == (CharacterError("substituted", "B", "C", 2, 2.8),)
    assert errors("A", letters("A", "C")) == (CharacterError("put in", "", "C", 2, 2.8),)


@pytest.mark.parametrize(
    ("text", "read", "start_s", "end_s"),
    [
        ("CAB", "AB", 0.5, 1),  # from when a hand was seen
        ("ACB", "AB", 1.8, 2),
        ("ABC", "AB", 2.8, 9.0),  # until none was seen any more
        ("C", "", 0.5, 9.0),
    ],
)
def test_what_was_left_out_lies_between_what_was_read(text, read, start_s, end_s):
    assert errors(text, letters(*read)) == (CharacterError("left out", "C", "", start_s, end_s),)


def test_a_hand_may_be_seen_later_than_the_first_letter():
    read = [Letter("A", 0.1, 0.3, 0.9)]
    assert errors("BA", read) == (CharacterError("left out", "B", "", 0.1, 0.5),)


def test_known_times_say_when_what_was_left_out_was_signed():
    known = [Letter("A", 1, 2, 1), Letter("C", 4, 5, 1), Letter("B", 6, 7, 1)]
    assert errors("ACB", letters("A", "B"), known) == (CharacterError("left out", "C", "", 4, 5),)
    assert errors("ACB", letters("A", "B"), known[:2])[0].start_s == 1.8  # too few to be relied on


def test_what_is_missed_is_counted_by_speed():
    first = Misread("1.mp4", "NAN", "slow", errors("NAN", letters("A", "M")))
    second = Misread("2.mp4", "N", "fast", errors("N", letters("A", "M")))
    assert what_is_missed([first, second], ("slow", "fast")) == (
        Missed("N", "M", 2, 3, {"slow": 1, "fast": 1}, ("1.mp4", "2.mp4")),
        Missed("N", "", 1, 3, {"slow": 1, "fast": 0}, ("1.mp4",)),
        Missed("", "A", 1, None, {"slow": 0, "fast": 1}, ("2.mp4",)),
    )
    assert what_is_missed([], ("slow",)) == ()
