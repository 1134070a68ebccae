"""How far a study has come: a bar with the time left, or a line a cell where nobody watches."""

import time
from collections.abc import Sequence
from datetime import timedelta

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn

from fingerspell.study.results import Cell, Result, Status
from fingerspell.study.runner import Watcher

# What makes cells alike in time, the most telling first.
_LIKENESS = ("model", "loading", "devices", "batch_size", "precision", "strategy", "workers")


class Display(Watcher):
    """Shows a study on stderr."""

    def __init__(self) -> None:
        self.console = Console(stderr=True)
        columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
        self.progress = Progress(
            *columns,
            TextColumn("{task.fields[left]}"),
            console=self.console,
            transient=True,
            disable=not self.console.is_terminal,
        )
        self.task = self.progress.add_task("", total=None, left="")

    def __enter__(self) -> "Display":
        self.progress.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.progress.stop()

    def begin(self, cells: Sequence[Cell], ended: Sequence[Result]) -> None:
        """Show what is to do."""
        self.ended = list(ended)
        has_ended = {result.cell for result in ended}
        self.to_come = [cell for cell in cells if cell not in has_ended]
        self.progress.update(self.task, total=len(cells), completed=len(ended))
        if ended:
            self._print(f"{len(ended)} of {len(cells)} cells have ended already")

    def cell(self, cell: Cell) -> None:
        """Name the cell that runs."""
        self.to_come.remove(cell)
        self.running, self.began = cell, time.monotonic()

    def line(self, text: str) -> None:
        """Show the time left, and what the cell does."""
        passed_s = time.monotonic() - self.began
        left_s = seconds_left(self.running, passed_s, self.to_come, self.ended)
        left = "" if left_s is None else f"{timedelta(seconds=round(left_s))} left"
        # The rest of a log is for those who look for what went wrong.
        doing = f": {text[:40]}" if text else ""
        self.progress.update(self.task, description=f"{self.running.key}{doing}", left=left)

    def result(self, result: Result) -> None:
        """Say how a cell ended."""
        self.ended.append(result)
        self.progress.advance(self.task)
        if result.status == Status.DONE:
            figures = f"{result.seconds_per_epoch:.1f} s an epoch, {result.images_per_s:,.0f} images/s"
            self._print(f"{result.cell.key}: {figures}, {result.data_share:.0%} of it waiting for data")
        else:
            self._print(f"{result.cell.key}: {result.status}: {result.message}")

    def _print(self, line: str) -> None:
        self.console.print(line, highlight=False, markup=False, soft_wrap=True)


def seconds_left(
    running: Cell, passed_s: float, to_come: Sequence[Cell], ended: Sequence[Result]
) -> float | None:
    """Seconds that the rest of a study is likely to take; None before any cell has ended."""
    if not ended:
        return None
    rest_s = sum(_expected_s(cell, ended) for cell in to_come)
    return max(0.0, _expected_s(running, ended) - passed_s) + rest_s


def _expected_s(cell: Cell, ended: Sequence[Result]) -> float:
    """Mean seconds of the cells that are most like this one: that share the longest run of axes."""

    def likeness(other: Cell) -> int:
        same = [getattr(cell, axis) == getattr(other, axis) for axis in _LIKENESS]
        return same.index(False) if False in same else len(same)

    best = max(likeness(result.cell) for result in ended)
    alike = [result.total_s for result in ended if likeness(result.cell) == best]
    return sum(alike) / len(alike)
