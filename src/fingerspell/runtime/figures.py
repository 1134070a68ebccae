"""How well the bundled model reads: the figures in `assets/reader.json`, beside the model."""

import json
from dataclasses import dataclass
from importlib.resources import files
from typing import Literal


@dataclass(frozen=True)
class Figure:
    """Letters that were read right in one data set; predictions range over all 29 classes.

    Attributes:
        data: name of the set.
        people: unseen signers (`strangers`), or those of its training data in other images.
        n: pictures, of letters and other classes.
        letters: share of the letters read right.
        low: lower end of its 95 % interval (Wilson).
        high: upper end.
        mirrored: share read right in the same pictures mirrored.
    """

    data: str
    people: Literal["strangers", "in-corpus"]
    n: int
    letters: float
    low: float
    high: float
    mirrored: float


@dataclass(frozen=True)
class PeopleLeftOut:
    """Still letters, all but J and Z, of people whom a training like the bundled model's left out.

    Attributes:
        n: people.
        images: of all of them.
        mean: mean over people of the share of letters recognised.
        low: lower end of its 95 % interval (bootstrap over people).
        high: upper end.
        worst_tenth: mean over the tenth of the people who are recognised worst.
        command: what made the training and the figures.
    """

    n: int
    images: int
    mean: float
    low: float
    high: float
    worst_tenth: float
    command: str


@dataclass(frozen=True)
class BundledModel:
    """What is known of the bundled model beside its own metadata.

    Attributes:
        parameters: its weights.
        multiply_adds: of a picture of 512x384 with a large hand, found at the first look.
        command: what printed the figures.
        measured: when, of how many runs, and on what.
        figures: unseen signers first.
        people: people left out of training.
    """

    parameters: int
    multiply_adds: int
    command: str
    measured: str
    figures: tuple[Figure, ...]
    people: PeopleLeftOut


def bundled_model() -> BundledModel:
    """Read what is known of the bundled model."""
    values = json.loads((files("fingerspell") / "assets" / "reader.json").read_text())
    figures = tuple(Figure(**figure) for figure in values.pop("figures"))
    return BundledModel(figures=figures, people=PeopleLeftOut(**values.pop("people")), **values)
