"""Training runs in a folder, as `fingerspell train` leaves them; see `training.record`.

They are read as files, so that looking at results needs nothing of what training needs.
"""

import csv
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

METRICS, SUMMARY = "metrics.csv", "summary.json"
REPORTS = (".png", ".html")
DEPTH = 3  # folders below the given one in which runs are looked for
EPOCH = "epoch"


@dataclass(frozen=True)
class Run:
    """One training run.

    Attributes:
        name: its folder, from the folder of all runs.
        folder: where it is.
        rows: one an epoch; what is no number is left out.
        summary: the figures of the end; {} while it goes on.
    """

    name: str
    folder: Path
    rows: tuple[dict[str, float], ...]
    summary: dict[str, Any] = field(default_factory=dict)

    @property
    def is_done(self) -> bool:
        """Whether the run has come to its end."""
        return bool(self.summary)

    @property
    def metrics(self) -> tuple[str, ...]:
        """What was measured each epoch."""
        return tuple(dict.fromkeys(name for row in self.rows for name in row if name != EPOCH))


def find_runs(folder: Path) -> list[Run]:
    """The runs in a folder and the folders in it, by name; those that cannot be read are left out."""
    found = []
    for depth in range(1, DEPTH + 1):
        for path in folder.glob("*/" * depth + METRICS):
            rows = _rows(path)
            if rows:
                name = path.parent.relative_to(folder).as_posix()
                found.append(Run(name, path.parent, rows, _summary(path.with_name(SUMMARY))))
    return sorted(found, key=lambda run: run.name)


def curves(runs: Iterable[Run], metric: str) -> dict[str, list[Any]]:
    """One metric of several runs, in long form: columns `run`, `epoch` and the metric."""
    table: dict[str, list[Any]] = {"run": [], EPOCH: [], metric: []}
    for run in runs:
        for number, row in enumerate(run.rows):
            if metric in row:
                table["run"].append(run.name)
                table[EPOCH].append(row.get(EPOCH, float(number)))
                table[metric].append(row[metric])
    return table


def find_models(folder: Path) -> list[Path]:
    """Exported models in a folder and the folders in it."""
    patterns = ["*/" * depth + "*.onnx" for depth in range(DEPTH + 1)]
    return sorted(path for pattern in patterns for path in folder.glob(pattern))


def find_reports(run: Path) -> list[Path]:
    """Pictures and pages in the run's folder `report`."""
    return sorted(path for path in run.glob("report/*") if path.suffix in REPORTS)


def _rows(path: Path) -> tuple[dict[str, float], ...]:
    try:
        with path.open(newline="", encoding="utf-8") as file:
            return tuple(_numbers(row) for row in csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error):
        return ()


def _numbers(row: dict[str, str]) -> dict[str, float]:
    numbers = {}
    for name, text in row.items():
        try:
            numbers[name] = float(text)
        except (TypeError, ValueError):
            continue
    return numbers


def _summary(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return document if isinstance(document, dict) else {}
