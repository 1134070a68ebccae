"""The reader's training, from a folder of sets to a model file, through the commands."""

import json

import pytest
from typer.testing import CliRunner

from fingerspell.cli import app
from fingerspell.runtime.onnx_classifier import OnnxClassifier


def run(*arguments: object, code: int = 0) -> str:
    """What a command prints."""
    result = CliRunner().invoke(app, [*map(str, arguments), "--debug"])
    assert result.exit_code == code, result.output
    return result.stdout


@pytest.fixture
def command(reader_data):
    """The command that trains a reader on the small folder, in two short epochs."""
    options = ("--epochs", 2, "--steps-per-epoch", 2, "--batch-size", 8, "--views", 64)
    return ("train", "--recipe", "reader", "--data", reader_data, "--tracking", "none", *options)


@pytest.mark.slow
def test_a_dry_run_draws_few_views_and_says_how_long_the_others_take(command, tmp_path, monkeypatch):
    monkeypatch.setattr("fingerspell.training.tasks.read_hands.N_OF_TRIAL", 32)
    folder = tmp_path / "runs" / "reader"
    expected = json.loads(run(*command, "-o", folder, "--dry-run", "--json"))
    assert expected["preparing_seconds"] > 0
    epochs_s = 2 * expected["seconds_per_epoch"]
    assert expected["total_seconds"] == pytest.approx(expected["preparing_seconds"] + epochs_s)
    assert not list(folder.parent.iterdir())


def test_who_is_left_out_is_tested(command, tmp_path):
    folder = tmp_path / "runs" / "reader"
    summary = json.loads(run(*command, "-o", folder, "--leave-out", "people/ben,t32", "--json"))
    assert summary["model"] == "hand-reader"
    assert summary["test"]["n"] == 2 * (4 * 2 + 4 * 2)  # two looks at each hand that was left out
    assert summary["data"]["left_out"] == {"all": ["people/ben", "t32"]}
    assert "t32" not in summary["data"]["sets"]
    assert [
        row["train_n"] for row in map(json.loads, (folder / "metrics.jsonl").read_text().splitlines())
    ] == [16, 16]


@pytest.mark.slow
def test_from_sets_to_a_model_file(command, tmp_path, reader_data):
    folder, model = tmp_path / "runs" / "reader", tmp_path / "reader.onnx"
    summary = json.loads(run(*command, "-o", folder, "--json"))
    assert summary["test"]["n"] == 0
    run("export", folder, "-o", model, "--pictures", reader_data / "people")
    reader = OnnxClassifier(model)
    assert reader.can_track
    assert reader.metadata["training_data"] == summary["data"]["sets"]
    assert reader.metadata["data"]["sha256"] == summary["data"]["sha256"]


@pytest.mark.slow
def test_each_fold_leaves_its_own_people_out(command, tmp_path):
    folder = tmp_path / "runs" / "folds"
    summary = json.loads(run(*command, "-o", folder, "--folds", 3, "--json"))
    assert [each["data"]["left_out"][each["data"]["fold"]] for each in summary["folds"]] == [
        ["people/anna"],
        ["people/ben"],
        ["people/cem"],
    ]
    assert [each["test"]["n"] for each in summary["folds"]] == [16] * 3


@pytest.mark.slow
def test_views_are_drawn_once_for_all_runs(command, tmp_path, monkeypatch):
    """Another run beside the first one draws nothing; a third one goes on from its weights."""
    runs = tmp_path / "runs"
    run(*command, "-o", runs / "first")
    stores = sorted((runs / "packs").iterdir())
    assert len(stores) == 2
    monkeypatch.setattr("fingerspell.training.tasks.read_hands.load_samples", None)
    run(*command, "-o", runs / "second", "--lr", 0.001)
    run(*command, "-o", runs / "third", "--weights", runs / "second", "--accumulate", 2)
    assert sorted((runs / "packs").iterdir()) == stores


@pytest.mark.parametrize(
    "wrong",
    [
        ("--strategy", "fsdp"),
        ("--loading", "reports"),
        ("--precision", "auto"),
        ("--batch-size", "0"),
        ("--leave-out", "nobody"),
        ("--weights", "imagenet"),
    ],
)
def test_what_the_reader_has_not_is_refused(command, tmp_path, wrong):
    result = CliRunner().invoke(app, [*map(str, command), "-o", str(tmp_path / "run"), *wrong])
    assert result.exit_code == 1
    assert not (tmp_path / "run").exists() or not any((tmp_path / "run").glob("checkpoints/*"))
