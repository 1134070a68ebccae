r"""Take the weights of MediaPipe's palm detector and hand landmarks out of its package.

The package that still holds them forbids NumPy 2, so this runs in an environment of its own:

    uv run --no-project --isolated --python 3.11 --with mediapipe==0.10.21 \
        --with tflite --with safetensors tools/hand_data/mediapipe_weights.py DATA

`DATA/mediapipe/palms.safetensors` and `hand.safetensors` are written: for each operator that has
weights, in their order, `000.weight` and `000.bias` and so on, float32, as PyTorch lays them out.
"""

import argparse
from importlib.resources import files
from pathlib import Path

import numpy as np
import tflite
from safetensors.numpy import save_file

NETWORKS = {
    "palms": "palm_detection/palm_detection_full.tflite",
    "hand": "hand_landmark/hand_landmark_full.tflite",
}
DTYPES = {0: np.float32, 1: np.float16, 2: np.int32}
# How the weights of each operator lie there, for PyTorch: [O, H, W, I] is [O, I, H, W], for example.
LAYOUTS = {
    tflite.BuiltinOperator.CONV_2D: (0, 3, 1, 2),
    tflite.BuiltinOperator.DEPTHWISE_CONV_2D: (3, 0, 1, 2),
    tflite.BuiltinOperator.FULLY_CONNECTED: (0, 1),
    tflite.BuiltinOperator.PRELU: (2, 0, 1),
}


def weights_of(content: bytes) -> dict[str, np.ndarray]:
    """The weights of a network, operator by operator."""
    model = tflite.Model.GetRootAsModel(content, 0)
    graph = model.Subgraphs(0)
    halves: dict[int, int] = {}  # tensors that are others, stored in 16 bits

    def values(index: int) -> np.ndarray:
        tensor = graph.Tensors(halves.get(index, index))
        stored = model.Buffers(tensor.Buffer()).DataAsNumpy().tobytes()
        return np.frombuffer(stored, DTYPES[tensor.Type()]).reshape(tensor.ShapeAsNumpy())

    weights: dict[str, np.ndarray] = {}
    count = 0
    for i in range(graph.OperatorsLength()):
        operator = graph.Operators(i)
        code = model.OperatorCodes(operator.OpcodeIndex())
        kind = max(code.BuiltinCode(), code.DeprecatedBuiltinCode())
        inputs = operator.InputsAsNumpy()
        if kind == tflite.BuiltinOperator.DEQUANTIZE:
            halves[operator.Outputs(0)] = inputs[0]
        elif kind in LAYOUTS:
            weight = values(inputs[1]).transpose(LAYOUTS[kind])
            weights[f"{count:03}.weight"] = np.ascontiguousarray(weight, np.float32)
            if len(inputs) > 2:
                weights[f"{count:03}.bias"] = values(inputs[2]).astype(np.float32)
            count += 1
    return weights


def main() -> None:
    """Parse the command line and write both."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("data", type=Path)
    args = parser.parse_args()
    folder = args.data / "mediapipe"
    folder.mkdir(exist_ok=True)
    for name, path in NETWORKS.items():
        weights = weights_of((files("mediapipe") / "modules" / path).read_bytes())
        save_file(weights, folder / f"{name}.safetensors")
        print(f"{name}: {sum(weight.size for weight in weights.values()):,} numbers")


if __name__ == "__main__":
    main()
