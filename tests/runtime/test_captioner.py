import pytest

from fingerspell.core.lexicon import Lexicon
from fingerspell.core.spelling import Speller
from fingerspell.core.types import Letter, LetterEvent
from fingerspell.runtime.captioner import OPEN_LETTERS, Captioner

SPELLER = Speller(Lexicon({"hello": 20, "world": 20, "help": 5, "the": 100}))


def events(text: str, start_s: float = 0.0) -> list[LetterEvent]:
    signs = {" ": "space", "-": "del"}
    letters = [Letter(signs.get(c, c), start_s + i, start_s + i + 0.5, 0.9) for i, c in enumerate(text)]
    return [LetterEvent(kind, letter) for letter in letters for kind in ("began", "ended")]


@pytest.fixture
def captioner() -> Captioner:
    return Captioner(SPELLER)


def test_text_is_corrected_as_it_grows(captioner):
    assert captioner.take(events("HEL"))
    assert captioner.suggestions[:2] == ["HELLO", "HELP"]
    captioner.take(events("O WORLX", 3))
    assert captioner.text == "HELLO WORLX"  # the word at hand stays as it is signed
    assert captioner.finished() == "HELLO WORLD"
    captioner.take(events("-D", 10))
    assert (captioner.raw_text, captioner.text) == ("HELO WORLD", "HELLO WORLD")
    assert captioner.suggestions[0] == "WORLD"


def test_a_sign_counts_while_it_is_held_and_may_become_another(captioner):
    began, _ = events("I")
    assert captioner.take([began])
    assert captioner.raw_text == "I"
    assert captioner.take([LetterEvent("became", Letter("J", 0, 0.6, 0.9))])
    assert captioner.raw_text == "J"
    assert not captioner.take([LetterEvent("ended", Letter("J", 0, 0.7, 0.9))])


def test_undo_and_clear(captioner):
    captioner.undo()
    captioner.take(events("THE"))
    captioner.undo()
    assert captioner.raw_text == "TH"
    captioner.clear()
    assert (captioner.text, captioner.raw_text, captioner.suggestions) == ("", "", [])


def test_suggestions_look_at_the_word_before():
    pairs = {"THE": {"WORLD": 50}}
    captioner = Captioner(Speller(Lexicon({"the": 100, "world": 20, "work": 40}, pairs=pairs)))
    captioner.take(events("WOR"))
    assert captioner.suggestions[0] == "WORK"
    captioner.clear()
    captioner.take(events("THE WOR"))
    assert captioner.suggestions[0] == "WORLD"


def test_a_long_text_settles_and_stays_the_same(captioner):
    """Reference: the whole text corrected at once."""
    text = "HELLO WORLD THE WORLD " * 10
    signs = events(text)
    for event in signs:
        captioner.take([event])
    letters = [event.letter for event in signs if event.kind == "ended"]
    assert captioner.finished() == " ".join(word.text for word in SPELLER.correct(letters))
    assert captioner.raw_text == text
    for _ in range(len(text) - OPEN_LETTERS // 2):
        captioner.undo()
    assert captioner.raw_text == text[: OPEN_LETTERS // 2]


def test_del_takes_back_what_has_settled(captioner):
    text = "HELLO WORLD THE WORLD " * 5
    for event in events(text + "-" * 100):
        captioner.take([event])
    assert captioner.raw_text == text[:-100]
    assert (captioner.text, captioner.finished()) == ("HELLO WORL", "HELLO WORLD")
    at_once = Captioner(SPELLER)
    at_once.take(events(text + "-" * 100))
    assert at_once.text == captioner.text


def test_a_del_in_a_long_talk_opens_only_what_settled_last(captioner, monkeypatch):
    for event in events("HELLO WORLD THE WORLD " * 50):
        captioner.take([event])
    lengths, correct = [], SPELLER.correct
    monkeypatch.setattr(
        SPELLER,
        "correct",
        lambda signs, after="": (lengths.append(len(signs)), correct(signs, after))[1],
    )
    for event in events("-" * 60, 2000):
        captioner.take([event])
    assert captioner.raw_text == ("HELLO WORLD THE WORLD " * 50)[:-60]
    assert max(lengths) < 3 * OPEN_LETTERS


def test_the_word_before_what_has_settled_still_counts():
    """Reference: the whole text corrected at once."""
    pairs = {"THE": {"WORLD": 50}}
    speller = Speller(Lexicon({"the": 100, "world": 20, "works": 2000}, pairs=pairs))
    captioner = Captioner(speller)
    text = "THE WORLD " * 12 + "THE WORLX THE"
    for event in events(text):
        captioner.take([event])
    letters = [event.letter for event in events(text) if event.kind == "ended"]
    expected = " ".join(word.text for word in speller.correct(letters))
    assert expected.endswith("THE WORLD THE")
    assert captioner.text == captioner.finished() == expected


def test_the_words_before_are_corrected_once(captioner, monkeypatch):
    calls = []
    correct = SPELLER.correct
    monkeypatch.setattr(
        SPELLER, "correct", lambda *args: (calls.append(len(args[0])), correct(*args))[1]
    )
    captioner.take(events("HELO "))
    for event in events("WORLD", 5):
        captioner.take([event])
    assert captioner.text == "HELLO WORLD"
    assert calls == [5]


def test_without_a_speller_the_text_is_what_was_signed():
    captioner = Captioner(None)
    captioner.take(events("HELO "))
    assert (captioner.text, captioner.suggestions) == ("HELO ", [])


def test_a_key_adds_a_space_or_takes_a_letter_back(captioner):
    captioner.take(events("THEE"))
    captioner.add("del", 4.0)
    captioner.add("space", 5.0)
    assert captioner.raw_text == "THE "


def test_a_suggestion_replaces_the_word_being_signed_and_undo_brings_it_back(captioner):
    captioner.take(events("THE HEP"))
    captioner.choose("HELP")
    assert (captioner.raw_text, captioner.text) == ("THE HELP ", "THE HELP")
    assert (captioner.words[1].start_s, captioner.words[1].end_s) == (4.0, 6.5)
    captioner.undo()
    assert captioner.raw_text == "THE HEP"
    captioner.undo()
    assert captioner.raw_text == "THE HE"


def test_a_suggestion_for_no_word_changes_nothing(captioner):
    captioner.choose("HELP")
    assert captioner.raw_text == ""


def test_the_end_of_a_sign_is_noted(captioner):
    began, ended = (LetterEvent(k, Letter("A", 1.0, t, 0.9)) for k, t in (("began", 1.1), ("ended", 3)))
    captioner.take([began])
    assert not captioner.take([ended])
    assert [sign.end_s for sign in captioner.signs] == [3]
