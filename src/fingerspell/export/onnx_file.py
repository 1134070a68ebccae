"""From a trained network to one ONNX file that describes itself, refused if the two disagree.

The graph takes uint8 RGB pictures [N, H, W, 3] of any size, and resizes and normalises them inside.
There is one way for every network: the reader's, which gives joints and the probability of a hand too,
and those that only give probabilities.
"""

import json
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from numpy.typing import NDArray

from fingerspell.core.alphabet import ASL, Alphabet
from fingerspell.errors import ExportError
from fingerspell.export.quantise import quantise
from fingerspell.export.reader_graph import reader_to_onnx
from fingerspell.export.torch_graph import any_size, to_onnx
from fingerspell.files import write_atomically
from fingerspell.models.classifier import Graph
from fingerspell.models.reader import HandReader
from fingerspell.pictures.still import read_picture
from fingerspell.progress import Advance, Stage, silent
from fingerspell.runtime.onnx_classifier import (
    FORMAT,
    INPUT,
    INPUTS,
    METADATA_KEY,
    OUTPUTS,
    OnnxClassifier,
)

TOLERANCE = 1e-3  # largest difference of a probability between PyTorch and ONNX Runtime
SURE = 0.5  # probability from which the trained network is sure of a class
INT8_CONTRADICTED = 0.01  # most pictures of whose class it is sure and the int8 model says another
MAX_CALIBRATION = 100  # pictures; ranges hardly grow with more


@dataclass(frozen=True)
class About:
    """What an exported model says of itself.

    Attributes:
        name: of the model, for transcripts.
        version: of the model.
        training_data: names of the sets it was trained on.
        facts: anything else that is JSON, such as how well it did.
        alphabet: the classes that it tells apart.
    """

    name: str
    version: str
    training_data: Sequence[str]
    facts: dict[str, Any] = field(default_factory=dict)
    alphabet: Alphabet = ASL


@dataclass(frozen=True)
class Exported:
    """A model file that was written, and how nearly it says what the trained network does.

    Attributes:
        path: of the file.
        n_bytes: its size.
        int8: whether its layers compute in 8 bits.
        n: pictures on which the two were compared; none of them was calibrated with.
        same_class: share of them of which both name the same class.
        contradicted: share of them of whose class the trained one is sure, and the file says another.
        largest_difference: of any probability.
    """

    path: Path
    n_bytes: int
    int8: bool
    n: int
    same_class: float
    contradicted: float
    largest_difference: float


def export_model(
    graph: Graph,
    path: Path,
    about: About,
    pictures: Sequence[Path],
    *,
    int8: bool = False,
    stage: Stage = silent,
) -> Exported:
    """Write a network as one ONNX file.

    Args:
        graph: the trained network with its preprocessing.
        path: where to write; an older file is replaced only by a proved one.
        about: what the file is to say of itself.
        pictures: files of real ones, on which both must agree; with `int8`, the first half, at most
            100, is calibrated with instead.
        int8: let the layers compute in 8 bits, which is smaller and, on most CPUs, faster.
        stage: announces the comparison.

    Raises:
        ExportError: PyTorch and ONNX Runtime disagree, or there are too few pictures to tell.
        MediaError: a picture is damaged.
        OSError: the file cannot be written; an older one is untouched.
    """
    n_calibration = min(len(pictures) // 2, MAX_CALIBRATION) if int8 else 0
    if len(pictures) < 1 + int8:
        raise ExportError(f"{len(pictures)} images are too few to check the export with: give more.")
    model = _to_graph(graph.eval(), [read_picture(path) for path in pictures[:n_calibration]])
    onnx.helper.set_model_props(model, {METADATA_KEY: json.dumps(_metadata(graph, about, int8))})
    onnx.checker.check_model(model, full_check=True)
    content = bytes(model.SerializeToString())
    classifier = open_content(content, digits=True)
    proof = pictures[n_calibration:]
    compared = _compare(graph, classifier, proof, stage("comparing", len(proof)))
    exported = Exported(path, len(content), int8, len(proof), *compared)
    _refuse_unlike(exported)
    write_atomically(path, content)
    return exported


def _to_graph(graph: Graph, calibration: Sequence[NDArray[np.uint8]]) -> onnx.ModelProto:
    """The graph, in 8 bits where there are pictures to calibrate with."""
    if isinstance(graph, HandReader):
        return reader_to_onnx(graph, INPUTS, OUTPUTS, calibration)
    # Sizes that are unlike each other, so that none of them is taken for a constant.
    example = torch.zeros((2, 96, 128, 3), dtype=torch.uint8)
    model = to_onnx(graph, [example], [any_size(0, 1, 2)], [INPUT], OUTPUTS[:1])
    if not calibration:
        return model
    return quantise(model, ({INPUT: picture[None]} for picture in calibration))


def open_content(content: bytes, *, digits: bool = False) -> OnnxClassifier:
    """A model that has no file yet, as the reader will open it; with digits, if these are asked for.

    Raises:
        ModelError: it cannot be used.
    """
    with tempfile.TemporaryDirectory() as folder:
        candidate = Path(folder) / "candidate.onnx"
        candidate.write_bytes(content)
        return OnnxClassifier(candidate, digits=digits)


def _refuse_unlike(exported: Exported) -> None:
    if exported.int8 and exported.contradicted > INT8_CONTRADICTED:
        raise ExportError(
            f"the int8 model gives another class than the trained one for {exported.contradicted:.1%} "
            f"of {exported.n} images of which that is sure, over {INT8_CONTRADICTED:.0%}, so it was "
            "not written: give more and more varied images with --pictures, or export it without int8."
        )
    difference = exported.largest_difference
    if not exported.int8 and (exported.same_class < 1 or difference > TOLERANCE):
        raise ExportError(
            f"the exported model differs from the trained one by {difference:.2g} in a probability, so "
            "it was not written: report this with your versions of torch and onnxruntime."
        )


def _metadata(graph: Graph, about: About, int8: bool) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "name": about.name,
        "version": about.version,
        **about.alphabet.as_dict(),
        "preprocess": asdict(graph.spec),
        "input": "uint8 RGB [N, H, W, 3], any size",
        "resampler": f"{graph.spec.kernel}, widened when shrinking (antialias)",
        "precision": "int8" if int8 else "fp32",
        "parameters": sum(parameter.numel() for parameter in graph.parameters()),
        "training_data": list(about.training_data),
        **about.facts,
    }


def _compare(
    graph: Graph,
    classifier: OnnxClassifier,
    pictures: Sequence[Path],
    advance: Advance,
) -> tuple[float, float, float]:
    """`same_class`, `contradicted` and `largest_difference`, as `Exported` has them."""
    same, contradicted, largest = 0, 0, 0.0
    for path in pictures:
        picture = read_picture(path)
        with torch.inference_mode():
            outputs = graph(torch.tensor(picture)[None])
        expected = (outputs[0] if isinstance(outputs, tuple) else outputs)[0].numpy()
        [prediction] = classifier.classify(picture[None])
        is_same = bool(expected.argmax() == prediction.probabilities.argmax())
        same += is_same
        contradicted += not is_same and bool(expected.max() >= SURE)
        largest = max(largest, float(np.abs(expected - prediction.probabilities).max()))
        advance(1)
    n = len(pictures)
    return same / n, contradicted / n, largest
