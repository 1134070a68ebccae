r"""Take what was learned out of a bundled model file, for `export.py` to make another one of.

    python scripts/reader/learned_weights.py src/fingerspell/assets/reader.onnx --out runs/taken_out

`OUT/letters.safetensors` and `OUT/shape.safetensors` are what `train.py` and `joint_letters.py` wrote,
but for what the file rounds (weights are in 8 bits there). So rules that are not learned can be
changed without a training: 0.8.3 has the weights of 0.8.1.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import Tensor

from fingerspell.core.alphabet import CLASSES, LETTERS, NOTHING
from fingerspell.models.hand_letters import WIDTH
from fingerspell.models.reader import HandReader
from pretrained import save_weights

Numbers = dict[str, np.ndarray]
LAST_LAYERS = "answer/cat"  # what the numbers of `HandReader.last_layers` are called, or begin with


def stored_in(graph: onnx.GraphProto) -> Iterator[onnx.TensorProto]:
    """The stored numbers of a graph and of those within it: loops' and branches'."""
    yield from graph.initializer
    for node in graph.node:
        for attribute in node.attribute:
            yield from stored_in(attribute.g)


def weight(numbers: Numbers, name: str) -> Tensor:
    """A weight in floats, however many bits it is stored in."""
    if f"{name}/whole" in numbers:
        values = numbers[f"{name}/whole"] * numbers[f"{name}/scale"]
    else:
        values = numbers[name] if name in numbers else numbers[f"{name}/half"]
    return torch.from_numpy(values.astype(np.float32))


def learned(graph: onnx.GraphProto) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """The weights of the layers for letters, and of the network that sees joints alone."""
    numbers = {each.name: numpy_helper.to_array(each) for each in stored_in(graph)}
    reader = HandReader()
    letters, shape = reader.letters.state_dict(), reader.shape.net.state_dict()
    of_view, of_shape = last_layers(numbers)
    ends = {"last_layer.weight": of_view[:, :-1], "last_layer.bias": of_view[:, -1]}
    for name in letters:
        part = "trunk" if name.startswith("last.") else "letters"
        taken = ends[name] if name in ends else weight(numbers, f"read/reader.{part}.{name}")
        letters[name] = taken.reshape(letters[name].shape)
    last = len(reader.shape.net.layers) - 1
    ends = {f"layers.{last}.weight": of_shape[:, :-1], f"layers.{last}.bias": of_shape[:, -1]}
    for name in shape:
        shape[name] = ends[name] if name in ends else weight(numbers, f"join/reader.shape.net.{name}")
    return letters, shape


def last_layers(numbers: Numbers) -> tuple[Tensor, Tensor]:
    """Weight and bias, side by side, of the view's last layer and of that for joints.

    They are columns of the one that `HandReader.last_layers` makes of them.
    """
    [joined] = [
        torch.tensor(each)
        for name, each in numbers.items()
        if name.startswith(LAST_LAYERS) and each.shape[0] == len(CLASSES)
    ]
    view, shape, _, biases = joined.split([WIDTH, WIDTH // 2, WIDTH, 4], 1)
    of_view, of_shape = (
        torch.cat((part, biases[:, i : i + 1]), 1) for i, part in enumerate((view, shape))
    )
    again, resting = HandReader.NOTHING_AGAIN, CLASSES.index(NOTHING)
    mean = of_view[[CLASSES.index(letter) for letter in LETTERS]].mean(0)
    of_view[resting] = (of_view[resting] + again * mean) / (1 + again)
    return of_view, of_shape


def main() -> None:
    """Parse the command line and write the weights."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("--out", type=Path, required=True, help="folder to write to")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    for name, weights in zip(("letters", "shape"), learned(onnx.load(args.model).graph), strict=True):
        save_weights(args.out / f"{name}.safetensors", weights)
        print(f"{name}: {sum(each.numel() for each in weights.values()):,} numbers")


if __name__ == "__main__":
    main()
