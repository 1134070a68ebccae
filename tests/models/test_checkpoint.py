"""Checkpoints: weights and what they belong to, in one file that is never unpickled."""

import dataclasses
import json
import pickle

import pytest
import torch
from safetensors.torch import save_file

from fingerspell.core.alphabet import CLASSES
from fingerspell.core.preprocess import PreprocessSpec
from fingerspell.errors import ModelError
from fingerspell.models.checkpoint import (
    CheckpointInfo,
    find_checkpoint,
    load_checkpoint,
    save_checkpoint,
)
from fingerspell.models.registry import architecture, create


def info_of(name: str, **changes) -> CheckpointInfo:
    info = CheckpointInfo(
        model=name,
        spec=architecture(name).spec,
        classes=CLASSES,
        config={"batch_size": 8, "optimiser": {"name": "sgd", "learning_rate": 0.005}},
        metrics={"validation_accuracy": 0.5},
        data={"name": "samples", "n": 58, "sha256": "00", "split": "block"},
        created="2026-11-21T08:00:00+00:00",
        version="0.1.0",
    )
    return dataclasses.replace(info, **changes)


@pytest.mark.parametrize("name", ["tiny", "compact-net", "mnasnet0_5"])
def test_a_checkpoint_comes_back_as_it_was(name, tmp_path):
    torch.manual_seed(0)
    network, path = create(name).eval(), tmp_path / "best.safetensors"
    network = network.to(memory_format=torch.channels_last)
    save_checkpoint(path, network.state_dict(), info_of(name))
    loaded, info = load_checkpoint(path)
    assert info == info_of(name)
    assert not loaded.training
    side = info.spec.size_px
    pictures = torch.randn(2, 3, side, side)
    with torch.inference_mode():
        torch.testing.assert_close(loaded(pictures), network(pictures))
    assert [p.name for p in tmp_path.iterdir()] == ["best.safetensors"]


def test_it_can_be_trained_on_from(tmp_path):
    network, path = create("tiny"), tmp_path / "last.safetensors"
    save_checkpoint(path, network.state_dict(), info_of("tiny"))
    again = create("tiny", str(path))
    assert torch.equal(again.classifier[1].weight, network.classifier[1].weight)
    with pytest.raises(ModelError, match=r"last\.safetensors is of tiny: choose weights of aslnet"):
        create("aslnet", str(path))


def test_tensors_that_share_memory(tmp_path):
    state = create("tiny").state_dict()
    state["features.0.0.bias"] = torch.zeros(8)[:]
    state["features.0.1.bias"] = state["features.0.0.bias"]
    save_checkpoint(tmp_path / "c.safetensors", state, info_of("tiny"))
    network, _ = load_checkpoint(tmp_path / "c.safetensors")
    torch.testing.assert_close(network.state_dict(), state, rtol=0, atol=0)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"model": "larger"}, r"c\.safetensors: 'larger' is not a network"),
        ({"model": "aslnet"}, "does not fit aslnet"),
        ({"classes": CLASSES[1:]}, "does not fit tiny"),
        ({"classes": ("A", "A")}, "does not say its network"),
    ],
)
def test_what_does_not_belong_together_is_refused(change, message, tmp_path):
    save_checkpoint(tmp_path / "c.safetensors", create("tiny").state_dict(), info_of("tiny", **change))
    with pytest.raises(ModelError, match=message):
        load_checkpoint(tmp_path / "c.safetensors")


@pytest.mark.parametrize(
    ("metadata", "message"),
    [
        ({}, "is not a checkpoint of fingerspell"),
        ({"fingerspell": "{"}, "is damaged"),
        ({"fingerspell": "{}"}, "load it with the version of fingerspell that wrote it"),
        ({"fingerspell": "[]"}, "load it with the version of fingerspell that wrote it"),
        ({"fingerspell": json.dumps({"spec": {"crop_share": 7}})}, "load it with the version"),
    ],
)
def test_foreign_files_are_refused(metadata, message, tmp_path):
    save_file(create("tiny").state_dict(), tmp_path / "c.safetensors", metadata)
    with pytest.raises(ModelError, match=message):
        load_checkpoint(tmp_path / "c.safetensors")


@pytest.mark.parametrize("content", [b"", b"\x80\x04", pickle.dumps(print), b"\xff" * 100])
def test_damaged_files_are_refused(content, tmp_path):
    (tmp_path / "c.safetensors").write_bytes(content)
    with pytest.raises(ModelError, match=r"c\.safetensors is damaged"):
        load_checkpoint(tmp_path / "c.safetensors")


def test_a_file_cut_short_is_refused(tmp_path):
    path = tmp_path / "c.safetensors"
    save_checkpoint(path, create("tiny").state_dict(), info_of("tiny"))
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(ModelError, match="is damaged"):
        load_checkpoint(path)


def test_the_best_is_found_and_else_the_last(tmp_path):
    with pytest.raises(ModelError, match="give the folder of a run"):
        find_checkpoint(tmp_path)
    with pytest.raises(ModelError, match="nowhere holds no checkpoints"):
        find_checkpoint(tmp_path / "nowhere")
    folder = tmp_path / "checkpoints"
    folder.mkdir()
    for name in ("last", "best"):
        (folder / f"{name}.safetensors").touch()
        assert find_checkpoint(tmp_path).stem == name
    assert find_checkpoint(folder / "last.safetensors").stem == "last"


def test_a_spec_of_ones_own_travels(tmp_path):
    spec = PreprocessSpec(32, keep_aspect=False, crop_share=0.9, kernel="bicubic")
    save_checkpoint(tmp_path / "c.safetensors", create("tiny").state_dict(), info_of("tiny", spec=spec))
    assert load_checkpoint(tmp_path / "c.safetensors")[1].spec == spec
