"""The images that two models read unlike."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from fingerspell.evaluation.compare import Comparison, compare
from fingerspell.evaluation.evaluate import Evaluation, SetEvaluation
from fingerspell.evaluation.pictures import Rows


@dataclass(frozen=True)
class Changed:
    """An image that two models read unlike.

    Attributes:
        place: among the images of the set.
        label: what it shows.
        first: what the first model reads, and with which probability.
        second: likewise, of the second.
    """

    place: int
    label: str
    first: tuple[str, float]
    second: tuple[str, float]


@dataclass(frozen=True)
class Pairing:
    """Two models on the same set.

    Attributes:
        first: the model, as it was named.
        second: likewise.
        on_set: of the first; it has the images.
        other: of the second.
        comparison: of which images they read rightly.
    """

    first: str
    second: str
    on_set: SetEvaluation
    other: SetEvaluation
    comparison: Comparison

    @property
    def data(self) -> str:
        """The name of the set."""
        return self.on_set.pictures.name

    def changed(self, first_is_right: bool | None) -> list[Changed]:
        """Images that only the first model reads rightly, or only the second; None: neither does.

        Those of which the two models together are surest come first.
        """
        one, two = self.on_set.predictions, self.other.predictions
        unlike = one.predicted != two.predicted
        if first_is_right is None:
            unlike &= ~one.right & ~two.right
        else:
            unlike &= one.right if first_is_right else two.right
        places = np.flatnonzero(unlike)
        sure = one.confidence[places] + two.confidence[places]
        return [self._of(place) for place in _list(places[np.argsort(-sure, kind="stable")])]

    def _of(self, place: int) -> Changed:
        said = [
            (each.alphabet.classes[each.predicted[place]], float(each.confidence[place]))
            for each in (self.on_set.predictions, self.other.predictions)
        ]
        one = self.on_set.predictions
        return Changed(place, one.alphabet.classes[one.labels[place]], *said)


def pairings(evaluations: Sequence[Evaluation]) -> Iterator[Pairing]:
    """Every pair of models on every set of which both were evaluated on the same images."""
    for first, second in combinations(evaluations, 2):
        of_second = {each.pictures.sha256: each for each in second.on_sets}
        for on_set in first.strangest_first:
            other = of_second.get(on_set.pictures.sha256)
            if other:
                comparison = compare(on_set.predictions.right, other.predictions.right)
                yield Pairing(first.facts.model, second.facts.model, on_set, other, comparison)


def _list(places: Rows) -> list[int]:
    return [int(place) for place in places]
