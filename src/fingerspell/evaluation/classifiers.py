"""From the name of a model to a classifier, and to what is known of the model.

A model is `default` (the bundled one), an `.onnx` file, a `.safetensors` checkpoint or the folder of a
training run. PyTorch is loaded for the last two only.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

from fingerspell.core.types import FrameClassifier
from fingerspell.errors import ModelError
from fingerspell.runtime.onnx_classifier import OnnxClassifier
from fingerspell.runtime.reader import BUNDLED

CHECKPOINT_SUFFIX = ".safetensors"


@dataclass(frozen=True)
class ModelFacts:
    """What is known of a model besides how well it does.

    Attributes:
        model: as the user names it.
        name: name and version, as the model itself gives them.
        sha256: of the file.
        n_bytes: size of the file.
        parameters: numbers that training chose.
        trained_on: names of the data sets it was trained on, where the file says so.
        data: fingerprint of the training data and its split, where the model is a checkpoint.
    """

    model: str
    name: str
    sha256: str
    n_bytes: int
    parameters: int
    trained_on: tuple[str, ...] = ()
    data: Mapping[str, Any] = field(default_factory=dict)


def load_classifier(model: str, threads: int = 0) -> FrameClassifier:
    """Load a model.

    Args:
        model: `default`, an `.onnx` file, a `.safetensors` checkpoint or a run folder.
        threads: CPU threads to use; 0 is one a core.

    Raises:
        ModelError: there is no such model, or it cannot be used.
    """
    path = find_model(model)
    if path is None or path.suffix != CHECKPOINT_SUFFIX:
        return OnnxClassifier(path, threads)
    import torch  # noqa: PLC0415 - the reader's models are judged without it

    from fingerspell.models.checkpoint import load_checkpoint  # noqa: PLC0415
    from fingerspell.models.classifier import TorchClassifier  # noqa: PLC0415

    if threads:
        torch.set_num_threads(threads)
    module, info = load_checkpoint(path)
    return TorchClassifier(module, info.spec, f"{info.model} {info.version}")


def describe(model: str) -> ModelFacts:
    """Read what a model's file says of itself.

    Raises:
        ModelError: as for `load_classifier`.
    """
    path, content = find_model(model), model_bytes(model)
    if path is not None and path.suffix == CHECKPOINT_SUFFIX:
        from fingerspell.models.checkpoint import load_checkpoint  # noqa: PLC0415

        module, info = load_checkpoint(path)
        name, data = f"{info.model} {info.version}", info.data
        parameters = sum(parameter.numel() for parameter in module.parameters())
        trained_on = tuple(filter(None, [data.get("name")]))
    else:
        classifier = OnnxClassifier(path)
        name, data = classifier.name, {}
        parameters = _onnx_parameters(content)
        trained_on = tuple(classifier.metadata.get("training_data", ()))
    digest = hashlib.sha256(content).hexdigest()
    return ModelFacts(model, name, digest, len(content), parameters, trained_on, data)


def find_model(model: str) -> Path | None:
    """The file of a model; None for the bundled one.

    Raises:
        ModelError: there is none.
    """
    if model == BUNDLED:
        return None
    path = Path(model)
    if path.is_dir() or path.suffix == CHECKPOINT_SUFFIX:
        from fingerspell.models.checkpoint import find_checkpoint  # noqa: PLC0415

        return find_checkpoint(path)
    if not path.is_file() or path.suffix != ".onnx":
        raise ModelError(
            f"{model} is no model: give `{BUNDLED}`, an .onnx file, a {CHECKPOINT_SUFFIX} checkpoint "
            "or the folder of a training run."
        )
    return path


def model_bytes(model: str) -> bytes:
    """The content of a model's file.

    Raises:
        ModelError: there is none, or it cannot be read.
    """
    source = find_model(model) or files("fingerspell") / "assets" / "reader.onnx"
    try:
        return source.read_bytes()
    except OSError as error:
        raise ModelError(f"{model} cannot be read ({error.strerror}): check the path.") from error


def _onnx_parameters(content: bytes) -> int:
    """Numbers in the weights of an ONNX graph; scalars and shapes are constants of its arithmetic."""
    import onnx  # noqa: PLC0415 - classifiers are loaded without it

    graph = onnx.load_model_from_string(content).graph
    kinds = (onnx.TensorProto.FLOAT, onnx.TensorProto.FLOAT16, onnx.TensorProto.INT8)
    shapes = [tuple(weights.dims) for weights in graph.initializer if weights.data_type in kinds]
    return sum(int(np.prod(shape)) for shape in shapes if shape)
