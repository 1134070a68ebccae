"""About what a frame reader says of a hand, from its landmarks alone.

Hands that are made up have no images, and nobody can show a frame reader what it would have seen of
them. What it says of the landmarks it saw in images is learned instead.
"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from fingerspell.models.joint_net import JointNet
from fingerspell.training.sequence.forms import Joints

WIDTH, BATCH, RATE = 192, 128, 4e-3
NOISE = 0.03  # of landmarks, in sizes of the hand: made-up hands are never quite those of the images


class Imitation:
    """Says of landmarks about what the frame reader says of the hand.

    Args:
        joints: float32 [N, 21, 2] of hands that the frame reader looked at.
        evidence: float32 [N, 29], logarithms of what it said.
        epochs: of training.
        seed: of training.

    Attributes:
        agreement: share of these hands of which both name the same class.
    """

    def __init__(
        self, joints: Joints, evidence: NDArray[np.float32], epochs: int = 12, seed: int = 0
    ) -> None:
        torch.manual_seed(seed)
        self.net = JointNet(WIDTH)
        hands, said = torch.tensor(joints), torch.tensor(evidence).softmax(1)
        optimiser = torch.optim.AdamW(self.net.parameters(), RATE, weight_decay=0.01)
        steps = epochs * -(-len(hands) // BATCH)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, total_steps=steps)
        for _ in range(epochs):
            for rows in torch.split(torch.randperm(len(hands)), BATCH):
                loss = nn.functional.cross_entropy(self.net(_varied(hands[rows])), said[rows])
                optimiser.zero_grad()
                loss.backward()  # type: ignore[no-untyped-call]
                optimiser.step()
                schedule.step()
        self.net.eval()
        same = self(joints).argmax(1) == evidence.argmax(1)
        self.agreement = float(same.mean())

    @torch.inference_mode()
    def __call__(self, joints: Joints) -> NDArray[np.float32]:
        """Logarithms of probabilities [N, 29] of landmarks [N, 21, 2]."""
        logits = self.net(torch.tensor(joints)).log_softmax(1)
        return np.asarray(logits.numpy(), np.float32)


def _varied(hands: Tensor) -> Tensor:
    """Half of them mirrored, all of them a little off."""
    sides = torch.randint(2, (len(hands), 1, 1)) * 2.0 - 1
    mirrored = torch.cat([hands[..., :1] * sides, hands[..., 1:]], 2)
    return mirrored + NOISE * hands.std((1, 2), keepdim=True) * torch.randn_like(hands)
