"""Runs from beginning to end, stopped, killed and resumed, on one process and on two."""

import csv
import json
import math
import multiprocessing
import os
import random
import signal
import sys
from dataclasses import replace

import psutil
import pytest
import torch
from safetensors.torch import load_file
from tests.training.conftest import write_pictures

from fingerspell.errors import ModelError, TrainingError
from fingerspell.evaluation.classifiers import describe
from fingerspell.models.checkpoint import load_checkpoint
from fingerspell.progress import silent
from fingerspell.study.published import read_run
from fingerspell.training import record as record_module
from fingerspell.training.plan import Plan
from fingerspell.training.record import Record
from fingerspell.training.run import train

SENSORS = ("memory", "ram", "cpu", "gpu")
TIMES = ("train_seconds", "validation_seconds", "images_per_s", "data_wait_share")


def figures(folder):
    """The rows of a run, but for what depends on the hour."""
    rows = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    return [
        {k: v for k, v in row.items() if k not in TIMES and not k.startswith(SENSORS)} for row in rows
    ]


def assert_same_run(folder, other):
    assert figures(folder) == figures(other)
    for name in ("best", "last"):
        ours, theirs = (load_file(f / "checkpoints" / f"{name}.safetensors") for f in (folder, other))
        assert all(torch.equal(ours[key], theirs[key]) for key in theirs)
    summaries = [Record(f).load_summary() for f in (folder, other)]
    assert summaries[0]["test"] == summaries[1]["test"]


def test_a_run_learns_and_leaves_everything(plan_of):
    plan = plan_of("run", epochs=4, test_every=2)
    summary = train(plan, silent)
    assert summary["test"]["accuracy"] > 0.6  # chance: 0.17
    assert summary["parameters"] == 8_893
    files = {str(p.relative_to(plan.folder)) for p in plan.folder.rglob("*") if p.is_file()}
    assert files == {
        *(".lock", "config.yaml", "environment.json", "data.json", "split.csv", "split.json"),
        "summary.json",
        *("metrics.csv", "metrics.jsonl", "report/curves.png", "report/run.html"),
        *("checkpoints/best.safetensors", "checkpoints/last.safetensors", "checkpoints/state.pt"),
    }
    rows = list(csv.DictReader((plan.folder / "metrics.csv").read_text().splitlines()))
    assert [row["epoch"] for row in rows] == ["1", "2", "3", "4"]
    assert [bool(row["test_accuracy"]) for row in rows] == [False, True, False, True]
    assert all(float(row["train_n"]) == 126 and float(row["images_per_s"]) > 0 for row in rows)
    _, info = load_checkpoint(plan.folder / "checkpoints" / "best.safetensors")
    assert (info.model, info.data["n"], info.config["epochs"]) == ("tiny", 180, 4)
    assert info.metrics["validation_loss"] == min(float(row["validation_loss"]) for row in rows)
    assert Plan.load(plan.folder) == plan


def test_measured_colours_travel_with_the_weights(plan_of):
    plan = plan_of("run", epochs=1, normalise="measured", balance="sampling", eval_batch_size=50)
    train(plan, silent)
    _, info = load_checkpoint(plan.folder / "checkpoints" / "best.safetensors")
    assert info.spec.mean != plan.spec.mean  # the network's own
    assert all(0 < value < 1 for value in (*info.spec.mean, *info.spec.std))
    assert Plan.load(plan.folder) == plan


def test_same_seed_same_result_and_another_seed_another(plan_of):
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        train(plan_of(name, epochs=2, augment="strong", seed=seed), silent)
    folders = [plan_of(name).folder for name in "abc"]
    assert_same_run(folders[0], folders[1])
    assert figures(folders[0]) != figures(folders[2])


@pytest.mark.slow
def test_power_lost_at_every_write_and_resumed(plan_of, monkeypatch):
    """The power fails before or after each write of a run in turn; going on gives the same run."""
    options = {"epochs": 2, "ema": 0.9, "schedule": "one-cycle", "augment": "strong"}
    through = plan_of("through", **options)
    writes = []
    write = record_module.write_atomically
    monkeypatch.setattr(record_module, "write_atomically", lambda p, c: (write(p, c), writes.append(p)))
    train(through, silent)
    assert len(writes) > 8
    monkeypatch.setattr(record_module, "write_atomically", write)

    class PowerFails(BaseException):
        pass

    for lost in range(len(writes)):
        plan, done = plan_of(f"lost-{lost}", **options), []

        def failing(path, content, lost=lost, done=done):
            if len(done) == lost:
                raise PowerFails
            write(path, content)
            done.append(path)

        monkeypatch.setattr(record_module, "write_atomically", failing)
        with pytest.raises(PowerFails):
            train(plan, silent)
        monkeypatch.setattr(record_module, "write_atomically", write)
        train(plan, silent)
        assert_same_run(plan.folder, through.folder)


# Forked from a process that has imported PyTorch, which takes seconds, and has done nothing else.
FORKING = multiprocessing.get_context("forkserver")
FORKING.set_forkserver_preload(["fingerspell.training.run"])


class Killer:
    """Sends this process a signal after so many batches."""

    def __init__(self, batches, name):
        self.left, self.name = batches, name

    def batch(self, epoch, done, total):
        self.left -= 1
        if not self.left:
            os.kill(os.getpid(), getattr(signal, self.name))

    def epoch(self, row, is_best, before=None):
        pass


def train_until_killed(folder, batches, name, threads):
    torch.set_num_threads(threads)
    done = train(Plan.load(folder), silent, lambda _plan: Killer(batches, name))
    sys.exit(0 if done else 130)


def run_killed(plan, batches, name):
    """Train in another process that is sent a signal after so many batches; its exit code."""
    plan.save()
    # As many threads as here, or sums are made in another order.
    arguments = (plan.folder, batches, name, torch.get_num_threads())
    process = FORKING.Process(target=train_until_killed, args=arguments)
    process.start()
    process.join(300)
    return process.exitcode


def test_killed_and_resumed(plan_of):
    options = {"epochs": 3, "augment": "strong"}
    through, plan = plan_of("through", **options), plan_of("killed", **options)
    train(through, silent)
    assert run_killed(plan, 6, "SIGKILL") == -signal.SIGKILL
    assert not Record(plan.folder).is_done
    train(plan, silent)
    assert_same_run(plan.folder, through.folder)


@pytest.mark.parametrize("name", ["SIGINT", pytest.param("SIGTERM", marks=pytest.mark.slow)])
def test_stopped_in_the_middle_of_an_epoch_and_resumed(plan_of, name):
    options = {"epochs": 2, "ema": 0.9, "augment": "strong"}
    through, plan = plan_of("through", **options), plan_of("stopped", **options)
    train(through, silent)
    assert run_killed(plan, 6, name) == 130
    state = Record(plan.folder).load_state()
    assert (state.epoch, state.batch, state.step) == (1, 2, 6)
    train(plan, silent)
    assert_same_run(plan.folder, through.folder)


@pytest.mark.slow
def test_stopped_where_an_epoch_is_one_batch(plan_of):
    options = {"epochs": 4, "batch_size": 1000}
    through, plan = plan_of("through", **options), plan_of("stopped", **options)
    train(through, silent)
    assert run_killed(plan, 2, "SIGINT") == 130
    assert Record(plan.folder).load_state().epoch == 2
    train(plan, silent)
    assert_same_run(plan.folder, through.folder)


@pytest.mark.slow
def test_stopped_in_the_last_epoch_of_a_fold(plan_of):
    plan = plan_of("run", epochs=1, folds=3, batch_size=1000)
    assert run_killed(plan, 1, "SIGINT") == 130
    folds = [plan.folder / f"fold-{number}" for number in (1, 2, 3)]
    assert [Record(fold).is_done for fold in folds] == [True, False, False]
    assert len(train(plan, silent)["folds"]) == 3


def test_a_loss_that_is_no_number_ends_the_run_before_it_is_kept(plan_of):
    plan = plan_of("run", optimizer="sgd", lr=100.0, momentum=0.999, epochs=100)
    with pytest.raises(TrainingError, match=r"the loss became NaN or infinite .* lower --lr"):
        train(plan, silent)
    rows = Record(plan.folder).load_rows()
    assert len(rows) < 100
    assert all(math.isfinite(row["train_loss"]) for row in rows)
    assert not Record(plan.folder).is_done


@pytest.mark.parametrize("network", ["tiny", "compact-net"])
def test_a_side_that_a_network_does_not_take_is_refused(plan_of, network):
    plan = plan_of("run", model=network, size_px=48)
    with pytest.raises(TrainingError):
        train(plan, silent)
    assert not plan.folder.exists()


def test_a_run_that_had_not_begun_to_learn_says_so(plan_of):
    plan = plan_of("run")
    plan.folder.mkdir(parents=True)
    with pytest.raises(TrainingError):
        Plan.load(plan.folder)


def test_other_pictures_cannot_be_gone_on_with(plan_of, tmp_path):
    plan = plan_of("run", epochs=1)
    train(plan, silent)
    (plan.folder / "summary.json").unlink()
    other = write_pictures(tmp_path / "other", "ABCDEF", 31)
    with pytest.raises(TrainingError, match=r"not those that .* began with"):
        train(replace(plan, data=other), silent)


def test_a_damaged_state_is_named(plan_of):
    plan = plan_of("run", epochs=1)
    train(plan, silent)
    (plan.folder / "summary.json").unlink()
    (plan.folder / "checkpoints" / "state.pt").write_bytes(b"PK\x03\x04 not any more")
    with pytest.raises(TrainingError, match=r"state.pt cannot be read as the state of a run"):
        train(plan, silent)


def test_patience_ends_a_run_that_gets_no_better(plan_of):
    plan = plan_of("run", epochs=50, patience=2, lr=1e-9, monitor="accuracy")
    summary = train(plan, silent)
    assert (summary["epochs"], summary["best_epoch"]) == (3, 1)


def test_folds_are_runs_and_their_spread_is_told(plan_of):
    plan = plan_of("run", epochs=1, folds=3)
    summary = train(plan, silent)
    accuracies = [fold["test"]["accuracy"] for fold in summary["folds"]]
    assert len(accuracies) == 3
    assert summary["test"]["accuracy"] == pytest.approx(sum(accuracies) / 3)
    variance = sum((a - summary["test"]["accuracy"]) ** 2 for a in accuracies) / 2
    assert summary["test_std"]["accuracy"] == pytest.approx(variance**0.5)
    assert sum(fold["test"]["n"] for fold in summary["folds"]) == 180
    for fold in ("fold-1", "fold-2", "fold-3"):
        facts = describe(str(plan.folder / fold))
        assert facts.name == f"tiny (run/{fold})"
        assert facts.split_file == plan.folder / "split.csv"
        ours = read_run(plan.folder / fold)
        assert (ours.name, ours.batch_size) == (f"run/{fold}", 32)
    with pytest.raises(ModelError, match=r"run holds 3 folds: give one of them, such as .*fold-1"):
        describe(str(plan.folder))


@pytest.mark.parametrize("strategy", ["ddp", pytest.param("fsdp", marks=pytest.mark.slow)])
def test_two_processes_learn_what_one_does(plan_of, strategy):
    one, two = plan_of("one", strategy="single"), plan_of("two", strategy=strategy, devices=2)
    summaries = [train(plan, silent) for plan in (one, two)]
    assert [summary["processes"] for summary in summaries] == [1, 2]
    for row, other in zip(figures(one.folder), figures(two.folder), strict=True):
        assert row == pytest.approx(other, rel=1e-3)
        assert [row[name] for name in row if name.endswith("_n")] == [126, 18]
    ours, theirs = (load_file(p.folder / "checkpoints" / "last.safetensors") for p in (one, two))
    for name, value in ours.items():
        torch.testing.assert_close(theirs[name], value, rtol=1e-3, atol=1e-4)


@pytest.mark.slow
def test_a_sharded_run_goes_on(plan_of):
    through, plan = (plan_of(name, strategy="fsdp", devices=2) for name in ("through", "stopped"))
    train(through, silent)
    with pytest.raises(TrainingError, match=r"died|lost another one"):
        train(plan, silent, KillOneWorker)
    train(plan, silent)
    assert_same_run(plan.folder, through.folder)


@pytest.mark.slow
def test_a_compiled_network_learns_the_same(plan_of):
    plans = plan_of("plain", epochs=2), plan_of("compiled", epochs=2, compile=True)
    losses = [train(plan, silent)["test"]["loss"] for plan in plans]
    assert losses[0] == pytest.approx(losses[1], rel=1e-3)


class KillOneWorker:
    """Kills the second process, as a machine's failure would, when the first has done some batches."""

    def __init__(self, plan):
        self.left = 6

    def batch(self, epoch, done, total):
        self.left -= 1
        if not self.left:
            mine = os.getpid()
            [other] = [
                p for p in psutil.Process(os.getppid()).children() if _is_worker(p) and p.pid != mine
            ]
            other.kill()

    def epoch(self, row, is_best, before=None):
        pass


def _is_worker(process):
    return "spawn_main" in " ".join(process.cmdline())


@pytest.mark.slow
def test_a_dead_process_ends_the_run_which_goes_on_with_fewer(plan_of):
    plan = plan_of("run", strategy="ddp", devices=2)
    with pytest.raises(TrainingError, match=r"(died|lost another one).*--resume"):
        train(plan, silent, KillOneWorker)
    alone = replace(plan.options, device=replace(plan.options.device, devices=1))
    summary = train(replace(plan, options=alone), silent)
    assert summary["epochs"] == 3
    assert summary["processes"] == 1
    assert summary["test"]["accuracy"] > 0.4  # chance: 0.17


@pytest.mark.slow
def test_killed_at_five_random_moments(plan_of):
    options = {"epochs": 6, "augment": "strong", "ema": 0.9, "schedule": "cosine"}
    through, plan = plan_of("through", **options), plan_of("killed", **options)
    train(through, silent)
    for _ in range(5):
        batches = random.randint(1, 6)  # of the 24 there are, so that every kill finds work going on
        assert run_killed(plan, batches, "SIGKILL") == -signal.SIGKILL
    train(plan, silent)
    assert_same_run(plan.folder, through.folder)


@pytest.mark.parametrize("workers", [0, 1])
def test_pictures_from_their_files_teach_what_packed_ones_do(plan_of, workers):
    """PNGs are packed without loss, so the same numbers arrive both ways; to be sure, so do results."""
    packed = train(plan_of("packed", epochs=2), silent)
    files = train(plan_of("files", epochs=2, loading="reports", workers=workers), silent)
    assert files["test"] == packed["test"]
    assert files["best"]["train_loss"] == packed["best"]["train_loss"]
