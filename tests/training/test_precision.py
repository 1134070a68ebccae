import logging
from dataclasses import replace

import pytest
import torch

from fingerspell.errors import StudyError, TrainingError
from fingerspell.progress import silent
from fingerspell.study.grid import StudyOptions
from fingerspell.training import precision
from fingerspell.training.options import Precision
from fingerspell.training.precision import settle_precision


@pytest.fixture
def rates(monkeypatch):
    """Pictures a second by precision, instead of timing; and which were asked for."""
    given, asked = {Precision.FP32: 100.0, Precision.BF16: 20.0}, []

    def of(_plan, each, _report):
        asked.append(each)
        return given[each]

    monkeypatch.setattr(precision, "_images_per_s", of)
    return given, asked


def chosen(plan):
    return settle_precision(plan, silent).options.device.precision


def test_auto_takes_what_is_faster_and_says_so(plan_of, rates, caplog):
    given, _ = rates
    plan = plan_of("run", precision="auto")
    assert chosen(plan) == Precision.FP32
    given[Precision.BF16] = 250.0
    settled = settle_precision(plan, silent)
    assert settled.options.device == replace(plan.options.device, precision=Precision.BF16)
    assert caplog.messages == [
        "precision fp32 was chosen: fp32 100 images/s, bf16 20 images/s.",
        "precision bf16 was chosen: fp32 100 images/s, bf16 250 images/s.",
    ]


def test_a_bf16_that_is_slower_stays_and_is_told_in_one_line(plan_of, rates, caplog):
    given, _ = rates
    plan = plan_of("run", precision="bf16")
    assert chosen(plan) == Precision.BF16
    assert caplog.messages == ["bf16 is slower than fp32 here: fp32 100 images/s, bf16 20 images/s."]
    caplog.clear()
    given[Precision.BF16] = 101.0
    assert chosen(plan) == Precision.BF16
    assert caplog.messages == []


def test_nothing_is_timed_where_nothing_is_to_be_chosen(plan_of, rates):
    assert chosen(plan_of("run")) == Precision.FP32
    assert rates[1] == []


def test_processes_that_were_started_from_outside_do_not_choose_each_for_itself(
    plan_of, rates, monkeypatch
):
    monkeypatch.setattr(precision, "is_launched_from_outside", lambda: True)
    with pytest.raises(TrainingError, match="name the --precision"):
        chosen(plan_of("run", precision="auto"))
    assert chosen(plan_of("run", precision="bf16")) == Precision.BF16
    assert rates[1] == []


def test_steps_are_timed_for_real_and_leave_no_trace_in_what_is_drawn(plan_of, caplog):
    caplog.set_level(logging.WARNING)
    assert chosen(plan_of("run", precision="auto")) in (Precision.FP32, Precision.BF16)
    assert caplog.messages[0].count("images/s") == 2
    assert not plan_of("run").folder.exists()
    assert torch.get_default_dtype() == torch.float32


def test_a_study_names_what_it_compares(tmp_path):
    with pytest.raises(StudyError, match="instead of auto"):
        StudyOptions(data=tmp_path, models=("tiny",), precision=(Precision.AUTO,))
