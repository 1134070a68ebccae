"""What is signed at each tick, from what was seen until a moment later."""

from typing import cast

import torch
from torch import Tensor, nn

from fingerspell.core.alphabet import CLASSES
from fingerspell.core.sight import N_FEATURES

DELAY_TICKS = 5  # what is said at a tick is of the tick this many before it


class SequenceNet(nn.Module):
    """A perceptron on each tick, and gated recurrent units (Cho et al., 2014) over them.

    Args:
        width: of the units; the perceptron's hidden layer is as wide.
        dropout: of what the units are given.
    """

    def __init__(self, width: int = 128, dropout: float = 0.15) -> None:
        super().__init__()
        self.width = width
        self.look = nn.Sequential(
            nn.Linear(N_FEATURES, width),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Linear(width, width),
            nn.ReLU(),
            nn.Dropout(dropout),
        )
        self.units = nn.GRU(width, width, batch_first=True)
        self.sign = nn.Linear(width, len(CLASSES))

    def forward(self, numbers: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        """Logits [N, T, 29] of ticks [N, T, N_FEATURES], and the state [1, N, width] after them."""
        seen, after = self.units(self.look(numbers), state)
        return cast("Tensor", self.sign(seen)), cast("Tensor", after)

    def start(self, n: int) -> Tensor:
        """The state before the first tick."""
        return torch.zeros(1, n, self.width)
