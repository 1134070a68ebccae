"""Training runs that MLflow holds: in the store that lies with the runs, on a server, or on DagsHub."""

from contextlib import AbstractContextManager
from pathlib import Path

from mlflow.entities import Run as TrackedRun

from fingerspell.app.results.runs import EPOCH, Run
from fingerspell.errors import AppError
from fingerspell.mlflow_store import client_of, mlflow_failing, tracking_uri

MOST_RUNS = 100  # the newest


class Store:
    """MLflow's runs, the newest first.

    Args:
        address: `local`, MLflow's address, or dagshub://user/repo.
        folder: of runs, where the local store lies.

    Raises:
        AppError: it does not answer, or does not let us in.
        TrackingError: DagsHub is asked for without a token, or without a repository.
    """

    def __init__(self, address: str, folder: Path) -> None:
        self._address = address
        uri = tracking_uri(address, folder)
        with self._reported():
            self._client = client_of(uri)
            experiments = [each.experiment_id for each in self._client.search_experiments()]
            order = ["attributes.start_time DESC"]
            found = self._client.search_runs(experiments, max_results=MOST_RUNS, order_by=order)
        # Names need not be unique in MLflow.
        self._runs = {f"{run.info.run_name} ({run.info.run_id[:6]})": run for run in found}

    @property
    def names(self) -> list[str]:
        """What the runs are called."""
        return list(self._runs)

    def run(self, name: str) -> Run:
        """One run with what was measured each epoch.

        Raises:
            AppError: the store does not answer.
        """
        tracked = self._runs[name]
        with self._reported():
            return Run(name, self._rows(tracked), tracked.info.status == "FINISHED")

    def _rows(self, tracked: TrackedRun) -> tuple[dict[str, float], ...]:
        """A row a step; figures of the end, which have no epoch where others do, are left out."""
        steps: dict[int, dict[str, float]] = {}
        for name in tracked.data.metrics:
            for metric in self._client.get_metric_history(tracked.info.run_id, name):
                steps.setdefault(metric.step, {})[name] = metric.value
        if EPOCH in tracked.data.metrics:
            return tuple(row for _, row in sorted(steps.items()) if EPOCH in row)
        return tuple({EPOCH: step, **row} for step, row in sorted(steps.items()))

    def _reported(self) -> AbstractContextManager[None]:
        return mlflow_failing(
            lambda line: AppError(
                f"{self._address} does not show its runs ({line}): check --tracking and the network."
            )
        )
