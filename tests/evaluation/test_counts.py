"""Counts agree with scikit-learn, and add up."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import confusion_matrix, top_k_accuracy_score

from fingerspell.core.alphabet import CLASSES, LETTERS
from fingerspell.evaluation.counts import Counts
from fingerspell.evaluation.predict import Predictions

from .conftest import draw_predictions

NUMBERS = range(len(CLASSES))


@given(st.integers(1, 200), st.integers(0, 10_000), st.integers(1, 29))
def test_counts_agree_with_scikit_learn(n, seed, classes):
    drawn = draw_predictions(n, seed, classes)
    counts = drawn.counts
    expected = confusion_matrix(drawn.labels, drawn.predicted, labels=NUMBERS)
    np.testing.assert_array_equal(counts.confusion, expected)
    assert counts.n == n
    assert counts.right == (drawn.labels == drawn.predicted).sum()


def test_the_likeliest_few_agree_with_scikit_learn(predictions):
    scores = np.random.default_rng(0).permuted(np.tile(np.linspace(0, 1, 29), (400, 1)), axis=1)
    counts = Predictions.of(predictions.labels, scores.astype(np.float32)).counts
    for k in (1, 3, 5):
        expected = top_k_accuracy_score(predictions.labels, scores, k=k, labels=NUMBERS)
        assert counts.within(k) == round(400 * expected)


@given(st.integers(0, 10_000), st.integers(0, 100), st.integers(0, 100))
def test_counts_of_parts_add_up_to_those_of_the_whole(seed, first, second):
    drawn = draw_predictions(first + second + 1, seed)
    whole = drawn.counts
    total = Counts.none()
    for part in (slice(0, first), slice(first, first + second), slice(first + second, None)):
        total += Counts.of(drawn.labels[part], drawn.predicted[part], drawn.ranks[part])
    np.testing.assert_array_equal(total.confusion, whole.confusion)
    np.testing.assert_array_equal(total.ranks, whole.ranks)


def test_letters_read_as_other_signs_are_missed():
    labels = np.array([0, 0, 26, 27])  # A, A, del, nothing
    predicted = np.array([0, 27, 26, 0])
    counts = Counts.of(labels, predicted, np.array([0, 1, 0, 2]))
    assert (counts.n, counts.right) == (4, 2)
    assert (counts.n_letters, counts.letters_right) == (2, 1)
    assert len(LETTERS) == 26
