import math
import string

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fingerspell.core.alphabet import LETTERS, SPACE
from fingerspell.core.confusions import Confusions
from fingerspell.core.lexicon import END, INITIAL_PROBABILITY, Lexicon
from fingerspell.core.spelling.options import SpellingOptions
from fingerspell.core.spelling.speller import Speller
from fingerspell.core.text import compose
from fingerspell.core.types import Letter

COUNTS = {"the": 1000, "cat": 30, "cats": 10, "can": 60, "hello": 20, "world": 20, "a": 400, "sat": 10}


def letters(text: str, probability: float = 0.9, unsure: str = "") -> list[Letter]:
    """One sign a second; those in `unsure` (positions as letters of the alphabet) are half sure."""
    return [
        Letter(SPACE if char == " " else char, i, i + 0.5, 0.5 if char in unsure else probability)
        for i, char in enumerate(text)
    ]


def corrected(speller: Speller, text: str, **kwargs) -> str:
    return " ".join(word.text for word in speller.correct(letters(text, **kwargs)))


@pytest.fixture(scope="module")
def small() -> Speller:
    return Speller(Lexicon(COUNTS))


def test_what_was_spelled_right_stays(small):
    assert corrected(small, "THE CAT SAT") == "THE CAT SAT"
    assert corrected(small, "") == ""


@pytest.mark.parametrize(
    ("seen", "meant"),
    [
        ("HELKO WORLD", "HELLO WORLD"),  # one letter for another
        ("HELO WORLD", "HELLO WORLD"),  # a double letter seen once
        ("HELLO WORL", "HELLO WORLD"),  # the last letter missed
        ("HELLLO WORLD", "HELLO WORLD"),  # a letter too many
        ("HELLOWORLD", "HELLO WORLD"),  # a missed space
        ("HEL LO WORLD", "HELLO WORLD"),  # a space too many
        (" HELLO  WORLD ", "HELLO WORLD"),
    ],
)
def test_errors_are_mended(small, seen, meant):
    assert corrected(small, seen) == meant


@pytest.mark.parametrize(
    ("seen", "unsure", "kept"),
    [
        ("WORLD HELKO", "", "WORLD HELKO"),  # its K was sure
        ("WORLD HELKO", "K", "WORLD HELLO"),
        ("HELLO WORL", "", "HELLO WORLD"),  # no letter is lost
        ("HELKO WORLD", "", "HELLO WORLD"),  # only the last word is cut off
        ("", "", ""),
    ],
)
def test_a_word_that_was_cut_off_keeps_its_sure_letters(small, seen, unsure, kept):
    assert corrected(small, "WORLD HELKO") == "WORLD HELLO"
    signed = letters(seen, unsure=unsure)
    words = small.correct(signed, end_s=signed[-1].end_s if signed else 0.0)
    assert " ".join(word.text for word in words) == kept


def test_words_have_the_times_of_their_letters(small):
    words = small.correct(letters("THECAT SAT"))
    assert [(w.text, w.start_s, w.end_s) for w in words] == [
        ("THE", 0, 2.5), ("CAT", 3, 5.5), ("SAT", 7, 9.5),
    ]  # fmt: skip


def test_signs_edit_before_words_are_corrected(small):
    signs = letters("THEM CAT")
    signs.insert(4, Letter("del", 3.5, 3.9, 0.9))
    assert [word.text for word in small.correct(signs)] == ["THE", "CAT"]


def test_the_model_says_what_is_taken_for_what():
    counts = np.zeros((26, 26))
    counts[LETTERS.index("N"), LETTERS.index("M")] = 50  # N was meant, M was seen
    even = {"cans": 10, "caps": 10, "cats": 10}
    assert corrected(Speller(Lexicon(even), Confusions(counts)), "CAMS", probability=0.5) == "CANS"


def test_a_sure_letter_is_changed_less_readily_than_an_unsure_one(small):
    options = SpellingOptions(most_sure=0.999)
    speller = Speller(small.lexicon, options=options)
    assert corrected(speller, "SAN THE", probability=0.999) == "SAN THE"
    assert corrected(speller, "SAN THE", probability=0.999, unsure="S") == "CAN THE"


@pytest.mark.parametrize("name", ["QUENTIN", "OTTO", "B", "XKCD"])
def test_what_is_far_from_every_word_is_taken_for_a_name(small, name):
    assert corrected(small, f"THE {name} SAT", probability=0.95) == f"THE {name} SAT"


@settings(deadline=None, max_examples=50)
@given(st.text(string.ascii_uppercase, min_size=1, max_size=12))
def test_own_words_are_never_changed(word):
    speller = Speller(Lexicon(COUNTS, own_words=[word.lower()]))
    assert corrected(speller, f"THE {word} SAT", probability=0.5) == f"THE {word} SAT"


@settings(deadline=None, max_examples=100)
@given(st.text("ABCEHLNORSTWD ", max_size=20), st.floats(0.0, 1.0))
def test_any_letters_give_words_in_order_of_time(text, probability):
    words = Speller(Lexicon(COUNTS)).correct(letters(text, probability=probability))
    assert bool(words) == bool(text.strip())
    assert all(word.text.isalpha() for word in words)
    times = [t for word in words for t in (word.start_s, word.end_s)]
    assert times == sorted(times)


def test_letters_are_missed_more_often_where_they_are_unsure():
    speller = Speller(Lexicon({"the": 1000, "he": 50, "sat": 50}))
    assert corrected(speller, "HE SAT", probability=0.85) == "THE SAT"
    assert corrected(speller, "HE SAT", probability=0.999) == "HE SAT"


def test_a_word_never_changes_beyond_recognition(small):
    assert corrected(small, "HXLXW", probability=0.5) == "HXLXW"


def test_a_lone_letter_gets_no_other():
    speller = Speller(Lexicon({"of": 1000, "to": 1000, "the": 1000, "a": 500}))
    assert corrected(speller, "F", probability=0.5) == "F"
    assert corrected(speller, "O THE", probability=0.6) == "O THE"
    assert corrected(speller, "OF TE", probability=0.6) == "OF THE"


def test_a_word_that_was_signed_surely_stays_however_rare():
    speller = Speller(Lexicon({"the": 100_000, "he": 1, "sat": 100}))
    assert corrected(speller, "HE SAT", probability=0.95) == "HE SAT"
    assert corrected(speller, "HE SAT", probability=0.8) == "THE SAT"


def test_what_was_signed_surely_and_may_be_an_abbreviation_gets_no_other_letters():
    speller = Speller(Lexicon({"to": 100_000, "on": 50_000}))
    assert corrected(speller, "TV ON", probability=0.95) == "TV ON"
    assert corrected(speller, "TV ON", probability=0.8) == "TO ON"


def test_a_short_word_that_stands_alone_is_left_alone():
    speller = Speller(Lexicon({"to": 100_000, "in": 50_000, "tv": 1}))
    for word in ("TV", "JN", "PA", "DVD"):
        assert corrected(speller, word, probability=0.6) == word
    assert corrected(speller, "TN IN", probability=0.6) == "TO IN"
    assert [word.text for word in speller.correct(letters("TN", 0.6), after="IN")] == ["TO"]
    own = Speller(Lexicon({"to": 100_000}, own_words=["tv"]))
    assert corrected(own, "TV", probability=0.6) == "TV"


def test_sure_letters_of_a_word_that_stands_alone_stay():
    speller = Speller(Lexicon({"seen": 1000, "september": 10, "set": 100}))
    assert corrected(speller, "SETN", probability=0.75) == "SETN"
    assert corrected(speller, "SETN", probability=0.6) == "SEEN"
    assert corrected(speller, "SET SETN", probability=0.75) == "SET SEEN"
    assert corrected(speller, "SEPTEBER", probability=0.9) == "SEPTEMBER"  # one was missed


def test_frequent_words_are_hardly_preferred_alone():
    """X is 41 times as often C as T, and THAT 100 times as frequent as CHAT."""
    counts = np.zeros((26, 26))
    counts[LETTERS.index("C"), LETTERS.index("X")] = 20
    lexicon = Lexicon({"that": 1000, "chat": 10, "the": 1000})
    for power, alone in ((1.0, "THAT"), (0.5, "CHAT"), (0.0, "CHAT")):
        speller = Speller(lexicon, Confusions(counts), SpellingOptions(lone=power))
        assert corrected(speller, "XHAT", probability=0.6) == alone
        assert corrected(speller, "THE XHAT", probability=0.6) == "THE THAT"


def glimpsed(text: str, probability: float = 0.97) -> list[Letter]:
    """Letters in upper case were signed; those in lower case were glimpses before the next of them."""
    signs, glimpses = [], []
    for i, char in enumerate(text):
        if char.islower():
            glimpses.append(Letter(char.upper(), i, i + 0.5, 0.2))
        else:
            sign = SPACE if char == " " else char
            signs.append(Letter(sign, i, i + 0.5, probability, tuple(glimpses)))
            glimpses = []
    return signs


@pytest.mark.parametrize(
    ("seen", "meant"),
    [
        ("THE caT SAT", "THE CAT SAT"),  # two letters of three: without glimpses, beyond recognition
        ("THE Cat SAT", "THE CAT SAT"),  # the last two, before a space
        ("HELlo WORLD", "HELLO WORLD"),
        ("WQaXQ SAT", "WQXQ SAT"),  # a name is what was surely seen
        ("woWQXQX SAT", "WQXQX SAT"),  # glimpses that were left out do not help to change it
        ("HELzLO", "HELLO"),  # a glimpse is left out
        ("HEkLO", "HELLO"),  # or stands for another letter
        ("wORLD", "WORLD"),
        ("HELLo WORLD", "HELLO WORLD"),  # the last letter of a word, before a space
        ("o THE", "THE"),  # no word is made of glimpses alone
    ],
)
def test_glimpses_are_letters_where_they_make_a_word(small, seen, meant):
    assert " ".join(word.text for word in small.correct(glimpsed(seen))) == meant


def test_a_glimpse_may_be_as_sure_as_can_be(small):
    sign = Letter("T", 1, 1.5, 1.0, (Letter("A", 0, 0.1, 1.0),))
    assert [word.text for word in small.correct([Letter("C", -1, -0.5, 1.0), sign], after="THE")] == [
        "CAT"
    ]


def test_glimpses_are_not_part_of_what_was_signed(small):
    signs = glimpsed("ThE cQaX")
    assert compose(signs) == "TE QX"
    speller = Speller(Lexicon({}, own_words=["TE", "QX"]))
    assert [word.text for word in speller.correct(signs)] == ["TE", "QX"]


def test_a_word_is_likelier_after_some_than_after_others():
    counts = {"the": 1000, "oven": 5, "over": 20, "of": 100_000}
    pairs = {"THE": {"OVEN": 4, "OVER": 1}}
    alone, speller = Speller(Lexicon(counts)), Speller(Lexicon(counts, pairs=pairs))
    assert corrected(alone, "THE OVEX", unsure="X") == "THE OVER"
    assert corrected(speller, "THE OVEX", unsure="X") == "THE OVEN"
    assert corrected(speller, "OF OVEX", unsure="X") == "OF OVER"
    [word] = speller.correct(letters("OVEX", unsure="X"), after="THE")
    assert word.text == "OVEN"


def test_wrong_options_are_refused():
    with pytest.raises(ValueError, match="between 0 and 1"):
        SpellingOptions(name=1.0)
    with pytest.raises(ValueError, match="least_missed"):
        SpellingOptions(least_missed=0.2, most_missed=0.1)
    with pytest.raises(ValueError, match="most_changed"):
        SpellingOptions(most_changed=math.nan)
    with pytest.raises(ValueError, match="beam_size"):
        SpellingOptions(beam_size=0)


def test_completions(small):
    assert small.complete(letters("CA")) == ["CAN", "CAT", "CATS"]
    assert small.complete(letters("THE CA"), n=2) == ["CAN", "CAT"]
    assert small.complete(letters("HEK"), n=1) == ["HELLO"]  # a slip does not end the suggestions
    assert small.complete(letters("THE ")) == []
    assert small.complete([]) == []
    pairs = {"THE": {"CAT": 500}}
    assert Speller(Lexicon(COUNTS, pairs=pairs)).complete(letters("CA"), after="THE")[0] == "CAT"


class TestLexicon:
    def test_tempered_probabilities(self):
        """By hand: the roots of 64, 16 and 4 parts are 8, 4 and 2 of 14."""
        lexicon = Lexicon({"the": 64, "cat": 16, "sat": 4})
        whole = lexicon.tempered(1.0)
        assert whole is lexicon.root
        flat = lexicon.tempered(0.5)
        wanted = np.array(lexicon.costs) / 2
        wanted = wanted + math.log(np.exp(-wanted).sum())
        assert flat.best_cost == pytest.approx(wanted.min())
        t = flat.children[LETTERS.index("T")].children[LETTERS.index("H")]
        assert t.text == "TH"
        assert t.best_cost == pytest.approx(wanted[lexicon.words.index("THE")])

    def test_how_much_likelier_a_word_is_after_another(self):
        """By hand: half of the 10 `THE` are followed by `CAT`, which is one word in four elsewhere."""
        pairs = {"THE": {"CAT": 5}, "TV": {"CAT": 1}}
        lexicon = Lexicon({"the": 10, "cat": 10, "sat": 20}, pairs=pairs)
        total = 40 + 26 * INITIAL_PROBABILITY * 40
        assert lexicon.gain("THE", "CAT") == pytest.approx(0.5 / (10 / total))
        assert lexicon.gain("CAT", "THE") == lexicon.gain("", "CAT") == lexicon.gain("TV", "CAT") == 0

    def test_the_tree_holds_the_words(self):
        """Reference: the words themselves."""
        lexicon = Lexicon(COUNTS)
        found = []

        def visit(node):
            if node.word_cost < math.inf:
                found.append(node.text)
            for letter, child in node.children.items():
                assert child.text == node.text + LETTERS[letter]
                visit(child)

        visit(lexicon.root)
        assert sorted(found) == sorted({w.upper() for w in COUNTS} | set(LETTERS))

    def test_probabilities(self):
        lexicon = Lexicon({"cat": 3.0, "cab": 1.0, "it's": 100.0, "naïve": 100.0}, own_words=["Zoe"])
        total = 4 * (1 + 26 * INITIAL_PROBABILITY + 1e-4)
        costs = dict(zip(lexicon.words, lexicon.costs, strict=True))
        assert costs["CAT"] == pytest.approx(-math.log(3 / total))
        assert costs["ZOE"] == pytest.approx(-math.log(4e-4 / total))
        assert "NAÏVE" not in costs
        assert lexicon.root.children[2].likeliest(1) == [("CAT", costs["CAT"])]

    def test_trigram_probabilities_sum_to_one(self):
        costs = np.array(Lexicon(COUNTS).trigram_costs)
        assert np.exp(-costs).sum(2) == pytest.approx(np.ones((27, 27)))
        t, h, e = (LETTERS.index(letter) for letter in "THE")
        assert costs[t, h, e] < costs[t, h, t]
        assert costs[h, e, END] < costs[t, h, END]
