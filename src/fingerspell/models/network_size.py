"""How large a network is and how much it computes, without computing it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from fingerspell.errors import ModelError
from fingerspell.models.registry import READER, Architecture


@dataclass(frozen=True)
class Cost:
    """What a network costs.

    Attributes:
        parameters: weights that are trained.
        multiply_adds: of one picture, in convolutions and matrix products.
    """

    parameters: int
    multiply_adds: int


def cost_of(architecture: Architecture) -> Cost:
    """Count the parameters and multiply-adds of a network on one picture.

    It is built on PyTorch's device "meta", which has shapes and no numbers, so nothing is computed.
    """
    with _counting() as counter:
        network = architecture.build().eval()
        network(_picture(architecture))
    parameters = sum(parameter.numel() for parameter in network.parameters())
    return Cost(parameters, counter.get_total_flops() // 2)  # PyTorch counts both operations


@contextmanager
def _counting() -> Iterator[FlopCounterMode]:
    """Networks that are built and run here compute nothing, and are counted."""
    with torch.device("meta"), torch.inference_mode(), FlopCounterMode(display=False) as counter:
        yield counter


def _picture(architecture: Architecture) -> Tensor:
    side = architecture.spec.size_px
    return torch.empty(1, 3, side, side)


@dataclass(frozen=True)
class Layer:
    """A layer that computes something itself.

    Attributes:
        name: as in the names of its parameters.
        kind: class of the module.
        output: shape of what it gives, without the batch.
        parameters: its weights.
        multiply_adds: of one picture.
    """

    name: str
    kind: str
    output: tuple[int, ...]
    parameters: int
    multiply_adds: int


def layers_of(architecture: Architecture) -> list[Layer]:
    """The layers of a network in the order in which a picture comes through them.

    A layer that is used twice is listed twice.

    Raises:
        ModelError: it is the whole reader, which looks as often as an image needs.
    """
    if architecture.name == READER:
        raise ModelError(
            f"{READER} looks as often as an image needs, so its layers have no order: see its card, "
            "docs/model-card.md."
        )
    found: list[Layer] = []
    with _counting() as counter:
        network = architecture.build().eval()
        for name, module in network.named_modules():
            if not list(module.children()):
                module.register_forward_hook(_noted(name, counter, found))
        network(_picture(architecture))
    return found


def _noted(name: str, counter: FlopCounterMode, found: list[Layer]) -> Callable[..., None]:
    """A hook that adds a layer to those found."""

    def hook(module: nn.Module, _inputs: Any, output: Any) -> None:
        shape = tuple(output.shape[1:]) if isinstance(output, Tensor) else ()
        n = sum(parameter.numel() for parameter in module.parameters())
        so_far = sum(layer.multiply_adds for layer in found)
        flops = counter.get_total_flops() // 2 - so_far
        found.append(Layer(name, type(module).__name__, shape, n, flops))

    return hook
