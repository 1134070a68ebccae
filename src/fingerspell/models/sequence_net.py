"""What is signed at each tick, from what was seen until a moment later."""

from typing import cast

import torch
from torch import Tensor, nn

from fingerspell.core.alphabet import CLASSES
from fingerspell.core.sight import N_CLASSES, N_FEATURES

DELAY_TICKS = 5  # what is said at a tick is of the tick this many before it
NEAR = 2 * DELAY_TICKS + 1  # ticks around the one that is told
FAR = 3  # times that the first convolution is looked at again,
STRIDE = 6  # this many ticks apart: now and two earlier
SEEN_TICKS = NEAR - 1 + (FAR - 1) * STRIDE  # before a tick that count for it


class SequenceNet(nn.Module):
    """A perceptron on each tick, and two convolutions over time.

    What the frame reader said of the tick that is told is added to the answer, so that the layers learn
    only where that is wrong.

    Args:
        width: of all layers.
        dropout: of what each is given.
    """

    def __init__(self, width: int = 96, dropout: float = 0.1) -> None:
        super().__init__()
        self.width = width
        self.look = nn.Linear(N_FEATURES, width)
        self.near = nn.Conv1d(width, width, NEAR)
        self.far = nn.Conv1d(width, width, FAR, dilation=STRIDE)
        self.sign = nn.Linear(width, len(CLASSES))
        self.trust = nn.Parameter(torch.full((N_CLASSES,), 4.0))  # as probabilities are scaled
        self.dropout = nn.Dropout(dropout)

    def forward(self, numbers: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        """Logits [N, T, 29] of ticks [N, T, N_FEATURES], and the state after them.

        The state [N, SEEN_TICKS, N_FEATURES] is the ticks that were last seen.
        """
        ticks = torch.cat([state, numbers], 1)
        looked = self.dropout(self.look(ticks).relu()).transpose(1, 2)
        near = self.dropout(self.near(looked).relu())
        around = near[:, :, (FAR - 1) * STRIDE :] + self.far(near).relu()
        told = SEEN_TICKS - DELAY_TICKS
        said = ticks[:, told : told + numbers.shape[1], :N_CLASSES]
        logits = self.sign(self.dropout(around).transpose(1, 2)) + self.trust * said
        return cast("Tensor", logits), ticks[:, ticks.shape[1] - SEEN_TICKS :]

    def start(self, n: int) -> Tensor:
        """The state before the first tick: nothing was seen."""
        return torch.zeros(n, SEEN_TICKS, N_FEATURES)
