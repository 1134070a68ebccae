"""What `fingerspell evaluate` prints of people."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from fingerspell.core.alphabet import MOVING_LETTERS

if TYPE_CHECKING:
    from fingerspell.evaluation.doubtful_labels import DoubtfulLabel
    from fingerspell.evaluation.evaluate import Evaluation
    from fingerspell.evaluation.people import GroupFigures, LetterFigures, PeopleFigures, Person

WORST_SHOWN = 10  # people
LETTERS_SHOWN = 10
LABELS_SHOWN = 12  # that a model contradicts
MISTAKES_SHOWN = 3  # of a person or a letter


def print_people(console: Console, name: str, figures: "PeopleFigures") -> None:
    """Print figures over people, then the groups of them, the worst read ones, and the letters."""
    console.print(f"[bold]by person[/]: {escape(name)}, the 24 still letters")
    console.print(_summary(figures))
    for column, groups in figures.by_column.items():
        console.print(_groups(column, groups))
    if figures.columns_left_out:
        names = ", ".join(figures.columns_left_out)
        console.print(f"not grouped by (one value, or too many): {escape(names)}", soft_wrap=True)
    console.print(_worst(figures.people[:WORST_SHOWN]))
    console.print(_letters(figures.by_letter))
    others = _worst_first(figures.by_letter)[LETTERS_SHOWN:]
    if others:
        shown = ", ".join(f"{name} {figures.by_letter[name].mean.value:.1%}" for name in others)
        console.print(f"other letters: {shown}", soft_wrap=True)
    if figures.others:
        names = ", ".join(figures.others)
        console.print(f"no image of a still letter: {escape(names)}", soft_wrap=True)


def print_doubtful_labels(console: Console, labels: "Sequence[DoubtfulLabel]") -> None:
    """Print which labels to look at first."""
    if not labels:
        return
    table = Table(box=None, pad_edge=False)
    for title in ("labels to check", "label", "read as"):
        table.add_column(title)
    for title in ("images", "probability"):
        table.add_column(title, justify="right")
    for each in labels[:LABELS_SHOWN]:
        counts = f"{each.images} of {each.of}"
        words = (escape(each.person), each.letter, each.read_as)
        table.add_row(*words, counts, f"{each.probability:.2f}")
    console.print(table)
    if len(labels) > LABELS_SHOWN:
        more = len(labels) - LABELS_SHOWN
        console.print(f"and {more:,} more, which --json and --report list with their paths")


def print_people_together(console: Console, evaluations: "Sequence[Evaluation]") -> None:
    """Print differences between models over people, and people whom models left out in turn."""
    from fingerspell.evaluation import people_document  # noqa: PLC0415 - comes with an extra

    if together := people_document.people_over_folds(evaluations):
        print_people(console, "all folds, each person read by a model trained without them", together)
    for pair in people_document.people_pairs(evaluations):
        better, worse = pair.difference.better, pair.difference.worse
        console.print(
            f"{escape(pair.first)} less {escape(pair.second)} on {escape(pair.data)}, over people: "
            f"{pair.difference.mean.as_points} points; {better} people better, {worse} worse",
            soft_wrap=True,
        )


def _summary(figures: "PeopleFigures") -> Table:
    table = Table(box=None, pad_edge=False, show_header=False)
    mean = figures.mean
    errors = f"{figures.errors:,} errors"
    for title, value in (
        ("people, images", f"{mean.people:,}, {mean.images:,}"),
        ("mean over people", f"{mean}, standard deviation {mean.deviation:.1%}"),
        ("worst tenth", f"{figures.worst_tenth:.1%}, mean of the {figures.n_worst} read worst"),
        ("read at 90 % or better", f"{figures.good:.0%} of people"),
        ("read at 95 % or better", f"{figures.very_good:.0%} of people"),
        ("with J and Z ruled out", str(figures.without_moving)),
        ("the same, worst tenth", f"{figures.worst_without_moving:.1%}"),
        ("read as J or Z", f"{figures.errors_moving:,} of {errors}"),
        ("read as nothing", f"{figures.errors_nothing:,} of {errors}"),
    ):
        table.add_row(title, value)
    return table


def _groups(column: str, groups: "Mapping[str, GroupFigures]") -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column(f"by {escape(column)}")
    for title in ("people", "images", "mean over people", "calibration error"):
        table.add_column(title, justify="right")
    for value, group in groups.items():
        mean, error = group.mean, f"{group.calibration_error:.3f}"
        table.add_row(escape(value), f"{mean.people:,}", f"{mean.images:,}", str(mean), error)
    return table


def _worst(people: "Sequence[Person]") -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column("read worst")
    for title in ("images", "right", "J and Z"):
        table.add_column(title, justify="right")
    table.add_column("most frequent mistakes")
    for person in people:
        mistakes = [f"{truth} as {read} {n}" for (truth, read), n in person.mistakes.items()]
        moving = f"{person.moving_right} of {person.moving}" if person.moving else ""
        shown = ", ".join(mistakes[:MISTAKES_SHOWN])
        table.add_row(
            escape(person.name), f"{person.images:,}", f"{person.accuracy:.1%}", moving, shown
        )
    return table


def _letters(letters: "Mapping[str, LetterFigures]") -> Table:
    """The letters read worst, J and Z below them."""
    table = Table(box=None, pad_edge=False)
    table.add_column("letters read worst")
    for title in ("people", "images", "mean over people"):
        table.add_column(title, justify="right")
    table.add_column("read as")
    for letter in [*_worst_first(letters)[:LETTERS_SHOWN], *sorted(MOVING_LETTERS & set(letters))]:
        mean, read_as = letters[letter].mean, list(letters[letter].read_as.items())
        shown = ", ".join(f"{read} {n}" for read, n in read_as[:MISTAKES_SHOWN])
        name = f"{letter} (a motion)" if letter in MOVING_LETTERS else letter
        table.add_row(name, f"{mean.people:,}", f"{mean.images:,}", str(mean), shown)
    return table


def _worst_first(letters: "Mapping[str, LetterFigures]") -> list[str]:
    """The still letters."""
    still = [letter for letter in letters if letter not in MOVING_LETTERS]
    return sorted(still, key=lambda letter: letters[letter].mean.value)
