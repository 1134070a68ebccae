"""Letters or digits: the cases of `core.context`, worked by hand."""

import pytest

from fingerspell.core.context import in_context
from fingerspell.core.text import compose
from fingerspell.core.types import Letter

WORDS = {"OF", "HOW", "WOW", "O"}


def signs(*chars: str) -> list[Letter]:
    return [Letter(char, float(i), i + 0.5, 0.9) for i, char in enumerate(chars)]


@pytest.mark.parametrize(
    ("signed", "meant"),
    [
        ("VOV4", "2024"),  # the nearest that is sure is a digit
        ("1OO", "100"),
        ("OF4", "094"),
        ("HOW", "HOW"),  # and here a letter
        ("HOVER", "HOVER"),
        ("COVID1F", "COVID19"),
        ("BVB", "BVB"),
        ("B4F", "B49"),
        ("7OA", "70A"),  # of two as near, the one before
        ("OF", "OF"),  # a known word
        ("WOW", "WOW"),
        ("VO", "20"),  # none
        ("O", "0"),  # a lone letter is no word
        ("V", "2"),
    ],
)
def test_the_other_signs_of_the_word_tell(signed, meant):
    assert compose(in_context(signs(*signed), WORDS.__contains__)) == meant
    digits = signed.translate(str.maketrans("OVWF", "0269"))
    assert compose(in_context(signs(*digits), WORDS.__contains__)) == meant


def test_each_word_is_told_by_itself():
    read = in_context(signs("H", "O", "space", "V", "O", "ILY", "V", "1"), WORDS.__contains__)
    assert compose(read) == "HO 20 ILY 21"


def test_what_was_taken_back_tells_nothing():
    read = in_context(signs("V", "A", "del", "4"), WORDS.__contains__)
    assert [sign.char for sign in read] == ["2", "A", "del", "4"]
    assert compose(read) == "24"


def test_without_words_only_signs_tell():
    assert compose(in_context(signs(*"OF"), lambda _: False)) == "09"
