import errno

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from fingerspell.data.loader import Batches, LoaderOptions
from fingerspell.data.pack import open_packed
from fingerspell.errors import TrainingError
from fingerspell.models.registry import create
from fingerspell.progress import silent
from fingerspell.training import frozen_features
from fingerspell.training.frozen_features import FeatureBatches, is_same_every_epoch, open_features
from fingerspell.training.run import BEST, train
from fingerspell.training.tasks import classify
from fingerspell.training.trial import estimate, range_test

FROZEN = {"model": "mobilenet_v2", "size_px": 32, "pack_px": 64, "freeze": "features", "epochs": 2}


def files(plan):
    return sorted(plan.packs.glob("features-*.npy"))


def figures(summary):
    return summary["best"]["train_loss"], summary["best"]["validation_loss"], summary["test"]


@pytest.mark.parametrize("more", [{}, {"unfreeze": "features.18", "ema": 0.9}])
def test_a_run_is_what_it_would_be_without(plan_of, monkeypatch, more):
    once = train(plan_of("once", **FROZEN, **more), silent)
    monkeypatch.setattr(classify, "is_same_every_epoch", lambda _options: False)
    each_time = train(plan_of("each", **FROZEN, **more), silent)
    assert len(files(plan_of("once"))) == 1
    assert once["parameters"] == each_time["parameters"]
    np.testing.assert_allclose(figures(once)[:2], figures(each_time)[:2], rtol=1e-4)
    assert once["test"]["accuracy"] == each_time["test"]["accuracy"]
    ours, theirs = (load_file(f"{summary['run']}/{BEST}") for summary in (once, each_time))
    assert list(ours) == list(theirs)
    for name, value in ours.items():
        torch.testing.assert_close(value, theirs[name], rtol=1e-3, atol=1e-4)


def test_features_are_what_the_layers_say_of_each_image(plan_of):
    plan = plan_of("run", **FROZEN | {"epochs": 1})
    summary = train(plan, silent)
    features = open_features(files(plan)[0])
    packed = open_packed(next(plan.packs.glob("[!.]*/")))
    network = create("mobilenet_v2").eval()
    network.load_state_dict(load_file(f"{summary['run']}/{BEST}"))
    views = plan.spec(torch.from_numpy(packed.images[:5].copy()), torch)
    with torch.no_grad():
        expected = network.features(views).mean((2, 3))
    torch.testing.assert_close(torch.from_numpy(features[:5]), expected, rtol=1e-4, atol=1e-5)


def test_runs_that_differ_in_what_comes_after_share_the_file(plan_of):
    asked = []

    def stage(what, n):
        asked.append((what, n))
        return lambda _n: None

    train(plan_of("first", **FROZEN), stage)
    train(plan_of("second", **FROZEN, lr=0.1, batch_size=16), stage)
    assert sum(n for what, n in asked if "features" in what) == 180
    train(plan_of("other", **FROZEN, seed=1), silent)  # other random weights
    assert len(files(plan_of("first"))) == 2


def test_a_trial_computes_some_and_keeps_none(plan_of):
    plan = plan_of("run", **FROZEN)
    said = estimate(plan, silent)
    assert said.preparing_seconds > 0
    assert said.trained_parameters < said.parameters
    assert not files(plan)


def test_what_is_interrupted_leaves_nothing(plan_of):
    def stage(what, _n):
        def advance(_n):
            if "features" in what:
                raise KeyboardInterrupt

        return advance

    plan = plan_of("run", **FROZEN)
    with pytest.raises(KeyboardInterrupt):
        train(plan, stage)
    assert not list(plan.packs.glob("*features*.npy"))
    assert not list(plan.packs.glob(".unfinished-*"))
    assert train(plan, silent)["epochs"] == 2


@pytest.mark.parametrize(
    "option",
    [
        {"freeze": ""},
        {"augment": "none, mirror=0.5"},
        {"auto_augment": "rand"},
        {"mixup": 0.2},
        {"cutmix": 1.0},
        {"loading": "reports"},
        {"normalise": "measured"},
    ],
)
def test_chance_and_other_ways_to_load_want_the_layers_each_time(plan_of, option):
    assert is_same_every_epoch(plan_of("run", **FROZEN).options)
    assert not is_same_every_epoch(plan_of("run", **FROZEN | option).options)


def test_features_larger_than_the_images_are_not_kept(plan_of):
    plan = plan_of("run", **FROZEN | {"freeze": "features.0", "epochs": 1})
    assert train(plan, silent)["epochs"] == 1
    assert not files(plan)


def test_batches_of_features_are_those_of_the_images(plan_of):
    plan = plan_of("run", **FROZEN | {"epochs": 1})
    train(plan, silent)
    packed, features = open_packed(next(plan.packs.glob("[!.]*/"))), open_features(files(plan)[0])
    rows, options = np.arange(3, 90), LoaderOptions(batch_size=20, seed=4)
    for resident in (False, True):
        of_features = FeatureBatches(
            packed, features, rows, LoaderOptions(20, seed=4, resident=resident)
        )
        for theirs, ours in zip(
            Batches(packed, rows, options).epoch(1), of_features.epoch(1), strict=True
        ):
            assert torch.equal(ours.rows, theirs.rows)
            assert torch.equal(ours.labels, theirs.labels)
            assert np.array_equal(ours.pictures.numpy(), features[ours.rows])


def test_the_arithmetic_is_part_of_the_key(plan_of):
    for precision in ("fp32", "bf16"):
        train(plan_of(precision, **FROZEN | {"epochs": 1, "precision": precision}), silent)
    assert len(files(plan_of("fp32"))) == 2


def test_a_damaged_file_is_made_again(plan_of):
    expected = figures(train(plan_of("first", **FROZEN), silent))
    [path] = files(plan_of("first"))
    whole = path.read_bytes()
    for name, damaged in (("short", whole[:2000]), ("text", b"no array at all"), ("empty", b"")):
        path.write_bytes(damaged)
        assert figures(train(plan_of(name, **FROZEN), silent)) == expected
        assert path.read_bytes() == whole


def test_a_range_test_learns_from_all_features(plan_of, monkeypatch):
    tested = range_test(plan_of("once", **FROZEN), silent)
    monkeypatch.setattr(classify, "is_same_every_epoch", lambda _options: False)
    each_time = range_test(plan_of("each", **FROZEN), silent)
    n = min(len(tested.losses), len(each_time.losses))
    np.testing.assert_allclose(tested.losses[: n // 2], each_time.losses[: n // 2], rtol=1e-3)


def test_a_disk_that_is_full_is_named(plan_of, monkeypatch):
    def full(_path):
        raise OSError(errno.ENOSPC, "no space left")

    monkeypatch.setattr(frozen_features, "reserve", full)
    plan = plan_of("run", **FROZEN)
    with pytest.raises(TrainingError, match=str(plan.packs)):
        train(plan, silent)
    assert not list(plan.packs.glob(".unfinished-*"))
