"""Accuracy, loss and time of every epoch by number of devices: three tables, as R0 has them."""

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import fmean

from fingerspell.study.observations import Observation
from fingerspell.study.results import Cell, Result, Status
from fingerspell.training.record import LINES, Row, save_csv

EPOCHS = "epochs.csv"  # in a study's folder: a row an epoch of each run
Rows = Mapping[str, Sequence[Row]]  # a run's epochs, by the key of its cell


@dataclass(frozen=True)
class EpochTable:
    """One figure over epochs, a column for each number of devices.

    Attributes:
        of: the cells, such as `packed · batch 64`; empty where there are no others.
        title: of the figure, with its unit.
        form: how a value is written.
        columns: names of the numbers of devices.
        rows: a row an epoch, mean over repeats; None where an epoch was not run, or not measured.
    """

    of: str
    title: str
    form: str
    columns: tuple[str, ...]
    rows: tuple[tuple[float | None, ...], ...]


def load_epochs(runs: Path, results: Iterable[Result]) -> dict[str, list[Row]]:
    """The epochs of the runs that are done, as far as their folders are still there.

    Args:
        runs: the folder of the study's runs.
        results: of its cells.
    """
    found: dict[str, list[Row]] = {}
    for result in results:
        path = runs / result.cell.key / LINES
        if result.status is Status.DONE and path.is_file():
            found[result.cell.key] = [json.loads(line) for line in path.read_text().splitlines()]
    return found


def save_epochs(rows: Rows, results: Iterable[Result], path: Path) -> None:
    """Write `epochs.csv`: each epoch of each run with the cell that it is of."""
    cells = {result.cell.key: asdict(result.cell) for result in results}
    save_csv([{"key": key} | cells[key] | row for key in rows for row in rows[key]], path)


def epoch_tables(
    observations: Sequence[Observation], rows: Rows, label: Callable[[Cell], str]
) -> Iterator[EpochTable]:
    """Three tables for each group of cells that differ in their devices alone.

    Accuracy is of the test part where every epoch looked at it (`test_every: 1`), else of the
    validation part; loss and time are of training.

    Args:
        observations: of one network on one hardware.
        rows: see `load_epochs`.
        label: what tells a cell from others, its devices left out.
    """
    groups: dict[str, list[Observation]] = {}
    for each in observations:
        if all(result.cell.key in rows for result in each.results):
            groups.setdefault(label(each.cell), []).append(each)
    for name, group in groups.items():
        group.sort(key=lambda each: (each.cell.devices, each.cell.strategy))
        runs = {_column(each.cell): [rows[r.cell.key] for r in each.results] for each in group}
        every = [row for repeats in runs.values() for run in repeats for row in run]
        part = "test" if all("test_accuracy" in row for row in every) else "validation"
        for figure, title, form in (
            (f"{part}_accuracy", f"{part} accuracy", ".2%"),
            ("train_loss", "training loss", ".4f"),
            ("train_seconds", "seconds of training", ",.2f"),
        ):
            yield EpochTable(name, title, form, tuple(runs), tuple(_means(runs.values(), figure)))


def _column(cell: Cell) -> str:
    name = f"{cell.devices} device" + "s" * (cell.devices > 1)
    return f"{name}, {cell.strategy}" if cell.devices > 1 else name


def _means(
    columns: Collection[Sequence[Sequence[Row]]], figure: str
) -> Iterator[tuple[float | None, ...]]:
    """A figure of each epoch (rows) in each column, mean over repeats."""
    for epoch in range(max(len(run) for repeats in columns for run in repeats)):
        yield tuple(_mean(repeats, epoch, figure) for repeats in columns)


def _mean(repeats: Sequence[Sequence[Row]], epoch: int, figure: str) -> float | None:
    values = [run[epoch][figure] for run in repeats if epoch < len(run) and figure in run[epoch]]
    return fmean(values) if values else None
