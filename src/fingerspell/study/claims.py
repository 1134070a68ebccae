"""Figures of a result, and claims on them that a user writes in the study's YAML; nothing is executed.

hypotheses:
  - {name: packing pays, compare: images_per_s, of: {loading: packed}, with: {loading: reports},
     expect: greater}
  - {name: two are faster, claim: seconds_per_epoch falls with devices, where: {model: compact-net}}
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from statistics import fmean
from typing import Any

from fingerspell.errors import StudyError
from fingerspell.study.results import Cell, Result
from fingerspell.training.settings import nearest


@dataclass(frozen=True)
class Figure:
    """One figure.

    Attributes:
        name: as results and claims write it.
        title: for people, with the unit.
        value: of a result; None where it was not measured.
        is_share: from 0 to 1, compared by differences; the others are positive and compared by ratios.
        form: how it is written.
    """

    name: str
    title: str
    value: Callable[[Result], float | None]
    is_share: bool = False
    form: str = ",.2f"

    def __call__(self, result: Result) -> float | None:
        """Its value, None where it was not measured."""
        value = self.value(result)
        return None if value is None or (value <= 0 and not self.is_share) else value


def _share(name: str, title: str) -> Figure:
    return Figure(name, title, lambda result: getattr(result, name), is_share=True, form=".1%")


def _step_share(name: str, title: str) -> Figure:
    def value(result: Result) -> float | None:
        known = result.data_share + result.compute_share + result.communication_share > 0
        return getattr(result, name) if known else None

    return Figure(name, title, value, is_share=True, form=".1%")


def _fullest(name: str, title: str) -> Figure:
    return Figure(name, title, lambda result: max(getattr(result, name), default=None), form=",.0f")


_ALL = (
    Figure("seconds_per_epoch", "seconds an epoch", lambda result: result.seconds_per_epoch),
    Figure("total_s", "seconds in all", lambda result: result.total_s, form=",.0f"),
    Figure("images_per_s", "images a second", lambda result: result.images_per_s, form=",.0f"),
    _step_share("data_share", "share of the step spent waiting for images"),
    _step_share("compute_share", "share of the step spent computing"),
    _step_share("communication_share", "share of the step spent exchanging gradients"),
    Figure("memory_mb", "memory of the fullest device, MB", lambda result: result.peak_mb, form=",.0f"),
    _fullest("allocated_mb", "memory in use by tensors, MB"),
    _fullest("reserved_mb", "memory held by PyTorch, MB"),
    _fullest("driver_mb", "memory as the driver sees it, MB"),
    Figure(
        "utilisation",
        "share of the time in which devices were busy",
        lambda result: fmean(result.utilisation) if result.utilisation else None,
        is_share=True,
        form=".1%",
    ),
    _share("train_accuracy", "accuracy in training"),
    _share("validation_accuracy", "accuracy in validation"),
    _share("test_accuracy", "accuracy in the test"),
)
FIGURES = {figure.name: figure for figure in _ALL}

FACTORS = ("devices", "batch_size", "workers")
_CELL = [each.name for each in fields(Cell)]
_TREND, _COMPARISON = ("name", "claim", "where"), ("name", "compare", "of", "with", "expect", "where")
Choice = Mapping[str, Sequence[Any]]  # fields of cells, and the values that are meant


@dataclass(frozen=True)
class Trend:
    """A figure rises or falls with a factor, all else equal.

    Attributes:
        name: of the hypothesis.
        figure: what rises or falls.
        rises: or else falls.
        factor: one of `FACTORS`.
        where: which cells are meant; all where empty.
    """

    name: str
    figure: Figure
    rises: bool
    factor: str
    where: Choice = field(default_factory=dict)

    @property
    def text(self) -> str:
        """The claim, in words."""
        verb = "rises" if self.rises else "falls"
        return f"{self.figure.name} {verb} with {self.factor}{_where(self.where)}"


@dataclass(frozen=True)
class Contrast:
    """A figure is greater, or less, in some cells than in others that are like them in all else.

    Attributes:
        name: of the hypothesis.
        figure: what is compared.
        of: the cells on the left.
        others: the cells on the right.
        greater: or else less.
        where: which cells are meant at all.
    """

    name: str
    figure: Figure
    of: Choice
    others: Choice
    greater: bool
    where: Choice = field(default_factory=dict)

    @property
    def text(self) -> str:
        """The claim, in words."""
        sign = "greater" if self.greater else "less"
        sides = f"{_words(self.of)} than with {_words(self.others)}"
        return f"{self.figure.name} is {sign} with {sides}{_where(self.where)}"


Claim = Trend | Contrast


def read_claims(documents: Sequence[Any], source: str) -> list[Claim]:
    """Claims from what YAML holds under `hypotheses`.

    Args:
        documents: one mapping each.
        source: who wrote them, for errors.

    Raises:
        StudyError: a key or a value is wrong; the message names the nearest right one.
    """
    return [_claim(document, f"{source}, hypothesis {n}") for n, document in enumerate(documents, 1)]


def _claim(document: Any, source: str) -> Claim:
    if not isinstance(document, Mapping):
        raise StudyError(f"{source} is not a mapping: write {{name: ..., claim: ...}}.")
    allowed = _COMPARISON if "compare" in document else _TREND
    for key in document:
        if key not in allowed:
            raise StudyError(
                f"{source} has {key!r}, which is not a key: {nearest(str(key), list(allowed))}"
            )
    for key in allowed:
        if key not in document and key != "where":
            raise StudyError(f"{source} lacks {key!r}: give {', '.join(allowed[:-1])}.")
    return _contrast(document, source) if "compare" in document else _trend(document, source)


def _trend(document: Mapping[str, Any], source: str) -> Trend:
    words = str(document["claim"]).split()
    if len(words) != 4 or words[2] != "with" or words[1] not in {"rises", "falls"}:  # noqa: PLR2004
        raise StudyError(
            f"{source} claims {document['claim']!r}: write it as `seconds_per_epoch falls with "
            "devices`."
        )
    figure = _figure(words[0], source)
    if words[3] not in FACTORS:
        raise StudyError(f"{source} names {words[3]!r}: {nearest(words[3], list(FACTORS))}")
    name = str(document["name"])
    return Trend(name, figure, words[1] == "rises", words[3], _choice(document.get("where"), source))


def _contrast(document: Mapping[str, Any], source: str) -> Contrast:
    expected = document["expect"]
    if expected not in {"greater", "less"}:
        raise StudyError(
            f"{source} expects {expected!r}: {nearest(str(expected), ['greater', 'less'])}"
        )
    of, others = _choice(document["of"], source), _choice(document["with"], source)
    if not of or set(of) != set(others) or of == others:
        raise StudyError(
            f"{source} compares {_words(of)} with {_words(others)}: give different values of the same "
            "keys."
        )
    return Contrast(
        str(document["name"]),
        _figure(str(document["compare"]), source),
        of,
        others,
        expected == "greater",
        _choice(document.get("where"), source),
    )


def _figure(name: str, source: str) -> Figure:
    if name not in FIGURES:
        raise StudyError(
            f"{source} names {name!r}, which is not a figure: {nearest(name, list(FIGURES))}"
        )
    return FIGURES[name]


def _choice(document: Any, source: str) -> Choice:
    if document is None:
        return {}
    if not isinstance(document, Mapping):
        raise StudyError(f"{source} chooses cells by {document!r}: write {{model: compact-net}}.")
    for key in document:
        if key not in _CELL:
            raise StudyError(f"{source} has {key!r}, which no cell has: {nearest(str(key), _CELL)}")
    return {key: value if isinstance(value, list) else [value] for key, value in document.items()}


def holds(choice: Choice, cell: Cell) -> bool:
    """Whether a cell is one of those that are meant."""
    return all(getattr(cell, key) in values for key, values in choice.items())


def _words(choice: Choice) -> str:
    return ", ".join(f"{key} {' or '.join(map(str, values))}" for key, values in choice.items())


def _where(choice: Choice) -> str:
    return f" where {_words(choice)}" if choice else ""
