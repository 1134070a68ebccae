"""What a reader has learned, out of its ONNX file, so that PyTorch can train it further.

Weights come back as they are stored: in 8 or 16 bits where the file has them so, batch norms merged
into the convolutions before them. The palm detector is MediaPipe's own and is not taken out.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import onnx
import torch
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
from numpy.typing import NDArray
from onnx import numpy_helper
from torch import Tensor, nn

from fingerspell.core.alphabet import CLASSES, LETTERS, NOTHING
from fingerspell.errors import ModelError
from fingerspell.models.hand_letters import WIDTH
from fingerspell.models.reader import HandReader
from fingerspell.models.reader_rules import ReaderRules

LAST_LAYERS = "answer/cat"  # what the numbers of `HandReader.last_layers` are called, or begin with
WIDENED = "taught.weight"  # the same with rows of other classes after these (export.last_layer)
WIDENED_BIAS = "taught.bias"
# Where the graph keeps each part's numbers, and what it calls the part.
_PLACES = {
    "trunk": "read/reader.trunk",
    "letters": "read/reader.letters",
    "shape.net": "join/reader.shape.net",
    "small": "read_small/reader.small",
}
# MediaPipe's own; in no file, since no answer needs it; and the same weights as `trunk.last`.
_PASSED_OVER = ("palms.", "small.hand.", "letters.last.")

Numbers = Mapping[str, NDArray[Any]]


def load_learned(reader: HandReader, content: bytes, source: str) -> None:
    """Give a reader the weights in the ONNX file of another one, but for the palm detector's.

    Args:
        reader: changed only if all weights fit.
        content: of an ONNX file that `export` wrote of a `HandReader`.
        source: names it in errors.

    Raises:
        ModelError: it holds no such reader.
    """
    try:
        graph = onnx.load_model_from_string(content).graph
        state = _state(reader, {each.name: numpy_helper.to_array(each) for each in _stored_in(graph)})
    except (DecodeError, KeyError, ValueError, RuntimeError) as error:
        raise ModelError(
            f"{source} holds no reader that can be trained further: give the .onnx file of one that "
            "this version exported."
        ) from error
    reader.load_state_dict(state)


def _stored_in(graph: onnx.GraphProto) -> Iterator[onnx.TensorProto]:
    """The stored numbers of a graph and of those within it: loops' and branches'."""
    yield from graph.initializer
    for node in graph.node:
        for attribute in node.attribute:
            yield from _stored_in(attribute.g)


def _state(reader: HandReader, numbers: Numbers) -> dict[str, Tensor]:
    state = reader.state_dict()
    known = _last_layers(numbers) | _merged_norms(reader.small, numbers)
    for name, random in state.items():
        if name in known:
            state[name] = known[name].reshape(random.shape)
        elif not name.startswith(_PASSED_OVER) and random.is_floating_point():
            state[name] = _number(numbers, _place(name)).reshape(random.shape)
    for name in state:
        if name.startswith("letters.last."):
            state[name] = state[name.replace("letters.", "trunk.", 1)]
    return state


def _place(name: str) -> str:
    """What the graph calls a parameter."""
    [part] = [part for part in _PLACES if name.startswith(f"{part}.")]
    return _PLACES[part] + name.removeprefix(part)


def _number(numbers: Numbers, name: str) -> Tensor:
    """A stored weight in floats, however many bits it is stored in."""
    if f"{name}/whole" in numbers:
        values = numbers[f"{name}/whole"] * numbers[f"{name}/scale"]
    elif f"{name}/half" in numbers:
        values = numbers[f"{name}/half"]
    elif f"{name}_quantized" in numbers:
        whole, of_bias = numbers[f"{name}_quantized"], f"{name}_quantized_scale"
        scale = numbers[of_bias if of_bias in numbers else f"{name}_scale"]
        values = whole * np.reshape(scale, (-1, *[1] * (whole.ndim - 1)))
    else:
        values = numbers[name]
    return torch.from_numpy(np.array(values, np.float32))


def _merged_norms(net: nn.Module, numbers: Numbers) -> dict[str, Tensor]:
    """Batch norms of the network for small hands that only add what the convolutions before them do."""
    merged: dict[str, Tensor] = {}
    before = ""
    for name, module in net.named_modules():
        if isinstance(module, nn.BatchNorm2d):
            ones = torch.ones(module.num_features)
            merged |= {
                f"small.{name}.weight": ones,
                f"small.{name}.bias": _number(numbers, f"{_PLACES['small']}.{before}.weight_bias"),
                f"small.{name}.running_mean": 0 * ones,
                f"small.{name}.running_var": ones - module.eps,
            }
        before = name
    return merged


def _last_layers(numbers: Numbers) -> dict[str, Tensor]:
    """The three last layers: columns of the one that `HandReader.last_layers` makes of them."""
    if np.any(numbers.get(WIDENED_BIAS, np.zeros(1))[: len(CLASSES)]):
        raise ValueError("a layer that was taught somebody's images is not that of three networks")
    [joined] = [
        torch.from_numpy(np.array(each[: len(CLASSES)], np.float32))
        for name, each in numbers.items()
        if name == WIDENED or (name.startswith(LAST_LAYERS) and each.shape[:1] == (len(CLASSES),))
    ]
    view, shape, small, biases = torch.split(joined, [WIDTH, WIDTH // 2, WIDTH, 4], 1)
    of_view = torch.cat((view, biases[:, :1]), 1)
    again, resting = ReaderRules.nothing_again, CLASSES.index(NOTHING)
    mean = of_view[[CLASSES.index(letter) for letter in LETTERS]].mean(0)
    of_view[resting] = (of_view[resting] + again * mean) / (1 + again)
    ends = {
        "letters.last_layer": (of_view[:, :-1], of_view[:, -1]),
        "shape.net.layers.7": (shape, biases[:, 1]),
        "small.letter.3": (small, biases[:, 2]),
    }
    return {
        f"{name}.{kind}": part
        for name, parts in ends.items()
        for kind, part in zip(("weight", "bias"), parts, strict=True)
    }
