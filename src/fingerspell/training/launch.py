"""Devices and processes, by Lightning Fabric: the same function on one device or on many.

The only module that knows how processes are started and what their end means.
"""

import logging
import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from types import FrameType
from typing import Any

import torch
from lightning_fabric import Fabric
from lightning_fabric.plugins.environments.slurm import SLURMEnvironment
from lightning_fabric.plugins.environments.torchelastic import TorchElasticEnvironment
from lightning_fabric.strategies.launchers.multiprocessing import _MultiProcessingLauncher
from lightning_fabric.strategies.model_parallel import ModelParallelStrategy
from lightning_fabric.strategies.strategy import Strategy as FabricStrategy
from torch.multiprocessing.spawn import ProcessExitedException, ProcessRaisedException

from fingerspell.errors import FingerspellError, TrainingError
from fingerspell.training.options import Accelerator, DeviceOptions, Precision, Strategy
from fingerspell.training.sharded import shard

_PRECISIONS: dict[Precision, Any] = {
    Precision.FP32: "32-true",
    Precision.BF16: "bf16-mixed",
    Precision.FP16: "16-mixed",
}
_LOST_PEER = ("Connection closed by peer", "Connection reset by peer", "NCCL", "Broken pipe")


class SpawnedFSDP(ModelParallelStrategy):
    """FSDP2 whose processes are spawned, as those of ddp are, and not the command line run again.

    Args:
        n: processes on all nodes, over which weights and optimiser state are spread.
    """

    def __init__(self, n: int) -> None:
        super().__init__(shard, data_parallel_size=n, tensor_parallel_size=1)

    def _configure_launcher(self) -> None:
        super()._configure_launcher()
        if not is_launched_from_outside():
            self._launcher = _MultiProcessingLauncher(self, start_method="spawn")


def is_launched_from_outside() -> bool:
    """Whether `torchrun` or SLURM has started this process, and others like it."""
    return bool(TorchElasticEnvironment.detect() or SLURMEnvironment.detect())


def is_first_process() -> bool:
    """Whether this is the process that writes files, as far as is known before the launch."""
    return all(os.environ.get(name, "0") == "0" for name in ("RANK", "SLURM_PROCID"))


def make_fabric(options: DeviceOptions) -> Fabric:
    """Devices that are there.

    Raises:
        TrainingError: they are not, or cannot work together so.
    """
    accelerator = options.accelerator.value
    if options.accelerator == Accelerator.AUTO:
        accelerator = _best_accelerator()
    available = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if not available.get(accelerator, True):
        raise TrainingError(f"there is no {accelerator} device here: use --accelerator cpu.")
    if options.precision == Precision.FP16 and accelerator == "cpu":
        raise TrainingError("processors do not compute in fp16: use --precision bf16.")
    devices: int | str = options.devices or ("auto" if accelerator != "cpu" else 1)
    n_gpus = torch.cuda.device_count()
    if accelerator == "cuda" and options.devices > n_gpus:
        raise TrainingError(f"{options.devices} GPUs are not here, but {n_gpus}: lower --devices.")
    _keep_fabric_quiet()
    return Fabric(
        accelerator=accelerator,
        devices=devices,
        num_nodes=options.nodes,
        strategy=_strategy(options, accelerator, devices),
        precision=_PRECISIONS[options.precision],
    )


def device_count(options: DeviceOptions) -> int:
    """How many devices share the work, on all nodes."""
    is_cpu = options.accelerator == Accelerator.CPU or not torch.cuda.is_available()
    return (options.devices or (1 if is_cpu else torch.cuda.device_count())) * options.nodes


def _strategy(options: DeviceOptions, accelerator: str, devices: int | str) -> str | FabricStrategy:
    """Fabric's name of a strategy, or its object."""
    several = devices not in (1,) or options.nodes > 1 or is_launched_from_outside()
    if accelerator == "cuda" and devices == "auto":
        several = several and torch.cuda.device_count() * options.nodes > 1
    match options.strategy:
        case Strategy.FSDP:
            n_here = torch.cuda.device_count() if devices == "auto" else int(devices)
            return SpawnedFSDP(max(1, n_here) * options.nodes)
        case Strategy.DP if several and accelerator != "cuda":
            raise TrainingError(f"dp splits batches over GPUs, not over {accelerator}: use ddp.")
        case Strategy.DP if several:
            return "dp"
        case _ if several and accelerator != "mps":
            return "ddp" if is_launched_from_outside() else "ddp_spawn"
        case _:
            return "auto"


def _best_accelerator() -> str:
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


@dataclass(frozen=True)
class _Bound:
    """A function and all of its arguments but the first."""

    work: Callable[..., Any]
    arguments: tuple[Any, ...]

    def __call__(self, fabric: Fabric) -> Any:
        result = self.work(fabric, *self.arguments)
        if torch.distributed.is_initialized():
            torch.distributed.destroy_process_group()  # its threads seldom survive the process's end
        return result

    def __reduce__(self) -> tuple[Any, ...]:
        return _bound_in_new_process, (self.work, self.arguments)


def _bound_in_new_process(work: Callable[..., Any], arguments: tuple[Any, ...]) -> _Bound:
    """Unpickle, which is the first of our code to run in a new process, before Fabric speaks up."""
    _keep_fabric_quiet()
    return _Bound(work, arguments)


def _keep_fabric_quiet() -> None:
    logging.getLogger("lightning_fabric").setLevel(logging.WARNING)


def launch(fabric: Fabric, work: Callable[..., Any], *arguments: Any) -> Any:
    """Call `work(fabric, *arguments)` in every process, and return what the first one returns.

    Raises:
        TrainingError: a process died; the others have been ended.
        FingerspellError: one of them raised it.
    """
    waits = isinstance(fabric.strategy.launcher, _MultiProcessingLauncher)
    previous = signal.signal(signal.SIGINT, _wait_for_workers) if waits else None
    try:
        # Bound, not passed: Fabric searches what it passes for networks, and refuses dataclasses.
        return fabric.launch(_Bound(work, arguments))
    except ProcessExitedException as error:
        cause = error.signal_name or f"exit code {error.exit_code}"
        raise TrainingError(
            f"process {error.error_index} of {fabric.world_size} died ({cause}): go on with --resume, "
            "on fewer --devices if one is broken."
        ) from error
    except ProcessRaisedException as error:
        raise translated(error) from error
    finally:
        if waits:
            signal.signal(signal.SIGINT, previous)


def _wait_for_workers(_number: int, _frame: FrameType | None) -> None:
    """Ctrl-C reaches every process: the workers save and leave; this one waits, unless asked again."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def translated(error: ProcessRaisedException) -> Exception:
    """The exception of a process, which comes as the text of its traceback."""
    last = str(error).strip().splitlines()[-1]
    name, _, message = last.partition(": ")
    ours = {f"{kind.__module__}.{kind.__name__}": kind for kind in FingerspellError.kinds()}
    if name in ours:
        return ours[name](message)
    if any(sign in last for sign in _LOST_PEER):
        return TrainingError(
            f"process {error.error_index} lost another one ({last}): go on with --resume, on fewer "
            "--devices if one is broken."
        )
    return error
