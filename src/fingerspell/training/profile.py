"""Where the time of training steps goes, by PyTorch's own profiler: a trace and a table."""

import os
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import torch
from lightning_fabric import Fabric
from torch.profiler import ProfilerActivity, profile, record_function

from fingerspell.data.leakage import Part
from fingerspell.errors import TrainingError
from fingerspell.files import replacing
from fingerspell.progress import Stage
from fingerspell.training.batch_size import settle
from fingerspell.training.fold import open_fold
from fingerspell.training.launch import launch, make_fabric
from fingerspell.training.memory import enough_memory
from fingerspell.training.plan import Plan
from fingerspell.training.run import begin
from fingerspell.training.tally import Tally
from fingerspell.training.tasks.base import Material
from fingerspell.training.trial import MEASURED, WARM_UP, in_scratch

_LOADING, _STEP = "fingerspell: wait for a batch", "fingerspell: step"  # names in the trace


@dataclass(frozen=True)
class Operation:
    """One kind of operation in all profiled steps.

    Attributes:
        name: PyTorch's.
        calls: how often.
        cpu_ms: of the processor in it, without what it called.
        device_ms: of the GPU, likewise; 0 on a CPU.
    """

    name: str
    calls: int
    cpu_ms: float
    device_ms: float


def profile_steps(plan: Plan, stage: Stage, trace: Path) -> list[Operation]:
    """Profile some steps of training after a warm-up, and forget what was learned.

    Args:
        plan: what to run.
        stage: told of the preparations.
        trace: file that gets the trace of the first process, as Chrome's `about:tracing` and Perfetto
            read it.

    Returns:
        The operations, those that took longest first.

    Raises:
        TrainingError: the plan cannot be carried out, or the file cannot be written.
    """
    try:
        trace.parent.mkdir(parents=True, exist_ok=True)  # before the work, which would be for nothing
    except OSError as error:
        raise _unwritable(trace, error) from error
    plan = settle(plan, stage)
    fabric = make_fabric(plan.options.device)
    with in_scratch(plan) as trial:
        found = launch(fabric, _profile, trial, begin(trial, stage), str(trace.absolute()))
    return [Operation(**each) for each in found]


def _profile(fabric: Fabric, plan: Plan, material: Material, trace: str) -> list[dict[str, Any]]:
    plan, parts, learner = open_fold(fabric, plan, material, material.folds[0])
    batches = parts[Part.TRAIN]
    sizes, tally = batches.sizes, Tally(learner.n_classes).to(fabric.device)
    n_warm_up = min(WARM_UP, len(sizes) - 1)
    coming = iter(enumerate(islice(batches.epoch(0), WARM_UP + MEASURED)))
    os.environ.setdefault("KINETO_LOG_LEVEL", "5")  # the profiler's own: it speaks up where no GPU is
    with enough_memory(plan.options.learning):
        for place, batch in islice(coming, n_warm_up):
            learner.learn(batch, sizes[place], place, tally)
        with profile(activities=_activities(fabric), acc_events=True) as profiler:
            while True:
                with record_function(_LOADING):
                    ready = next(coming, None)
                if ready is None:
                    break
                place, batch = ready
                with record_function(_STEP):
                    learner.learn(batch, sizes[place], place, tally)
    if not fabric.is_global_zero:
        return []
    path = Path(trace)
    try:
        with replacing(path) as unfinished:
            profiler.export_chrome_trace(str(unfinished))
    except OSError as error:
        raise _unwritable(path, error) from error
    return _operations(profiler)


def _activities(fabric: Fabric) -> list[ProfilerActivity]:
    gpu = [ProfilerActivity.CUDA] if fabric.device.type == "cuda" and torch.cuda.is_available() else []
    return [ProfilerActivity.CPU, *gpu]


def _operations(profiler: profile) -> list[dict[str, Any]]:
    found = [
        {
            "name": event.key,
            "calls": event.count,
            "cpu_ms": event.self_cpu_time_total / 1000,
            "device_ms": event.self_device_time_total / 1000,
        }
        for event in profiler.key_averages()
    ]
    return sorted(found, key=lambda each: -each["cpu_ms"] - each["device_ms"])


def _unwritable(path: Path, error: OSError) -> TrainingError:
    return TrainingError(
        f"{path} cannot be written ({error.strerror or error}): choose another place for the trace."
    )
