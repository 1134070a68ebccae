import pytest
from hypothesis import given
from hypothesis import strategies as st

from fingerspell.core.lexicon import Lexicon
from fingerspell.core.spelling.speller import Speller
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


def test_clear_can_be_undone_also_when_letters_were_signed_since(captioner):
    captioner.take(events("HELO "))
    captioner.clear()
    captioner.take(events("WO", 20))
    for _ in range(2):
        captioner.undo()
    assert captioner.text == ""
    captioner.undo()
    assert (captioner.text, captioner.raw_text) == ("HELLO", "HELO ")


def test_a_word_can_be_kept_as_it_was_signed(captioner):
    captioner.take(events("THE HELO WORLX "))
    [hello, world] = captioner.corrections
    assert (hello.signed, hello.text, hello.start_s) == ("HELO", "HELLO", 4)
    captioner.keep(hello.start_s)
    assert captioner.text == "THE HELO WORLD"
    captioner.keep(world.start_s)
    assert (captioner.text, captioner.corrections) == ("THE HELO WORLX", [])
    captioner.take(events("THE", 20))
    assert (captioner.text, captioner.raw_text) == ("THE HELO WORLX THE", "THE HELO WORLX THE")
    for _ in range(4):
        captioner.undo()
    assert captioner.text == "THE HELO WORLD"


def test_a_settled_word_can_be_kept_as_it_was_signed(captioner):
    text = "THE WORLD " * 5 + "HELO " + "THE " * 3
    for event in events(text):
        captioner.take([event])
    captioner.keep(50)
    assert captioner.text == text.strip()


def test_a_text_that_was_typed_stays_and_words_keep_their_times(captioner):
    captioner.take(events("HELO WORLD "))
    captioner.rewrite("Hi ANNXA WORLD ok")
    assert captioner.text == captioner.finished() == "Hi ANNXA WORLD ok"
    times = {word.text: (word.start_s, word.end_s) for word in captioner.words}
    assert times["WORLD"] == (5, 9.5)
    assert times["Hi"][0] == 0
    assert times["ANNXA"][1] <= 5
    assert times["ok"] == (9.5, pytest.approx(10.1))
    captioner.take(events("THE", 20))
    assert captioner.text == "Hi ANNXA WORLD ok THE"
    for _ in range(4):
        captioner.undo()
    assert captioner.text == "HELLO WORLD"


def test_a_text_is_restored_and_undo_takes_its_letters(captioner):
    captioner.restore("ANNXA HELO")
    captioner.undo()
    captioner.undo()
    assert captioner.text == "ANNXA HEL"
    captioner.add("del", 9.0)
    assert captioner.text == "ANNXA HE"


@given(st.lists(st.sampled_from(["sign", "undo", "clear", "rewrite", "keep", "space"]), max_size=40))
def test_undo_takes_back_any_edits(steps):
    """Reference: the texts that were there before."""
    captioner, now_s = Captioner(SPELLER), 0.0
    texts = [captioner.raw_text]
    for step in steps:
        now_s += 1
        before = captioner.raw_text
        match step:
            case "sign":
                captioner.take(events("H", now_s))
            case "space":
                captioner.add("space", now_s)
            case "clear":
                captioner.clear()
            case "rewrite":
                captioner.rewrite(f"{captioner.text} HELO")
            case "keep" if captioner.corrections:
                captioner.keep(captioner.corrections[0].start_s)
            case "undo":
                captioner.undo()
                if texts[1:]:
                    assert captioner.raw_text == texts[-2]
                    texts.pop()
                continue
            case _:
                continue
        if captioner.raw_text != before or step in ("rewrite", "keep"):
            texts.append(captioner.raw_text)
