"""A study in MLflow's local store: the study's run, and in it one for each cell."""

import shutil

import mlflow
import pytest
from tests.study.worlds import COSTS, measure, model_of

from fingerspell.study.results import Cell
from fingerspell.study.tracking import send

pytestmark = [
    pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SADeprecationWarning"),
    pytest.mark.filterwarnings("ignore:.*type hint is inferred:UserWarning"),
]


def test_charts_names_and_tags_of_ones_own(study_of, tmp_path, empty_store):
    shutil.copy(empty_store, tmp_path / "mlflow.db")
    folder = tmp_path / "mine"
    folder.mkdir()
    for name in ("time_lines.png", "report.html", "epochs.csv"):
        (folder / name).write_text("x")
    results = [measure(Cell("aslnet", "single", 1, 64), model_of(COSTS))]
    send(study_of(), folder, results, "local", "signs", "evening", {"room": "dark"})
    client = mlflow.MlflowClient(f"sqlite:///{tmp_path / 'mlflow.db'}")
    runs = client.search_runs([client.get_experiment_by_name("signs").experiment_id])
    by_kind = {run.data.tags["kind"]: run for run in runs}
    assert {kind: run.data.tags["room"] for kind, run in by_kind.items()} == {
        "study": "dark",
        "cell": "dark",
    }
    assert by_kind["study"].info.run_name == "evening"
    assert by_kind["cell"].info.run_name == results[0].cell.key
    assert by_kind["cell"].data.tags["mlflow.parentRunId"] == by_kind["study"].info.run_id
    files = {file.path for file in client.list_artifacts(by_kind["study"].info.run_id)}
    assert files == {"time_lines.png", "report.html", "epochs.csv"}
