"""How many images a step, found by trying: more only while they are faster, and fit.

A larger batch gives no better model (H3 of report R1), and it fills memory, so the smallest one that is
about as fast as the fastest is taken.
"""

import logging
from dataclasses import replace

import psutil

from fingerspell.errors import MemoryTooSmallError, TrainingError
from fingerspell.progress import Stage
from fingerspell.training.launch import (
    device_count,
    is_launched_from_outside,
    launch,
    make_fabric,
)
from fingerspell.training.memory import enough_memory
from fingerspell.training.plan import Plan
from fingerspell.training.precision import settle_precision, time_steps, untimed
from fingerspell.training.tasks.choose import task_of

FEWEST, MOST = 8, 4096  # images of a device
GAIN = 0.05  # a batch that is faster by less is no faster
USELESS = 2  # doublings without gain, after which no more are tried

_log = logging.getLogger(__name__)


def settle(plan: Plan, stage: Stage) -> Plan:
    """The plan with what it leaves to the machine: precision, then batch size.

    Raises:
        TrainingError: the run's processes were started from outside, so that each would choose for
            itself; or the devices are not there.
        MemoryTooSmallError: not even the smallest batch fits.
    """
    plan = settle_precision(plan, stage)
    if plan.options.learning.batch_size:
        return plan
    if is_launched_from_outside():
        raise TrainingError("several processes could choose differently: name the --batch-size.")
    if task_of(plan).noise(plan, 1) is None:
        raise untimed(plan, "--batch-size")
    rates = _rates(plan, stage)
    fastest = max(rates.values())
    chosen = min(n for n, rate in rates.items() if rate * (1 + GAIN) >= fastest)
    n_devices = device_count(plan.options.device)
    told = ", ".join(f"{n} {rate:,.0f}" for n, rate in rates.items())
    _log.warning("batch size %d was chosen: images/s of one device: %s.", chosen * n_devices, told)
    return _with(plan, chosen * n_devices)


def _rates(plan: Plan, stage: Stage) -> dict[int, float]:
    """Images a second of one device by batch size, doubled until it gains nothing or does not fit."""
    rates: dict[int, float] = {}
    n = FEWEST
    best, useless = 0.0, 0
    while n <= MOST and useless < USELESS and (not rates or _has_room(plan)):
        stage(f"timing batches of {n}", 0)
        try:
            rates[n] = images_per_s(plan, n)
        except MemoryTooSmallError:
            if not rates:
                raise
            break
        useless = useless + 1 if rates[n] < best * (1 + GAIN) else 0
        best = max(best, rates[n])
        n *= 2
    return rates


def images_per_s(plan: Plan, n: int) -> float:
    """Images a second of one device, in batches of `n`.

    Raises:
        MemoryTooSmallError: they do not fit.
    """
    device = plan.options.device.alone()
    tried = _with(plan, n)
    tried = replace(tried, options=replace(tried.options, device=device))
    with enough_memory(tried.options.learning):
        rate: float = launch(make_fabric(device), time_steps, tried, n)
    return rate


def _has_room(plan: Plan) -> bool:
    """Whether twice the memory of this process is there; a system that has none ends processes.

    On a GPU PyTorch says so itself.
    """
    if make_fabric(plan.options.device.alone()).device.type == "cuda":
        return True
    return bool(psutil.virtual_memory().available > 2 * psutil.Process().memory_info().rss)


def _with(plan: Plan, batch_size: int) -> Plan:
    learning = replace(plan.options.learning, batch_size=batch_size)
    return replace(plan, options=replace(plan.options, learning=learning))
