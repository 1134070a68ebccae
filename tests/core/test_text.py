from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from fingerspell.core.alphabet import CLASSES
from fingerspell.core.text import Word, compose, words


@dataclass(frozen=True)
class Sign:
    char: str
    start_s: float = 0.0
    end_s: float = 0.0


def signs(*chars: str) -> list[Sign]:
    return [Sign(char, float(i), i + 0.5) for i, char in enumerate(chars)]


def test_space_and_del_edit_the_text():
    assert compose(signs("H", "J", "del", "I", "space", "Y", "O")) == "HI YO"


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
