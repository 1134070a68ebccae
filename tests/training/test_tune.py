"""Searches: what is searched, goes on as it would have, and finds what is better."""

import csv
import json

import optuna
import pytest
import yaml
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

from fingerspell.errors import DivergedError, TrainingError
from fingerspell.progress import silent
from fingerspell.training import tune as module
from fingerspell.training.recipes import load_recipe
from fingerspell.training.tune import space_of, tune


def test_spaces():
    texts = ["lr=1e-4..1e-1", "weight-decay=0..0.1", "batch_size=8..16", "optimizer=sgd,adamw"]
    assert space_of([*texts, "augment=none|strong, mirror=0"]) == {
        "lr": FloatDistribution(1e-4, 0.1, log=True),
        "weight_decay": FloatDistribution(0, 0.1),
        "batch_size": IntDistribution(8, 16),
        "optimizer": CategoricalDistribution(["sgd", "adamw"]),
        "augment": CategoricalDistribution(["none", "strong, mirror=0"]),
    }


@pytest.mark.parametrize(
    "text", ["rate=1..2", "lr=a..b", "lr=2..1", "optimizer=sdg", "batch_size=1.5..3", "lr", "epochs=x"]
)
def test_what_cannot_be_searched_is_refused(text):
    with pytest.raises(TrainingError):
        space_of([text])


def table(folder):
    """The rows, but for what depends on where and how often it was tried."""
    rows = csv.DictReader((folder / "trials.csv").read_text().splitlines())
    return [{k: v for k, v in row.items() if k not in ("run", "trial")} for row in rows]


def test_a_search_finds_a_better_rate_and_writes_its_recipe(plan_of):
    plan = plan_of("search", epochs=2, optimizer="sgd", monitor="accuracy")
    space = space_of(["lr=1e-6..0.3"])
    tuned = tune(plan, space, 4, silent)
    rows = table(plan.folder)
    values = [float(row["value"]) for row in rows if row["value"]]
    assert tuned.validation == max(values)
    assert tuned.trials + tuned.ended_early == len(rows) == 4
    recipe = load_recipe(str(tuned.best)).options
    assert recipe.learning.lr == tuned.values["lr"]
    assert recipe.learning.epochs == 2
    summary = json.loads((tuned.run / "summary.json").read_bytes())
    assert summary["best"]["validation_accuracy"] == tuned.validation
    assert tune(plan, space, 4, silent) == tuned  # nothing is left to do


def test_a_search_that_is_stopped_goes_on_as_it_would_have(plan_of, monkeypatch):
    space = space_of(["lr=1e-3..0.1", "optimizer=sgd,adamw"])
    whole, stopped = plan_of("whole", epochs=1), plan_of("stopped", epochs=1)
    tune(whole, space, 3, silent)
    train, runs = module.train, []

    def stops_in_the_second(plan, report, watcher, **options):
        runs.append(plan.folder)
        return None if len(runs) == 2 else train(plan, report, watcher)

    monkeypatch.setattr(module, "train", stops_in_the_second)
    with pytest.raises(KeyboardInterrupt):
        tune(stopped, space, 3, silent)
    tune(stopped, space, 3, silent)
    assert runs[2] == runs[1]  # the same options, in the same folder
    assert table(stopped.folder)[:2] == table(whole.folder)[:2]
    with pytest.raises(TrainingError, match="another search"):
        tune(stopped, space_of(["lr=1e-3..0.2"]), 3, silent)


def test_a_loss_that_diverges_is_counted_and_others_are_tried(plan_of, monkeypatch):
    plan = plan_of("search", epochs=1)
    train, runs = module.train, []

    def diverges_at_first(plan, report, watcher, **options):
        runs.append(plan)
        if len(runs) == 1:
            raise DivergedError("the loss became NaN")
        return train(plan, report, watcher, **options)

    monkeypatch.setattr(module, "train", diverges_at_first)
    tuned = tune(plan, space_of(["lr=1e-3..0.1"]), 2, silent)
    assert (tuned.diverged, tuned.trials) == (1, 1)
    assert [row["state"] for row in table(plan.folder)] == ["diverged", "done"]


@pytest.mark.slow
def test_runs_that_are_worse_are_ended_early(plan_of):
    """Reference: Optuna's own record of what was reported."""
    plan = plan_of("search", epochs=4, optimizer="sgd")
    tuned = tune(plan, space_of(["lr=1e-7,1e-6,0.1,0.2"]), 9, silent)
    storage = optuna.storages.JournalStorage(
        optuna.storages.journal.JournalFileBackend(str(plan.folder / "trials.log"))
    )
    trials = optuna.load_study(study_name="tune", storage=storage).trials
    ended = [t for t in trials if t.state == optuna.trial.TrialState.PRUNED]
    assert len(ended) == tuned.ended_early
    assert all(len(t.intermediate_values) < 4 for t in ended)
    assert tuned.values["lr"] >= 0.1


@pytest.mark.parametrize("options", [{"devices": 2}, {"folds": 3}])
def test_what_a_search_cannot_do_is_refused(plan_of, options):
    with pytest.raises(TrainingError):
        tune(plan_of("search", epochs=1, **options), space_of(["lr=1e-3..0.1"]), 1, silent)


def test_the_search_s_own_description_is_yaml(plan_of):
    plan = plan_of("search", epochs=1)
    tune(plan, space_of(["lr=1e-3..0.1"]), 1, silent)
    assert set(yaml.safe_load((plan.folder / "tune.yaml").read_text())) == {"data", "space", "options"}
