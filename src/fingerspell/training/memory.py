"""Memory of devices, and what to do when there is too little of it."""

import torch
from lightning_fabric import Fabric

from fingerspell.errors import TrainingError

TOO_SMALL = "the memory is too small"  # how the sentence of `too_large` begins


def reset_memory(fabric: Fabric) -> None:
    """Forget the peak so far."""
    for device in gpus_of(fabric):
        torch.cuda.reset_peak_memory_stats(device)


def memory_mb(fabric: Fabric) -> dict[str, float]:
    """The peak of what PyTorch held, in MB, of each GPU of each process; the processes' own on a CPU.

    The memory of a process counts the mapped pictures that it has looked at.
    """
    if fabric.device.type == "cuda":
        mine = [torch.cuda.max_memory_allocated(device) for device in gpus_of(fabric)]
    elif fabric.device.type == "mps":
        mine = [torch.mps.driver_allocated_memory()]
    else:
        import psutil  # noqa: PLC0415

        mine = [psutil.Process().memory_info().rss]
    everybody = [mine] * fabric.world_size
    if fabric.world_size > 1:
        torch.distributed.all_gather_object(everybody, mine)
    every_device = [n_bytes for process in everybody for n_bytes in process]
    return {f"memory_mb_device_{place}": round(n / 1e6, 1) for place, n in enumerate(every_device)}


def too_large(error: BaseException, batch_size: int, accumulate: int) -> TrainingError | None:
    """What to say of an error, if it is that the memory was too small for a batch."""
    text = str(error)
    if not isinstance(error, torch.OutOfMemoryError) and not any(sign in text for sign in _SIGNS):
        return None
    return TrainingError(
        f"{TOO_SMALL} for batches of {batch_size} pictures: try --batch-size "
        f"{max(1, batch_size // 2)}, or --accumulate {accumulate * 2}, which does the same in parts."
    )


_SIGNS = ("DefaultCPUAllocator", "out of memory", "not enough memory", "ENOMEM")


def wait_for_gpus(fabric: Fabric) -> None:
    """Return when the GPUs of this process have done all they were given, so that clocks are right."""
    for device in gpus_of(fabric):
        torch.cuda.synchronize(device)


def gpus_of(fabric: Fabric) -> list[torch.device]:
    """GPUs of this process: with dp there are several."""
    if fabric.device.type != "cuda":
        return []
    if type(fabric.strategy).__name__ == "DataParallelStrategy":
        return list(getattr(fabric.strategy, "parallel_devices", []))
    return [fabric.device]
