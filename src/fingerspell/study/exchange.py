"""Which share of a step's work is the exchange between devices: the same step with and without it.

After a run, every process repeats the step on one batch of its own, in turns with and without the
exchange, so that whatever else the machine does falls on both alike; a barrier before each step keeps
waiting for a slower process's pictures out of it. The medians differ by what the exchange costs beyond
the computing that hides it: that is what could be saved, and what a scaling model needs. Timers inside
the exchange would count the hidden part too, and the waiting for a process that computes longer.

- ddp: gradients are all-reduced, or not (`no_sync`).
- dp: the batch and the network are scattered over the GPUs, outputs and gradients gathered; or the
  first GPU works on its own share alone. That Python threads wait for each other counts as exchange,
  since there would be none without several devices.
- one device: nothing is exchanged.

The network's weights are of no use afterwards: processes that do not exchange drift apart.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median

import torch
from torch.nn import DataParallel

from fingerspell.data.loader import Batch
from fingerspell.training.learner import Learner
from fingerspell.training.memory import gpus_of, wait_for_gpus
from fingerspell.training.tally import Tally
from fingerspell.training.tasks.base import Batches

_FEWEST, _MOST = 3, 20  # pairs of steps
_LONG_ENOUGH_S = 6.0


def exchange_share(learner: Learner, batches: Batches) -> float:
    """Share of a step, without waiting for pictures, that the exchange takes, 0 to 1.

    Every process must call it, and gets the mean over all.

    Args:
        learner: what was trained; it is spoilt.
        batches: of the training part.
    """
    n_devices = max(len(gpus_of(learner.fabric)), 1)
    if learner.fabric.world_size * n_devices == 1 or not len(batches):
        return 0.0
    # A schedule may have come to its end, and complain of more steps.
    learner.scheduler = torch.optim.lr_scheduler.LambdaLR(learner.optimizer, _as_it_is)
    batch = next(iter(batches.epoch(0)))
    alone = _first_share(batch, n_devices) if n_devices > 1 else batch
    n = batches.sizes[0]
    _pair(learner, batch, alone, n)  # warm-up
    with_s, without_s = [], []
    first_s = sum(_pair(learner, batch, alone, n))
    first_s = learner.fabric.broadcast(first_s)
    for _ in range(min(_MOST, max(_FEWEST, round(_LONG_ENOUGH_S / first_s)))):
        both = _pair(learner, batch, alone, n)
        with_s.append(both[0])
        without_s.append(both[1])
    share = _mean(learner, 1 - median(without_s) / median(with_s))
    return max(0.0, share)  # it may come out below by chance


def _as_it_is(_step: int) -> float:
    return 1.0


def _pair(learner: Learner, batch: Batch, alone: Batch, n: int) -> tuple[float, float]:
    """Seconds of a step with the exchange, and of one without."""
    with_s = _step(learner, batch, n)
    with _no_exchange(learner):
        return with_s, _step(learner, alone, n)


def _step(learner: Learner, batch: Batch, n: int) -> float:
    tally = Tally(learner.n_classes).to(learner.fabric.device)
    _settle(learner)
    began = time.perf_counter()
    learner.learn(batch, n, 0, tally)
    wait_for_gpus(learner.fabric)
    return time.perf_counter() - began


def _settle(learner: Learner) -> None:
    """Wait until all devices of all processes have come here."""
    wait_for_gpus(learner.fabric)
    learner.fabric.barrier()


@contextmanager
def _no_exchange(learner: Learner) -> Iterator[None]:
    wrapped = learner.model._forward_module
    if not isinstance(wrapped, DataParallel):
        with learner.fabric.no_backward_sync(learner.model):
            yield
        return
    devices = wrapped.device_ids
    wrapped.device_ids = devices[:1]
    try:
        yield
    finally:
        wrapped.device_ids = devices


def _first_share(batch: Batch, n: int) -> Batch:
    """The pictures that the first of n devices gets of a batch, as `torch.chunk` shares them out."""
    return Batch(*(tensor.chunk(n)[0] for tensor in (batch.pictures, batch.labels, batch.rows)))


def _mean(learner: Learner, value: float) -> float:
    """Mean over all processes."""
    tensor = torch.tensor(value, dtype=torch.float64, device=learner.fabric.device)
    if learner.fabric.world_size > 1:
        torch.distributed.all_reduce(tensor)
    return float(tensor) / learner.fabric.world_size
