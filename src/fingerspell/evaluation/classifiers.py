"""From the name of a model to a classifier, and to what is known of the model.

A model is `default` (the bundled one), an `.onnx` file, a `.safetensors` checkpoint or the folder of a
training run. PyTorch is loaded for the last two only.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from fingerspell.core.types import FrameClassifier
from fingerspell.data.split_file import SPLIT_FILE
from fingerspell.errors import ModelError
from fingerspell.runtime.onnx_classifier import OnnxClassifier, bundled_file
from fingerspell.runtime.reader import BUNDLED

if TYPE_CHECKING:
    from fingerspell.models.checkpoint import CheckpointInfo

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
        data: fingerprint of the training data, where the model is a checkpoint.
        split_file: how these were split, where the checkpoint is still in its run's folder.
    """

    model: str
    name: str
    sha256: str
    n_bytes: int
    parameters: int
    trained_on: tuple[str, ...] = ()
    data: Mapping[str, Any] = field(default_factory=dict)
    split_file: Path | None = None


def load_classifier(model: str, threads: int = 0, *, digits: bool = False) -> FrameClassifier:
    """Load a model.

    Args:
        model: `default`, an `.onnx` file, a `.safetensors` checkpoint or a run folder.
        threads: CPU threads to use; 0 is one a core.
        digits: tell digits, too, where it tells letters and digits.

    Raises:
        ModelError: there is no such model, or it cannot be used.
    """
    path = find_model(model)
    if path is None or path.suffix != CHECKPOINT_SUFFIX:
        return OnnxClassifier(path, threads, digits=digits)
    import torch  # noqa: PLC0415 - the reader's models are evaluated without it

    from fingerspell.models.checkpoint import load_checkpoint  # noqa: PLC0415
    from fingerspell.models.classifier import TorchClassifier  # noqa: PLC0415

    if threads:
        torch.set_num_threads(threads)
    module, info = load_checkpoint(path)
    name = _checkpoint_name(path, info)
    return TorchClassifier(module, info.spec, name, known=info.alphabet, digits=digits)


def describe(model: str) -> ModelFacts:
    """Read what a model's file says of itself.

    Raises:
        ModelError: as for `load_classifier`.
    """
    path, content = find_model(model), model_bytes(model)
    file = (hashlib.sha256(content).hexdigest(), len(content))
    if path is None or path.suffix != CHECKPOINT_SUFFIX:
        classifier = OnnxClassifier(path)
        trained_on = tuple(classifier.metadata.get("training_data", ()))
        parameters = classifier.metadata.get("parameters") or _onnx_parameters(content)
        return ModelFacts(model, classifier.name, *file, parameters, trained_on)
    from fingerspell.models.checkpoint import file_of_run, load_checkpoint  # noqa: PLC0415

    module, info = load_checkpoint(path)
    split_file = file_of_run(path.resolve().parent.parent, SPLIT_FILE)
    return ModelFacts(
        model,
        _checkpoint_name(path, info),
        *file,
        parameters=sum(parameter.numel() for parameter in module.parameters()),
        trained_on=tuple(filter(None, [info.data.get("name")])),
        data=info.data,
        split_file=split_file if split_file.is_file() else None,
    )


def _checkpoint_name(path: Path, info: "CheckpointInfo") -> str:
    """The network, and the run or file that tells it from others of its kind."""
    from fingerspell.models.checkpoint import name_of_run  # noqa: PLC0415

    in_run = path.parent.name == "checkpoints"
    return f"{info.model} ({name_of_run(path.resolve().parent.parent) if in_run else path.stem})"


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
            f"{model} is not a model: give `{BUNDLED}`, an .onnx file, a {CHECKPOINT_SUFFIX} "
            "checkpoint or the folder of a training run."
        )
    return path


def model_bytes(model: str) -> bytes:
    """The content of a model's file.

    Raises:
        ModelError: there is none, or it cannot be read.
    """
    source = find_model(model) or bundled_file()
    try:
        return source.read_bytes()
    except OSError as error:
        raise ModelError(f"{model} cannot be read ({error.strerror}): check the path.") from error


def _onnx_parameters(content: bytes) -> int:
    """Numbers in the weights of an ONNX graph that does not say; scalars and shapes are arithmetic's.

    What stands twice, as weights do in 8 bits that two looks share, is counted twice.
    """
    import onnx  # noqa: PLC0415 - classifiers are loaded without it

    graph = onnx.load_model_from_string(content).graph
    kinds = (onnx.TensorProto.FLOAT, onnx.TensorProto.FLOAT16, onnx.TensorProto.INT8)
    shapes = [tuple(weights.dims) for weights in graph.initializer if weights.data_type in kinds]
    return sum(int(np.prod(shape)) for shape in shapes if shape)
