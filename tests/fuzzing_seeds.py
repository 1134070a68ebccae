"""Whole files of every kind that `fuzzing` changes, small."""

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper

from fingerspell.core.alphabet import CLASSES
from fingerspell.core.preprocess import PreprocessSpec
from fingerspell.data.index import Index, Picture
from fingerspell.data.split_file import save_split
from fingerspell.data.split_options import Method, SplitOptions
from fingerspell.data.splits import split as split_index
from fingerspell.models.checkpoint import CheckpointInfo, save_checkpoint
from fingerspell.models.registry import architecture, create
from fingerspell.runtime.onnx_classifier import FORMAT, INPUT, METADATA_KEY, OUTPUTS


def recipe() -> bytes:
    return (
        b"description: 'mine: # of mine'\nmodel: tiny\nepochs: 3\nlr: 1e-3\naugment: strong, mirror=0\n"
        b'optimizer: sgd\nsplit: block\nsquash: true\nweights: random\nfreeze: ""\n'
    )


def study() -> bytes:
    return (
        b"data: set\nmodels: [tiny, aslnet]\nbatch_size: [32, 64]\ndevices: 1,2\nepochs: 2\n"
        b"hypotheses:\n  - name: H1\n    over: [batch_size]\n    expect: faster\n"
    )


def _index(folder: Path) -> Index:
    pictures = tuple(
        Picture(
            f"{label}/Zoe; {n}.jpg", label, "s,1", "train", 64, 64, "RGB", 999, "0f" * 32, f"{n:016x}"
        )
        for label in "AB"
        for n in range(12)
    )
    return Index(folder, pictures)


def index(folder: Path) -> bytes:
    _index(folder).save(folder / "seed.csv")
    return (folder / "seed.csv").read_bytes()


def split(folder: Path) -> bytes:
    made = split_index(_index(folder), SplitOptions(Method.RANDOM))
    save_split(made, folder / "seed.csv")
    return (folder / "seed.csv").read_bytes()


def words() -> bytes:
    return b"# friends\nAnna, Bjorn\r\nCarla;Dieter\nEve Frank\n"


def checkpoint(folder: Path) -> bytes:
    torch.manual_seed(0)
    info = CheckpointInfo("tiny", architecture("tiny").spec, CLASSES, {}, {}, {}, "2026-11-28", "0.1.0")
    save_checkpoint(folder / "seed.safetensors", create("tiny").state_dict(), info)
    return (folder / "seed.safetensors").read_bytes()


def onnx_model() -> bytes:
    """The mean colour of a picture, through one layer: 29 probabilities."""
    weights = np.random.default_rng(0).normal(size=(3, len(CLASSES))).astype(np.float32)
    nodes = [
        helper.make_node("Cast", [INPUT], ["floats"], to=TensorProto.FLOAT),
        helper.make_node("ReduceMean", ["floats", "axes"], ["colour"], keepdims=0),
        helper.make_node("MatMul", ["colour", "weights"], ["logits"]),
        helper.make_node("Softmax", ["logits"], [OUTPUTS[0]], axis=1),
    ]
    graph = helper.make_graph(
        nodes,
        "seed",
        [helper.make_tensor_value_info(INPUT, TensorProto.UINT8, ["n", "h", "w", 3])],
        [helper.make_tensor_value_info(OUTPUTS[0], TensorProto.FLOAT, ["n", len(CLASSES)])],
        [
            numpy_helper.from_array(weights, "weights"),
            numpy_helper.from_array(np.array([1, 2], np.int64), "axes"),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
    about = {"format": FORMAT, "classes": list(CLASSES), "preprocess": asdict(PreprocessSpec(32))}
    about |= {"name": "seed", "version": "1"}
    onnx.helper.set_model_props(model, {METADATA_KEY: json.dumps(about)})
    return model.SerializeToString()
