from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression

from fingerspell.core.alphabet import CLASSES
from fingerspell.training.personal.teacher import FOLDS, PENALTY, REMEMBERED, Teacher, folds_of
from fingerspell.training.personal.views import Views

WIDTH = 6


def layer_of(weight: np.ndarray, bias: np.ndarray) -> SimpleNamespace:
    def probabilities(features: np.ndarray) -> np.ndarray:
        odds = np.exp(features @ weight.T + bias)
        return (odds / odds.sum(1, keepdims=True)).astype(np.float32)

    return SimpleNamespace(weight=weight, bias=bias, probabilities=probabilities)


def teacher_from(weight: np.ndarray, bias: np.ndarray, reminders: np.ndarray) -> Teacher:
    return Teacher(layer_of(weight, bias), reminders)


def random_views(labels: list[int], copies: int = 2) -> Views:
    random = np.random.default_rng(0)
    centres = random.normal(size=(len(CLASSES), WIDTH))
    as_read = centres[labels] + random.normal(size=(len(labels), WIDTH)) / 4
    changed = as_read[:, None] + random.normal(size=(len(labels), copies, WIDTH)) / 4
    return Views(as_read.astype(np.float32), changed.astype(np.float32), np.array(labels))


def test_the_optimum_is_that_of_scikit_learn():
    """From nothing, the loss is a weighted logistic regression, whose bias is a feature of ones."""
    views, n_classes = random_views([*range(29), *range(0, 29, 2), 4]), len(CLASSES)
    reminders = np.random.default_rng(1).normal(size=(7, WIDTH)).astype(np.float32)
    empty = np.zeros((n_classes, WIDTH), np.float32), np.zeros(n_classes, np.float32)
    weight, bias = teacher_from(*empty, reminders).teach(views)

    shown = np.concatenate((views.as_read[:, None], views.changed), 1)
    n_of_class = np.bincount(views.labels)[views.labels]
    features = np.concatenate((shown.reshape(-1, WIDTH), np.repeat(reminders, n_classes, 0)))
    labels = np.concatenate((np.repeat(views.labels, 3), np.tile(np.arange(n_classes), 7)))
    weights = np.concatenate(
        (
            np.repeat(1 / (n_classes * n_of_class * 3), 3),
            np.full(7 * n_classes, REMEMBERED / 7 / n_classes),
        )
    )
    expected = LogisticRegression(C=1 / PENALTY, fit_intercept=False, tol=1e-8, max_iter=2000)
    expected.fit(np.hstack((features, np.ones((len(features), 1)))), labels, weights)
    np.testing.assert_allclose(np.hstack((weight, bias[:, None])), expected.coef_, atol=2e-3)


def test_what_is_known_and_remembered_stays():
    random = np.random.default_rng(2)
    weight = random.normal(size=(len(CLASSES), WIDTH)).astype(np.float32)
    bias = np.zeros(len(CLASSES), np.float32)
    reminders = random.normal(size=(60, WIDTH)).astype(np.float32)
    before = (reminders @ weight.T).argmax(1)
    views = random_views([3] * 6 + [5] * 6)
    taught, offset = teacher_from(weight, bias, reminders).teach(views)
    assert np.mean((reminders @ taught.T + offset).argmax(1) == before) > 0.9
    again, _ = teacher_from(weight, bias, reminders).teach(views)
    np.testing.assert_array_equal(taught, again)


def test_classes_without_pictures_take_no_part():
    """Their weights stay to the last bit, where no reminder asks for more."""
    weight = np.random.default_rng(4).normal(size=(len(CLASSES), WIDTH)).astype(np.float32)
    bias = np.zeros(len(CLASSES), np.float32)
    nothing = np.zeros((1, WIDTH), np.float32)
    taught, _ = teacher_from(weight, bias, nothing).teach(random_views([2] * 3 + [7] * 3))
    changed = (taught != weight).any(1)
    assert changed.nonzero()[0].tolist() == [2, 7]


def test_pictures_are_read_by_layers_that_never_saw_them():
    """Labels drawn by lot can be learned by heart, but not guessed."""
    random = np.random.default_rng(3)
    labels = random.integers(0, 4, 80)
    features = random.normal(size=(80, 40)).astype(np.float32)
    views = Views(features, features[:, None], labels)
    empty = np.zeros((len(CLASSES), 40), np.float32), np.zeros(len(CLASSES), np.float32)
    teacher, calls = teacher_from(*empty, features[:1] * 0), []
    read = teacher.read_unseen(views, lambda what, n: calls.append).argmax(1)
    assert np.mean(read == labels) < 0.5
    weight, bias = teacher.teach(views)
    assert np.mean((features @ weight.T + bias).argmax(1) == labels) > 0.8
    assert calls == [1] * FOLDS


@given(st.lists(st.integers(0, 3), max_size=60))
def test_folds_are_runs_of_each_class(labels):
    folds = folds_of(np.array(labels, np.int64))
    for label in set(labels):
        members = folds[np.array(labels) == label]
        assert (np.diff(members) >= 0).all()
        sizes = np.bincount(members, minlength=FOLDS)
        assert sizes.max() - sizes.min() <= 1
        assert len(members) < 2 or sizes.max() < len(members)


@pytest.mark.parametrize("n", [3, 4, 10])
def test_every_picture_of_a_class_is_read_with_others_of_it_known(n):
    folds = folds_of(np.zeros(n, np.int64))
    assert all((folds != fold).any() for fold in folds)


def test_new_classes_are_added_and_leave_the_others_exactly_as_they_are():
    random = np.random.default_rng(4)
    weight = random.normal(size=(len(CLASSES), WIDTH)).astype(np.float32)
    bias = np.zeros(len(CLASSES), np.float32)
    reminders = random.normal(size=(300, WIDTH)).astype(np.float32)
    centres = np.float32([[4, -4] * 3, [-4, 4] * 3])  # far from what is remembered
    labels = np.repeat([29, 30], 6)
    shown = centres[labels - 29] + random.normal(size=(12, WIDTH)).astype(np.float32) / 4
    layer = layer_of(weight, bias)
    teacher = Teacher(layer, reminders, n_new=2, only_new=True)
    taught, added = teacher.teach(Views(shown, shown[:, None], labels))
    assert taught.shape == (31, WIDTH)
    np.testing.assert_array_equal(taught[:29], weight)
    assert ((shown @ taught.T + added).argmax(1) == labels).all()
