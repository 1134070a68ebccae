r"""Take the weights of the network for small hands out of the model file of reader 0.4.0.

    git show fb70af4:src/fingerspell/assets/reader.onnx > DATA/reader-0.4.0.onnx
    python scripts/reader/small_hands.py DATA/reader-0.4.0.onnx -o DATA/small_hands.safetensors

It is the whole of that reader, which looked twice with it: `HandNet`, trained for 3.5 hours by the
scripts of the same commit, its weights in 7 bits. Later files do not hold its last layer by itself.
"""

import argparse
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import nn

from fingerspell.models.hand_net import HandNet
from pretrained import save_weights

Numbers = dict[str, np.ndarray]


def numbers_of(graph: onnx.GraphProto) -> Numbers:
    """The stored numbers of the network, as `HandNet` names its modules."""
    named = {stored.name.partition("net.")[2]: stored for stored in graph.initializer}
    return {name: numpy_helper.to_array(stored) for name, stored in named.items() if name}


def hand_net(numbers: Numbers) -> HandNet:
    """The network in floats; its batch norms, which are merged into the weights, only add."""
    net = HandNet()

    def floats(name: str) -> torch.Tensor:
        if name in numbers:
            return torch.from_numpy(numbers[name].astype(np.float32))
        whole, scale = (
            numbers[f"{name}_quantized"],
            numbers[f"{name}_scale" if "weight" in name else f"{name}_quantized_scale"],
        )
        return torch.from_numpy(whole * scale.reshape(-1, *[1] * (whole.ndim - 1))).float()

    with torch.no_grad():
        for name, module in net.named_modules():
            if isinstance(module, nn.BatchNorm2d):
                module.bias.copy_(floats(f"{name}.bias"))
                module.running_var.fill_(1 - module.eps)  # type: ignore[operator]
            elif isinstance(module, nn.Conv2d | nn.Linear | nn.ConvTranspose2d):
                module.weight.copy_(floats(f"{name}.weight"))
                if module.bias is not None:
                    module.bias.copy_(floats(f"{name}.bias"))
    return net


def main() -> None:
    """Parse the command line and write the weights."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("-o", "--output", type=Path, required=True)
    args = parser.parse_args()
    net = hand_net(numbers_of(onnx.load(args.model).graph))
    save_weights(args.output, net.state_dict())
    print(f"{sum(parameter.numel() for parameter in net.parameters()):,} numbers")


if __name__ == "__main__":
    main()
