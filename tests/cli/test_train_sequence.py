"""From stills and landmarks to a model that reads hands in motion, by the real command line."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from tests.training.sequence.hands import hand
from typer.testing import CliRunner

from fingerspell.cli import app
from fingerspell.core.alphabet import LETTERS
from fingerspell.runtime.onnx_classifier import OnnxClassifier

SAMPLES = Path(__file__).parents[1] / "samples"
STILLS = [letter for letter in LETTERS if letter not in "JZ"]
N_PEOPLE = 7  # a tenth of these, which is one, is left out


def run(*arguments: object):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def material(tmp_path_factory) -> Path:
    """A still of each of some letters, and landmarks of people who show all that do not move."""
    folder = tmp_path_factory.mktemp("material")
    for letter in "ABFUVW":
        (folder / "stills" / letter).mkdir(parents=True)
        shutil.copy(next((SAMPLES / letter).glob("*.jpg")), folder / "stills" / letter / "ann_1.jpg")
    hands = [hand(i % len(STILLS)) for i in range(N_PEOPLE * len(STILLS))]
    np.savez(
        folder / "landmarks.npz",
        xyz=np.pad(np.stack(hands), ((0, 0), (0, 0), (0, 1))),
        text=np.array(STILLS * N_PEOPLE),
        person=np.repeat([f"p{i}" for i in range(N_PEOPLE)], len(STILLS)),
    )
    return folder


def test_a_model_learns_to_read_sequences(material, tmp_path):
    few = ("--steps", 20, "--samples", 30, "--version", "9.9", "--json")
    places = ("--stills", material / "stills", "--landmarks", material / "landmarks.npz")
    written = run("train-sequence", *places, *few, "-o", tmp_path / "moving.onnx")
    assert written.exit_code == 0, written.output
    told = json.loads(written.stdout)
    assert (told["people"], told["pictures"]) == (N_PEOPLE - 1, 6)
    model = OnnxClassifier(tmp_path / "moving.onnx")
    assert model.name == "fingerspell-reader 9.9"
    assert model.sequence is not None


def test_too_few_people_and_a_missing_folder_write_nothing(material, tmp_path):
    for places in (("--stills", material / "stills"), ("--stills", tmp_path / "none")):
        refused = run("train-sequence", *places, "-o", tmp_path / "moving.onnx")
        assert refused.exit_code == 1
        assert "Traceback" not in refused.output
        assert not (tmp_path / "moving.onnx").exists()
