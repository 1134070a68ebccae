"""Alphabets as models have them: roles, JSON, and what is read where digits are not asked for."""

import pytest

from fingerspell.core.alphabet import ASL, CLASSES, DIGITS, Alphabet, Role, class_named

BOTH = Alphabet.of((*CLASSES, *DIGITS))


def test_documents_without_roles_say_by_names_what_classes_are():
    """So models that were exported before there were roles are read as they were."""
    assert Alphabet.from_dict({"classes": list(CLASSES)}) == ASL
    assert ASL.moving == {"J", "Z"}
    assert ASL.turns_into == {8: 9, 3: 25}  # I to J, D to Z


def test_roles_come_through_json():
    signs = Alphabet(("SCH", "A", "nothing"), (Role.LETTER, Role.LETTER, Role.NOTHING))
    assert Alphabet.from_dict(signs.as_dict()) == signs
    assert signs.letters == ("SCH", "A")


@pytest.mark.parametrize(
    "document",
    [
        {"classes": []},
        {"classes": ["A", "A"]},
        {"classes": ["A", ""]},
        {"classes": ["A", "B"], "roles": ["letter"]},
        {"classes": ["A", "B"], "roles": ["letter", "word"]},
        {"classes": ["A", "B"], "moving": ["J"]},
    ],
)
def test_what_is_no_alphabet_is_refused(document):
    with pytest.raises(ValueError, match=r"."):
        Alphabet.from_dict(document)


def test_without_digits_letters_are_as_probable_as_if_there_were_none():
    """By hand: A and B share what the digits leave, 0.3 to 0.1."""
    said = [0.0] * len(BOTH)
    said[0], said[1], said[BOTH.index("1")] = 0.3, 0.1, 0.6
    narrowed = BOTH.narrowed(said, BOTH.read(digits=False))
    assert BOTH.read(digits=False) == ASL
    assert narrowed[:2] == pytest.approx([0.75, 0.25])
    assert sum(narrowed) == pytest.approx(1)
    assert ASL.narrowed(said[:29], ASL) == said[:29]


def test_a_model_of_digits_alone_reads_them_unasked():
    digits = Alphabet.of(DIGITS)
    assert digits.read(digits=False) == digits


def test_look_alikes_count_together():
    said = [0.0] * len(BOTH)
    said[BOTH.index("V")], said[BOTH.index("2")] = 0.25, 0.5
    pooled = BOTH.pooled(said)
    assert (pooled[BOTH.index("V")], pooled[BOTH.index("2")]) == (0.75, 0.0)
    assert ASL.look_alikes == {}


def test_own_names_stay_and_known_ones_are_recognised():
    assert [class_named(name) for name in ("a", "DEL", "blank", "9", "thank-you")] == [
        *("A", "del", "nothing", "9", "thank-you")
    ]
