"""From a checkpoint to a letter read, by the real command line."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from tests.runs import write_run
from typer.testing import CliRunner

from fingerspell.cli import app
from fingerspell.core.alphabet import CLASSES
from fingerspell.models.checkpoint import load_checkpoint, save_checkpoint
from fingerspell.models.classifier import TorchClassifier
from fingerspell.models.registry import architecture, create
from fingerspell.pictures.still import read_picture
from fingerspell.runtime.onnx_classifier import OnnxClassifier


@pytest.fixture
def run(tmp_path, samples) -> Path:
    """A run's folder with a network of random weights."""
    data = {"name": "samples", "n": 58, "root": str(samples)}
    return write_run(tmp_path / "run", data, metrics={"validation_accuracy": 0.04})


def export(*arguments: object):
    return CliRunner().invoke(app, ["export", *map(str, arguments)])


def test_export_and_read(run, tmp_path, examples):
    model = tmp_path / "models" / "m.onnx"
    result = export(run, "-o", model, "--name", "mine", "--json")
    assert result.exit_code == 0, result.stderr
    document = json.loads(result.stdout)
    assert document["path"] == str(model)
    assert (document["n"], document["same_class"], document["int8"]) == (58, 1.0, False)
    said = OnnxClassifier(model).metadata
    assert (said["training_data"], said["data"]) == (["samples"], {"name": "samples", "n": 58})

    picture = examples / "a.jpg"
    result = CliRunner().invoke(
        app, ["read", str(picture), "--model", str(model), "--moving-letters", "--json"]
    )
    assert result.exit_code == 0, result.stderr
    read = json.loads(result.stdout)
    assert read["model"] == "mine 0.1.0"
    torch.manual_seed(0)
    classifier = TorchClassifier(create("tiny"), architecture("tiny").spec, "n")
    [expected] = classifier.classify(read_picture(picture)[None])
    for name, probability in zip(CLASSES, expected.probabilities, strict=True):
        assert read["probabilities"][name] == pytest.approx(probability, abs=1e-5)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["none", "-o", "m.onnx"], "none holds no checkpoints/best.safetensors"),
        (["RUN", "-o", "m.onnx", "--pictures", "EMPTY"], "holds no images: give a folder that does"),
        (["RUN", "-o", "m.onnx", "--pictures", "none"], "none holds no images"),
        (["RUN", "-o", "RUN/checkpoints/best.safetensors/m.onnx"], "choose another place with -o"),
    ],
)
def test_what_cannot_be_exported_is_told_in_one_sentence(run, tmp_path, arguments, message):
    (tmp_path / "empty").mkdir()
    places = {"RUN": str(run), "EMPTY": str(tmp_path / "empty")}
    for name, place in places.items():
        arguments = [argument.replace(name, place) for argument in arguments]
    result = export(*arguments)
    assert result.exit_code == 1
    assert message in result.stderr
    assert result.stdout == ""


def test_sets_that_were_not_learned_from_prove_nothing(run, tmp_path, samples):
    path = run / "checkpoints" / "best.safetensors"
    network, info = load_checkpoint(path)
    data = {"root": str(samples), "sets": ["A", "del"]}
    save_checkpoint(path, network.state_dict(), replace(info, data=data))
    result = export(run, "-o", tmp_path / "m.onnx", "--json")
    assert json.loads(result.stdout)["n"] == 4


def test_pictures_are_asked_for_where_those_of_training_are_gone(run, tmp_path):
    path = run / "checkpoints" / "best.safetensors"
    network, info = load_checkpoint(path)
    for data in ({}, {"root": str(tmp_path / "gone")}):
        save_checkpoint(path, network.state_dict(), replace(info, data=data))
        result = export(run, "-o", tmp_path / "m.onnx")
        assert result.exit_code == 1
        assert "give a folder of real images of signs with --pictures" in result.stderr


def test_wrong_usage():
    assert export("run").exit_code == 2
