"""Counts, of which all figures are made: they add up over processes, folds and data sets."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fingerspell.core.alphabet import ASL, Alphabet

Whole = NDArray[np.int64]


def macro_f1(confusion: Whole) -> float:
    """Mean F1 of the classes that the data holds, each counting the same, 0 to 1.

    A class without images has no F1: one taken for it is a false negative of the class it is of, and
    counts there. So the figure depends on what the data holds, and not on which mistakes were made.

    Args:
        confusion: images by true class (rows) and predicted class (columns), int64 [C, C].

    Returns:
        as `sklearn.metrics.f1_score` with `labels=np.unique(truth), average="macro"`; 0 of no images.

    >>> round(macro_f1(np.array([[3, 1, 0], [0, 2, 2], [0, 0, 0]])), 4)  # of 6/7 and 4/7
    0.7143
    """
    support, predicted = confusion.sum(1), confusion.sum(0)
    held = support > 0
    if not held.any():
        return 0.0
    return float(np.mean(2 * np.diag(confusion)[held] / (support + predicted)[held]))


@dataclass(frozen=True)
class Counts:
    """Confusion counts.

    Attributes:
        confusion: images by true class (rows) and predicted class (columns), int64 [C, C].
        ranks: images by how many classes were thought likelier than the true one, int64 [C].
        alphabet: the classes.
    """

    confusion: Whole
    ranks: Whole
    alphabet: Alphabet = ASL

    @classmethod
    def of(cls, labels: Whole, predicted: Whole, ranks: Whole, alphabet: Alphabet = ASL) -> "Counts":
        """Count images.

        Args:
            labels: true classes [N].
            predicted: predicted classes [N].
            ranks: how many classes were thought likelier than the true one [N].
            alphabet: the classes.
        """
        size = len(alphabet)
        confusion = np.bincount(labels * size + predicted, minlength=size * size)
        confusion = confusion.reshape(size, size)
        return cls(confusion, np.bincount(ranks, minlength=size), alphabet)

    @classmethod
    def none(cls, alphabet: Alphabet = ASL) -> "Counts":
        """Of no images: where sums begin."""
        size = len(alphabet)
        return cls(np.zeros((size, size), np.int64), np.zeros(size, np.int64), alphabet)

    def __add__(self, other: "Counts") -> "Counts":
        if not self.n:  # where a sum begins, whatever the classes
            return other
        return Counts(self.confusion + other.confusion, self.ranks + other.ranks, self.alphabet)

    @property
    def n(self) -> int:
        """Images."""
        return int(self.confusion.sum())

    @property
    def right(self) -> int:
        """Images whose class was recognised."""
        return int(np.trace(self.confusion))

    @property
    def n_letters(self) -> int:
        """Images of letters."""
        return int(self.confusion[self._letters].sum())

    @property
    def letters_right(self) -> int:
        """Images of letters that were recognised, among all classes."""
        return int(np.diag(self.confusion)[self._letters].sum())

    @property
    def _letters(self) -> list[int]:
        return [self.alphabet.index(letter) for letter in self.alphabet.letters]

    def within(self, k: int) -> int:
        """Images whose class was among the `k` likeliest."""
        return int(self.ranks[:k].sum())
