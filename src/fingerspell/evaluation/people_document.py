"""Figures over people as JSON, and what models say of people together: differences, and all folds."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import combinations
from operator import add
from typing import Any

from fingerspell.core.alphabet import MOVING_LETTERS
from fingerspell.evaluation.evaluate import Evaluation
from fingerspell.evaluation.people import (
    GroupFigures,
    Mean,
    PeopleDifference,
    PeopleFigures,
    Person,
    difference_of,
    figures_of,
)


@dataclass(frozen=True)
class PeoplePair:
    """Two models on the same images of people."""

    first: str
    second: str
    data: str
    difference: PeopleDifference


def people_pairs(evaluations: Sequence[Evaluation]) -> list[PeoplePair]:
    """Every pair of models on every set of people of which both read the same images."""
    found = []
    for first, second in combinations(evaluations, 2):
        of_second = {each.pictures.sha256: each.people for each in second.on_sets}
        for on_set in first.strangest_first:
            other = of_second.get(on_set.pictures.sha256)
            if on_set.people and other:
                difference = difference_of(on_set.people, other)
                names = first.facts.model, second.facts.model
                found.append(PeoplePair(*names, on_set.pictures.name, difference))
    return found


def people_over_folds(evaluations: Sequence[Evaluation]) -> PeopleFigures | None:
    """Figures of all people whom several models left out, each read by a model trained without them.

    None for fewer than two such models, or where two of them left out the same person.
    """
    left_out = [
        on_set
        for evaluation in evaluations
        for on_set in evaluation.on_sets
        if on_set.pictures.left_out_source
    ]
    readings = [each.reading for each in left_out if each.reading]
    names = [str(name) for reading in readings for name in set(reading.persons.tolist())]
    known = next((each.pictures.people for each in left_out if each.pictures.people), None)
    if known is None or len(readings) < 2 or len(set(names)) < len(names):  # noqa: PLR2004
        return None
    return figures_of(reduce(add, readings), known)


def people_document(figures: PeopleFigures) -> dict[str, Any]:
    """The value of the key `people`."""
    return {
        **mean_document(figures.mean),
        "worst_tenth": {"mean": figures.worst_tenth, "people": figures.n_worst},
        "share_at_least_90": figures.good,
        "share_at_least_95": figures.very_good,
        "without_j_z": {
            **mean_document(figures.without_moving),
            "worst_tenth": {"mean": figures.worst_without_moving, "people": figures.n_worst},
        },
        "errors": {
            "images": figures.errors,
            "read_as_j_or_z": figures.errors_moving,
            "read_as_nothing": figures.errors_nothing,
        },
        "by_letter": {
            letter: {**mean_document(each.mean), "read_as": dict(each.read_as)}
            for letter, each in figures.by_letter.items()
            if letter not in MOVING_LETTERS
        },
        "j_z": {
            letter: {**mean_document(each.mean), "read_as": dict(each.read_as)}
            for letter, each in figures.by_letter.items()
            if letter in MOVING_LETTERS
        },
        "by_column": {
            column: {value: _group_document(group) for value, group in groups.items()}
            for column, groups in figures.by_column.items()
        },
        "columns_left_out": list(figures.columns_left_out),
        "by_person": {person.name: _person_document(person) for person in figures.people},
        "people_without_still_letters": list(figures.others),
    }


def _group_document(group: GroupFigures) -> dict[str, Any]:
    return {**mean_document(group.mean), "calibration_error": group.calibration_error}


def mean_document(mean: Mean) -> dict[str, Any]:
    """A mean over people."""
    return {
        "people": mean.people,
        "images": mean.images,
        "mean": mean.value,
        "interval": [mean.low, mean.high],
        "standard_deviation": mean.deviation,
    }


def difference_documents(pairs: Sequence[PeoplePair]) -> Iterator[dict[str, Any]]:
    """The pairs of models of one set, the first model's figures less the second's."""
    for pair in pairs:
        yield {
            "first": pair.first,
            "second": pair.second,
            "data": pair.data,
            "difference": mean_document(pair.difference.mean),
            "better": pair.difference.better,
            "worse": pair.difference.worse,
        }


def _person_document(person: Person) -> dict[str, Any]:
    return {
        "images": person.images,
        "right": person.right,
        "accuracy": person.accuracy,
        "read_as_nothing": person.nothing,
        "j_z": {"images": person.moving, "right": person.moving_right},
        "mistakes": [
            {"letter": truth, "read_as": read, "images": n}
            for (truth, read), n in person.mistakes.items()
        ],
        **({"facts": dict(person.facts)} if person.facts else {}),
    }
