import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fingerspell.core.alphabet import CLASSES, LETTERS
from fingerspell.core.types import Prediction


def prediction(**of: float) -> Prediction:
    return Prediction(np.array([of.get(name, 0.0) for name in CLASSES], np.float32))


def test_what_might_be_j_or_z_is_shared_by_the_still_letters():
    """By hand: 0.6 of J and Z go to I and D as 3 to 1."""
    still = prediction(J=0.4, Z=0.2, I=0.15, D=0.05, nothing=0.2).without_moving_letters()
    of = dict(zip(CLASSES, still.probabilities.tolist(), strict=True))
    assert of["I"] == pytest.approx(0.15 + 0.45)
    assert of["D"] == pytest.approx(0.05 + 0.15)
    assert of["nothing"] == pytest.approx(0.2)
    assert of["J"] == of["Z"] == 0


def test_what_is_surely_j_is_some_still_letter():
    still = prediction(J=1.0).without_moving_letters()
    assert CLASSES[still.probabilities.argmax()] in set(LETTERS) - set("JZ")
    assert still.probabilities.sum() == pytest.approx(1)


@given(st.lists(st.integers(0, 1000), min_size=len(CLASSES), max_size=len(CLASSES)).filter(any))
def test_the_other_classes_keep_their_order(weights):
    before = np.array(weights, np.float32) / np.float32(sum(weights))
    after = Prediction(before).without_moving_letters().probabilities
    assert after.sum() == pytest.approx(before.sum(), abs=1e-5)
    letters = [i for i, name in enumerate(CLASSES) if name in LETTERS and name not in "JZ"]
    assert (np.diff(after[letters][np.argsort(before[letters], kind="stable")]) >= 0).all()
