"""All that the report shows, worked out once: fits, decisions, epochs, and what was published."""

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from statistics import fmean

from fingerspell.study.advise import DEVICES, Question
from fingerspell.study.claims import FIGURES
from fingerspell.study.costs import Cluster, Job, Observation, efficiency, observe, spread
from fingerspell.study.decide import Decision
from fingerspell.study.fit import Fit, MemoryModel, fit, fit_memory, memory_key
from fingerspell.study.published import Run
from fingerspell.study.results import Cell, Result, Status
from fingerspell.training.options import Loading
from fingerspell.training.record import LINES, Row, save_csv

EPOCHS = "epochs.csv"  # in a study's folder: a row an epoch of each run
Rows = Mapping[str, Sequence[Row]]  # a run's epochs, by the key of its cell


@dataclass(frozen=True)
class Measure:
    """What a chart shows of each observation.

    Attributes:
        name: short, for files.
        title: with the unit.
        form: how a value is written.
        values: of the repeats of an observation, among all observations; empty where not measured.
        is_share: from 0 to 1.
    """

    name: str
    title: str
    form: str
    values: Callable[[Observation, Sequence[Observation]], list[float]]
    is_share: bool = False

    def mean(
        self, observation: Observation, among: Sequence[Observation]
    ) -> tuple[float, float | None] | None:
        """Mean and standard deviation over repeats; None where it was not measured."""
        values = self.values(observation, among)
        return spread(values) if values else None

    def write(self, value: tuple[float, float | None] | None) -> str:
        """Mean ± standard deviation."""
        if value is None:
            return ""
        mean, deviation = value
        return f"{mean:{self.form}}" + (f" ± {deviation:{self.form}}" if deviation is not None else "")


def of_figure(name: str) -> Measure:
    """A figure of results as a measure."""
    figure = FIGURES[name]

    def values(observation: Observation, _among: Sequence[Observation]) -> list[float]:
        return [value for each in observation.results if (value := figure(each)) is not None]

    return Measure(name, figure.title, figure.form, values, figure.is_share)


def _efficiency(observation: Observation, among: Sequence[Observation]) -> list[float]:
    found = efficiency(observation, among)
    return [] if found is None else [found]


EFFICIENCY = Measure(
    "efficiency",
    "time on one device over this time times the devices",
    ".0%",
    _efficiency,
    is_share=True,
)
MEASURES = (
    of_figure("seconds_per_epoch"),
    of_figure("images_per_s"),
    EFFICIENCY,
    of_figure("memory_mb"),
    of_figure("test_accuracy"),
)
_LOADED = {
    Loading.REPORTS: "as the reports",
    Loading.PACKED: "packed",
    Loading.RESIDENT: "resident",
}
_LABELS: Mapping[str, Callable[[Cell], str]] = {
    "loading": lambda cell: _LOADED[cell.loading],
    "workers": lambda cell: f"{cell.workers} worker" + "s" * (cell.workers != 1),
    "precision": lambda cell: cell.precision,
    "devices": lambda cell: f"{cell.devices} device" + "s" * (cell.devices > 1),
    "strategy": lambda cell: cell.strategy if cell.devices > 1 else "",
    "batch_size": lambda cell: f"batch {cell.batch_size}",
}


@dataclass(frozen=True)
class Panel:
    """Observations of one network on one hardware, which charts show together."""

    model: str
    hardware: str
    observations: tuple[Observation, ...]

    def label(self, cell: Cell, but: str = "") -> str:
        """What tells a cell from the others of the panel, a field left out."""
        varying = {
            name
            for name in _LABELS
            if len({getattr(each.cell, name) for each in self.observations}) > 1 and name != but
        }
        several = {each.cell.strategy for each in self.observations if each.cell.devices > 1}
        if but == "devices" and len(several) == 1:
            varying.discard("strategy")
        words = [write(cell) for name, write in _LABELS.items() if name in varying]
        return " · ".join(filter(None, words)) or "all cells"


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


@dataclass(frozen=True)
class Findings:
    """What there is to report.

    Attributes:
        name: of the study.
        results: all of them, failed ones too.
        observations: repeats of the cells that are done, together.
        fits: of the scaling model, by hardware.
        memories: memory models by hardware, and by what they are of.
        decisions: on the hypotheses.
        r1: the scaling model of R1's published cells,
        r1_decisions: and what they say of its hypotheses.
        runs: that `fingerspell train` wrote, to stand beside the reports.
        epochs: of the cells' runs, by the cell's key; of those whose folders are still there.
    """

    name: str
    results: tuple[Result, ...]
    observations: tuple[Observation, ...]
    fits: Mapping[str, Fit]
    memories: Mapping[str, Mapping[tuple[str, str, str], MemoryModel]]
    decisions: tuple[Decision, ...]
    r1: Fit
    r1_decisions: tuple[Decision, ...]
    runs: tuple[Run, ...]
    epochs: Rows

    @property
    def failed(self) -> list[Result]:
        """Cells that did not come to their end."""
        return [each for each in self.results if each.status is not Status.DONE]

    @property
    def panels(self) -> list[Panel]:
        """By hardware and network."""
        groups: dict[tuple[str, str], list[Observation]] = {}
        for each in self.observations:
            groups.setdefault((each.results[0].hardware, each.cell.model), []).append(each)
        return [Panel(model, hardware, tuple(group)) for (hardware, model), group in groups.items()]


def tables_by_epoch(findings: Findings) -> dict[str, list[EpochTable]]:
    """Tables over epochs, by network and, where there are several, hardware."""
    found = {}
    for panel in findings.panels:
        label = partial(panel.label, but="devices")
        tables = list(epoch_tables(panel.observations, findings.epochs, label))
        if tables:
            found[f"{panel.model}, {panel.hardware}"] = tables
    return found


def by_hardware(observations: Iterable[Observation]) -> dict[str, list[Observation]]:
    """Observations that one scaling model may be fitted to."""
    groups: dict[str, list[Observation]] = {}
    for each in observations:
        groups.setdefault(each.results[0].hardware, []).append(each)
    return groups


def fit_all(results: Sequence[Result], cluster: Cluster | None = None) -> dict[str, Fit]:
    """A scaling model for each hardware; more devices are taken for more nodes like it."""
    fits = {}
    for hardware, group in by_hardware(observe(results)).items():
        most = max(each.cell.devices for each in group)
        node = cluster or (Cluster(devices_per_node=most) if most > 1 else Cluster())
        fits[hardware] = fit(group, node)
    return fits


def memories_of(fits: Mapping[str, Fit]) -> dict[str, dict[tuple[str, str, str], MemoryModel]]:
    """Memory models by hardware."""
    return {hardware: fit_memory(each.observations) for hardware, each in fits.items()}


def questions(fitted: Fit, memories: Mapping[tuple[str, str, str], MemoryModel]) -> dict[str, Question]:
    """What may be planned, by a label: each network, precision and way of loading that was measured."""
    groups: dict[tuple[object, ...], list[Observation]] = {}
    for each in fitted.observations:
        cell = each.cell
        groups.setdefault((cell.model, cell.precision, cell.loading, cell.workers), []).append(each)
    several = [each.cell.strategy for each in fitted.observations if each.cell.devices > 1]
    strategy = "dp" if several and "ddp" not in several else "ddp"
    found = {}
    for group in groups.values():
        cell, first = group[0].cell, group[0]
        measured = {each.cell.devices for each in group}
        label = " · ".join((cell.model, _LOADED[cell.loading], cell.precision))
        label += f" · {cell.workers} workers" if cell.workers else ""
        found[label] = Question(
            Job(replace(cell, strategy=strategy), first.job.n_train, first.job.gradient_bytes),
            sorted({*DEVICES, *measured}),
            sorted({each.cell.batch_size for each in group}),
            memories.get(memory_key(cell)),
            max(result.capacity_mb for each in group for result in each.results),
            len(measured),
        )
    return found


def mean_share(observations: Iterable[Observation], name: str) -> float | None:
    """Mean of a share of the step; None where it was not measured."""
    values = [getattr(r, name) for each in observations if each.has_shares for r in each.results]
    return fmean(values) if values else None


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
