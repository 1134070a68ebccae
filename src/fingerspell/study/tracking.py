"""A study on an MLflow server: a run for the study, and nested in it a run for each cell."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from mlflow.utils.mlflow_tags import MLFLOW_PARENT_RUN_ID

from fingerspell.study.grid import RUNS, StudyOptions, as_flat
from fingerspell.study.report import FIGURES, PAGE
from fingerspell.study.report.findings import EPOCHS
from fingerspell.study.results import CSV, STUDY, SUMMARY, Result, Status, row_of
from fingerspell.training.record import load_json, save_json
from fingerspell.training.tracking import Tracker

_SENT = "sent.json"  # in a cell's run folder: where its result has been logged


def send(
    study: StudyOptions,
    folder: Path,
    results: Sequence[Result],
    address: str,
    experiment: str,
    name: str = "",
    tags: Mapping[str, str] | None = None,
) -> None:
    """Log what has not been logged yet.

    Args:
        study: what was asked for, which becomes the parent run's parameters.
        folder: the study's; a local store lies beside it, as it lies beside runs.
        results: of the cells that have ended.
        address: as for `Tracker`.
        experiment: its name on the server.
        name: of the study's run there; its folder's where none is given.
        tags: of that run and of the cells' runs, besides their kind.

    Raises:
        TrackingError: the server does not answer, or does not let us in.
    """
    parameters = {name: str(value) for name, value in as_flat(study).items()}
    tags = dict(tags or {})
    parent = Tracker(
        address, experiment, folder, folder.parent, parameters, {"kind": "study", **tags}, name=name
    )
    for result in results:
        run = folder / RUNS / result.cell.key
        sent = load_json(run / _SENT) if (run / _SENT).exists() else {}
        if sent != {"address": address, "status": result.status}:
            of_cell = {MLFLOW_PARENT_RUN_ID: parent.run_id, "kind": "cell", **tags}
            _send_cell(result, run, folder.parent, address, experiment, of_cell)
    charts = sorted(path.name for path in folder.glob("*.png"))
    files = {name: folder / name for name in (STUDY, CSV, EPOCHS, SUMMARY, PAGE, FIGURES, *charts)}
    there = {name: file for name, file in files.items() if file.exists()}
    parent.finish({"cells": len(results)}, there, None)


def _send_cell(
    result: Result, run: Path, runs: Path, address: str, experiment: str, tags: Mapping[str, str]
) -> None:
    run.mkdir(parents=True, exist_ok=True)
    row = row_of(result)
    figures = {
        name: float(value)
        for name, value in row.items()
        if isinstance(value, int | float) and name not in vars(result.cell)
    }
    changing = {"status", "message", *figures}  # a cell may be run again, and parameters are for good
    parameters = {name: value for name, value in row.items() if name not in changing}
    tracker = Tracker(address, experiment, run, runs, parameters, tags)
    for epoch, seconds in enumerate(result.epoch_s, 1):
        tracker.epoch({"epoch": epoch, "train_seconds": seconds}, is_best=False)
    if result.status == Status.DONE:
        tracker.finish(figures, {}, None)
    else:
        tracker.stop()
    save_json({"address": address, "status": result.status}, run / _SENT)
