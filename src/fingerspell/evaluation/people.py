"""Accuracy by person: what a model does for people, each of whom counts the same.

The images of one person are alike, so a share of images says little of the next person. These are
figures over people, with intervals over people. They are of the 24 still letters: J and Z are motions,
and images of them stand beside.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import ceil, nan
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import bootstrap

from fingerspell.core.alphabet import ASL, LETTERS, MOVING_LETTERS, NOTHING, Alphabet
from fingerspell.data.groups import People
from fingerspell.evaluation.calibration import calibration_of
from fingerspell.evaluation.compare import RESAMPLES
from fingerspell.evaluation.predict import Predictions

STILL_LETTERS = tuple(letter for letter in LETTERS if letter not in MOVING_LETTERS)
GOOD, VERY_GOOD = 0.90, 0.95  # accuracies that people are counted by
WORST_SHARE = 0.1  # of people
MAX_VALUES = 12  # different values of a column that people are grouped by
NOT_STATED = "not stated"
_COLUMNS = ("persons", "labels", "predicted", "still", "confidence")  # of `Reading`
SKIN_TONES = ("very dark", "dark", "light brown", "brown", "light")

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Reading:
    """What was read of N images of people.

    Attributes:
        persons: who is in each image, [N].
        labels: true classes, [N].
        predicted: the likeliest class, [N].
        still: the likeliest class but those that move, J and Z, [N].
        confidence: the probability of the likeliest class, [N].
        alphabet: the classes.
    """

    persons: NDArray[np.str_]
    labels: NDArray[np.int64]
    predicted: NDArray[np.int64]
    still: NDArray[np.int64]
    confidence: NDArray[np.floating]
    alphabet: Alphabet = ASL

    @classmethod
    def of(cls, persons: NDArray[np.str_], predictions: Predictions) -> "Reading":
        """From who is in each image [N], and what a model says of them."""
        alphabet = predictions.alphabet
        moves = np.isin(alphabet.classes, sorted(alphabet.moving))
        others = np.where(moves, -1.0, predictions.probabilities).argmax(1)
        still = np.where(moves[predictions.predicted], others, predictions.predicted)
        said = (predictions.predicted, still, predictions.confidence)
        return cls(persons, predictions.labels, *said, alphabet)

    def __add__(self, other: "Reading") -> "Reading":
        columns: dict[str, Any] = {
            name: np.concatenate([getattr(self, name), getattr(other, name)]) for name in _COLUMNS
        }
        return replace(self, **columns)

    def take(self, chosen: NDArray[np.bool_]) -> "Reading":
        """Some of the images."""
        return replace(self, **{name: getattr(self, name)[chosen] for name in _COLUMNS})

    def of_letters(self, *, moving: bool) -> "Reading":
        """The images of letters that move, or of those that do not."""
        names = [name for name in self.alphabet.letters if (name in self.alphabet.moving) == moving]
        return self.take(np.isin(self.labels, self._places(*names)))

    def is_read_as(self, *names: str) -> NDArray[np.bool_]:
        """Which images are read as one of these classes, [N]."""
        return np.isin(self.predicted, self._places(*names))

    def _places(self, *names: str) -> list[int]:
        return [self.alphabet.index(name) for name in names if name in self.alphabet]


@dataclass(frozen=True)
class Mean:
    """Mean over people, each counting the same.

    Attributes:
        value: the mean; not a number where there is nobody.
        low: of its 95 % interval, by a bootstrap of people (percentiles of `RESAMPLES` resamples);
            not a number for fewer than two people.
        high: likewise.
        deviation: standard deviation over people (of the sample).
        people: how many.
        images: of all of them.
    """

    value: float
    low: float
    high: float
    deviation: float
    people: int
    images: int

    def __str__(self) -> str:
        """In percent, the interval in brackets."""
        if np.isnan(self.low):
            return f"{self.value:.1%}"
        return f"{self.value:.1%} ({100 * self.low:.1f} to {100 * self.high:.1f})"

    @property
    def as_points(self) -> str:
        """A mean difference in percentage points, the interval in brackets."""
        return f"{100 * self.value:+.2f} ({100 * self.low:+.2f} to {100 * self.high:+.2f})"


@dataclass(frozen=True)
class Person:
    """One person's images of still letters.

    Attributes:
        name: of the person.
        images: of still letters.
        right: those that were read right.
        nothing: those that were read as no letter.
        moving: images of J and Z.
        moving_right: those that were read right.
        mistakes: (letter, read as): images, the most frequent first.
        facts: what the people file says, by column.
    """

    name: str
    images: int
    right: int
    nothing: int
    moving: int
    moving_right: int
    mistakes: Mapping[tuple[str, str], int]
    facts: Mapping[str, str]

    @property
    def accuracy(self) -> float:
        """Share of the images of still letters that were read right."""
        return self.right / self.images if self.images else nan


@dataclass(frozen=True)
class LetterFigures:
    """One letter: mean over the people who show it, and what it was read as instead, with images."""

    mean: Mean
    read_as: Mapping[str, int]


@dataclass(frozen=True)
class GroupFigures:
    """People of whom a column says the same: their mean, and the calibration error of their images."""

    mean: Mean
    calibration_error: float


@dataclass(frozen=True)
class PeopleFigures:
    """A model's figures over people.

    Attributes:
        people: those with images of still letters, the worst read first.
        mean: of their accuracies.
        worst_tenth: mean of the tenth of people read worst: of `n_worst`, which is rounded up.
        n_worst: see above.
        good: share of people read at 90 % or better.
        very_good: share of people read at 95 % or better.
        by_letter: of each of the letters that are there, J and Z among them.
        by_column: of each group of people, by value of each column of the people file that they share.
        columns_left_out: columns with too many values, or one, to group by.
        without_moving: the mean where J and Z may not be answered, as `read` does of still images.
        worst_without_moving: of the tenth of people read worst then.
        errors: images of still letters that were not read right.
        errors_moving: those that were read as J or Z.
        errors_nothing: those that were read as no letter.
        others: people without images of still letters.
    """

    people: tuple[Person, ...]
    mean: Mean
    worst_tenth: float
    n_worst: int
    good: float
    very_good: float
    by_letter: Mapping[str, LetterFigures]
    by_column: Mapping[str, Mapping[str, GroupFigures]]
    columns_left_out: tuple[str, ...]
    without_moving: Mean
    worst_without_moving: float
    errors: int
    errors_moving: int
    errors_nothing: int
    others: tuple[str, ...]


@dataclass(frozen=True)
class PeopleDifference:
    """Two models on the same images: the first's accuracy less the second's, person by person.

    Attributes:
        mean: of the differences over people, with its interval.
        better: people whom the first model reads better.
        worse: people whom it reads worse.
    """

    mean: Mean
    better: int
    worse: int


def figures_of(reading: Reading, known: People) -> PeopleFigures | None:
    """Figures over people; None where there is no image of a still letter."""
    persons = [_person(str(name), reading, known) for name in np.unique(reading.persons)]
    shown = sorted((p for p in persons if p.images), key=lambda p: (p.accuracy, p.name))
    if not shown:
        return None
    accuracies = np.array([person.accuracy for person in shown])
    n_worst = ceil(WORST_SHARE * len(shown))
    still = reading.of_letters(moving=False)
    wrong = still.take(still.predicted != still.labels)
    ruled_out = _accuracies(still.persons, still.still == still.labels)
    by_column = {column: _by_value(column, shown, still) for column in known.columns}
    left_out = [column for column, groups in by_column.items() if not 1 < len(groups) <= MAX_VALUES]
    return PeopleFigures(
        people=tuple(shown),
        mean=mean_over(accuracies, len(still.labels)),
        worst_tenth=float(accuracies[:n_worst].mean()),
        n_worst=n_worst,
        good=float(np.mean(accuracies >= GOOD)),
        very_good=float(np.mean(accuracies >= VERY_GOOD)),
        by_letter=_by_letter(reading),
        by_column={column: by_column[column] for column in by_column if column not in left_out},
        columns_left_out=tuple(left_out),
        without_moving=mean_over(ruled_out, len(still.labels)),
        worst_without_moving=float(np.sort(ruled_out)[:n_worst].mean()),
        errors=len(wrong.labels),
        errors_moving=int(wrong.is_read_as(*reading.alphabet.moving).sum()),
        errors_nothing=int(wrong.is_read_as(NOTHING).sum()),
        others=tuple(person.name for person in persons if not person.images),
    )


def difference_of(first: PeopleFigures, second: PeopleFigures) -> PeopleDifference:
    """Compare two models on the same images of the same people."""
    other = {person.name: person.accuracy for person in second.people}
    apart = np.array([person.accuracy - other[person.name] for person in first.people])
    mean = mean_over(apart, first.mean.images)
    return PeopleDifference(mean, int(np.sum(apart > 0)), int(np.sum(apart < 0)))


def mean_over(values: Floats, images: int, seed: int = 0) -> Mean:
    """The mean of one value a person, with a bootstrap interval; the same at every call."""
    n = len(values)
    if not n:
        return Mean(nan, nan, nan, nan, 0, images)
    if n == 1:
        return Mean(float(values[0]), nan, nan, nan, 1, images)
    drawn = bootstrap((values,), np.mean, n_resamples=RESAMPLES, method="percentile", rng=seed)
    low, high = drawn.confidence_interval
    deviation = float(np.std(values, ddof=1))
    return Mean(float(np.mean(values)), float(low), float(high), deviation, n, images)


def group_of(column: str, value: str) -> str:
    """The group that a value of a column belongs to.

    A value counts up to its first comma or bracket, in small letters. Of skin tones, the first of
    `SKIN_TONES` that it begins with counts.

    >>> group_of("background", "Plain wall, dim"), group_of("skin_tone", "brown-dark (two men)")
    ('plain wall', 'brown')
    """
    short = value.split(",", maxsplit=1)[0].split("(", maxsplit=1)[0].strip().lower()
    if column.lower().replace(" ", "_") in ("skin_tone", "tone"):
        short = next((tone for tone in SKIN_TONES if short.startswith(tone)), short)
    return short or NOT_STATED


def _person(name: str, reading: Reading, known: People) -> Person:
    own = reading.take(reading.persons == name)
    still, moving = own.of_letters(moving=False), own.of_letters(moving=True)
    wrong = still.take(still.labels != still.predicted)
    pairs = zip(wrong.labels.tolist(), wrong.predicted.tolist(), strict=True)
    classes = reading.alphabet.classes
    mistakes = Counter((classes[truth], classes[predicted]) for truth, predicted in pairs)
    return Person(
        name,
        images=len(still.labels),
        right=len(still.labels) - len(wrong.labels),
        nothing=int(still.is_read_as(NOTHING).sum()),
        moving=len(moving.labels),
        moving_right=int(np.sum(moving.labels == moving.predicted)),
        mistakes=dict(mistakes.most_common()),
        facts=known.facts.get(name, {}),
    )


def _mean_of(persons: NDArray[np.str_], right: NDArray[np.bool_]) -> Mean:
    """The mean over people of the share of each one's images that is right, [N] each."""
    return mean_over(_accuracies(persons, right), len(persons))


def _accuracies(persons: NDArray[np.str_], right: NDArray[np.bool_]) -> Floats:
    """The share of each person's images that is right, [N] each."""
    _, who = np.unique(persons, return_inverse=True)
    return np.bincount(who, right) / np.maximum(np.bincount(who), 1)


def _by_letter(reading: Reading) -> dict[str, LetterFigures]:
    figures = {}
    classes, places = reading.alphabet.classes, reading.alphabet.places
    for letter in reading.alphabet.letters:
        own = reading.take(reading.labels == places[letter])
        if len(own.labels):
            wrong = own.predicted[own.predicted != own.labels]
            read_as = Counter(classes[predicted] for predicted in wrong.tolist())
            mean = _mean_of(own.persons, own.predicted == own.labels)
            figures[letter] = LetterFigures(mean, dict(read_as.most_common()))
    return figures


def _by_value(column: str, people: Sequence[Person], still: Reading) -> dict[str, GroupFigures]:
    """Figures by group of a column's values, the group with most people first."""
    groups: dict[str, list[Person]] = {}
    for person in people:
        groups.setdefault(group_of(column, person.facts.get(column, "")), []).append(person)
    return {
        value: _group(groups[value], still)
        for value in sorted(groups, key=lambda value: (-len(groups[value]), value))
    }


def _group(people: Sequence[Person], still: Reading) -> GroupFigures:
    own = still.take(np.isin(still.persons, [person.name for person in people]))
    mean = mean_over(np.array([person.accuracy for person in people]), len(own.labels))
    calibration = calibration_of(own.confidence, own.predicted == own.labels)
    return GroupFigures(mean, calibration.error)
