"""What is taught: every letter is told of, levels nest, words fit their level."""

import itertools
import json

import numpy as np
import pytest

from fingerspell.app.learn import letters
from fingerspell.app.learn.letters import (
    HOW,
    LEVELS,
    MEND,
    advice,
    letters_of,
    look_alikes,
    words_of,
)
from fingerspell.core.alphabet import LETTERS, MOVING_LETTERS


def test_every_letter_is_told_of():
    assert tuple(HOW) == LETTERS


def test_look_alikes_come_from_what_the_model_confuses(monkeypatch):
    """Worked by hand: of 9 N one is taken for A and 5 for M, and 2 of 4 J for N."""
    counts = np.zeros((26, 26), int)
    m, n, a, j = (LETTERS.index(letter) for letter in "MNAJ")
    counts[n, [n, a, m]] = 3, 1, 5
    counts[j, [j, n]] = 2, 2
    monkeypatch.setattr(letters, "confusion_counts", lambda: counts)
    uncached = look_alikes.__wrapped__  # what other tests have asked is kept
    assert uncached("N") == ("M", "J", "A")
    assert uncached("W") == ()


def test_levels_nest_and_movement_comes_last():
    easy, still, every = (set(letters_of(level)) for level in LEVELS)
    assert easy < still < every == set(LETTERS)
    assert every - still == MOVING_LETTERS
    assert "N" not in easy
    assert set(letters_of("All letters")[-2:]) == MOVING_LETTERS


def test_words_are_made_of_their_level_s_letters():
    for level in LEVELS:
        words = words_of(level)
        assert len(set(words)) == len(words) > 1
        assert set("".join(words)) <= set(letters_of(level))
    assert len(words_of("All letters")) == 150


def test_where_easy_letters_make_no_words_others_are_asked_for(monkeypatch):
    monkeypatch.setattr(letters, "look_alikes", lambda letter: () if letter == "B" else ("B",))
    letters_of.cache_clear()
    words_of.cache_clear()
    assert letters_of("Easy letters") == ("B",)
    assert words_of("Easy letters") == words_of("All except J and Z")
    letters_of.cache_clear()
    words_of.cache_clear()


def test_advice_names_both_letters_and_ends_as_a_sentence():
    for meant, seen in itertools.permutations(LETTERS, 2):
        sentence = advice(meant, seen)
        assert seen in sentence
        assert meant in sentence
        assert sentence.endswith(".")
    assert all(len(pair) == 2 and set(pair) <= set(LETTERS) for pair in MEND)


def test_confusions_of_the_reader_have_advice_of_their_own(examples):
    """What is mistaken more than once has a mend, not only a description."""
    path = examples.parent / "src" / "fingerspell" / "assets" / "confusions.json"
    counts = json.loads(path.read_text())["counts"]
    frequent = [
        LETTERS[i] + LETTERS[j] for i, j in itertools.permutations(range(26), 2) if counts[i][j] > 2
    ]
    assert frequent
    assert set(frequent) <= set(MEND)


@pytest.mark.parametrize(("pair", "mend"), [("RU", "cross the fingers"), ("UV", "close the gap")])
def test_mends(pair, mend):
    assert mend in advice(*pair)
