"""Accuracy by person, for all models together and of one model on one set."""

from collections.abc import Iterator, Mapping, Sequence

from fingerspell import html_page as page
from fingerspell.core.alphabet import MOVING_LETTERS
from fingerspell.evaluation.doubtful_labels import DoubtfulLabel
from fingerspell.evaluation.evaluate import Evaluation, SetEvaluation
from fingerspell.evaluation.people import GroupFigures, LetterFigures, Mean, PeopleFigures, Person
from fingerspell.evaluation.people_document import PeoplePair, people_over_folds, people_pairs
from fingerspell.evaluation.report import plotly_charts as charts
from fingerspell.evaluation.report.cells import Row, number
from fingerspell.html_page import Cell

MISTAKES_SHOWN = 5
EXPLAINED = (
    "Of the 24 still letters; J and Z are motions and stand apart. Each person counts the same. In "
    "brackets the 95 % interval of a bootstrap of people. Worst tenth: mean of the tenth of people "
    "read worst, rounded up to whole people. Without J and Z: the likeliest other class counts."
)
_HEADINGS = ("people", "images", "mean over people", "standard deviation")


def by_person(evaluations: Sequence[Evaluation]) -> str:
    """Each model on each set whose people are known; differences; and people left out in turn."""
    rows = [
        [evaluation.facts.name, on_set.pictures.name, *_summary(on_set.people)]
        for evaluation in evaluations
        for on_set in evaluation.strangest_first
        if on_set.people
    ]
    if not rows:
        return ""
    together = people_over_folds(evaluations)
    if together:
        rows.insert(0, ["each trained without them", "all folds", *_summary(together)])
    shares = ("worst tenth", "90 % or better", "95 % or better", "without J and Z", "errors J or Z")
    pairs = people_pairs(evaluations)
    return page.section(
        "By person",
        EXPLAINED,
        page.table(("model", "data", *_HEADINGS, *shares), rows),
        *(_differences(pairs) if pairs else ()),
    )


def people_parts(on_set: SetEvaluation) -> Iterator[str]:
    """The tables of one model on one set, where its people are known."""
    figures = on_set.people
    if figures is None:
        return
    rows = [_person_row(person, figures) for person in figures.people]
    headings = ("person", *figures.by_column, "images", "right", "J and Z", "most frequent mistakes")
    accuracies = {person.name: person.accuracy for person in figures.people}
    yield page.section(
        "By person",
        page.chart(charts.person_bars(accuracies), 80 + 18 * len(accuracies)),
        page.table(headings, rows),
        level=3,
    )
    if labels := on_set.doubtful_labels:
        yield page.section("Labels to check", _labels_table(labels), level=3)
    for column, groups in figures.by_column.items():
        yield page.section(f"By {column}", _groups_table(column, groups), level=3)
    yield page.section("By letter, over people", _letters_table(figures.by_letter), level=3)


def _summary(figures: PeopleFigures) -> Row:
    moving = figures.errors_moving / figures.errors if figures.errors else None
    return [
        *_mean_cells(figures.mean),
        number(figures.worst_tenth, ".1%"),
        number(figures.good, ".0%"),
        number(figures.very_good, ".0%"),
        _mean_cell(figures.without_moving),
        number(moving, ".0%"),
    ]


def _differences(pairs: Sequence[PeoplePair]) -> Iterator[str]:
    rows: list[Row] = []
    for pair in pairs:
        mean = pair.difference.mean
        counts = (mean.people, pair.difference.better, pair.difference.worse)
        cells = [number(count, ",d") for count in counts]
        rows.append([pair.first, pair.second, pair.data, Cell(mean.as_points, mean.value), *cells])
    yield "<p>Differences in percentage points, person by person, with their interval over people.</p>"
    yield page.table(("first", "second", "data", "points", "people", "better", "worse"), rows)


def _person_row(person: Person, figures: PeopleFigures) -> Row:
    mistakes = [f"{truth} as {read} {n}" for (truth, read), n in person.mistakes.items()]
    moving = person.moving_right / person.moving if person.moving else None
    return [
        person.name,
        *(person.facts.get(column, "") for column in figures.by_column),
        number(person.images, ",d"),
        number(person.accuracy, ".1%"),
        number(moving, ".0%"),
        ", ".join(mistakes[:MISTAKES_SHOWN]),
    ]


def _labels_table(labels: Sequence[DoubtfulLabel]) -> str:
    rows: list[Row] = [
        [
            each.person,
            each.letter,
            each.read_as,
            Cell(f"{each.images} of {each.of}", each.images / each.of),
            number(each.probability, ".2f"),
        ]
        for each in labels
    ]
    return page.table(("person", "label", "read as", "images", "probability"), rows)


def _groups_table(column: str, groups: Mapping[str, GroupFigures]) -> str:
    rows = [
        [value, *_mean_cells(group.mean), number(group.calibration_error, ".3f")]
        for value, group in groups.items()
    ]
    return page.table((column, *_HEADINGS, "calibration error"), rows)


def _letters_table(letters: Mapping[str, LetterFigures]) -> str:
    rows: list[Row] = []
    for letter, figures in letters.items():
        read_as = list(figures.read_as.items())[:MISTAKES_SHOWN]
        shown = ", ".join(f"{read} {n}" for read, n in read_as)
        name = f"{letter} (a motion)" if letter in MOVING_LETTERS else letter
        rows.append([name, *_mean_cells(figures.mean), shown])
    return page.table(("letter", *_HEADINGS, "read as"), rows)


def _mean_cells(mean: Mean) -> Row:
    counts = [number(mean.people, ",d"), number(mean.images, ",d")]
    return [*counts, _mean_cell(mean), number(mean.deviation, ".1%")]


def _mean_cell(mean: Mean) -> Cell:
    return Cell(str(mean), mean.value)
