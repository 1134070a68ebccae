"""Lists of words: those that come with the app are spelled with letters, own ones are read kindly."""

import re
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fingerspell.app.learn.word_lists import (
    DOUBLES,
    LISTS,
    LONGEST,
    LONGEST_OWN,
    MOST_OWN,
    OWN,
    SHORTEST,
    choose_word,
    link_to,
    of_length,
    own_words,
    text_of,
    words_in,
    words_of_link,
)
from fingerspell.core.alphabet import LETTERS
from fingerspell.errors import AppError


@pytest.mark.parametrize("name", [name for name in LISTS if name != OWN])
def test_lists_hold_words_that_can_be_chosen(name):
    words = words_in(name)
    assert len(set(words)) == len(words) >= 50
    assert all(set(word) <= set(LETTERS) for word in words)
    assert len(of_length(words, SHORTEST, LONGEST)) == len(words)


def test_double_letters_are_double():
    assert all(re.search(r"(.)\1", word) for word in words_in(DOUBLES))


def test_own_words_by_hand():
    text = (
        "\N{ZERO WIDTH NO-BREAK SPACE}".strip("\ufeff") + "# my list\nZoé, O'Brien;Jean-Luc\nzoe R2D2 "
    )
    assert own_words(text) == (["ZOE", "OBRIEN", "JEANLUC"], ["R2D2"], 0)
    assert own_words("") == ([], [], 0)
    assert own_words("A" * (LONGEST_OWN + 1)) == ([], ["A" * (LONGEST_OWN + 1)], 0)


@given(st.text(max_size=200))
def test_any_text_gives_words_of_letters(text):
    words = own_words(text).words
    assert all(word and set(word) <= set(LETTERS) for word in words)


def test_a_list_has_an_end():
    many = " ".join("".join(LETTERS[int(x)] for x in f"{i:05}") for i in range(MOST_OWN + 9))
    cut = own_words(many)
    assert (len(cut.words), cut.n_cut) == (MOST_OWN, 9)


def test_a_link_holds_the_words():
    page = "http://localhost:8501/learn?words=OLD#x"
    assert link_to(page, ["CAT", "DOG"]) == "http://localhost:8501/learn?words=CAT.DOG"
    assert own_words(words_of_link("CAT.DOG")).words == ["CAT", "DOG"]
    assert link_to(page, ["ABCDEFGHIJ"] * 200) is None


def test_a_file_that_is_no_text():
    assert text_of(b"\xef\xbb\xbfADA", "list.txt") == "ADA"
    with pytest.raises(AppError, match=r"photo\.csv is no text"):
        text_of(b"\xff\xd8\xff", "photo.csv")


def test_what_is_due_is_asked_for():
    """UR is due: RUN has both letters, URN too; SUN has one, and CAT none."""
    words = ["CAT", "SUN", "RUN", "DOG"]
    assert {choose_word(words, ["RU"], Random(i)) for i in range(9)} == {"RUN"}
    assert {choose_word(words, ["C"], Random(i)) for i in range(9)} == {"CAT"}
    assert {choose_word(words, [], Random(i)) for i in range(30)} == set(words)


def test_a_word_does_not_come_at_once_again_unless_it_is_the_only_one():
    assert choose_word(["CAT", "SUN"], ["C"], Random(0), ["CAT"]) == "SUN"
    assert choose_word(["CAT"], [], Random(0), ["CAT"]) == "CAT"
