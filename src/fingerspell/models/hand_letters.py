"""What is read in the square view of a hand: joints, letter, and whether there is a hand at all.

It goes on from the middle of MediaPipe's trunk (`mediapipe_networks`); the letter is read from the
joints, as they lie in the picture, from the features at them, and from one vector of the whole view.
"""

from typing import NamedTuple, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from fingerspell.core.alphabet import CLASSES
from fingerspell.core.types import N_JOINTS
from fingerspell.models.hand_net import normalised
from fingerspell.models.mediapipe_networks import MIDDLE_WIDTH, TRUNK_WIDTH, HandTrunk

WIDTH = 256  # features of the last layer
OF_FEATURES, OF_VIEW = 0.15, 0.3  # shares of training views that do without


class Reading(NamedTuple):
    """What is seen in N squares.

    Attributes:
        features: [N, K], of which a linear layer makes logits.
        joints: [N, 21, 2], x and y as fractions of the square, or in pixels of the picture.
        hand: [N], logit that a hand is there.
    """

    features: Tensor
    joints: Tensor
    hand: Tensor


class HandLetters(nn.Module):
    """Joints and letter of the hand in a square view, from the middle of the trunk on.

    Args:
        trunk: gives its last layers, which are learned further.
    """

    def __init__(self, trunk: HandTrunk) -> None:
        super().__init__()
        self.last = trunk.last
        self.joints = nn.Linear(TRUNK_WIDTH, 2 * N_JOINTS)
        self.hand = nn.Linear(TRUNK_WIDTH, 1)
        self.at_joint = nn.Conv2d(MIDDLE_WIDTH, 24, 1)
        self.of_view = nn.Linear(TRUNK_WIDTH, 128)
        self.combine = nn.Linear(2 * N_JOINTS + N_JOINTS * 24 + 128, WIDTH)
        self.last_layer = nn.Linear(WIDTH, len(CLASSES))

    def forward(self, middle: Tensor, turn: Tensor) -> Reading:
        """Read features [N, 112, 14, 14] of views.

        `turn` [N, 2, 2] takes directions in the view to those in the picture: how the hand is turned
        tells G from D, and the view no longer shows it.
        """
        overall = self.last(middle).float().mean((2, 3))
        with torch.autocast(middle.device.type, enabled=False):
            joints = self.joints(overall).unflatten(1, (N_JOINTS, 2))
            places = joints.detach()[:, None] * 2 - 1
            seen = functional.grid_sample(
                self.at_joint(middle.float()), places, padding_mode="border", align_corners=False
            )
            features = torch.relu(seen[:, :, 0].transpose(1, 2)).flatten(1)
            shape = normalised((joints - 0.5) @ turn.transpose(1, 2))
            if self.training:
                shape = shape + torch.randn_like(shape) * 0.02
            view = torch.relu(self.of_view(functional.dropout(overall, 0.2, self.training)))
            evidence = (shape.flatten(1), self._some(features, OF_FEATURES), self._some(view, OF_VIEW))
            combined = torch.relu(self.combine(torch.cat(evidence, 1)))
            return Reading(combined, joints, self.hand(overall).squeeze(1))

    def logits(self, features: Tensor) -> Tensor:
        """Logits [N, 29] of features [N, 256], classes in the order of `CLASSES`."""
        return cast("Tensor", self.last_layer(functional.dropout(features, 0.3, self.training)))

    def _some(self, evidence: Tensor, withheld: float) -> Tensor:
        """Evidence [N, K], in training withheld whole from a share of the views."""
        return evidence * functional.dropout(
            evidence.new_ones(len(evidence), 1), withheld, self.training
        )
