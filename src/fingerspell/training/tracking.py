"""Training runs sent to MLflow: `mlflow_store` knows where that is."""

import logging
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import onnx
from mlflow.entities import Metric
from mlflow.models import ModelSignature
from mlflow.types import Schema, TensorSpec
from numpy import dtype

from fingerspell.errors import TrackingError
from fingerspell.mlflow_store import (
    answers,
    client_of,
    log_files,
    log_parameters,
    new_run,
    reported,
    tracking_uri,
)
from fingerspell.models.checkpoint import name_of_run
from fingerspell.training.record import Row, load_json, save_json

_log = logging.getLogger(__name__)

TRACKED = "tracking.json"  # in a run's folder: where it is tracked
FINISHED = "finished"  # in that file: the server has the end of the run too


class Tracker:
    """One run on a server; the same one again where the folder has been tracked before.

    Args:
        address: `local`, an MLflow address such as http://localhost:5000, or dagshub://user/repo.
        experiment: its name on the server; made where it is missing.
        folder: the run's, or its fold's.
        runs: the folder of runs, where the local store lies.
        parameters: of the run. Those that MLflow knows otherwise, which it never forgets, become tags
            `changed.NAME`: a run may go on with other devices.
        tags: of the run, such as the recipe.
        rows: of epochs that are done already; those that the server lacks are sent.
        name: of a new run there; the folder's where none is given.

    Raises:
        TrackingError: the server does not answer, or does not let us in.
    """

    def __init__(
        self,
        address: str,
        experiment: str,
        folder: Path,
        runs: Path,
        parameters: Mapping[str, Any],
        tags: Mapping[str, str],
        rows: Sequence[Row] = (),
        name: str = "",
    ) -> None:
        self.address, self.folder, self.runs, self.name = address, folder, runs, name
        self.uri = tracking_uri(address, runs)
        self.unsent: list[Row] = []
        self._is_away = False
        with reported(address):
            self.client = client_of(self.uri)
            self.run_id = self._found() or self._created(experiment, tags)
            self._log_parameters({name: str(value) for name, value in parameters.items()})
            sent = {each.step for each in self.client.get_metric_history(self.run_id, "epoch")}
        self.unsent.extend(row for row in rows if row["epoch"] not in sent)

    def _log_parameters(self, parameters: Mapping[str, str]) -> None:
        data = self.client.get_run(self.run_id).data
        known = data.params
        new = {name: value for name, value in parameters.items() if name not in known}
        log_parameters(self.client, self.run_id, new)
        for name, value in parameters.items():
            if known.get(name, value) != value or f"changed.{name}" in data.tags:
                self.client.set_tag(self.run_id, f"changed.{name}", value)

    def batch(self, epoch: int, done: int, total: int) -> None:
        """Batches are not tracked."""

    def epoch(self, row: Row, is_best: bool, before: float | None = None) -> None:  # noqa: ARG002
        """Log a row's figures; where the server is away for a while, they are sent with the next.

        Both are said once.
        """
        self.unsent.append(row)
        if self._is_away and not answers(self.uri):
            return
        try:
            self._send()
        except TrackingError as error:
            if not self._is_away:
                _log.warning("%s Training goes on; what is missed is sent later.", error)
            self._is_away = True
            return
        if self._is_away:
            _log.warning("%s is back and has all epochs.", self.address)
        self._is_away = False

    def _send(self) -> None:
        now_ms = round(time.time() * 1000)
        with reported(self.address):
            for row in list(self.unsent):
                epoch = int(row["epoch"])
                metrics = [Metric(name, float(value), now_ms, epoch) for name, value in row.items()]
                self.client.log_batch(self.run_id, metrics=metrics)
                self.unsent.remove(row)

    def finish(
        self, figures: Mapping[str, float], files: Mapping[str, Path], model: Path | None
    ) -> None:
        """Log the figures of the end, files, and the exported model with its signature.

        Args:
            figures: by name.
            files: by their place in the run.
            model: an ONNX file that `export` wrote.
        """
        self._send()
        with reported(self.address):
            for name, value in figures.items():
                self.client.log_metric(self.run_id, name, value)
            log_files(self.client, self.run_id, files)
            if model is not None:
                self._log_model(model)
            self.client.set_terminated(self.run_id)
        tracked = {"address": self.address, "run_id": self.run_id, FINISHED: True}
        save_json(tracked, self.folder / TRACKED)

    def stop(self, status: str = "KILLED") -> None:
        """Say that the run has come to no end, and may go on: it was KILLED, or has FAILED."""
        with reported(self.address):
            self.client.set_terminated(self.run_id, status)

    def _log_model(self, model: Path) -> None:
        """As ONNX: what loads it needs no code of ours, and nothing is unpickled."""
        import mlflow.onnx  # noqa: PLC0415  (warns as it is imported)

        pictures = TensorSpec(dtype("uint8"), (-1, -1, -1, 3), "pictures")
        probabilities = TensorSpec(dtype("float32"), (-1, -1), "probabilities")
        mlflow.set_tracking_uri(self.uri)
        with mlflow.start_run(self.run_id):
            mlflow.onnx.log_model(
                onnx.load(model),
                name="model",
                signature=ModelSignature(Schema([pictures]), Schema([probabilities])),
                pip_requirements=["onnxruntime", "numpy"],
                save_as_external_data=False,
            )

    def _found(self) -> str | None:
        """The run that this folder is tracked as, if it is on this server."""
        path = self.folder / TRACKED
        tracked = load_json(path) if path.exists() else {}
        if tracked.get("address") != self.address:
            return None
        run_id = str(tracked["run_id"])
        self.client.set_terminated(run_id, "RUNNING")
        return run_id

    def _created(self, experiment: str, tags: Mapping[str, str]) -> str:
        name = self.name or name_of_run(self.folder)
        run_id = new_run(self.client, self.address, self.runs, experiment, name, tags)
        save_json({"address": self.address, "run_id": run_id}, self.folder / TRACKED)
        return run_id


def is_finished(folder: Path, address: str) -> bool:
    """Whether the server has all of the run, or the fold, in this folder."""
    path = folder / TRACKED
    tracked = load_json(path) if path.exists() else {}
    return tracked.get("address") == address and bool(tracked.get(FINISHED))
