"""Answers marked letter by letter."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fingerspell.app.learn.marking import is_almost, marks, missed, sentence
from fingerspell.core.text import edit_distance

TEXTS = st.text("ABC", max_size=8)


@pytest.mark.parametrize(
    ("word", "answer", "kinds", "said"),
    [
        ("HELLO", "HELO", "rrrmr", "Almost right: a letter is missing after L."),
        ("NAME", "MAME", "wrrr", "Almost right: the 1st letter is not M."),
        ("CAT", "AT", "mrr", "Almost right: the 1st letter is missing."),
        ("CAT", "CART", "rrer", "Almost right: R, the 3rd letter, is one too many."),
        ("OREGON", "ORECOM", "rrrwrw", "Almost right: 4 of 6 letters are right."),
        ("CAT", "DOG", "www", "Not yet: 0 of 3 letters are right."),
    ],
)
def test_by_hand(word, answer, kinds, said):
    assert "".join(mark.kind[0] for mark in marks(word, answer)) == kinds
    assert sentence(word, answer) == said


def test_what_was_missed():
    assert missed(marks("HELLO", "HELO")) == ["L"]
    assert missed(marks("ROSE", "UOSE")) == ["R"]


@given(TEXTS, TEXTS)
def test_marks_spell_both_with_the_fewest_mistakes(word, answer):
    """Reference: the edit distance, which is counted without the letters."""
    found = marks(word, answer)
    assert "".join(mark.meant for mark in found) == word
    assert "".join(mark.typed for mark in found) == answer
    assert sum(mark.kind != "right" for mark in found) == edit_distance(answer, word)
    assert all((mark.kind == "right") == (mark.meant == mark.typed) for mark in found)


@given(st.text("ABC", min_size=1, max_size=8), TEXTS)
def test_a_sentence_does_not_tell_what_was_missed(word, answer):
    if word != answer:
        said = sentence(word, answer)
        assert said.startswith("Almost right" if is_almost(word, answer) else "Not yet")
        named = set(said.split(": ")[1]) & set("ABC")
        assert named <= set(answer)
