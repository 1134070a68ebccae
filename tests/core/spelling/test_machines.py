"""The parts of spelling correction, each by itself."""

import math

import pytest
from tests.core.spelling.test_speller import COUNTS, letters

from fingerspell.core.lexicon import Lexicon
from fingerspell.core.spelling.acceptance import Acceptance
from fingerspell.core.spelling.beam import Beam, Hypothesis
from fingerspell.core.spelling.options import SpellingOptions
from fingerspell.core.text import Word

LEXICON = Lexicon(COUNTS)


def beam(**costs: float) -> Beam:
    """A beam with a hypothesis at the place of each word."""
    made = Beam(1.0, "", LEXICON.root)
    for place, cost in enumerate(costs.values()):
        made.offer((place, place), Hypothesis(cost))
    return made


def test_the_cheapest_of_each_place_is_kept():
    made = beam(a=3.0)
    made.offer((0, 0), Hypothesis(5.0))
    assert made.best[0, 0].cost == 3.0
    made.offer((0, 0), Hypothesis(1.0))
    assert made.best[0, 0].cost == 1.0


@pytest.mark.parametrize(
    ("options", "kept"),
    [({"beam_cost": 2.5}, [1.0, 2.0, 3.5]), ({"beam_size": 2}, [1.0, 2.0]), ({}, [1.0, 2.0, 3.5, 4.0])],
)
def test_what_is_too_dear_or_too_many_is_dropped(options, kept):
    made = beam(a=4.0, b=2.0, c=1.0, d=3.5).pruned(SpellingOptions(**options))
    assert sorted(h.cost for h in made.best.values()) == kept


def accepted(seen: str, word: str, probability: float = 0.6) -> str:
    """What comes of a word that was made of the letters seen."""
    signs = letters(seen, probability)
    corrected = Word(word, signs[0].start_s, signs[-1].end_s)
    acceptance = Acceptance(LEXICON, SpellingOptions())
    return " ".join(each.text for each in acceptance.if_likely(corrected, signs))


@pytest.mark.parametrize(
    ("seen", "word", "probability", "expected"),
    [
        ("HELKO", "HELLO", 0.6, "HELLO"),  # one letter of five
        ("HALKO", "HELLO", 0.6, "HALKO"),  # two are more than a quarter
        ("F", "OF", 0.6, "F"),  # a lone letter gets no other
        ("CAN", "CAT", 0.95, "CAN"),  # surely signed, and a word
        ("CAN", "CAT", 0.8, "CAT"),
        ("TV", "TO", 0.95, "TV"),  # surely signed, and perhaps an abbreviation
    ],
)
def test_what_changes_too_much_or_was_sure_is_not_believed(seen, word, probability, expected):
    assert accepted(seen, word, probability) == expected


def test_a_word_that_is_cut_off_keeps_its_sure_letters():
    acceptance = Acceptance(LEXICON, SpellingOptions())
    sure = letters("HEL", 0.9)
    word = Word("HELLO", sure[0].start_s, math.inf)
    assert acceptance.uncut([word], sure) == [word]
    other = Word("SAT", sure[0].start_s, math.inf)
    assert [each.text for each in acceptance.uncut([other], sure)] == ["HEL"]
