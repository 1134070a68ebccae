"""Training of a sequence reader's network on samples.

Two losses are added: what is signed at each tick, which the samples know, and the order of the signs,
whatever their times (connectionist temporal classification, Graves et al., 2006), of which a tick
without a sign is the blank.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from fingerspell.core.alphabet import CLASSES, NOTHING
from fingerspell.core.sight import CHANGE, MOTION, N_FEATURES
from fingerspell.models.sequence_net import DELAY_TICKS, SequenceNet
from fingerspell.training.sequence.samples import Sample

BLANK = CLASSES.index(NOTHING)


@dataclass(frozen=True)
class LearningOptions:
    """How the network learns.

    Attributes:
        width: of the network.
        samples: made for training; the network sees each several times.
        steps: of the optimiser.
        batch: samples a step.
        rate: highest learning rate.
        order_share: weight of the loss of the order of signs.
        quiet_weight: weight of ticks without a sign, which are easy and many.
        seed: of samples and training.
    """

    width: int = 96
    samples: int = 4000
    steps: int = 1000
    batch: int = 32
    rate: float = 4e-3
    order_share: float = 0.1
    quiet_weight: float = 0.6
    seed: int = 0


def extended(sample: Sample) -> NDArray[np.float32]:
    """The numbers of a sample; its last tick is shown, unmoved, for as long as answers are late."""
    last = sample.numbers[-1:].copy()
    last[:, CHANGE] = 0
    last[:, MOTION] = 0
    return np.concatenate([sample.numbers, np.repeat(last, DELAY_TICKS, 0)])


def batch_of(samples: Sequence[Sample]) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
    """Numbers [N, T + delay, F], labels [N, T] (-1 after the end), lengths, signs, how many signs."""
    lengths = [len(sample.labels) for sample in samples]
    numbers = torch.zeros(len(samples), max(lengths) + DELAY_TICKS, N_FEATURES)
    labels = torch.full((len(samples), max(lengths)), -1)
    for i, sample in enumerate(samples):
        rows = extended(sample)
        numbers[i, : len(rows)] = torch.from_numpy(rows)
        labels[i, : lengths[i]] = torch.from_numpy(sample.labels)
    signs = torch.tensor([sign for sample in samples for sign in sample.signs])
    counts = torch.tensor([len(sample.signs) for sample in samples])
    return numbers, labels, torch.tensor(lengths), signs, counts


def learn(
    draw: Callable[[np.random.Generator], Sample],
    options: LearningOptions | None = None,
    advance: Callable[[int], None] = lambda _n: None,
) -> SequenceNet:
    """Train a network.

    Args:
        draw: makes a sample.
        options: how to learn.
        advance: called after each step.
    """
    options = options or LearningOptions()
    torch.manual_seed(options.seed)
    rng = np.random.default_rng(options.seed)
    net = SequenceNet(options.width)
    optimiser = torch.optim.AdamW(net.parameters(), options.rate, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, options.rate, total_steps=options.steps, pct_start=0.15
    )
    weights = torch.ones(len(CLASSES))
    weights[BLANK] = options.quiet_weight
    pool: list[Sample] = []
    for step in range(options.steps):
        # The pool grows while the network learns, until each sample is seen about as often.
        while len(pool) < min(options.samples, options.batch * (step + 4)):
            pool.append(draw(rng))
        chosen = [pool[int(i)] for i in rng.integers(len(pool), size=options.batch)]
        loss = loss_of(net, batch_of(chosen), weights, options.order_share)
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimiser.step()
        schedule.step()
        advance(1)
    return net.eval()


def loss_of(
    net: SequenceNet,
    batch: tuple[Tensor, Tensor, Tensor, Tensor, Tensor],
    weights: Tensor,
    order_share: float,
) -> Tensor:
    """The loss of a batch, as `batch_of` makes it."""
    numbers, labels, lengths, signs, counts = batch
    logits, _ = net(numbers, net.start(len(numbers)))
    logits = logits[:, DELAY_TICKS:]
    each = nn.functional.cross_entropy(
        logits.flatten(0, 1), labels.flatten(), weights, ignore_index=-1, label_smoothing=0.02
    )
    if not order_share:
        return each
    order = nn.functional.ctc_loss(
        logits.log_softmax(2).transpose(0, 1), signs, lengths, counts, BLANK, zero_infinity=True
    )
    return each + order_share * order
