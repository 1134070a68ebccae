import itertools
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fingerspell.core.alphabet import CLASSES
from fingerspell.core.text import (
    CUE_MAX_S,
    CUE_MIN_S,
    LINE_LETTERS,
    Word,
    compose,
    cues,
    edit_distance,
    is_cut_off,
    words,
)


@dataclass(frozen=True)
class Sign:
    char: str
    start_s: float = 0.0
    end_s: float = 0.0


def signs(*chars: str) -> list[Sign]:
    return [Sign(char, float(i), i + 0.5) for i, char in enumerate(chars)]


def test_space_and_del_edit_the_text():
    assert compose(signs("H", "J", "del", "I", "space", "Y", "O")) == "HI YO"


def test_letters_of_several_characters_are_spelled_within_words():
    """By hand, and beside an own sign, which is a word by itself."""
    seen = signs("C+H", "O", "R", "R+R", "del", "L+L", "ILY", "C+H", "A")
    assert compose(seen) == "CHORLL ILY CHA"
    assert [word.text for word in words(seen)] == ["CHORLL", "ILY", "CHA"]
    assert compose(signs("A+", "1+2")) == "A+ 1+2"  # these are names of own signs


def test_a_video_is_cut_off_where_its_last_letter_is_held_to_the_end():
    assert is_cut_off(signs("H", "I"), 1.6)
    assert not is_cut_off(signs("H", "I"), 3.0)
    assert not is_cut_off(signs("H", "I", "space"), 2.5)
    assert not is_cut_off([], 0.0)


def test_del_takes_back_a_space_and_stops_at_the_start():
    assert compose(signs("del", "A", "space", "del", "B")) == "AB"


def test_words_have_the_times_of_the_letters_left():
    typed = signs("space", "H", "I", "X", "del", "space", "space", "Y", "O")
    assert words(typed) == [Word("HI", 1.0, 2.5), Word("YO", 7.0, 8.5)]


@given(st.lists(st.sampled_from(CLASSES)))
def test_words_are_the_words_of_the_text(chars):
    assert [word.text for word in words(signs(*chars))] == compose(signs(*chars)).split()


@given(st.lists(st.sampled_from(CLASSES)))
def test_text_grows_and_shrinks_by_one(chars):
    """Reference: a string edited sign by sign."""
    text = ""
    for char in chars:
        text = {"del": text[:-1], "nothing": text, "space": text + " "}.get(char, text + char)
    assert compose(signs(*chars)) == text


def test_words_that_can_be_read_together_share_a_cue():
    shown = cues([Word("HELLO", 0, 2), Word("WORLD", 2.5, 4), Word("I", 9, 9.2), Word("AM", 9.6, 9.9)])
    assert [(cue.text, cue.start_s, cue.end_s) for cue in shown] == [
        ("HELLO WORLD", 0, 4),
        ("I AM", 9, 10),  # made longer, so that it can be read
    ]


@given(st.lists(st.tuples(st.integers(1, 30), st.floats(0, 5), st.floats(0, 5))))
def test_cues_hold_all_words_and_do_not_overlap(lengths):
    signed, time_s = [], 0.0
    for letters, pause_s, lasts_s in lengths:
        signed.append(Word("A" * letters, time_s + pause_s, time_s + pause_s + lasts_s))
        time_s = signed[-1].end_s
    shown = cues(signed)
    assert [word for cue in shown for word in cue.words] == signed
    assert all(a.end_s <= b.start_s for a, b in itertools.pairwise(shown))
    for cue in shown:
        assert len(cue.words) == 1 or len(cue.text) <= LINE_LETTERS
        assert len(cue.words) == 1 or cue.end_s - cue.start_s <= max(CUE_MAX_S, CUE_MIN_S)


def test_a_joker_stands_for_any_letter_or_none():
    assert edit_distance("C?T", "CAT", "?") == edit_distance("C?T", "CT", "?") == 0
    assert edit_distance("??", "CAT", "?") == 1
    assert edit_distance("X?", "CAT", "?") == 2
    assert edit_distance("??", "", "?") == 0


@pytest.mark.parametrize(
    ("chars", "text"),
    [
        (("H", "I", "ILY"), "HI ILY"),
        (("ILY", "ILY"), "ILY ILY"),
        (("ILY", "space", "A"), "ILY A"),
        (("A", "thank_you", "del", "B"), "AB"),
        (("thank_you", "4", "2"), "THANK-YOU 42"),
    ],
)
def test_own_signs_are_words_by_themselves(chars, text):
    signed = signs(*chars)
    assert compose(signed) == text
    assert [word.text for word in words(signed)] == text.split()
