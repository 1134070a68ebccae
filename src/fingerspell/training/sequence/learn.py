"""Training of a sequence reader's network on samples, which know what is signed at each tick."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from fingerspell.core.alphabet import CLASSES, NOTHING
from fingerspell.models.sequence_net import (
    CHANGE,
    DELAY_TICKS,
    MOTION,
    N_FEATURES,
    SEEN_TICKS,
    SequenceNet,
)
from fingerspell.progress import Advance, unheard
from fingerspell.training.sequence.samples import Sample

UNKNOWN = -1  # label of a tick that teaches nothing


@dataclass(frozen=True)
class LearningOptions:
    """How the network learns.

    Attributes:
        width: of the network.
        samples: made for training.
        steps: of the optimiser.
        batch: stretches a step.
        stretch: ticks of each that are learned from.
        rate: highest learning rate.
        quiet_weight: weight of ticks without a sign, which are easy and many.
        seed: of samples and training.
    """

    width: int = 96
    samples: int = 24_000
    steps: int = 10_000
    batch: int = 24
    stretch: int = 100
    rate: float = 2e-3
    quiet_weight: float = 0.6
    seed: int = 0


def in_a_row(samples: Sequence[Sample]) -> tuple[Tensor, Tensor]:
    """All samples one after another: numbers [M, N_FEATURES], half precision, and labels [M].

    Before each nothing was seen; after each its last tick is shown, unmoved, as answers are late.
    """
    before = np.zeros((SEEN_TICKS - DELAY_TICKS, N_FEATURES), np.float16)
    numbers, labels = [], []
    for sample in samples:
        numbers += [before, sample.numbers.astype(np.float16), _held(sample.numbers[-1:])]
        labels += [np.full(len(before), UNKNOWN), sample.labels, np.full(DELAY_TICKS, UNKNOWN)]
    return torch.from_numpy(np.concatenate(numbers)), torch.from_numpy(np.concatenate(labels))


def _held(last: NDArray[np.float32]) -> NDArray[np.float16]:
    rows = np.repeat(last, DELAY_TICKS, 0).astype(np.float16)
    rows[:, CHANGE] = 0
    rows[:, MOTION] = 0
    return rows


def learn(
    samples: Sequence[Sample],
    options: LearningOptions | None = None,
    advance: Advance = unheard,
) -> SequenceNet:
    """Train a network.

    Args:
        samples: to learn from; longer than a stretch, all together.
        options: how to learn.
        advance: called after each step.
    """
    options = options or LearningOptions()
    torch.manual_seed(options.seed)
    numbers, labels = in_a_row(samples)
    net = SequenceNet(options.width)
    optimiser = torch.optim.AdamW(net.parameters(), options.rate, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, options.rate, total_steps=options.steps, pct_start=0.1
    )
    weights = torch.ones(len(CLASSES))
    weights[CLASSES.index(NOTHING)] = options.quiet_weight
    shown = torch.arange(SEEN_TICKS + options.stretch)
    for _ in range(options.steps):
        starts = torch.randint(len(labels) - len(shown) + 1, (options.batch, 1))
        loss = loss_of(net, numbers[starts + shown].float(), labels[starts + shown], weights)
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimiser.step()
        schedule.step()
        advance(1)
    return net.eval()


def loss_of(net: SequenceNet, numbers: Tensor, labels: Tensor, weights: Tensor) -> Tensor:
    """The loss of stretches [N, SEEN_TICKS + T, N_FEATURES]: of the last T answers to them."""
    logits, _ = net(numbers[:, SEEN_TICKS:], numbers[:, :SEEN_TICKS])
    told = labels[:, SEEN_TICKS - DELAY_TICKS : -DELAY_TICKS]
    return nn.functional.cross_entropy(
        logits.flatten(0, 1), told.flatten(), weights, ignore_index=UNKNOWN, label_smoothing=0.02
    )
