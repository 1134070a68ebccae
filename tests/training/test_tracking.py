"""Tracking against MLflow itself: its local store, and a server started here."""

import logging
import os
import shutil
import socket
import subprocess
import sys
from dataclasses import replace
from types import SimpleNamespace

import mlflow
import numpy as np
import pytest
from tests.training.conftest import write_pictures

from fingerspell.data.decode import PackSpec
from fingerspell.data.pack import pack
from fingerspell.data.remember import remembered_scan
from fingerspell.errors import TrackingError, TrainingError
from fingerspell.mlflow_store import TOKEN, tracking_uri
from fingerspell.progress import silent
from fingerspell.training.options import Strategy
from fingerspell.training.record import load_json
from fingerspell.training.run import _name_there, train
from fingerspell.training.tracking import Tracker, is_finished

# MLflow warns of what it uses itself: of SQLAlchemy's loaders, and of its own type hints.
pytestmark = [
    pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SADeprecationWarning"),
    pytest.mark.filterwarnings("ignore:.*type hint is inferred:UserWarning"),
]


@pytest.fixture
def store(tmp_path, empty_store):
    """The local store of runs beside each other, which has none yet."""
    (tmp_path / "runs").mkdir()
    return shutil.copy(empty_store, tmp_path / "runs" / "mlflow.db")


@pytest.fixture
def server(tmp_path):
    """The address of an MLflow server."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    store = f"sqlite:///{tmp_path / 'server.db'}"
    options = ["--backend-store-uri", store, "--artifacts-destination", str(tmp_path / "artifacts")]
    place = ["--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    process = subprocess.Popen(
        [sys.executable, "-m", "mlflow", "server", *options, *place],
        stderr=subprocess.STDOUT,
        stdout=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
    )
    assert process.stdout
    for line in process.stdout:
        if "Application startup complete" in line:
            break
    yield f"http://127.0.0.1:{port}"
    process.terminate()
    process.communicate(timeout=60)


def assert_tracked(client, plan, predicts):
    """The run is there with all that belongs to it."""
    run = client.get_run(load_json(plan.folder / "tracking.json")["run_id"])
    assert run.info.status == "FINISHED"
    assert run.info.run_name == plan.folder.name
    assert run.data.params["optimizer"] == "adamw"
    assert run.data.params["n_train"] == "126"
    assert run.data.tags["recipe"] == "test"
    history = client.get_metric_history(run.info.run_id, "validation_accuracy")
    assert [metric.step for metric in history] == [1, 2]
    files = {file.path for file in client.list_artifacts(run.info.run_id)}
    assert {"config.yaml", "metrics.csv", "report", "checkpoints", "split.json"} <= files
    assert predicts(run)


@pytest.mark.slow
def test_a_real_server_gets_everything(plan_of, server, monkeypatch):
    plan = replace(plan_of("run", epochs=2), tracking=server, experiment="signs")
    train(plan, silent)
    client = mlflow.MlflowClient(server)

    def predicts(run):
        """The logged model reads pictures, and says what it takes and gives."""
        mlflow.set_tracking_uri(server)
        model = mlflow.pyfunc.load_model(f"runs:/{run.info.run_id}/model")
        assert model.metadata.signature.inputs.input_names() == ["pictures"]
        said = model.predict({"pictures": np.zeros((2, 40, 30, 3), np.uint8)})
        return said["probabilities"].shape == (2, 29)

    assert_tracked(client, plan, predicts)
    assert client.get_experiment_by_name("signs") is not None


@pytest.mark.usefixtures("store")
def test_the_local_store_and_a_run_that_goes_on(plan_of, tmp_path):
    own = {"run_name": "evening", "tags": {"room": "dark"}}
    plan = replace(plan_of("run", epochs=1), tracking="local", **own)
    train(plan, silent)
    first = load_json(plan.folder / "tracking.json")["run_id"]
    (plan.folder / "summary.json").unlink()
    train(plan, silent)
    assert load_json(plan.folder / "tracking.json")["run_id"] == first
    client = mlflow.MlflowClient(f"sqlite:///{plan.folder.parent / 'mlflow.db'}")
    tracked = client.get_run(first)
    assert (tracked.info.status, tracked.info.run_name) == ("FINISHED", "evening")
    assert (tracked.data.tags["room"], tracked.data.tags["recipe"]) == ("dark", "test")


@pytest.mark.parametrize(("folder", "name"), [("run", "evening"), ("run/fold-2", "evening/fold-2")])
def test_each_fold_has_the_name_of_ones_own(plan_of, tmp_path, folder, name):
    plan = replace(plan_of("run"), run_name="evening")
    record = SimpleNamespace(folder=tmp_path / "runs" / folder)
    assert _name_there(SimpleNamespace(plan=plan, record=record)) == name


@pytest.mark.slow
def test_a_run_goes_on_elsewhere_with_other_devices(plan_of, tmp_path, monkeypatch):
    """MLflow never changes a parameter; a store that is new to the run gets the epochs before, too."""
    monkeypatch.chdir(tmp_path)  # where such a store keeps its files
    plan = replace(plan_of("run", epochs=1), tracking="local")
    train(plan, silent)
    learning = replace(plan.options.learning, epochs=2)
    device = replace(plan.options.device, strategy=Strategy.DDP)
    more = replace(plan, options=replace(plan.options, learning=learning, device=device))
    (plan.folder / "summary.json").unlink()
    train(more, silent)
    client = mlflow.MlflowClient(f"sqlite:///{plan.folder.parent / 'mlflow.db'}")
    run = client.get_run(load_json(plan.folder / "tracking.json")["run_id"])
    assert (run.data.params["strategy"], run.data.tags["changed.strategy"]) == ("auto", "ddp")
    assert run.info.status == "FINISHED"

    (plan.folder / "summary.json").unlink()
    train(replace(plan, options=replace(plan.options, learning=learning)), silent)
    assert client.get_run(run.info.run_id).data.tags["changed.strategy"] == "auto"

    other = f"sqlite:///{tmp_path / 'other.db'}"
    (plan.folder / "summary.json").unlink()
    train(replace(more, tracking=other), silent)
    client = mlflow.MlflowClient(other)
    run = client.get_run(load_json(plan.folder / "tracking.json")["run_id"])
    history = client.get_metric_history(run.info.run_id, "train_loss")
    assert [metric.step for metric in history] == [1, 2]
    assert run.data.params["strategy"] == "ddp"


@pytest.mark.slow
@pytest.mark.usefixtures("store")
def test_a_run_ends_well_where_a_picture_is_damaged_and_the_rest_is_gone(plan_of, tmp_path, caplog):
    """The exported model is proved on pictures of the split; without any, the run is tracked alone."""
    data = write_pictures(tmp_path / "set", "ABCDEF", 30)
    for path in sorted((data / "A").iterdir())[::2]:
        path.write_bytes(b"no picture")
    plan = replace(plan_of("damaged", epochs=1), data=data, tracking="local")
    with caplog.at_level(logging.WARNING):
        train(plan, silent)
    client = mlflow.MlflowClient(f"sqlite:///{plan.folder.parent / 'mlflow.db'}")
    run = client.get_run(load_json(plan.folder / "tracking.json")["run_id"])
    assert (run.info.status, len(run.outputs.model_outputs)) == ("FINISHED", 1)
    assert "is not tracked" not in caplog.text

    packed = pack(remembered_scan(data, tmp_path).index, tmp_path / "packs", PackSpec(32))
    shutil.rmtree(data)
    plan = replace(plan_of("packed", epochs=1), data=packed.folder, tracking="local")
    with caplog.at_level(logging.WARNING):
        train(plan, silent)
    assert "the model itself is not tracked: the images that" in caplog.text
    run = client.get_run(load_json(plan.folder / "tracking.json")["run_id"])
    assert (run.info.status, run.outputs.model_outputs) == ("FINISHED", [])


@pytest.mark.usefixtures("store")
def test_a_run_that_fails_is_not_left_running(plan_of):
    plan = plan_of("run", optimizer="sgd", lr=100.0, momentum=0.999, epochs=100)
    with pytest.raises(TrainingError, match="the loss became NaN"):
        train(replace(plan, tracking="local"), silent)
    client = mlflow.MlflowClient(f"sqlite:///{plan.folder.parent / 'mlflow.db'}")
    run = client.get_run(load_json(plan.folder / "tracking.json")["run_id"])
    assert run.info.status == "FAILED"


def test_addresses(tmp_path, monkeypatch):
    monkeypatch.setenv(TOKEN, "secret")
    monkeypatch.delenv("MLFLOW_TRACKING_USERNAME", raising=False)
    monkeypatch.delenv("MLFLOW_TRACKING_PASSWORD", raising=False)
    assert tracking_uri("http://localhost:5000", tmp_path) == "http://localhost:5000"
    assert tracking_uri("local", tmp_path) == f"sqlite:///{tmp_path}/mlflow.db"
    assert tracking_uri("dagshub://ann/signs", tmp_path) == "https://dagshub.com/ann/signs.mlflow"
    assert os.environ["MLFLOW_TRACKING_USERNAME"] == "secret"
    with pytest.raises(TrackingError, match="names no repository"):
        tracking_uri("dagshub://ann", tmp_path)
    monkeypatch.delenv(TOKEN)
    monkeypatch.delenv("MLFLOW_TRACKING_PASSWORD")
    with pytest.raises(TrackingError, match=f"needs your token: set {TOKEN}"):
        tracking_uri("dagshub://ann/signs", tmp_path)


def test_a_server_that_does_not_answer_is_one_sentence_and_nothing_is_made(plan_of):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        plan = replace(plan_of("run"), tracking=f"http://127.0.0.1:{closed.getsockname()[1]}")
        with pytest.raises(TrackingError, match=r"does not take the run .* check the address"):
            train(plan, silent)
    assert not plan.folder.parent.exists()


def test_a_server_that_goes_away_and_comes_back_has_all_epochs(store, caplog, monkeypatch):
    tracker = Tracker("local", "letters", store.parent, store.parent, {}, {})
    log_batch = tracker.client.log_batch

    def fails(*_args, **_more):
        raise mlflow.exceptions.MlflowException("the server is away")

    def log(epoch):
        tracker.epoch({"epoch": epoch, "train_loss": 1 / epoch}, is_best=False)

    log(1)
    monkeypatch.setattr(tracker.client, "log_batch", fails)
    log(2)
    log(3)
    monkeypatch.setattr(tracker.client, "log_batch", log_batch)
    log(4)
    history = tracker.client.get_metric_history(tracker.run_id, "train_loss")
    assert [metric.step for metric in history] == [1, 2, 3, 4]
    ours = [each for each in caplog.records if each.name == "fingerspell.training.tracking"]
    away, back = (each.getMessage() for each in ours)
    assert away.endswith("Training goes on; what is missed is sent later.")
    assert back == "local is back and has all epochs."


@pytest.mark.slow
@pytest.mark.usefixtures("store")
def test_what_a_server_missed_of_the_end_is_sent_by_going_on(plan_of, caplog, monkeypatch):
    plan = replace(plan_of("run", epochs=1), tracking="local")

    def fails(*_args):
        raise TrackingError("local does not take the run (it is away).")

    with monkeypatch.context() as patched:
        patched.setattr(Tracker, "finish", fails)
        assert train(plan, silent)["test"]["n"] > 0
    assert f"to send what is missing: fingerspell train --resume {plan.folder}" in caplog.text
    client = mlflow.MlflowClient(f"sqlite:///{plan.folder.parent / 'mlflow.db'}")
    run_id = load_json(plan.folder / "tracking.json")["run_id"]
    assert client.get_run(run_id).info.status == "RUNNING"
    train(plan, silent)
    assert client.get_run(run_id).info.status == "FINISHED"
    assert client.get_run(run_id).data.metrics["final_test_accuracy"] >= 0
    assert is_finished(plan.folder, "local")


def test_a_local_store_that_is_damaged(tmp_path):
    (tmp_path / "mlflow.db").write_bytes(b"not a database, but as long as one might be " * 100)
    with pytest.raises(TrackingError, match=r"local does not take the run .* or use --tracking none"):
        Tracker("local", "letters", tmp_path / "run", tmp_path, {}, {})
