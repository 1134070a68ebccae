import json
from importlib.resources import files

import pytest

from fingerspell.core.types import Letter
from fingerspell.errors import MediaError
from fingerspell.runtime.language import load_speller, read_words, word_counts


def corrected(speller, text: str, probability: float = 0.9) -> str:
    signs = [Letter("space" if c == " " else c, i, i + 0.5, probability) for i, c in enumerate(text)]
    return " ".join(word.text for word in speller.correct(signs))


@pytest.fixture(scope="module")
def english():
    return load_speller()


def test_english_is_there_without_a_network():
    counts = word_counts()
    assert len(counts) > 80_000
    assert counts["the"] > counts["hello"] > counts["aardvark"] > 0


@pytest.mark.parametrize(
    ("seen", "meant"),
    [
        ("HELLO WORLD", "HELLO WORLD"),
        ("HELO WORLD", "HELLO WORLD"),
        ("PLEASECALLTHEDOCTOR", "PLEASE CALL THE DOCTOR"),
        ("THE DOG RAN HOME", "THE DOG RAN HOME"),
        ("I LIVE IN BOSTON", "I LIVE IN BOSTON"),
        ("MY NAME IS SIOBHAN", "MY NAME IS SIOBHAN"),
        ("GRADMA BAKED BREAAD", "GRANDMA BAKED BREAD"),
    ],
)
def test_sentences(english, seen, meant):
    assert corrected(english, seen) == meant


def test_names_that_are_given_are_never_changed():
    speller = load_speller(["Krzysztof", "Zbgnw"])
    for probability in (0.5, 0.9):
        assert corrected(speller, "CALL KRZYSZTOF ZBGNW", probability) == "CALL KRZYSZTOF ZBGNW"
    assert corrected(speller, "KRZYSTOF") == "KRZYSZTOF"  # and known where a letter is missed


def test_the_confusions_are_of_held_out_pictures():
    document = json.loads((files("fingerspell") / "assets" / "confusions.json").read_text())
    assert "multisigner100" not in document["sets"]
    assert document["pictures"] == sum(map(sum, document["counts"]))


def test_a_list_of_words(tmp_path):
    path = tmp_path / "names.txt"
    path.write_text("# friends\nAnna, Bjorn\n\nCarla Dieter\n")
    assert read_words(path) == ["Anna", "Bjorn", "Carla", "Dieter"]
    path.write_text("Zoë\n")
    with pytest.raises(
        MediaError, match=r"names.txt holds 'Zoë', which the letters A to Z cannot spell"
    ):
        read_words(path)
    with pytest.raises(MediaError, match="cannot be read as a list of words"):
        read_words(tmp_path / "none.txt")
