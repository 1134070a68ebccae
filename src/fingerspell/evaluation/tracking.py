"""An evaluation on an MLflow server: figures by name, and all files of the report."""

from collections.abc import Mapping, Sequence

from fingerspell.evaluation.evaluate import Evaluation
from fingerspell.evaluation.report import Report
from fingerspell.mlflow_store import (
    client_of,
    log_files,
    log_parameters,
    new_run,
    reported,
    tracking_uri,
)


def send(
    evaluations: Sequence[Evaluation],
    report: Report,
    address: str,
    experiment: str,
    name: str,
    tags: Mapping[str, str],
) -> None:
    """Log an evaluation as one run.

    Args:
        evaluations: one a model.
        report: of these; a local store lies beside its folder, as it lies beside runs.
        address: `local`, an MLflow address such as http://localhost:5000, or dagshub://user/repo.
        experiment: its name on the server; made where it is missing.
        name: of the run; the report's folder where none is given.
        tags: of the run, besides its kind.

    Raises:
        TrackingError: the server does not answer, or does not let us in.
    """
    folder = report.page.parent
    runs = folder.resolve().parent
    client = client_of(tracking_uri(address, runs))
    with reported(address):
        all_tags = {"kind": "evaluation", **tags}
        run_id = new_run(client, address, runs, experiment, name or folder.resolve().name, all_tags)
        log_parameters(client, run_id, _parameters(evaluations))
        for figure, value in report.metrics.items():
            client.log_metric(run_id, _plain(figure), value)
        log_files(client, run_id, {str(file.relative_to(folder)): file for file in report.files})
        client.set_terminated(run_id)


def _parameters(evaluations: Sequence[Evaluation]) -> dict[str, str]:
    """Which models, and which images."""
    parameters = {}
    for number, evaluation in enumerate(evaluations, 1):
        parameters[f"model_{number}"] = evaluation.facts.model
        parameters[f"model_{number}_sha256"] = evaluation.facts.sha256
        for on_set in evaluation.on_sets:
            pictures = on_set.pictures
            parameters[f"data_{_plain(pictures.name)}"] = str(pictures.index.root)
            parameters[f"n_{_plain(pictures.name)}"] = str(len(pictures))
    return parameters


def _plain(name: str) -> str:
    """A name of the characters that MLflow takes."""
    return "".join(each if each.isalnum() or each in "_-./ " else "_" for each in name)
