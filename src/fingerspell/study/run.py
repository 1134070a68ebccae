"""Run the cells of a study one after another, each in a process of its own, and keep what they say.

    STUDY/study.yaml         what was asked for
          cells/<key>.json   a result each; its presence says that the cell has ended
          cells.csv, .jsonl  all of them, a row each
          summary.json       mean and spread over the repeats
          logs/<key>.log     what the cell's process said
          runs/<key>/        its run, as `fingerspell train` leaves it, without weights
          runs/packs/        packed images, which the cells share

A study that was stopped, or killed at any moment, goes on with the cells that have not ended.
"""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import psutil
from filelock import FileLock, Timeout
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn

from fingerspell.errors import StudyError
from fingerspell.models.registry import architecture
from fingerspell.study.cell import RESULT
from fingerspell.study.grid import RUNS, StudyOptions, differences, load_study
from fingerspell.study.results import (
    CELLS,
    STUDY,
    Cell,
    Result,
    Status,
    load_result,
    load_results,
    write_tables,
)
from fingerspell.training.record import save_json

LOGS = "logs"
_INTERVAL_S = 0.2  # between looks at a cell's process
_LAST_S = 10  # for killed processes to be gone: on a busy machine they may have to wait for their turn
_LONGEST_LINE = 300  # of a log, in a message


class Watcher:
    """Who is told how a study goes; this one does not listen."""

    def begin(self, cells: Sequence[Cell], ended: Sequence[Result]) -> None:
        """The study has these cells, of which some have ended."""

    def cell(self, cell: Cell) -> None:
        """A cell begins."""

    def line(self, text: str) -> None:
        """A cell's process said so, and lives."""

    def result(self, result: Result) -> None:
        """A cell has ended."""


def run_study(
    study: StudyOptions,
    folder: Path,
    watcher: Watcher,
    retry_failed: bool = False,
) -> list[Result]:
    """Run what has not ended of a study, and return all results, in the order of the cells.

    Args:
        study: what to measure.
        folder: where; it may hold the same study, half done.
        watcher: told how it goes.
        retry_failed: run those again that have failed or were out of memory.

    Raises:
        StudyError: the folder holds another study, cannot be written to, or is in use.
        ModelError, TrainingError: a network or an option of a cell is none.
        KeyboardInterrupt: Ctrl-C; no process is left, and the study can go on.
    """
    cells = study.cells()
    for name in study.bases():  # what cannot be is told now
        architecture(name)
    for cell in cells:
        study.plan(cell, folder)
    _claim(study, folder)
    try:
        with FileLock(folder / ".lock", timeout=0):
            return _run(cells, folder, watcher, retry_failed)
    except Timeout as error:
        raise StudyError(f"{folder} is being worked on by another process: wait for it.") from error
    except OSError as error:
        raise StudyError(
            f"{folder} cannot be written to ({error.strerror}): free some space."
        ) from error


def _claim(study: StudyOptions, folder: Path) -> None:
    """Write what is asked for, or see that it is what the folder holds."""
    if (folder / STUDY).exists():
        changed = differences(study, load_study(folder))
        if changed:
            raise StudyError(
                f"{folder} holds a study with other {', '.join(changed)}: choose another folder with "
                f"-o, or go on with it by `fingerspell study -o {folder}`."
            )
    study.save(folder)
    for name in (CELLS, LOGS, RUNS):
        (folder / name).mkdir(exist_ok=True)


def _run(cells: list[Cell], folder: Path, watcher: Watcher, retry_failed: bool) -> list[Result]:
    ended = {result.cell: result for result in load_results(folder)}
    if retry_failed:
        ended = {cell: result for cell, result in ended.items() if result.status == Status.DONE}
    watcher.begin(cells, list(ended.values()))
    for cell in cells:
        if cell in ended:
            continue
        watcher.cell(cell)
        ended[cell] = run_cell(cell, folder, watcher.line)
        save_json(ended[cell].to_json(), folder / CELLS / f"{cell.key}.json")
        write_tables(folder, [ended[cell] for cell in cells if cell in ended])
        watcher.result(ended[cell])
    return [ended[cell] for cell in cells]


def run_cell(cell: Cell, folder: Path, on_line: Callable[[str], None]) -> Result:
    """Run one cell in a process of its own; what becomes of it is a result in any case."""
    run, log = folder / RUNS / cell.key, folder / LOGS / f"{cell.key}.log"
    shutil.rmtree(run, ignore_errors=True)
    killed_before, began = _killed_for_memory(), time.perf_counter()
    returned = _process(cell, folder, log, on_line)
    result = _told(cell, run / RESULT) or _untold(cell, returned, log)
    if result.status == Status.FAILED and _killed_for_memory() > killed_before:
        message = f"the system ended a process for want of memory ({result.message})"
        result = replace(result, status=Status.OUT_OF_MEMORY, message=message)
    if result.status != Status.DONE:
        result = replace(result, total_s=time.perf_counter() - began)
    return result


def _process(cell: Cell, folder: Path, log: Path, on_line: Callable[[str], None]) -> int:
    """Start a cell's process, wait for it, and return its exit code; nothing of it is left."""
    package = str(Path(__file__).parents[2])
    paths = [package, *filter(None, [os.environ.get("PYTHONPATH")])]
    with log.open("wb") as said:
        process = subprocess.Popen(  # noqa: S603 - our own module
            [sys.executable, "-m", "fingerspell.study.cell", str(folder), cell.key],
            stdin=subprocess.PIPE,  # open as long as this process lives; the cell ends with it
            stdout=said,
            stderr=said,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
            start_new_session=True,  # Ctrl-C is for this process; and all of the cell's can be ended
        )
        try:
            while process.poll() is None:
                with suppress(subprocess.TimeoutExpired):
                    process.wait(_INTERVAL_S)
                on_line(_last_line(log))
        finally:
            _end(process)
    return process.returncode


def _end(process: "subprocess.Popen[bytes]") -> None:
    """End a cell's process and all that it has started."""
    started = list[psutil.Process]()
    with suppress(psutil.NoSuchProcess):
        started = psutil.Process(process.pid).children(recursive=True)
    if hasattr(os, "killpg"):
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    process.kill()
    process.communicate()
    psutil.wait_procs(started, timeout=_LAST_S)


def _told(cell: Cell, path: Path) -> Result | None:
    """What the cell's process wrote, if it came so far."""
    if not path.exists():
        return None
    result = load_result(path)
    return result if result.cell == cell else None


def _untold(cell: Cell, returned: int, log: Path) -> Result:
    """The result of a process that ended before it could tell one."""
    cause = f"exit code {returned}"
    if returned < 0:
        cause = f"signal {-returned}, {signal.Signals(-returned).name}"
    last = _last_line(log)
    said = f": {last}" if last else ""
    return Result(cell, Status.FAILED, f"its process ended ({cause}){said} (see {LOGS}/{log.name})")


def _last_line(log: Path) -> str:
    """The end of what a process said."""
    lines = log.read_text("utf-8", "replace").strip().splitlines()
    return lines[-1].strip()[:_LONGEST_LINE] if lines else ""


def _killed_for_memory() -> int:
    """Processes that Linux has ended for want of memory since it started; 0 elsewhere."""
    try:
        text = Path("/proc/vmstat").read_text("utf-8")
    except OSError:
        return 0
    counts = dict(line.split() for line in text.splitlines())
    return int(counts.get("oom_kill", 0))


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
