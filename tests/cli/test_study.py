"""`fingerspell study` as a user meets it: exit codes, both streams, and the files it leaves."""

import csv
import json
import shutil
import subprocess
import sys

import pytest
from mlflow import MlflowClient
from tests.study.conftest import write_jpegs
from typer.testing import CliRunner

from fingerspell.cli import app
from fingerspell.training.settings import settings


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return lambda *args: CliRunner().invoke(app, ["study", *(str(a) for a in args)])


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return write_jpegs(tmp_path_factory.mktemp("data") / "set", "ABCD", 20)


QUICK = ("--models", "tiny", "--accelerator", "cpu", "--epochs", 1, "--lr", 0.01)


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        ((), 1, "error: study holds no study: begin one with `fingerspell study --data DIR -o study`"),
        (
            ("--models", "tiny"),
            1,
            "error: the command line names no images: give a data set's folder",
        ),
        (("--data", "x"), 1, "error: a study needs networks: name some with --models"),
        (("--data", "x", "--models", "tiny", "--bach-size", 3), 2, "--batch-size"),
        (("--data", "x", "--models", "tiny", "--seed", 3), 2, "No such option: --seed"),
        (("--data", "x", "--models", "tiny", "--batch-size", "3,many"), 1, "not a whole number"),
        (("--data", "x", "--models", "tiny", "--loading", "pakced"), 1, "did you mean 'packed'?"),
        (("--data", "x", "--models", "tyni"), 1, "did you mean tiny?"),
        (("--data", "x", "--recipe", "dexnt"), 1, "did you mean 'dexnet'?"),
        (("--config", "nowhere.yaml"), 1, "error: nowhere.yaml cannot be read"),
        (("--report-only", "-o", "nowhere"), 1, "error: nowhere holds no study"),
        (("--report-only", "--models", "tiny"), 1, "--report-only measures nothing"),
    ],
)
def test_what_cannot_be_is_told_in_a_sentence(run, arguments, code, message):
    result = run(*arguments)
    text = " ".join(result.stderr.replace("│", " ").split())
    assert (result.exit_code, result.stdout) == (code, "")
    assert message in text
    assert "Traceback" not in text


def test_a_file_says_the_same_and_its_keys_are_checked(run, tmp_path):
    (tmp_path / "study.yaml").write_text("models: tiny\nbach_size: [3]\n")
    result = run("--config", "study.yaml", "--data", "x")
    assert result.exit_code == 1
    assert (
        "study.yaml sets 'bach_size', which is not an option of a study: did you mean" in result.stderr
    )


def test_help_documents_every_option(run):
    text = run("--help").stdout
    for setting in settings():
        is_shown = f"--{setting.name.replace('_', '-')} " in text
        assert is_shown == (setting.name not in {"model", "seed", "folds", "nodes"}), setting.name
    assert "--models" in text


def test_a_study_of_one_cell(run, data, tmp_path, empty_store):
    shutil.copy(empty_store, tmp_path / "mlflow.db")
    result = run(*QUICK, "--data", data, "--loading", "packed", "-o", "s", "--json")
    assert result.exit_code == 0, result.stderr
    document = json.loads(result.stdout)
    [cell] = document["cells"]
    assert (cell["status"], cell["cell"]["model"]) == ("done", "tiny")
    assert (tmp_path / document["report"]).exists()
    assert len(result.stderr.splitlines()) == 1  # a line a cell
    client = MlflowClient(f"sqlite:///{tmp_path / 'mlflow.db'}")
    experiment = client.get_experiment_by_name("study")
    one, other = client.search_runs([experiment.experiment_id])
    parent, nested = (one, other) if one.data.tags["kind"] == "study" else (other, one)
    assert nested.data.tags["mlflow.parentRunId"] == parent.info.run_id
    assert nested.data.metrics["images_per_s"] == cell["images_per_s"]
    again = run("-o", "s")
    assert again.exit_code == 0
    assert "1 of 1 cells have ended already" in again.stderr
    assert again.stdout.strip() == document["report"]


@pytest.mark.slow
def test_other_hypotheses_are_decided_on_the_same_cells(run, data, tmp_path):
    once = (*QUICK, "--data", data, "--loading", "packed", "-o", "s")
    for name in ("first", "second"):
        hypothesis = f"{{name: {name}, claim: train_accuracy rises with batch_size}}"
        (tmp_path / "study.yaml").write_text(f"hypotheses:\n  - {hypothesis}\n")
        result = run("--config", "study.yaml", *once)
        assert result.exit_code == 0, result.stderr
        assert name in (tmp_path / result.stdout.strip()).read_text()
    client = MlflowClient(f"sqlite:///{tmp_path / 'mlflow.db'}")
    runs = client.search_runs([client.get_experiment_by_name("study").experiment_id])
    [parent] = [each for each in runs if each.data.tags["kind"] == "study"]
    assert "first" in parent.data.params["hypotheses"]
    assert "second" in parent.data.tags["changed.hypotheses"]


@pytest.mark.slow
def test_the_grid_of_the_study_through_the_real_command_line(data, tmp_path):
    """Batch sizes x processes x ways of loading, one epoch."""
    command = [sys.executable, "-m", "fingerspell", "study", *(str(a) for a in QUICK)]
    command += ["--data", str(data), "--devices", "1,2", "--batch-size", "16,32"]
    command += ["--loading", "reports,packed", "-o", "s", "--tracking", "none"]
    done = subprocess.run(command, cwd=tmp_path, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / done.stdout.strip()).exists()
    rows = list(csv.DictReader((tmp_path / "s" / "cells.csv").read_text().splitlines()))
    assert [row["status"] for row in rows] == ["done"] * 8
    for row in rows:
        names = ("data_share", "compute_share", "communication_share")
        assert sum(float(row[name]) for name in names) == pytest.approx(1)
        assert row["devices"] == "2" or float(row["communication_share"]) == 0
    waits = {"reports": 0.0, "packed": 0.0}
    for row in rows:
        waits[row["loading"]] += float(row["data_share"])
    assert waits["reports"] > waits["packed"]
    summary = json.loads((tmp_path / "s" / "summary.json").read_bytes())
    assert len(summary["cells"]) == 8
