"""Runs of a real MLflow store, as `fingerspell train` and as others log them."""

import re

import pytest
from mlflow import MlflowClient
from mlflow.entities import Metric
from streamlit.testing.v1 import AppTest

from fingerspell.app.results.tracked import Store
from fingerspell.app.small_print import escaped
from fingerspell.errors import AppError
from fingerspell.mlflow_store import tracking_uri

# MLflow warns of what it uses itself: of SQLAlchemy's loaders.
pytestmark = pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SADeprecationWarning")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Its store holds a run of ours that is done, and one of somebody else that is not."""
    runs = tmp_path_factory.mktemp("runs")
    client = MlflowClient(tracking_uri("local", runs))
    experiment = client.create_experiment("letters")
    ours = client.create_run(experiment, run_name="ours").info.run_id
    for epoch, accuracy in ((1, 0.5), (2, 0.75)):
        rows = {"epoch": float(epoch), "validation_accuracy": accuracy}
        client.log_batch(ours, [Metric(name, value, 0, epoch) for name, value in rows.items()])
    client.log_metric(ours, "test_accuracy", 0.7)
    client.set_terminated(ours)
    others = client.create_run(experiment, run_name="others").info.run_id
    client.log_metric(others, "loss", 3.25, step=4)
    return runs


def test_runs_with_what_was_measured_each_epoch(folder):
    store = Store("local", folder)
    runs = [store.run(name) for name in store.names]
    assert [run.name.split(" (")[0] for run in runs] == ["others", "ours"]  # the newest first
    assert [run.is_done for run in runs] == [False, True]
    assert runs[0].rows == ({"epoch": 4, "loss": 3.25},)
    assert runs[1].rows == (
        {"epoch": 1.0, "validation_accuracy": 0.5},
        {"epoch": 2.0, "validation_accuracy": 0.75},
    )


def test_a_server_that_is_not_there(folder):
    with pytest.raises(AppError, match=r"127\.0\.0\.1:9 does not show its runs .* check --tracking"):
        Store("http://127.0.0.1:9", folder)


def test_a_store_that_is_none(tmp_path):
    (tmp_path / "mlflow.db").write_bytes(b"not a database, but as long as one might be " * 100)
    with pytest.raises(AppError, match="local does not show its runs"):
        Store("local", tmp_path)


PAGE = """
from pathlib import Path
from fingerspell.app import settings
from fingerspell.app.results.results_page import show

settings.choose(settings.AppSettings(runs=Path({folder!r})))
show()
"""


def test_the_page_shows_runs_of_the_store(folder):
    page = AppTest.from_string(PAGE.format(folder=str(folder)), default_timeout=60).run()
    assert not page.exception
    assert not page.multiselect
    assert page.info[0].value.startswith("No training runs yet")
    page.segmented_control(key="results_place").set_value("MLflow: local").run()
    assert not page.exception
    [runs] = page.multiselect
    assert [name.split(" (")[0] for name in runs.options] == ["others", "ours"]
    table = page.get("html")[-1].proto.body
    assert re.search(r'<th scope="row">ours \(\w+\)</th><td class="number">2</td>', table)


def test_reports_of_a_run_are_shown_though_one_is_damaged(tmp_path):
    """A report in a run's folder is the run's and an evaluation's."""
    report = tmp_path / "one" / "report"
    report.mkdir(parents=True)
    (tmp_path / "one" / "metrics.csv").write_text("epoch,validation_accuracy\n1,0.5\n")
    (report / "report.html").write_text("page")
    (report / "half.png").write_bytes(b"half written")
    page = AppTest.from_string(PAGE.format(folder=str(tmp_path)), default_timeout=60).run()
    assert not page.exception
    assert escaped("half.png") in page.error[0].value
