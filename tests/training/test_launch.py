import errno

import pytest
import torch
from torch.multiprocessing.spawn import ProcessRaisedException

from fingerspell.errors import DataError, MemoryTooSmallError, TrainingError
from fingerspell.training.launch import launch, make_fabric, translated
from fingerspell.training.memory import enough_memory
from fingerspell.training.options import (
    Accelerator,
    DeviceOptions,
    LearningOptions,
    Precision,
    Strategy,
)

CPU, CUDA = Accelerator.CPU, Accelerator.CUDA


def echo(fabric, *arguments):
    return fabric.world_size, arguments


def test_one_device_needs_no_other_process():
    fabric = make_fabric(DeviceOptions(accelerator=CPU))
    assert launch(fabric, echo, 1, "two") == (1, (1, "two"))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"accelerator": CPU, "strategy": Strategy.DP, "devices": 2}, "dp splits batches over GPUs"),
        ({"accelerator": CPU, "precision": Precision.FP16}, "use --precision bf16"),
        ({"accelerator": CUDA}, "there is no cuda device here: use --accelerator cpu"),
    ],
)
@pytest.mark.skipif(torch.cuda.is_available(), reason="is about machines without a GPU")
def test_devices_that_are_not_here(options, message):
    with pytest.raises(TrainingError, match=message):
        make_fabric(DeviceOptions(**options))


def test_dp_on_one_device_is_one_device():
    assert make_fabric(DeviceOptions(accelerator=CPU, strategy=Strategy.DP)).world_size == 1


def fail(fabric):
    if fabric.global_rank == 1:
        raise DataError("b.jpg is damaged: copy it again.")
    fabric.barrier()


@pytest.mark.slow
def test_an_error_of_one_process_arrives_as_it_was():
    fabric = make_fabric(DeviceOptions(accelerator=CPU, devices=2))
    with pytest.raises(DataError, match=r"^b.jpg is damaged: copy it again\.$"):
        launch(fabric, fail)


@pytest.mark.parametrize(
    ("last_line", "kind", "message"),
    [
        (
            "fingerspell.errors.DataError: b.jpg is damaged: copy it again.",
            DataError,
            "^b.jpg is damaged",
        ),
        (
            "fingerspell.errors.MemoryTooSmallError: the memory is too small.",
            MemoryTooSmallError,
            "^the memory",
        ),
        (
            "RuntimeError: [gloo] Connection closed by peer [127.0.0.1]:1",
            TrainingError,
            "lost another one",
        ),
        ("ValueError: what nobody expected", ProcessRaisedException, "what nobody expected"),
    ],
)
def test_errors_of_processes_are_told_as_their_own(last_line, kind, message):
    error = ProcessRaisedException(f"Traceback ...\n{last_line}\n", 1, 4711)
    with pytest.raises(kind, match=message):
        raise translated(error)


def test_too_little_memory_is_answered_with_what_to_try():
    with pytest.raises(MemoryTooSmallError) as caught, enough_memory(LearningOptions(batch_size=512)):
        torch.empty(1 << 60, dtype=torch.uint8)
    assert "--batch-size 256, or --accumulate 2," in str(caught.value)
    for error in (torch.OutOfMemoryError("of a GPU"), OSError(errno.ENOMEM, "of a worker")):
        with pytest.raises(MemoryTooSmallError), enough_memory(LearningOptions()):
            raise error


@pytest.mark.parametrize("error", [RuntimeError("shapes do not match"), OSError(errno.ENOSPC, "full")])
def test_other_errors_stay_what_they_are(error):
    with pytest.raises(type(error)), enough_memory(LearningOptions()):
        raise error
