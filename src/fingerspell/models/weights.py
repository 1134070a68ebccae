"""Weights from elsewhere: torchvision's ImageNet weights and local files, never unpickled.

Downloads are torchvision's: kept in PyTorch's folder (`torch.hub.get_dir()`, or TORCH_HOME) and checked
against the hash in their names.
"""

import contextlib
import json
import pickle
import sys
import warnings
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn
from torchvision import models

from fingerspell.errors import ModelError

METADATA_KEY = "fingerspell"  # in the header of our own files

# What `torch.load` raises on files that are damaged or hold more than tensors.
_LOAD_ERRORS = (RuntimeError, pickle.UnpicklingError, EOFError, ValueError, KeyError)


@dataclass(frozen=True)
class State:
    """Weights as a file holds them.

    Attributes:
        tensors: by name, as in a network's `state_dict()`.
        versions: of the layers that wrote them, as `torch.save` keeps them; None if there are none.
        document: what our own checkpoints say of themselves.
    """

    tensors: Mapping[str, Tensor]
    versions: Any = None
    document: dict[str, Any] | None = None


def imagenet_state(name: str) -> State:
    """ImageNet weights of a torchvision network, downloaded once.

    Raises:
        ModelError: they cannot be downloaded, or what arrived is not what was asked for.
    """
    weights = models.get_model_weights(name).DEFAULT
    place = Path(torch.hub.get_dir()) / "checkpoints" / weights.url.rpartition("/")[2]
    was_there = place.exists()
    try:
        # Stdout is for results, and PyTorch says there where it downloads from.
        with contextlib.redirect_stdout(sys.stderr):
            tensors = weights.get_state_dict(
                progress=sys.stderr.isatty(), check_hash=True, weights_only=True, map_location="cpu"
            )
    except OSError as error:
        raise ModelError(
            f"the ImageNet weights of {name} could not be downloaded ({error}): place "
            f"{place.name} in {place.parent}, or choose a local file or `random` weights."
        ) from error
    except _LOAD_ERRORS as error:
        if was_there:
            raise ModelError(f"{place} is damaged: delete it, and it is downloaded again.") from error
        raise ModelError(
            f"the download of {place.name} was damaged and not kept: try again, place the file in "
            f"{place.parent}, or choose `random` weights."
        ) from error
    return State(tensors, getattr(tensors, "_metadata", None))


def read_state(path: Path) -> State:
    """Weights of a .safetensors or PyTorch (.pth) file.

    Raises:
        ModelError: the file is missing, damaged, or holds anything but tensors.
    """
    try:
        if path.suffix == ".safetensors":
            return _read_safetensors(path)
        with warnings.catch_warnings(action="ignore"):  # of pickles, which are refused anyway
            tensors = torch.load(path, map_location="cpu", weights_only=True)
    except OSError as error:
        raise ModelError(f"{path} cannot be read ({error.strerror}): check the path.") from error
    except (SafetensorError, RecursionError, *_LOAD_ERRORS) as error:
        raise ModelError(
            f"{path} is damaged, or holds more than tensors, which is never loaded: give a "
            ".safetensors file, or a state dict written by torch.save."
        ) from error
    if not isinstance(tensors, Mapping) or not all(isinstance(t, Tensor) for t in tensors.values()):
        raise ModelError(
            f"{path} is not a state dict (names to tensors): save the network's state_dict()."
        )
    return State(tensors, getattr(tensors, "_metadata", None))


def _read_safetensors(path: Path) -> State:
    with path.open("rb"), safe_open(path, framework="pt") as file:  # the former tells why it cannot
        text = (file.metadata() or {}).get(METADATA_KEY)
        document = None if text is None else json.loads(text)
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    return State(tensors, document=document)


def load(network: nn.Module, state: State) -> str | None:
    """Fill a network with weights if they fit it; else leave it and say the first difference."""
    wanted = network.state_dict()
    # Files from before PyTorch 0.4.1 do not hold these counters, which only some training needs.
    counters = {name: value for name, value in wanted.items() if name.endswith("num_batches_tracked")}
    tensors = OrderedDict({**counters, **state.tensors})
    difference = _difference(wanted, tensors)
    if difference is None:
        tensors._metadata = state.versions or wanted._metadata  # type: ignore[attr-defined]
        network.load_state_dict(tensors)
    return difference


def _difference(wanted: Mapping[str, Tensor], given: Mapping[str, Tensor]) -> str | None:
    for name, tensor in wanted.items():
        if name not in given:
            return f"{name} is missing"
        if given[name].shape != tensor.shape:
            return f"{name} is {list(given[name].shape)}, not {list(tensor.shape)}"
    surplus = next((name for name in given if name not in wanted), None)
    return None if surplus is None else f"{surplus} is not in the network"
