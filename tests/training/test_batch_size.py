"""Batch sizes found by trying, with rates given instead of timed."""

import pytest
import torch

from fingerspell.errors import MemoryTooSmallError, StudyError, TrainingError
from fingerspell.progress import silent
from fingerspell.study.grid import make_study
from fingerspell.training import batch_size
from fingerspell.training.batch_size import settle
from fingerspell.training.plan import Plan
from fingerspell.training.settings import as_flat


@pytest.fixture
def rates(monkeypatch):
    """Images a second by batch size; what is not given does not fit. And which were tried."""
    given, tried = {}, []

    def of(_plan, n):
        tried.append(n)
        if n not in given:
            raise MemoryTooSmallError("the memory is too small.")
        return given[n]

    monkeypatch.setattr(batch_size, "images_per_s", of)
    monkeypatch.setattr(batch_size, "_has_room", lambda _plan: True)
    return given, tried


def test_the_smallest_that_is_about_as_fast_is_taken(plan_of, rates, caplog):
    """32 is within 5 % of 64, and 128 and 256 gain nothing, so 512 is not tried."""
    given, tried = rates
    given |= {8: 100.0, 16: 150.0, 32: 196.0, 64: 200.0, 128: 201.0, 256: 190.0, 512: 900.0}
    settled = settle(plan_of("run", batch_size="auto"), silent)
    assert settled.options.learning.batch_size == 32
    assert tried == [8, 16, 32, 64, 128]
    assert caplog.messages == [
        "batch size 32 was chosen: images/s of one device: 8 100, 16 150, 32 196, 64 200, 128 201."
    ]


def test_what_does_not_fit_ends_the_search(plan_of, rates):
    given, tried = rates
    given |= {8: 100.0, 16: 200.0}
    assert settle(plan_of("run", batch_size="auto"), silent).options.learning.batch_size == 16
    assert tried == [8, 16, 32]


def test_not_even_the_smallest_fits(plan_of, rates):
    with pytest.raises(MemoryTooSmallError):
        settle(plan_of("run", batch_size="auto"), silent)


def test_it_is_of_all_devices_together(plan_of, rates):
    rates[0].update({8: 100.0, 16: 200.0})
    plan = plan_of("run", batch_size="auto", devices=2)
    assert settle(plan, silent).options.learning.batch_size == 32


def test_a_number_stays_and_nothing_is_tried(plan_of, rates):
    assert settle(plan_of("run", batch_size="24"), silent).options.learning.batch_size == 24
    assert rates[1] == []


def test_a_device_that_says_it_is_full_is_one_batch_too_large(plan_of, monkeypatch):
    """PyTorch's own exception, as the trial of a batch raises it."""

    def full(_fabric, _plan, n):
        if n > 8:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return 100.0

    monkeypatch.setattr(batch_size, "time_steps", full)
    monkeypatch.setattr(batch_size, "_has_room", lambda _plan: True)
    assert settle(plan_of("run", batch_size="auto"), silent).options.learning.batch_size == 8


def test_several_processes_would_choose_differently(plan_of, monkeypatch):
    monkeypatch.setattr(batch_size, "is_launched_from_outside", lambda: True)
    with pytest.raises(TrainingError, match="name the --batch-size"):
        settle(plan_of("run", batch_size="auto"), silent)


def test_a_study_compares_numbers(tmp_path):
    with pytest.raises(StudyError, match="name numbers instead of auto"):
        make_study({"data": tmp_path, "models": "tiny", "batch_size": "auto,32"}, "the test")


def test_it_is_settled_before_it_is_saved(plan_of):
    assert as_flat(plan_of("run", batch_size="auto").options)["batch_size"] == 0
    plan = plan_of("run", batch_size=64)
    plan.save()
    assert Plan.load(plan.folder).options.learning.batch_size == 64
