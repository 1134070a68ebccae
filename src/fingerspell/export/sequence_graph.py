"""A sequence reader's network as a small graph in the metadata of a model's file."""

import base64
import json
from typing import Any

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import helper, numpy_helper
from torch import nn

from fingerspell.core.alphabet import CLASSES
from fingerspell.core.decode import DecoderOptions
from fingerspell.core.sight import N_FEATURES
from fingerspell.errors import ExportError, ModelError
from fingerspell.export.reader_graph import IR_VERSION
from fingerspell.export.torch_graph import OPSET
from fingerspell.models.sequence_net import DELAY_TICKS, FAR, SEEN_TICKS, STRIDE, SequenceNet
from fingerspell.runtime.sequence_network import (
    ABOUT_KEY,
    NEXT_STATE,
    SAID,
    SEQUENCE_KEY,
    STATE,
    TICKS,
    OnnxSequence,
    about,
)

LAST = int(np.iinfo(np.int64).max)  # to the end of an axis
TOLERANCE = 1e-4  # largest difference of a probability between PyTorch and ONNX Runtime


def sequence_to_onnx(net: SequenceNet, options: DecoderOptions) -> bytes:
    """The graph: ticks [1, T, N_FEATURES] and a state in, probabilities and the next state out.

    Args:
        net: in evaluation mode.
        options: when what it says is a letter.

    Raises:
        ExportError: ONNX Runtime gives other probabilities than PyTorch.
    """
    graph = _Graph()
    graph.add("Concat", [STATE, TICKS], "seen", axis=1)
    graph.linear(net.look, "look", "seen", "looked")
    graph.add("Relu", ["looked"], "used")
    graph.add("Transpose", ["used"], "in time", perm=[0, 2, 1])
    graph.convolution(net.near, "near", "in time", "around")
    graph.convolution(net.far, "far", "around", "before")
    graph.cut("around", "now", axis=2, start=(FAR - 1) * STRIDE)
    graph.add("Add", ["now", "before"], "all")
    graph.add("Transpose", ["all"], "of each", perm=[0, 2, 1])
    graph.linear(net.sign, "sign", "of each", "learned")
    graph.cut("seen", "told", axis=1, start=SEEN_TICKS - DELAY_TICKS, end=-DELAY_TICKS)
    graph.cut("told", "said", axis=2, end=len(CLASSES))
    graph.stored["trust"] = net.trust.detach().numpy()
    graph.add("Mul", ["said", "trust"], "trusted")
    graph.add("Add", ["learned", "trusted"], "logits")
    graph.add("Softmax", ["logits"], SAID, axis=2)
    graph.cut("seen", NEXT_STATE, axis=1, start=-SEEN_TICKS)
    content = _file(graph, options)
    _refuse_unlike(net, OnnxSequence(content, "the exported network"))
    return content


class _Graph:
    """Nodes of a graph, and the arrays they use."""

    def __init__(self) -> None:
        self.stored: dict[str, NDArray[Any]] = {}
        self.nodes: list[onnx.NodeProto] = []

    def add(self, kind: str, given: list[str], gives: str, **settings: Any) -> None:
        self.nodes.append(helper.make_node(kind, given, [gives], **settings))

    def linear(self, layer: nn.Linear, name: str, given: str, gives: str) -> None:
        self.stored[f"{name}.weight"] = layer.weight.detach().numpy().T.copy()
        self.stored[f"{name}.bias"] = layer.bias.detach().numpy()
        self.add("MatMul", [given, f"{name}.weight"], f"{name}.product")
        self.add("Add", [f"{name}.product", f"{name}.bias"], gives)

    def convolution(self, layer: nn.Conv1d, name: str, given: str, gives: str) -> None:
        """A convolution over time; what is negative of it becomes 0."""
        for part, values in layer.state_dict().items():
            self.stored[f"{name}.{part}"] = values.numpy()
        given_all = [given, f"{name}.weight", f"{name}.bias"]
        self.add("Conv", given_all, f"{name}.product", dilations=list(layer.dilation))
        self.add("Relu", [f"{name}.product"], gives)

    def cut(self, given: str, gives: str, axis: int, start: int = 0, end: int = LAST) -> None:
        names = [f"{gives}.{part}" for part in ("starts", "ends", "axes")]
        for name, value in zip(names, (start, end, axis), strict=True):
            self.stored[name] = np.array([value], np.int64)
        self.add("Slice", [given, *names], gives)


def _file(graph: _Graph, options: DecoderOptions) -> bytes:
    def floats(name: str, n_ticks: int | str, numbers: int) -> onnx.ValueInfoProto:
        return helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, (1, n_ticks, numbers))

    made = helper.make_graph(
        graph.nodes,
        "sequence",
        [floats(TICKS, "t", N_FEATURES), floats(STATE, SEEN_TICKS, N_FEATURES)],
        [floats(SAID, "t", len(CLASSES)), floats(NEXT_STATE, SEEN_TICKS, N_FEATURES)],
        [numpy_helper.from_array(value, name) for name, value in graph.stored.items()],
    )
    opsets = [helper.make_opsetid("", OPSET)]
    model = helper.make_model(
        made, opset_imports=opsets, ir_version=IR_VERSION, producer_name="fingerspell"
    )
    document = about(DELAY_TICKS, SEEN_TICKS, options)
    helper.set_model_props(model, {ABOUT_KEY: json.dumps(document)})
    onnx.checker.check_model(model, full_check=True)
    return bytes(model.SerializeToString())


def _refuse_unlike(net: SequenceNet, exported: OnnxSequence) -> None:
    """Tick by tick, what is exported must say what PyTorch says of all ticks at once."""
    ticks = torch.randn((1, 7, N_FEATURES), generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        wanted = net(ticks, net.start(1))[0][0].softmax(1).numpy()
    state, rows = exported.start(), []
    for tick in ticks[0].numpy():
        row, state = exported.step(tick[None], state)
        rows.append(row)
    difference = float(np.abs(np.concatenate(rows) - wanted).max())
    if not difference <= TOLERANCE:
        raise ExportError(
            f"the exported sequence reader differs from the trained one by {difference:.2g} in a "
            "probability, so it was not written: report this with your versions of torch and "
            "onnxruntime."
        )


def with_sequence(content: bytes, graph: bytes | None, label: str) -> bytes:
    """The content of a model's file, with a sequence reader instead of the one it had, or without one.

    Raises:
        ModelError: it is no model's file.
    """
    try:
        model = onnx.load_model_from_string(content)
        onnx.checker.check_model(model)
    except Exception as error:  # onnx's exceptions share no base class
        raise ModelError(f"{label} is not an ONNX model: export it again with fingerspell.") from error
    kept = {each.key: each.value for each in model.metadata_props if each.key != SEQUENCE_KEY}
    if graph is not None:
        kept[SEQUENCE_KEY] = base64.b64encode(graph).decode()
    helper.set_model_props(model, kept)
    return bytes(model.SerializeToString())
