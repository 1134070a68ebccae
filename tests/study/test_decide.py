"""Hypotheses in worlds where they are true, and in worlds where they are not."""

from dataclasses import replace

import pytest
from tests.study.worlds import COSTS, grid, measure, model_of, study

from fingerspell.study.claims import read_claims
from fingerspell.study.decide import Verdict, decide
from fingerspell.study.published import r1_results
from fingerspell.study.results import Status


def verdicts(results, claims=()):
    return {each.name: each.verdict for each in decide(results, claims)}


def world(changes=None, repeats=2, **kinds):
    truth = model_of(COSTS | (changes or {}))
    return [measure(cell, truth, noise=0.02) for cell in grid(repeats=repeats, **kinds)]


def test_more_devices_save_where_they_do_and_cost_where_they_do():
    assert verdicts(world())["H2"] is Verdict.ACCEPTED
    slow_link = {"all-reduce: a message": 0.5}
    assert verdicts(world(slow_link))["H2"] is Verdict.REJECTED
    assert verdicts(world(devices=(1,)))["H2"] is Verdict.UNDECIDED
    one_slow = [
        replace(each, epoch_s=tuple(2 * s for s in each.epoch_s))
        if each.cell.devices == 2 and each.cell.model == "aslnet"
        else each
        for each in world()
    ]
    decided = {each.name: each for each in decide(one_slow)}["H2"]
    assert decided.verdict is Verdict.REJECTED  # "always", so one network is enough
    assert "aslnet" in decided.note


def test_larger_batches_teach_less_here_and_more_there():
    assert verdicts(study())["H3"] is Verdict.REJECTED
    better = [
        replace(each, test_accuracy=0.5 + 0.001 * each.cell.batch_size + 1e-4 * each.cell.repeat)
        for each in world()
    ]
    assert verdicts(better)["H3"] is Verdict.ACCEPTED


def test_time_that_goes_with_batches_and_time_that_does_not():
    flat = {name: 0.0 for name in COSTS if "step" in name or "message" in name}
    assert verdicts(world(flat))["H4"] is Verdict.REJECTED
    steps = {name: 0.3 for name in COSTS if "compute: a step" in name}
    assert verdicts(world(steps, devices=(1,)))["H4"] is Verdict.ACCEPTED


def test_signs_are_recognised_or_not():
    assert verdicts(world())["H1"] is Verdict.ACCEPTED
    guessing = [replace(each, test_accuracy=60 / 1741) for each in world()]
    assert verdicts(guessing)["H1"] is Verdict.REJECTED
    blind = [replace(each, test_accuracy=None) for each in world()]
    assert verdicts(blind)["H1"] is Verdict.UNDECIDED
    decided = decide(world())[0]
    assert decided.low < decided.effect < decided.high
    assert "unseen signers" in decided.note


def test_what_r1_published_says_of_its_hypotheses():
    """R1 rejected H2 by eye: its cells, each run once, do not prove that 3 to 4 GPUs cost time."""
    decided = {each.name: each for each in decide(r1_results())}
    assert {name: each.verdict.value for name, each in decided.items()} == {
        "H1": "accepted",
        "H2": "undecided",
        "H3": "rejected",
        "H4": "rejected",
    }
    assert decided["H2"].effect == pytest.approx(1.074, abs=0.001)
    assert decided["H2"].low == pytest.approx(0.986, abs=0.001)
    assert "3 of 9" in decided["H2"].note
    assert decided["H3"].effect == pytest.approx(-0.316, abs=0.001)
    assert decided["H3"].effect_unit == "points a doubling"


def test_users_claims():
    claims = read_claims(
        [
            {
                "name": "packing pays",
                "compare": "images_per_s",
                "of": {"loading": "packed"},
                "with": {"loading": "reports"},
                "expect": "greater",
            },
            {
                "name": "packing waits",
                "compare": "data_share",
                "of": {"loading": "packed"},
                "with": {"loading": "reports"},
                "expect": "greater",
            },
            {
                "name": "falls",
                "claim": "seconds_per_epoch falls with devices",
                "where": {"model": "aslnet"},
            },
            {"name": "no workers", "claim": "images_per_s rises with workers"},
        ],
        "study.yaml",
    )
    decided = {each.name: each for each in decide(study(), claims)}
    assert decided["packing pays"].verdict is Verdict.ACCEPTED
    assert (
        decided["packing pays"].n == 24
    )  # pairs: 2 networks, 3 batches, 2 numbers of devices, 2 repeats
    assert decided["packing pays"].low > 1
    assert decided["packing waits"].verdict is Verdict.REJECTED
    assert decided["falls"].verdict is Verdict.ACCEPTED
    assert decided["falls"].n == 24
    assert decided["no workers"].verdict is Verdict.UNDECIDED
    assert decided["no workers"].n == 0


def test_looking_often_costs():
    claims = read_claims(
        [{"name": str(n), "claim": "total_s rises with workers"} for n in range(20)], "x"
    )
    few, many = decide(r1_results())[2], decide(r1_results(), claims)[2]
    assert few.verdict is Verdict.REJECTED
    assert many.p_adjusted > few.p_adjusted


def test_cells_that_failed_say_nothing():
    failed = [replace(each, status=Status.FAILED) for each in world()]
    assert set(verdicts(failed).values()) == {Verdict.UNDECIDED}
