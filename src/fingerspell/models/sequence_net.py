"""What is signed at each tick, from what was seen until a moment later."""

from copy import deepcopy
from typing import cast

import torch
from torch import Tensor, nn

from fingerspell.core.alphabet import CLASSES
from fingerspell.core.ticks import HAND, TICK_S
from fingerspell.core.types import N_JOINTS

N_CLASSES = len(CLASSES)
SHAPE = slice(N_CLASSES, N_CLASSES + 2 * N_JOINTS)
CHANGE = slice(SHAPE.stop, SHAPE.stop + 2 * N_JOINTS)
MOTION = slice(CHANGE.stop, CHANGE.stop + 3)
N_FEATURES = MOTION.stop + 1
LEAST_PROBABILITY = 1e-4  # lower ones are read as this
LOGARITHMS = 4.0  # of probabilities are divided by this
SHAPE_PER_S = 0.1  # one root-mean-square hand size a second counts as this much
CENTRE_PER_S = 0.2
MOST = 3.0  # a number beyond this, such as of a hand that jumps, is read as this
SMALLEST = 1e-6  # size of a hand: nothing is divided by 0

DELAY_TICKS = 3  # what is said at a tick is of the tick this many before it
NEAR = 11  # ticks around the one that it recognises: seven before it, three after
FAR = 3  # times that the first convolution is looked at again,
STRIDE = 6  # this many ticks apart: now and two earlier
SEEN_TICKS = NEAR - 1 + (FAR - 1) * STRIDE  # before a tick that count for it
# Of what is said of a tick, the network has this share; the frame reader has the rest. Less gives back
# letters that fade in, more reads hands that move: docs/experiments/56-sequences-and-frames.md.
SHARE = 0.5


def features(probabilities: Tensor, joints: Tensor, hand: Tensor, before: Tensor) -> Tensor:
    """The numbers [N, T, N_FEATURES] that describe T ticks in a row.

    These are: 29 logarithms of probabilities; 21 landmarks, with mean 0 and root-mean-square distance
    1; how fast these change; how fast the hand moves, in its sizes, and grows; whether there is a hand.
    Neither the place nor the size of the hand matters, only how it moves.

    Args:
        probabilities: float32 [N, T, 29].
        joints: float32 [N, T, 42], in heights of the image; anything finite where there is no hand.
        hand: float32 [N, T], probability of a hand.
        before: float32 [N, 43], the landmarks and then the hand at the tick before; zeros if none was.
    """
    n, t, _ = joints.shape
    seen = torch.cat([before[:, -1:], hand], 1) >= HAND
    all_joints = torch.cat([before[:, None, :-1], joints], 1).reshape(n, t + 1, N_JOINTS, 2)
    placed = torch.where(seen[..., None, None], all_joints, torch.zeros_like(all_joints))
    centre = placed.mean(2)
    around = placed - centre[:, :, None]
    size = around.square().sum(3).mean(2).sqrt() + SMALLEST
    shape = (around / size[..., None, None]).reshape(n, t + 1, 2 * N_JOINTS)
    both = (seen[:, 1:] & seen[:, :-1])[..., None]
    change = (shape[:, 1:] - shape[:, :-1]) * (SHAPE_PER_S / TICK_S)
    mean_size = ((size[:, 1:] + size[:, :-1]) / 2)[..., None]
    moved = (centre[:, 1:] - centre[:, :-1]) / mean_size * (CENTRE_PER_S / TICK_S)
    logs = size.log()
    grown = (logs[:, 1:] - logs[:, :-1])[..., None] * (CENTRE_PER_S / TICK_S)
    is_seen = seen[:, 1:, None].float()
    parts = [
        probabilities.clamp(min=LEAST_PROBABILITY).log() / LOGARITHMS + 1,
        shape[:, 1:].clamp(-MOST, MOST) * is_seen,
        change.clamp(-MOST, MOST) * both,
        torch.cat([moved, grown], 2).clamp(-MOST, MOST) * both,
        is_seen,
    ]
    return torch.cat(parts, 2)


class SequenceNet(nn.Module):
    """A perceptron on each tick, and two convolutions over time.

    What the frame reader said of the recognised tick is added to the answer, so that the layers learn
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
        self.trust = nn.Parameter(torch.full((N_CLASSES,), LOGARITHMS))
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


class StreamingSequence(nn.Module):
    """A `SequenceNet` that is given what was seen itself, as a model's file holds it.

    What it says is the geometric mean of what the network says of a tick and what the frame reader said
    of it, by `SHARE`. Its state [N, SEEN_TICKS, STATE] is the numbers of the ticks that were last seen,
    and after each the landmarks and the hand of which they were made; zeros before the first tick.

    Args:
        net: in evaluation mode; it is not changed.
    """

    STATE = N_FEATURES + 2 * N_JOINTS + 1

    def __init__(self, net: SequenceNet) -> None:
        super().__init__()
        self.net = deepcopy(net)
        with torch.no_grad():  # the frame reader's part of the mean is linear in the network's last sum
            self.net.sign.weight.mul_(SHARE)
            self.net.sign.bias.mul_(SHARE)
            self.net.trust.copy_(SHARE * net.trust + (1 - SHARE) * LOGARITHMS)

    def forward(
        self, probabilities: Tensor, joints: Tensor, hand: Tensor, state: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Probabilities [N, T, 29] at ticks as `features` takes them, and the state after them."""
        numbers = features(probabilities, joints, hand, state[:, -1, N_FEATURES:])
        logits, _ = self.net(numbers, state[..., :N_FEATURES])
        rows = torch.cat([numbers, joints, hand[..., None]], 2)
        ticks = torch.cat([state, rows], 1)
        return logits.softmax(2), ticks[:, rows.shape[1] :]
