"""A model by any of its names."""

import hashlib
from importlib.resources import files

import pytest

from fingerspell.errors import ModelError
from fingerspell.evaluation.classifiers import describe, load_classifier

PARAMETERS = 6_321_816


def test_the_bundled_model():
    facts = describe("default")
    content = (files("fingerspell") / "assets" / "reader.onnx").read_bytes()
    assert facts.name == load_classifier("default").name == "fingerspell-reader 0.14.0"
    assert (facts.sha256, facts.n_bytes) == (hashlib.sha256(content).hexdigest(), len(content))
    assert abs(facts.parameters / PARAMETERS - 1) < 0.01
    assert "aslalphabets" in facts.trained_on


def test_a_run_and_its_checkpoint_are_one(make_run):
    run = make_run(data={"name": "samples", "fold": "2"})
    facts = describe(str(run))
    assert facts.name == load_classifier(str(run)).name == "tiny (run)"
    assert facts.trained_on == ("samples",)
    assert facts.data["fold"] == "2"
    assert facts.split_file is None
    checkpoint = run / "checkpoints" / "best.safetensors"
    assert describe(str(checkpoint)).sha256 == facts.sha256


@pytest.mark.parametrize("name", ["nowhere.onnx", "nowhere", "README.md"])
def test_no_model(name, tmp_path):
    (tmp_path / "README.md").touch()
    with pytest.raises(ModelError, match="is not a model"):
        load_classifier(str(tmp_path / name))


def test_damaged_models(tmp_path):
    for name in ("a.onnx", "a.safetensors"):
        (tmp_path / name).write_bytes(b"damaged")
        with pytest.raises(ModelError, match=name):
            describe(str(tmp_path / name))
    with pytest.raises(ModelError, match=r"holds no checkpoints/best\.safetensors"):
        load_classifier(str(tmp_path))
