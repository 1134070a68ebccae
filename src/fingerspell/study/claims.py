"""Hypotheses that a user writes in the study's YAML, read without evaluating anything.

hypotheses:
  - {name: packing pays, compare: images_per_s, of: {loading: packed}, with: {loading: reports},
     expect: greater}
  - {name: two are faster, claim: seconds_per_epoch falls with devices, where: {model: compact-net}}
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from fingerspell.errors import StudyError
from fingerspell.study.figures import FIGURES, Figure
from fingerspell.study.results import Cell
from fingerspell.training.settings import nearest

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
