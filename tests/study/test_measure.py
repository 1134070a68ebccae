"""What is measured of a cell, in this process, and put together of several."""

from dataclasses import replace

import pytest
import torch

from fingerspell.data.leakage import Part
from fingerspell.errors import DataError
from fingerspell.progress import silent
from fingerspell.study.gauge import Reading
from fingerspell.study.measure import Seen, _no_exchange, _step, assemble, exchange_share, measure
from fingerspell.study.results import Cell, Status
from fingerspell.training.fold import open_fold
from fingerspell.training.launch import launch, make_fabric
from fingerspell.training.options import Loading
from fingerspell.training.run import begin


def test_figures_of_a_cell_from_files_and_from_an_array(study_of, tmp_path):
    study = study_of(loading="reports,packed", epochs=3)
    results = {
        cell.loading: measure(cell, study.plan(cell, tmp_path), silent) for cell in study.cells()
    }
    for result in results.values():
        assert (result.status, result.message, result.epochs, result.n_train) == ("done", "", 3, 84)
        assert (result.parameters, result.gradient_bytes) == (8_893, 4 * 8_893)
        assert len(result.epoch_s) == 3
        assert result.images_per_s == pytest.approx(84 / result.seconds_per_epoch, rel=0.2)
        assert result.total_s > sum(result.epoch_s)
        assert result.data_share + result.compute_share + result.communication_share == pytest.approx(1)
        assert result.communication_share == 0
        assert 0 < result.allocated_mb[0] <= result.reserved_mb[0]
        assert 0 < result.utilisation[0] <= 1
        assert "core" in result.hardware
    files, array = results[Loading.REPORTS], results[Loading.PACKED]
    assert files.data_share > array.data_share  # the same JPEGs, decoded every epoch or once
    assert abs(files.test_accuracy - array.test_accuracy) < 0.5
    assert not list(tmp_path.rglob("*.safetensors"))
    assert len(list((tmp_path / "runs" / "packs").glob("*/images.npy"))) == 1


def test_what_fails_is_a_result(study_of, tmp_path):
    study = study_of()
    cell = replace(study.cells()[0], strategy="dp", devices=2)
    result = measure(cell, study.plan(cell, tmp_path), silent)
    assert (result.status, result.epoch_s) == (Status.FAILED, ())
    assert "dp splits batches over GPUs" in result.message


def test_too_little_memory_is_told_apart(study_of, tmp_path, monkeypatch):
    def enormous(*_arguments):
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")

    monkeypatch.setattr("fingerspell.training.fold.Loop.run", enormous)
    study = study_of()
    result = measure(study.cells()[0], study.plan(study.cells()[0], tmp_path), silent)
    assert result.status == Status.OUT_OF_MEMORY
    assert "--batch-size 16" in result.message


def test_a_failure_worded_like_it_is_no_lack_of_memory(study_of, tmp_path, monkeypatch):
    def failing(*_arguments):
        raise DataError("the memory is too small, says the name of a folder.")

    monkeypatch.setattr("fingerspell.training.fold.Loop.run", failing)
    study = study_of()
    result = measure(study.cells()[0], study.plan(study.cells()[0], tmp_path), silent)
    assert result.status == Status.FAILED


def seen(wait, exchange, utilisation):
    rows = [
        {"train_seconds": s, "data_wait_share": w, "train_n": 10, "train_accuracy": 0.5}
        for s, w in ((100.0, 1.0), (4.0, wait), (6.0, wait))  # the first epoch does not count
    ]
    summary = {"parameters": 3, "best": {}, "test": {"n": 0, "accuracy": 0.0}}
    return Seen(rows, summary, [Reading(1.0, 2.0, None, utilisation)], exchange, 0.0, 12)


def test_shares_worked_by_hand():
    """Two processes wait 20 and 40 % for pictures; of the rest, the exchange takes 10 and 30 %."""
    result = assemble(Cell("tiny", "ddp", 2, 10), [seen(0.2, 0.1, 0.5), seen(0.4, 0.3, 0.75)])
    assert result.data_share == pytest.approx(0.3)
    assert result.communication_share == pytest.approx(0.7 * 0.2)
    assert result.compute_share == pytest.approx(0.7 * 0.8)
    assert (result.images_per_s, result.seconds_per_epoch) == (2.0, 5.0)
    assert (result.utilisation, result.allocated_mb, result.driver_mb) == ((0.5, 0.75), (1.0, 1.0), ())
    assert result.test_accuracy is None


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
    _step(learner, batch, 32)
    with_exchange = are_alike(fabric, learner)
    with _no_exchange(learner):
        _step(learner, batch, 32)
    return with_exchange, are_alike(fabric, learner), exchange_share(learner, batches)


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
    assert exchange_share(learner, parts[Part.TRAIN]) == 0
