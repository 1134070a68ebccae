import numpy as np
import torch

from fingerspell.core.alphabet import ASL, CLASSES
from fingerspell.core.preprocess import PreprocessSpec
from fingerspell.data.scan import scan
from fingerspell.pictures.still import read_picture
from fingerspell.training.personal.views import (
    BATCH,
    COPIES,
    N_BLANK,
    REMINDER_COPIES,
    view_pictures,
    view_reminders,
)


class MeanColour:
    """Features of a picture: its mean colour, and how much it varies."""

    def features(self, pictures: np.ndarray) -> np.ndarray:
        means = pictures.mean((1, 2))
        return np.hstack((means, pictures.std((1, 2)).mean(1, keepdims=True))).astype(np.float32)


def quiet(_what: str, _length: int):
    return lambda _n: None


def test_pictures_are_seen_as_read_and_changed(samples):
    index = scan(samples).index
    index = type(index)(index.root, index.pictures[: BATCH + 3])
    told = []
    views = view_pictures(
        MeanColour(), index, ASL, PreprocessSpec(32), 0, lambda what, n: told.append(n) or told.append
    )
    n = BATCH + 3
    assert views.as_read.shape == (n, 4)
    assert views.changed.shape == (n, COPIES, 4)
    assert told == [n, BATCH, 3]
    for row, label, seen in zip(index.pictures, views.labels, views.as_read, strict=True):
        assert CLASSES[label] == row.label
        np.testing.assert_allclose(seen[:3], read_picture(samples / row.path).mean((0, 1)), rtol=1e-5)
    assert views.changed.std(1).min() > 0
    some = views.take(views.labels == views.labels[0])
    assert set(some.labels.tolist()) == {int(views.labels[0])}
    assert len(some.as_read) == len(some.changed) == len(some.labels)


def test_as_many_copies_as_asked_for(samples):
    index = scan(samples).index
    index = type(index)(index.root, index.pictures[:2])
    views = view_pictures(MeanColour(), index, ASL, PreprocessSpec(32), 0, quiet, copies=1)
    assert views.changed.shape == (2, 1, 4)


def test_chance_is_that_of_the_seed(samples):
    index = scan(samples).index
    index = type(index)(index.root, index.pictures[:2])
    seen = []
    for seed in (0, 0, 1):
        torch.rand(1)
        views = view_pictures(MeanColour(), index, ASL, PreprocessSpec(32), seed, quiet)
        seen.append(views.changed)
    np.testing.assert_array_equal(seen[0], seen[1])
    assert np.abs(seen[0] - seen[2]).max() > 1


def test_reminders_are_letters_and_pictures_of_nothing():
    reminders = view_reminders(MeanColour(), 0, quiet)
    assert reminders.shape == (26 * REMINDER_COPIES + N_BLANK, 4)
    assert reminders[:, 3].min() > 5  # none is of one grey
