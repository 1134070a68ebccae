"""Repeats of a cell taken together: means, and how far they spread."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean, stdev

from fingerspell.study.costs import Job, Part
from fingerspell.study.results import Cell, Result, Status


@dataclass(frozen=True)
class Observation:
    """What the repeats of one cell say together.

    Attributes:
        results: one a repeat; all are done.
    """

    results: tuple[Result, ...]

    @property
    def cell(self) -> Cell:
        """The cell, as its first repeat."""
        return replace(self.results[0].cell, repeat=0)

    @property
    def job(self) -> Job:
        """What its time depends on."""
        return Job.of(self.results[0])

    @property
    def seconds_per_epoch(self) -> float:
        """Mean over repeats."""
        return fmean(each.seconds_per_epoch for each in self.results)

    @property
    def has_shares(self) -> bool:
        """Whether it was measured what the time of a step is spent on."""
        return all(sum(_shares(each)) > 0 for each in self.results)

    @property
    def shares(self) -> Mapping[Part, float]:
        """Of the step, mean over repeats; all 0 where they were not measured."""
        means = map(fmean, zip(*map(_shares, self.results), strict=True))
        return dict(zip(Part, means, strict=True))


def _shares(result: Result) -> tuple[float, float, float]:
    return result.data_share, result.compute_share, result.communication_share


def observe(results: Iterable[Result]) -> list[Observation]:
    """The cells that are done, repeats together, by hardware; in the order of their names."""
    groups: dict[tuple[str, Cell], list[Result]] = {}
    for result in results:
        if result.status is Status.DONE and result.seconds_per_epoch > 0:
            groups.setdefault((result.hardware, replace(result.cell, repeat=0)), []).append(result)
    found = [Observation(tuple(group)) for group in groups.values()]
    return sorted(found, key=lambda each: _order(each.cell))


def _order(cell: Cell) -> tuple[object, ...]:
    return (cell.model, cell.loading, cell.precision, cell.strategy, cell.devices, cell.batch_size)


def spread(values: Sequence[float]) -> tuple[float, float | None]:
    """Mean and standard deviation; no deviation of a single value."""
    return fmean(values), stdev(values) if len(values) > 1 else None


def efficiency(observation: Observation, others: Iterable[Observation]) -> float | None:
    """Time on one device over this time times the devices; None where one device was not measured."""
    cell = observation.cell
    for other in others:
        alone = replace(cell, devices=1, strategy=other.cell.strategy)
        if other.cell == alone and other.results[0].hardware == observation.results[0].hardware:
            return other.seconds_per_epoch / observation.seconds_per_epoch / cell.devices
    return None
