"""Plans for a wish."""

from dataclasses import replace

import pytest
from tests.study.worlds import BYTES, COSTS, N_TRAIN, grid, measure, model_of

from fingerspell.errors import StudyError
from fingerspell.study.advise import Question, plan, recommend
from fingerspell.study.costs import Cluster, Job, Part, observe
from fingerspell.study.fit import fit_memory, memory_key
from fingerspell.study.results import Cell
from fingerspell.training.options import Loading

TRUTH = model_of(COSTS, Cluster(devices_per_node=2))
CELL = Cell("aslnet", "ddp", 2, 64, loading=Loading.PACKED)
MEMORY = fit_memory(observe(measure(cell, TRUTH) for cell in grid()))[memory_key(CELL)]
QUESTION = Question(
    Job(CELL, N_TRAIN, BYTES["aslnet"]), (1, 2, 4, 8, 16), (32, 64, 128), MEMORY, capacity_mb=8_000
)


def test_plans_are_the_best_of_all():
    every = [plan(TRUTH, QUESTION, p, b) for p in QUESTION.devices for b in QUESTION.batch_sizes]
    shortest = recommend(TRUTH, QUESTION, "shortest time")
    cheapest = recommend(TRUTH, QUESTION, "cheapest")
    assert shortest.seconds_per_epoch <= 1.02 * min(each.seconds_per_epoch for each in every)
    assert cheapest.device_seconds <= 1.02 * min(each.device_seconds for each in every)
    assert cheapest.devices == 1
    assert cheapest.efficiency == 1
    assert shortest.devices > 1
    assert shortest.bottleneck in set(Part)


def test_of_plans_alike_the_one_with_fewer_devices():
    """Sixteen loaders of one node that share all they do are no faster than one."""
    shared = {name: 0.0 if "data" not in name else 1e-3 for name in COSTS}
    data_bound = model_of(shared, Cluster(devices_per_node=16))
    job = replace(QUESTION.job, cell=replace(CELL, loading=Loading.REPORTS))
    assert recommend(data_bound, replace(QUESTION, job=job), "shortest time").devices == 1


def test_a_share_of_the_memory():
    found = recommend(TRUTH, QUESTION, "memory=0.9")
    assert (found.devices, found.batch_size) == (1, 2_300)
    assert found.memory_mb == pytest.approx(7_200)


@pytest.mark.parametrize(
    ("wish", "question", "message"),
    [
        ("shortest", QUESTION, "did you mean 'shortest time'"),
        ("memory=2", QUESTION, "did you mean 'memory=0.9'"),
        ("memory=0.9", replace(QUESTION, memory=None), "measure two batch sizes"),
        ("memory=0.01", QUESTION, "not even one image"),
        ("cheapest", replace(QUESTION, capacity_mb=301), "allow smaller batches"),
    ],
)
def test_wishes_that_cannot_be(wish, question, message):
    with pytest.raises(StudyError, match=message):
        recommend(TRUTH, question, wish)
