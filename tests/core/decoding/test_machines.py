"""The decoder's small machines, each by itself."""

import math

import pytest

from fingerspell.core.alphabet import CLASSES
from fingerspell.core.decoding.frames import repeats
from fingerspell.core.decoding.options import DecoderOptions
from fingerspell.core.decoding.signs import Sign
from fingerspell.core.decoding.smoothing import Smoothing
from fingerspell.core.decoding.words import Words
from fingerspell.core.types import Letter, LetterEvent


def numbers(char: str, probability: float) -> list[float]:
    return [probability if each == char else 0.0 for each in CLASSES]


def test_an_average_is_the_same_at_any_frame_rate():
    """By hand: after one time constant of another sign, 1/e of the first is left."""
    for n in (1, 4):
        smoothing = Smoothing(0.1, len(CLASSES))
        smoothing.see(0.0, numbers("A", 1.0))
        for i in range(1, n + 1):
            smoothing.see(0.1 * i / n, numbers("B", 1.0))
        a, b = smoothing.probabilities[:2]
        assert a == pytest.approx(math.exp(-1))
        assert b == pytest.approx(1 - math.exp(-1))
        assert smoothing.from_s == pytest.approx(0.1 - 0.05 / n)


def test_gaps_and_time_that_runs_backwards():
    smoothing = Smoothing(0.1, len(CLASSES))
    assert smoothing.is_gap(5.0, math.inf)
    smoothing.see(5.0, numbers("A", 1.0))
    assert not smoothing.is_gap(6.0, 1.0)
    assert smoothing.is_gap(6.1, 1.0)
    with pytest.raises(ValueError, match="backwards"):
        smoothing.is_gap(4.9, 1.0)
    smoothing.begin()
    smoothing.see(7.0, numbers("B", 1.0))
    assert smoothing.probabilities[:2] == [0.0, 1.0]


def test_a_long_frame_counts_again_until_nothing_new_can_come():
    options = DecoderOptions()
    assert list(repeats(0.2, options)) == []
    assert list(repeats(0.4, options)) == pytest.approx([0.04 * i for i in range(1, 10)])
    a_year = 365 * 86_400.0
    *others, last = repeats(a_year, options)
    assert len(others) < 100
    assert last == pytest.approx(a_year, rel=1e-6)


def test_a_sign_is_sure_only_while_it_stays_so():
    sign = Sign(0, "A", 1.0, 1.0)
    assert sign.sure_for_s() == -math.inf
    for time_s, probability in ((1.0, 0.8), (1.1, 0.9), (1.2, 0.5)):
        sign.see(time_s, time_s - 0.02, numbers("A", probability), 0.7)
        expected = time_s - 0.98 if probability > 0.7 else -math.inf
        assert sign.sure_for_s() == pytest.approx(expected)
    assert sign.letter() == Letter("A", 1.0, 1.2, 0.9)


def events(char: str, start_s: float) -> list[LetterEvent]:
    letter = Letter(char, start_s, start_s + 0.1, 0.9)
    return [LetterEvent(kind, letter) for kind in ("began", "ended")]


def test_words_wait_until_they_count():
    words, first, second = Words(), events("A", 0.0), events("B", 0.2)
    assert words.tell(*first) == []
    assert not words.takes_space("B")  # nothing was typed yet
    assert words.count() == first
    assert words.tell(*second) == second
    assert words.takes_space("C")
    assert not words.takes_space("space")


def test_a_word_that_does_not_count_is_forgotten():
    words, first = Words(), events("A", 0.0)
    words.tell(*first)
    words.count()
    assert words.next(first[1].letter) == first[1].letter
    words.tell(*events("B", 2.0))
    assert words.next(Letter("B", 2.0, 2.1, 0.9)) == first[1].letter
    assert words.count() == []


def test_no_pause_follows_a_space_that_was_deleted():
    words = Words()
    words.count()
    for char in ("A", "space", "del"):
        words.tell(*events(char, 0.0))
    assert not words.takes_space("B")
    words.tell(*events("B", 1.0))
    assert words.takes_space("C")
