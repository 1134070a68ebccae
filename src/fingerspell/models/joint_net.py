"""The sign from the joints of the hand alone, whoever found them (`runtime.mediapipe_hands`)."""

from typing import cast

import torch
from torch import Tensor, nn

from fingerspell.core.alphabet import CLASSES
from fingerspell.models.reader import N_JOINTS, normalised


class JointNet(nn.Module):
    """A perceptron of two hidden layers on joints whose place and size do not matter.

    Args:
        width: of the first hidden layer; the second has half of it.
    """

    def __init__(self, width: int = 256) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Flatten(),
            nn.Linear(2 * N_JOINTS, width),
            nn.ReLU(),
            nn.Dropout(0.1),
            nn.Linear(width, width // 2),
            nn.ReLU(),
            nn.Dropout(0.1),
            nn.Linear(width // 2, len(CLASSES)),
        )

    def forward(self, joints: Tensor) -> Tensor:
        """Logits [N, 29] of joints [N, 21, 2] (x and y in one unit, whichever)."""
        return cast("Tensor", self.layers(normalised(joints)))


class EitherHand(nn.Module):
    """A `JointNet` that reads the hand and its mirror image: a right hand is read as a left one is."""

    def __init__(self, net: JointNet) -> None:
        super().__init__()
        self.net = net

    def forward(self, joints: Tensor) -> Tensor:
        """Probabilities [N, 29] of joints [N, 21, 2]."""
        mirrored = joints * torch.tensor([-1.0, 1.0])
        logits: Tensor = self.net(joints) + self.net(mirrored)
        return (logits / 2).softmax(1)
