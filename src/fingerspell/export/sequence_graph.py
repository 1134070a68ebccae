"""A sequence reader's network as a small graph in the metadata of a model's file."""

import base64
import json
from typing import Any

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import helper, numpy_helper
from torch import Tensor, nn

from fingerspell.core.alphabet import CLASSES
from fingerspell.core.decode import DecoderOptions
from fingerspell.core.sight import N_FEATURES
from fingerspell.errors import ExportError, ModelError
from fingerspell.export.reader_graph import IR_VERSION
from fingerspell.export.torch_graph import OPSET
from fingerspell.models.sequence_net import DELAY_TICKS, SequenceNet
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

TOLERANCE = 1e-4  # largest difference of a probability between PyTorch and ONNX Runtime


def sequence_to_onnx(net: SequenceNet, options: DecoderOptions) -> bytes:
    """The graph: ticks [1, T, N_FEATURES] and a state in, probabilities and the next state out.

    Args:
        net: in evaluation mode.
        options: when what it says is a letter.

    Raises:
        ExportError: ONNX Runtime gives other probabilities than PyTorch.
    """
    stored: dict[str, NDArray[Any]] = {"one": np.array([1], np.int64)}
    nodes: list[onnx.NodeProto] = []

    def linear(layer: nn.Linear, name: str, given: str, gives: str) -> None:
        stored[f"{name}.weight"] = layer.weight.detach().numpy().T.copy()
        stored[f"{name}.bias"] = layer.bias.detach().numpy()
        nodes.append(helper.make_node("MatMul", [given, f"{name}.weight"], [f"{name}.product"]))
        nodes.append(helper.make_node("Add", [f"{name}.product", f"{name}.bias"], [gives]))

    given = TICKS
    for number, layer in enumerate(each for each in net.look if isinstance(each, nn.Linear)):
        linear(layer, f"look{number}", given, f"seen{number}")
        given = f"looked{number}"
        nodes.append(helper.make_node("Relu", [f"seen{number}"], [given]))
    stored["units.weight"], stored["units.again"], stored["units.bias"] = _gates(net.units)
    nodes.append(helper.make_node("Transpose", [given], ["in time"], perm=[1, 0, 2]))
    gru = ["in time", "units.weight", "units.again", "units.bias", "", STATE]
    nodes.append(
        helper.make_node(
            "GRU", gru, ["units", NEXT_STATE], hidden_size=net.width, linear_before_reset=1
        )
    )
    nodes.append(helper.make_node("Squeeze", ["units", "one"], ["of each"]))
    nodes.append(helper.make_node("Transpose", ["of each"], ["in order"], perm=[1, 0, 2]))
    linear(net.sign, "sign", "in order", "logits")
    nodes.append(helper.make_node("Softmax", ["logits"], [SAID], axis=2))
    content = _file(nodes, stored, net, options)
    _refuse_unlike(net, OnnxSequence(content, "the exported network"))
    return content


def _gates(units: nn.GRU) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Weights and biases in ONNX's order of the gates (update, reset, new); PyTorch has reset first."""

    def ordered(values: Tensor) -> NDArray[np.float32]:
        reset, update, new = values.detach().numpy().reshape(3, units.hidden_size, -1)
        return np.concatenate([update, reset, new])[None]

    held = dict(units.named_parameters())
    biases = [ordered(held[name])[..., 0] for name in ("bias_ih_l0", "bias_hh_l0")]
    return ordered(held["weight_ih_l0"]), ordered(held["weight_hh_l0"]), np.concatenate(biases, 1)


def _file(
    nodes: list[onnx.NodeProto],
    stored: dict[str, NDArray[Any]],
    net: SequenceNet,
    options: DecoderOptions,
) -> bytes:
    def floats(name: str, *shape: int | str) -> onnx.ValueInfoProto:
        return helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, shape)

    graph = helper.make_graph(
        nodes,
        "sequence",
        [floats(TICKS, 1, "t", N_FEATURES), floats(STATE, 1, 1, net.width)],
        [floats(SAID, 1, "t", len(CLASSES)), floats(NEXT_STATE, 1, 1, net.width)],
        [numpy_helper.from_array(value, name) for name, value in stored.items()],
    )
    opsets = [helper.make_opsetid("", OPSET)]
    model = helper.make_model(
        graph, opset_imports=opsets, ir_version=IR_VERSION, producer_name="fingerspell"
    )
    document = about(DELAY_TICKS, net.width, options)
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
        raise ModelError(f"{label} is no ONNX model: export it again with fingerspell.") from error
    kept = {each.key: each.value for each in model.metadata_props if each.key != SEQUENCE_KEY}
    if graph is not None:
        kept[SEQUENCE_KEY] = base64.b64encode(graph).decode()
    helper.set_model_props(model, kept)
    return bytes(model.SerializeToString())
