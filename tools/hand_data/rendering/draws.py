"""Random draws: what differs from hand to hand, one row of a tensor each."""

from dataclasses import dataclass, fields
from typing import Self

import torch
from torch import Tensor


class Dice:
    """Random numbers of one generator."""

    def __init__(self, generator: torch.Generator) -> None:
        self._generator = generator

    def uniform(self, *shape: int) -> Tensor:
        """Between 0 and 1."""
        return torch.rand(*shape, generator=self._generator)

    def normal(self, *shape: int) -> Tensor:
        """With mean 0 and standard deviation 1."""
        return torch.randn(*shape, generator=self._generator)


@dataclass(frozen=True)
class PerHand:
    """Tensors with one row a hand."""

    def __getitem__(self, index: Tensor | slice) -> Self:
        return type(self)(**{field.name: getattr(self, field.name)[index] for field in fields(self)})


def linear(srgb: Tensor) -> Tensor:
    """Linear light in 0..1 of colours in 0..255."""
    return (srgb / 255.0) ** 2.2


def colour(srgb: tuple[int, int, int]) -> Tensor:
    """Linear light [3] of a colour."""
    return linear(torch.tensor(srgb, dtype=torch.float32))
