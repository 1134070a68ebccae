"""From 32-bit floats to 8-bit integers, by ONNX Runtime's static quantisation."""

import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

Feed = dict[str, NDArray[np.uint8 | np.float32]]


class _Pictures(CalibrationDataReader):  # type: ignore[misc]  # onnxruntime has no types
    def __init__(self, feeds: Iterable[Feed]) -> None:
        self._feeds: Iterator[Feed] = iter(feeds)

    def get_next(self) -> Feed | None:
        return next(self._feeds, None)


def quantise(model: onnx.ModelProto, feeds: Iterable[Feed]) -> onnx.ModelProto:
    """Let the convolutions and linear layers of a model compute in 8 bits.

    Weights are scaled per output channel, to 7 bits, because CPUs without VNNI overflow with 8; what
    flows between layers is scaled to the range it has in the pictures given. What linear layers give
    is not: logits of pictures unlike these would be cut off there, and an empty room would be as likely
    to hold a hand as not. Everything else, resizing and normalising above all, stays float.

    Args:
        model: with weights in 32-bit floats.
        feeds: inputs of the model to calibrate with.
    """
    with tempfile.TemporaryDirectory() as folder:
        given, prepared, quantised = (Path(folder) / f"{i}.onnx" for i in range(3))
        onnx.save(model, given)
        quant_pre_process(given, prepared, skip_symbolic_shape=True)  # merges batch norms into weights
        quantize_static(
            prepared,
            quantised,
            _Pictures(feeds),
            quant_format=QuantFormat.QDQ,
            op_types_to_quantize=["Conv", "Gemm"],
            per_channel=True,
            reduce_range=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            extra_options={"OpTypesToExcludeOutputQuantization": ["Gemm"]},
        )
        return onnx.load(quantised)
