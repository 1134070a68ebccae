"""From a trained network to the one file the reader needs, refused if the two disagree."""

import json
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any, cast

import numpy as np
import onnx
import torch
from numpy.typing import NDArray

from fingerspell.core.alphabet import CLASSES
from fingerspell.errors import ExportError
from fingerspell.files import write_atomically
from fingerspell.models.reader import TwoLooks
from fingerspell.runtime.onnx_classifier import (
    FORMAT,
    INPUT,
    METADATA_KEY,
    OUTPUTS,
    OnnxClassifier,
)

OPSET = 20  # what ONNX Runtime has read since 1.17
TOLERANCE = 1e-3  # largest difference of a probability between PyTorch and ONNX Runtime


def export_reader(
    reader: TwoLooks,
    path: Path,
    *,
    name: str,
    version: str,
    training_data: list[str],
    parity_pictures: list[NDArray[np.uint8]],
) -> float:
    """Write `reader` as one ONNX file that resizes, normalises and describes itself.

    Args:
        reader: the trained network.
        path: where to write; an older file is replaced only by a proved one.
        name: of the model, for transcripts.
        version: of the model.
        training_data: names of the sets it was trained on.
        parity_pictures: real pictures, RGB uint8 [H, W, 3], on which both must agree.

    Returns:
        The largest difference of any probability over the parity pictures.

    Raises:
        ExportError: PyTorch and ONNX Runtime name another sign, or differ by more than 1e-3.
    """
    metadata = {
        "format": FORMAT,
        "name": name,
        "version": version,
        "classes": CLASSES,
        "preprocess": asdict(reader.spec),
        "input": "uint8 RGB [N, H, W, 3], any size",
        "resampler": "triangle filter, widened when shrinking (bilinear, antialias)",
        "training_data": training_data,
    }
    content = _to_onnx(reader, metadata)
    with tempfile.TemporaryDirectory() as folder:
        candidate = Path(folder) / "candidate.onnx"
        candidate.write_bytes(content)
        difference = _largest_difference(reader, OnnxClassifier(candidate), parity_pictures)
    write_atomically(path, content)
    return difference


def _to_onnx(reader: TwoLooks, metadata: dict[str, Any]) -> bytes:
    # Sizes that are unlike each other, so that none of them is taken for a constant.
    example = torch.zeros((2, 96, 128, 3), dtype=torch.uint8)
    sizes = {0: torch.export.Dim.DYNAMIC, 1: torch.export.Dim.DYNAMIC, 2: torch.export.Dim.DYNAMIC}
    program = torch.onnx.export(
        reader.eval(),
        (example,),
        dynamo=True,
        dynamic_shapes=(sizes,),
        input_names=[INPUT],
        output_names=list(OUTPUTS),
        opset_version=OPSET,
        verbose=False,
    )
    model: onnx.ModelProto = cast(torch.onnx.ONNXProgram, program).model_proto
    for node in model.graph.node:
        del node.metadata_props[:]  # the exporter's stack traces: a third of the file
    onnx.helper.set_model_props(model, {METADATA_KEY: json.dumps(metadata)})
    onnx.checker.check_model(model, full_check=True)
    return bytes(model.SerializeToString())


def _largest_difference(
    reader: TwoLooks, exported: OnnxClassifier, pictures: list[NDArray[np.uint8]]
) -> float:
    largest = 0.0
    for picture in pictures:
        with torch.inference_mode():
            expected = reader(torch.from_numpy(picture)[None])[0][0].numpy()
        [prediction] = exported.classify(picture[None])
        largest = max(largest, float(np.abs(expected - prediction.probabilities).max()))
        if largest > TOLERANCE or expected.argmax() != prediction.probabilities.argmax():
            raise ExportError(
                f"the exported model differs from the trained one by {largest:.2g} in a "
                "probability, so it was not written: report this with your versions of torch "
                "and onnxruntime."
            )
    return largest
