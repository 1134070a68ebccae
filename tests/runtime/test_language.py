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
        ("OPEN THE OVEM", "OPEN THE OVEN"),  # not OVER, which is rarer after THE
    ],
)
def test_sentences(english, seen, meant):
    assert corrected(english, seen) == meant


@pytest.mark.parametrize(
    "text",
    ["OK", "I KNOW ASL", "TURN ON THE TV", "NO IM NOT", "USA", "DVD", "CALL AN UBER", "DONT GO", "JFK"],
)
def test_what_people_fingerspell_stays(english, text):
    assert corrected(english, text, 0.97) == text


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
    path.write_bytes("Zofka\n".encode("utf-8-sig"))  # as Windows saves it
    assert read_words(path) == ["Zofka"]
    path.write_bytes("Zoë\n".encode("latin-1"))
    with pytest.raises(MediaError, match="save it as UTF-8"):
        read_words(path)
    path.write_text("Zoë\n", "utf-8")
    with pytest.raises(
        MediaError, match=r"names.txt holds 'Zoë', which the letters A to Z cannot spell"
    ):
        read_words(path)
    with pytest.raises(MediaError, match="No such file or directory"):
        read_words(tmp_path / "none.txt")
