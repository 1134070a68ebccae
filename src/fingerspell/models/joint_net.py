"""The sign from the joints of the hand alone, whoever found them."""

from typing import cast

import torch
from torch import Tensor, nn

from fingerspell.core.alphabet import CLASSES
from fingerspell.core.types import N_JOINTS
from fingerspell.models.hand_net import normalised


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
        return cast("Tensor", self.layers[-1](self.features(joints)))

    def features(self, joints: Tensor) -> Tensor:
        """What the last layer is fed [N, width // 2]."""
        return cast("Tensor", self.layers[:-1](normalised(joints)))


class EitherHand(nn.Module):
    """A `JointNet` that reads the hand and its mirror image: a right hand is read as a left one is."""

    def __init__(self, net: JointNet) -> None:
        super().__init__()
        self.net = net

    def forward(self, joints: Tensor) -> Tensor:
        """Probabilities [N, 29] of joints [N, 21, 2]."""
        return cast("Tensor", self.net.layers[-1](self.features(joints))).softmax(1)

    def features(self, joints: Tensor) -> Tensor:
        """The mean of what the last layer is fed [N, width // 2], of hand and mirror image."""
        mirrored = joints * torch.tensor([-1.0, 1.0])
        return (self.net.features(joints) + self.net.features(mirrored)) / 2
