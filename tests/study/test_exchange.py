"""The exchange between processes: what is timed with it and without it is what it says."""

import pytest
import torch

from fingerspell.data.leakage import Part
from fingerspell.study import exchange
from fingerspell.training.fold import open_fold
from fingerspell.training.launch import launch, make_fabric
from fingerspell.training.run import begin


def silent(_what, _done, _total):
    """No report of preparations."""


def weights(learner):
    return torch.cat([p.detach().flatten() for p in learner.module.parameters()])


def are_alike(fabric, learner):
    everybody = fabric.all_gather(weights(learner))
    return bool((everybody == everybody[0]).all())


def try_both(fabric, plan, material):
    """Whether processes' weights are alike after a step with the exchange, and then one without."""
    _, parts, learner = open_fold(fabric, plan, material, material.folds[0])
    batches = parts[Part.TRAIN]
    batch = next(iter(batches.epoch(0)))
    exchange._step(learner, batch, 32)
    with_exchange = are_alike(fabric, learner)
    with exchange._no_exchange(learner):
        exchange._step(learner, batch, 32)
    return with_exchange, are_alike(fabric, learner), exchange.exchange_share(learner, batches)


@pytest.mark.slow
def test_two_processes_drift_apart_only_without_the_exchange(study_of, tmp_path):
    [cell] = study_of(devices=2).cells()
    plan = study_of(devices=2).plan(cell, tmp_path)
    fabric = make_fabric(plan.options.device)
    with_it, without_it, share = launch(fabric, try_both, plan, begin(plan, silent))
    assert (with_it, without_it) == (True, False)
    assert 0 <= share < 1


def test_one_process_exchanges_nothing(study_of, tmp_path):
    study = study_of(epochs=1, schedule="one-cycle")
    plan = study.plan(study.cells()[0], tmp_path)
    fabric = make_fabric(plan.options.device)
    material = begin(plan, silent)
    _, parts, learner = open_fold(fabric, plan, material, material.folds[0])
    assert exchange.exchange_share(learner, parts[Part.TRAIN]) == 0
