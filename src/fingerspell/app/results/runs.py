"""Training runs in a folder, as `fingerspell train` leaves them; pages of studies and evaluations.

They are read as files, so that looking at results needs nothing of what training needs.
"""

import csv
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

METRICS, SUMMARY = "metrics.csv", "summary.json"
STORE, ARTIFACTS = "mlflow.db", "mlflow-artifacts"
REPORTS, PAGE, FIGURES = (".png", ".html"), "report.html", "report.json"
DEPTH = 3  # folders below the given one in which runs are looked for
EPOCH = "epoch"


@dataclass(frozen=True)
class Run:
    """One training run.

    Attributes:
        name: its folder, from the folder of all runs, or what MLflow calls it.
        rows: one an epoch; what is no number is left out.
        is_done: whether it has come to its end.
        folder: where it is; None if it is known from MLflow only.
    """

    name: str
    rows: tuple[dict[str, float], ...]
    is_done: bool
    folder: Path | None = None

    @property
    def metrics(self) -> tuple[str, ...]:
        """What was measured each epoch."""
        return tuple(dict.fromkeys(name for row in self.rows for name in row if name != EPOCH))


def find_runs(folder: Path) -> list[Run]:
    """The runs in a folder and the folders in it, by name; those that cannot be read are left out."""
    found = []
    for path in _find(folder, METRICS):
        rows = _rows(path)
        if rows and path.parent != folder:
            name = path.parent.relative_to(folder).as_posix()
            found.append(Run(name, rows, _is_done(path.with_name(SUMMARY)), path.parent))
    return sorted(found, key=lambda run: run.name)


def metric_title(name: str) -> str:
    """A metric as people call it.

    >>> [metric_title(name) for name in ("validation_accuracy", "images_per_s", "epoch_s")]
    ['Validation accuracy', 'Images per second', 'Epoch, seconds']
    """
    for suffix, words in (("_per_s", " per second"), ("_s", ", seconds"), ("_mb", ", MB")):
        if name.endswith(suffix):
            name = name.removesuffix(suffix) + words
            break
    return name.replace("_", " ").capitalize().replace(", mb", ", MB")


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
    return _find(folder, "*.onnx")


def find_pages(folder: Path) -> list[Path]:
    """The pages of studies and evaluations in a folder and the folders in it."""
    return _find(folder, PAGE)


@dataclass(frozen=True)
class Evaluated:
    """What an evaluation found of one model."""

    model: str
    data: str
    n: int
    accuracy: float


def read_evaluation(folder: Path) -> list[Evaluated]:
    """The figures of an evaluation in a folder; [] where none, or something else, is there."""
    try:
        documents = json.loads((folder / FIGURES).read_text("utf-8"))
        return [
            Evaluated(str(each["model"]), str(each["data"]), int(each["n"]), float(each["accuracy"]))
            for each in documents
        ]
    except (OSError, ValueError, TypeError, KeyError):
        return []


def find_reports(folder: Path) -> list[Path]:
    """Pictures and pages in a folder."""
    return sorted(path for path in folder.glob("*") if path.suffix in REPORTS)


def _find(folder: Path, pattern: str) -> list[Path]:
    """Files by name, without the copies that MLflow keeps."""
    found = (path for depth in range(DEPTH + 1) for path in folder.glob("*/" * depth + pattern))
    return sorted(path for path in found if path.relative_to(folder).parts[0] != ARTIFACTS)


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


def _is_done(summary: Path) -> bool:
    try:
        return bool(json.loads(summary.read_text("utf-8")))
    except (OSError, ValueError):
        return False
