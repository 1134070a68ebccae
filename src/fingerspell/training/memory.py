"""Memory of devices, and what to do when there is too little of it."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from lightning_fabric import Fabric

from fingerspell.errors import MemoryTooSmallError
from fingerspell.training.options import LearningOptions


def reset_memory(fabric: Fabric) -> None:
    """Forget the peak so far."""
    for device in gpus_of(fabric):
        torch.cuda.reset_peak_memory_stats(device)


def memory_mb(fabric: Fabric) -> dict[str, float]:
    """The peak of what PyTorch held, in MB, of each GPU of each process; the processes' own on a CPU.

    The memory of a process counts the mapped images that it has looked at.
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


@contextmanager
def enough_memory(learning: LearningOptions) -> Iterator[None]:
    """Say what to try where the memory was too small for a batch.

    Raises:
        MemoryTooSmallError: it was.
    """
    try:
        yield
    except Exception as error:
        if not _is_of_memory(error):
            raise
        raise MemoryTooSmallError(
            f"the memory is too small for batches of {learning.batch_size} images: try "
            f"--batch-size {max(1, learning.batch_size // 2)}, or --accumulate "
            f"{learning.accumulate * 2}, which does the same in parts."
        ) from error


def _is_of_memory(error: Exception) -> bool:
    """Whether there was too little memory.

    PyTorch has a class for its own memory of a GPU, and a number for the driver's; its allocators on
    processors and Macs raise a plain `RuntimeError` with their name in it.
    """
    match error:
        case torch.OutOfMemoryError() | MemoryError():
            return True
        case torch.AcceleratorError():
            return getattr(error, "error_code", None) == _CUDA_ERROR_MEMORY_ALLOCATION
        case OSError():
            return error.errno == errno.ENOMEM
        case RuntimeError():
            return any(name in str(error) for name in _ALLOCATORS)
    return False


_CUDA_ERROR_MEMORY_ALLOCATION = 2  # of CUDA's cudaError_t
_ALLOCATORS = ("DefaultCPUAllocator", "MPS backend out of memory", "CUBLAS_STATUS_ALLOC_FAILED")


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
