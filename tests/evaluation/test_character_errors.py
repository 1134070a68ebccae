"""Characters read wrong, which and how many."""

import jiwer
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fingerspell.evaluation.character_errors import CharacterErrors, Difference, differences

TEXTS = st.text("ABC ", max_size=8).map(lambda text: " ".join(text.split()))


def test_what_is_wrong_is_told_apart():
    errors = CharacterErrors.of([("CAT", "CAR"), ("DVD", "VD"), ("OK", "OKK"), ("TV", "")])
    assert (errors.videos, errors.characters) == (4, 10)
    assert (errors.substitutions, errors.deletions, errors.insertions) == (1, 3, 1)
    assert errors.rate == pytest.approx(5 / 10)


def test_each_character_has_its_places():
    assert differences("DVD", "DVR") == [Difference("substituted", "D", "R", 2, 2)]
    assert differences("TV", "") == [
        Difference("left out", "T", "", 0, 0),
        Difference("left out", "V", "", 1, 0),
    ]
    assert differences("A", "ABC") == [
        Difference("put in", "", "B", 1, 1),
        Difference("put in", "", "C", 1, 2),
    ]
    assert differences("OK", "OK") == []


@given(known=TEXTS.filter(bool), read=TEXTS)
def test_the_counts_are_those_of_jiwer(known, read):
    errors, reference = CharacterErrors.of([(known, read)]), jiwer.process_characters(known, read)
    assert errors.substitutions == reference.substitutions
    assert (errors.deletions, errors.insertions) == (reference.deletions, reference.insertions)
    assert errors.rate == pytest.approx(reference.cer)


@given(known=TEXTS.filter(bool), read=TEXTS)
def test_the_differences_make_one_text_of_the_other(known, read):
    made = list(known)
    for each in reversed(differences(known, read)):
        assert known[each.signed_at : each.signed_at + len(each.signed)] == each.signed
        assert read[each.read_at : each.read_at + len(each.read)] == each.read
        made[each.signed_at : each.signed_at + len(each.signed)] = each.read
    assert "".join(made) == read
