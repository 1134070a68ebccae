"""The scaling model: costs that are known, found again."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.study.worlds import BYTES, COSTS, N_TRAIN, NODE, grid, measure, model_of

from fingerspell.errors import StudyError
from fingerspell.study.costs import Cluster, Job, Link, Part, observe
from fingerspell.study.fit import fit, fit_costs, fit_memory, memory_key, waited_s
from fingerspell.study.published import r1_results
from fingerspell.study.results import Cell
from fingerspell.training.options import Loading


def near(decades: float):
    """A factor from 1 over so many decades to as many."""
    return st.floats(-decades, decades).map(lambda power: 10**power)


@settings(max_examples=20, deadline=None)
@given(st.lists(near(0.5), min_size=len(COSTS), max_size=len(COSTS)))
def test_costs_are_found_again(factors):
    """Whatever the costs are, cells without noise are predicted, those left out too."""
    costs = {name: value * f for (name, value), f in zip(COSTS.items(), factors, strict=True)}
    truth = model_of(costs)
    observations = observe(measure(cell, truth) for cell in grid(devices=(1, 2, 4)))
    found = fit_costs(observations, NODE)
    assert all(cost.is_fitted for cost in found.costs.values())
    for name, cost in found.costs.items():
        if "packed" not in name:  # hidden behind computing, so hardly told
            assert cost.value == pytest.approx(costs[name], rel=0.02, abs=1e-7), name
    for observation in observations:
        predicted = found.predict(observation.job).seconds_per_epoch
        assert predicted == pytest.approx(observation.seconds_per_epoch, rel=2e-3)


def test_devices_not_at_hand_are_predicted_from_few():
    truth = model_of(COSTS)
    found = fit_costs(observe(measure(cell, truth) for cell in grid(devices=(1, 2, 4))), NODE)
    for devices in (8, 64, 1024):
        cell = Cell("compact-net", "ddp", devices, 128 * devices, loading=Loading.REPORTS)
        job = Job(cell, 10**6, BYTES["compact-net"])
        here, there = found.predict(job), truth.predict(job)
        assert here.seconds_per_epoch == pytest.approx(there.seconds_per_epoch, rel=0.01)
        assert here.bottleneck is there.bottleneck


def test_noise_shows_in_the_error_of_cells_left_out():
    truth = model_of(COSTS)
    fitted = fit(observe(measure(cell, truth, noise=0.05) for cell in grid()), NODE)
    inside, outside = np.abs(fitted.errors), np.abs(fitted.errors_left_out)
    assert 0.005 < np.median(inside) < np.median(outside) < 0.15
    assert np.isfinite(outside).all()


def test_shares_tell_data_from_computing_on_one_device():
    truth = model_of(COSTS)
    results = [measure(cell, truth) for cell in grid(devices=(1,))]
    found = fit_costs(observe(results), Cluster()).costs
    name = "data: a picture (reports, aslnet)"
    assert found[name].value == pytest.approx(COSTS[name], rel=0.01)
    assert not found["all-reduce: a byte"].is_fitted
    assert found["all-reduce: a byte"].value == 1 / Cluster().within.bytes_per_s


def test_without_shares_one_device_cannot_tell_them():
    truth = model_of(COSTS)
    blind = {"data_share": 0.0, "compute_share": 0.0, "communication_share": 0.0}
    cells = grid(devices=(1,))
    chosen = [cell for cell in cells if cell.model == "aslnet" and cell.loading is Loading.REPORTS]
    results = [replace(measure(cell, truth), **blind) for cell in chosen]
    fitted = fit(observe(results), Cluster())
    assert "compute: a picture (aslnet, fp32)" in fitted.assumed
    assert np.abs(fitted.errors).max() < 1e-6  # the time itself is a line in the steps


def test_waiting_by_hand():
    assert waited_s(3, 5, ahead=False) == 3
    assert waited_s(0, 5, ahead=True) == 0
    assert waited_s(5, 0, ahead=True) == 5
    assert waited_s(4, 4, ahead=True) == pytest.approx(0.2)  # 5 % of 4
    assert waited_s(100, 1, ahead=True) == pytest.approx(99, rel=1e-3)
    assert waited_s(1, 100, ahead=True) < 0.01


def test_prediction_by_hand():
    truth = model_of(COSTS, Cluster(devices_per_node=2, between=Link(1e9, 1e-4)))
    job = Job(Cell("aslnet", "ddp", 4, 64, loading=Loading.REPORTS), N_TRAIN, 1_000_000)
    parts = truth.predict(job).parts
    steps, local = 128, N_TRAIN / 4
    assert parts[Part.DATA] == pytest.approx(local * 8e-4 + local * 1e-4)
    assert parts[Part.COMPUTE] == pytest.approx(local * 5e-4 + steps * 3e-3 + local * 1e-4)
    within = 2 * 4e-4 + 1_000_000 * 1e-9  # two devices: two messages, all the bytes once
    assert parts[Part.COMMUNICATION] == pytest.approx(steps * (within + 1e-3 + 2e-4))
    assert truth.predict(job).bottleneck is Part.DATA
    assert sum(map(truth.predict(job).share, Part)) == pytest.approx(1)


def test_r1_was_bound_by_its_data():
    """The fit to the published cells, and what it says; see docs/study.md."""
    fitted = fit(observe(r1_results()))
    costs = fitted.model.costs
    assert 1 / costs["data: a picture (reports, compact-net)"].value == pytest.approx(917, abs=5)
    assert 1 / costs["compute: a picture (compact-net, fp32)"].value == pytest.approx(4290, rel=0.02)
    assert np.median(np.abs(fitted.errors)) == pytest.approx(0.025, abs=0.002)
    assert np.abs(fitted.errors).max() == pytest.approx(0.122, abs=0.003)
    assert np.median(np.abs(fitted.errors_left_out)) == pytest.approx(0.042, abs=0.003)
    assert np.abs(fitted.errors_left_out).max() == pytest.approx(0.141, abs=0.003)
    predictions = [fitted.model.predict(each.job) for each in fitted.observations]
    assert {each.bottleneck for each in predictions} == {Part.DATA}
    busy = [each.share(Part.COMPUTE) for each in predictions]
    assert min(busy) >= 0.03
    assert max(busy) <= 0.40  # of GPUs, as the report saw


def test_nothing_to_fit_and_nothing_to_predict_from():
    with pytest.raises(StudyError, match="run the study's cells first"):
        fit([])
    with pytest.raises(StudyError, match="add one to the study"):
        model_of(COSTS).predict(Job(Cell("dexnet", "ddp", 2, 64), 100, 100))


def test_memory_is_a_line_in_the_images_of_a_device():
    found = fit_memory(observe(measure(cell, model_of(COSTS)) for cell in grid()))
    memory = found[memory_key(Cell("aslnet", "ddp", 2, 64, loading=Loading.PACKED))]
    assert memory.fixed_mb == pytest.approx(300)
    assert memory.picture_mb == pytest.approx(3)
    assert memory.error < 1e-6
    assert memory.largest_batch(7_200, 1) == 2_300
    assert memory.largest_batch(7_200, 4) == 9_200
    assert memory.largest_batch(200, 4) == 0
    one_batch = observe(
        measure(cell, model_of(COSTS)) for cell in grid(batch_sizes=(32,), devices=(1,))
    )
    assert fit_memory(one_batch) == {}
