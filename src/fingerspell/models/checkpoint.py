"""Checkpoints: one .safetensors file with the weights and, in its header, what they belong to.

The header's metadata hold a JSON document under the key `fingerspell`, so that the two cannot be
separated, and nothing is ever unpickled.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import safetensors.torch
from torch import Tensor, nn

from fingerspell.core.alphabet import Alphabet
from fingerspell.core.preprocess import PreprocessSpec
from fingerspell.errors import ModelError
from fingerspell.files import write_atomically
from fingerspell.models.registry import architecture
from fingerspell.models.weights import METADATA_KEY, load, read_state

FOLD = "fold-"  # the folder of one fold of a run begins so


@dataclass(frozen=True)
class CheckpointInfo:
    """What a checkpoint says of itself; everything in it is JSON.

    Attributes:
        model: name of the network in the registry.
        spec: the preprocessing it was trained with.
        classes: what it tells apart, in the order of its outputs.
        config: how it was trained.
        metrics: how well it did when it was saved.
        data: what it was trained on: name, n, sha256 of the index, split, and root, the folder.
        created: when, ISO 8601 in UTC.
        version: of fingerspell.
    """

    model: str
    spec: PreprocessSpec
    classes: tuple[str, ...]
    config: dict[str, Any]
    metrics: dict[str, Any]
    data: dict[str, Any]
    created: str
    version: str

    @property
    def alphabet(self) -> Alphabet:
        """The classes, and what they are by their names."""
        return Alphabet.of(self.classes)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "CheckpointInfo":
        """The info that `dataclasses.asdict` was made of, after a journey through JSON."""
        spec = PreprocessSpec.from_dict(values["spec"])
        info = cls(**{**values, "spec": spec, "classes": tuple(values["classes"])})
        _ = info.alphabet  # it is one
        if not all(isinstance(text, str) for text in (info.model, info.created, info.version)):
            raise TypeError("its texts are not text")
        if not all(isinstance(part, dict) for part in (info.config, info.metrics, info.data)):
            raise TypeError("its parts are not mappings")
        return info


def save_checkpoint(path: Path, state: Mapping[str, Tensor], info: CheckpointInfo) -> None:
    """Write weights and what they belong to, whole or not at all.

    Args:
        path: ends in .safetensors.
        state: the network's `state_dict()`, on any device.
        info: what it belongs to.

    Raises:
        OSError: the folder cannot be written to or the disk is full; an older file is untouched.
    """
    # Copies: the format holds neither views of other tensors nor other orders of memory.
    tensors = {name: tensor.detach().cpu().contiguous().clone() for name, tensor in state.items()}
    metadata = {METADATA_KEY: json.dumps(asdict(info))}
    write_atomically(path, safetensors.torch.save(tensors, metadata))


def load_checkpoint(path: Path) -> tuple[nn.Module, CheckpointInfo]:
    """The network, with its weights and in evaluation mode, and what it says of itself.

    Raises:
        ModelError: the file is missing, damaged, no checkpoint, or of another version.
    """
    state = read_state(path)
    if state.document is None:
        raise ModelError(f"{path} is not a checkpoint of fingerspell: give one that `train` wrote.")
    try:
        info = CheckpointInfo.from_dict(state.document)
    except (KeyError, TypeError, ValueError, ModelError) as error:
        raise ModelError(
            f"{path} does not say its network and preprocessing as this version does: load it with the "
            "version of fingerspell that wrote it."
        ) from error
    try:
        network = architecture(info.model).build(len(info.classes))
    except ModelError as error:
        raise ModelError(f"{path}: {error}") from error
    difference = load(network, state)
    if difference is not None:
        raise ModelError(
            f"{path} does not fit {info.model} ({difference}): load it with the version of "
            "fingerspell that wrote it."
        )
    return network.eval(), info


def file_of_run(run: Path, name: str) -> Path:
    """A file in a run's folder; folds of one run share those that lie in the folder above theirs."""
    is_shared = run.name.startswith(FOLD) and not (run / name).exists()
    return (run.parent if is_shared else run) / name


def name_of_run(run: Path) -> str:
    """The folder's name, which for a fold alone would not tell whose."""
    return f"{run.parent.name}/{run.name}" if run.name.startswith(FOLD) else run.name


def find_checkpoint(run_or_file: Path) -> Path:
    """The checkpoint that is meant: the file itself, or the best (else the last) of a run's folder.

    Raises:
        ModelError: there is none.
    """
    if run_or_file.is_file():
        return run_or_file
    for name in ("best", "last"):
        path = run_or_file / "checkpoints" / f"{name}.safetensors"
        if path.is_file():
            return path
    folds = sorted(path for path in run_or_file.glob(f"{FOLD}*") if path.is_dir())
    if folds:
        raise ModelError(
            f"{run_or_file} holds {len(folds)} folds: give one of them, such as {folds[0]}."
        )
    raise ModelError(
        f"{run_or_file} holds no checkpoints/best.safetensors or last.safetensors: give the folder "
        "of a run, or a checkpoint."
    )
