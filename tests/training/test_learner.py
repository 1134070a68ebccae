import copy
from contextlib import nullcontext
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from lightning_fabric import Fabric
from torch.nn import functional

from fingerspell.core.preprocess import PreprocessSpec
from fingerspell.data.loader import Batch
from fingerspell.errors import TrainingError
from fingerspell.models.registry import architecture, create
from fingerspell.training import learner as learner_module
from fingerspell.training.launch import make_fabric
from fingerspell.training.learner import Learner
from fingerspell.training.network_input import Views
from fingerspell.training.options import TrainOptions
from fingerspell.training.settings import with_settings
from fingerspell.training.tally import Tally
from fingerspell.training.tasks.classify import Classes

SPEC = PreprocessSpec(32)


@pytest.fixture
def batch():
    dice = np.random.default_rng(0)
    pictures = torch.from_numpy(dice.integers(0, 256, (12, 3, 32, 32), np.uint8))
    labels = torch.from_numpy(dice.integers(0, 29, 12))
    return Batch(pictures, labels, torch.arange(12))


def objective_of(options, class_weights=None, spec=SPEC):
    views = Views(spec, options.data.augment, options.device.channels_last)
    return Classes(views, options.learning, class_weights)


def learner_of(**options):
    torch.manual_seed(1)
    chosen = with_settings(TrainOptions(), {"optimizer": "sgd", "lr": 0.1, **options}, "test")
    fabric = Fabric(accelerator="cpu", devices=1)
    return Learner(fabric, create("tiny"), objective_of(chosen), chosen, steps=10)


def weights_after(learner, batch, steps=2):
    for step in range(steps):
        learner.learn(batch, len(batch.labels), step, Tally())
    return torch.cat([p.detach().flatten() for p in learner.module.parameters()])


def test_a_step_is_what_plain_pytorch_does(batch):
    learner = learner_of(label_smoothing=0.1)
    torch.manual_seed(1)
    plain = create("tiny")
    optimizer = torch.optim.SGD(plain.parameters(), 0.1)
    for _ in range(2):
        views = SPEC(batch.pictures.permute(0, 2, 3, 1), torch)
        functional.cross_entropy(plain(views), batch.labels, label_smoothing=0.1).backward()
        optimizer.step()
        optimizer.zero_grad()
    expected = torch.cat([p.detach().flatten() for p in plain.parameters()])
    torch.testing.assert_close(weights_after(learner, batch), expected, rtol=1e-5, atol=1e-7)


def test_weighted_classes_are_what_plain_pytorch_does(batch):
    weights = torch.rand(29) + 0.5
    chosen = with_settings(TrainOptions(), {"optimizer": "sgd", "lr": 0.1}, "test")
    fabric = Fabric(accelerator="cpu", devices=1)
    torch.manual_seed(1)
    learner = Learner(fabric, create("tiny"), objective_of(chosen, weights), chosen, 10)
    torch.manual_seed(1)
    plain = create("tiny")
    views = SPEC(batch.pictures.permute(0, 2, 3, 1), torch)
    losses = functional.cross_entropy(plain(views), batch.labels, weights, reduction="none")
    losses.mean().backward()
    torch.optim.SGD(plain.parameters(), 0.1).step()
    expected = torch.cat([p.detach().flatten() for p in plain.parameters()])
    torch.testing.assert_close(weights_after(learner, batch, 1), expected, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("names", [("mixup",), ("cutmix",), ("mixup", "cutmix")])
def test_pictures_are_blended_with_their_labels(batch, names):
    learner = learner_of(**dict.fromkeys(names, 1.0))
    torch.manual_seed(0)
    _, targets = learner.objective.mix(torch.rand(12, 3, 32, 32), batch.labels)
    assert targets.sum(1).tolist() == pytest.approx([1] * 12)
    assert (targets > 0).sum(1).max() == 2  # of two classes
    assert not torch.equal(weights_after(learner, batch), weights_after(learner_of(), batch))


@pytest.mark.parametrize("parts", [2, 5, 12])
def test_a_batch_in_parts_is_the_same_batch(batch, parts):
    whole = weights_after(learner_of(), batch)
    in_parts = weights_after(learner_of(accumulate=parts), batch)
    torch.testing.assert_close(in_parts, whole, rtol=1e-4, atol=1e-6)


def test_long_gradients_are_shortened(batch):
    free = weights_after(learner_of(), batch, 1)
    clipped = weights_after(learner_of(clip_norm=0.001), batch, 1)
    start = torch.cat([p.detach().flatten() for p in learner_of().module.parameters()])
    assert (clipped - start).norm().item() == pytest.approx(0.1 * 0.001, rel=1e-3)
    assert (free - start).norm() > (clipped - start).norm()


def test_cross_entropy_of_log_probabilities_is_their_nll(batch):
    logits = torch.randn(12, 29)
    nll = functional.nll_loss(logits.log_softmax(1), batch.labels)
    torch.testing.assert_close(functional.cross_entropy(logits.log_softmax(1), batch.labels), nll)


def test_an_empty_share_of_a_batch_changes_nothing_but_keeps_step(batch, monkeypatch):
    learner = learner_of(accumulate=3)
    monkeypatch.setattr(Learner, "_is_shared", True)
    monkeypatch.setattr(learner.fabric, "no_backward_sync", lambda *_, **__: nullcontext())
    before = copy.deepcopy(learner.weights())
    empty = Batch(batch.pictures[:0], batch.labels[:0], batch.rows[:0])
    learner.learn(empty, 1, 0, Tally())
    assert all(torch.equal(before[name], value) for name, value in learner.weights().items())


def test_chance_is_that_of_the_step(batch):
    options = {"augment": "strong", "mixup": 0.4}
    same = [weights_after(learner_of(**options), batch) for _ in range(2)]
    assert torch.equal(*same)
    other = weights_after(learner_of(**options, seed=1), batch)
    assert not torch.equal(same[0], other)


def test_evaluation_counts_every_picture_and_learns_nothing(batch):
    learner = learner_of()
    before = copy.deepcopy(learner.weights())
    scores = learner.evaluate([batch, batch])
    with torch.no_grad():
        outputs = learner.module(SPEC(batch.pictures.permute(0, 2, 3, 1), torch))
    assert scores.n == 24
    assert scores.loss == pytest.approx(
        functional.cross_entropy(outputs, batch.labels).item(), rel=1e-5
    )
    assert scores.accuracy == pytest.approx((outputs.argmax(1) == batch.labels).float().mean().item())
    assert all(torch.equal(before[name], value) for name, value in learner.weights().items())
    assert learner.module.training


def test_the_average_is_what_is_evaluated_and_kept(batch):
    learner = learner_of(ema=0.9)
    weights_after(learner, batch, 3)
    assert learner.evaluated is learner.average.module
    kept, raw = learner.weights(), learner.module.state_dict()
    assert any(not torch.equal(kept[name], raw[name]) for name in raw)


def test_mixed_precision_learns_with_float32_weights(batch):
    chosen = with_settings(
        TrainOptions(), {"precision": "bf16", "accelerator": "cpu", "lr": 0.01}, "test"
    )
    learner = Learner(
        make_fabric(chosen.device), create("tiny"), objective_of(chosen), chosen, steps=10
    )
    first = learner.evaluate([batch]).loss
    weights_after(learner, batch, 20)
    assert learner.evaluate([batch]).loss < first
    assert {value.dtype for value in learner.weights().values()} == {torch.float32}


def test_state_goes_on_bit_for_bit(batch):
    options = {"optimizer": "adamw", "ema": 0.9, "schedule": "one-cycle", "mixup": 0.2}
    through, first = learner_of(**options), learner_of(**options)
    weights_after(through, batch, 3)
    weights_after(first, batch, 2)
    second = learner_of(**options)
    second.load_state_dict(first.state_dict())
    second.learn(batch, 12, 2, Tally())
    expected = through.weights()
    assert all(torch.equal(expected[name], value) for name, value in second.weights().items())
    assert second.lr == through.lr


def test_frozen_mobilenet_learns_only_its_head():
    torch.manual_seed(0)
    options = with_settings(TrainOptions(), {"model": "mobilenet_v2", "freeze": "features"}, "test")
    fabric = Fabric(accelerator="cpu", devices=1)
    spec = architecture("mobilenet_v2").spec
    learner = Learner(
        fabric, create("mobilenet_v2"), objective_of(options, spec=spec), options, steps=1
    )
    before = copy.deepcopy(learner.weights())
    pictures = torch.randint(0, 256, (4, 3, 64, 64), dtype=torch.uint8)
    learner.learn(Batch(pictures, torch.arange(4), torch.arange(4)), 4, 0, Tally())
    changed = {
        name for name, value in learner.weights().items() if not torch.equal(value, before[name])
    }
    assert changed
    assert all(name.startswith("classifier") for name in changed)


def test_batch_norms_of_several_gpus_are_refused_elsewhere():
    with pytest.raises(TrainingError, match="sync_batchnorm is for GPUs, and this run is on cpu"):
        learner_of(sync_batchnorm=True)
    with pytest.raises(TrainingError, match="sync_batchnorm is of strategy ddp, not of dp"):
        learner_of(sync_batchnorm=True, strategy="dp")


def test_batch_norms_of_several_gpus_are_pytorchs():
    """On a CPU the conversion alone can be seen: same weights, same names."""
    module = create("compact-net")
    names = list(module.state_dict())
    fabric = SimpleNamespace(device=torch.device("cuda"))
    shared = learner_module._with_shared_norms(fabric, module)
    kinds = {type(part) for part in shared.modules()}
    assert torch.nn.SyncBatchNorm in kinds
    assert torch.nn.BatchNorm2d not in kinds
    assert list(shared.state_dict()) == names
