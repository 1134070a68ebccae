import copy
from collections import OrderedDict

import numpy as np
import pytest
import torch
from torch import nn

from fingerspell.errors import TrainingError
from fingerspell.training import optimize
from fingerspell.training.optimize import parse_class_weights
from fingerspell.training.options import LearningOptions, Optimizer, Schedule
from fingerspell.training.tasks import classify


@pytest.fixture
def network():
    torch.manual_seed(0)
    blocks = [nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4)) for _ in range(11)]
    head = nn.Linear(4, 29)
    return nn.Sequential(OrderedDict(features=nn.Sequential(*blocks), head=head))


def trained(network):
    return {name for name, parameter in network.named_parameters() if parameter.requires_grad}


def test_freezing_takes_whole_parts_of_names(network):
    optimize.freeze(network, "features.1", "")
    assert not any(name.startswith("features.1.") for name in trained(network))
    assert any(name.startswith("features.10.") for name in trained(network))


def test_the_last_blocks_thawed(network):
    optimize.freeze(network, "features", "features.9, features.10")
    assert {name.split(".")[1] for name in trained(network) if "features" in name} == {"9", "10"}
    assert {"head.weight", "head.bias"} < trained(network)


def test_frozen_batch_norms_stop_averaging(network):
    optimize.freeze(network, "features", "features.10")
    optimize.train_mode(network)
    assert not network.features[0][1].training
    assert network.features[10][1].training


@pytest.mark.parametrize(
    ("frozen", "message"), [("feature", "the parts are features, head"), ("features, head", "all ")]
)
def test_what_cannot_be_frozen(network, frozen, message):
    with pytest.raises(TrainingError, match=message):
        optimize.freeze(network, frozen, "")


def test_each_stage_learns_more_slowly_than_the_next(network):
    options = LearningOptions(lr=1.0, layer_lr_decay=0.5, weight_decay=0.1)
    optimizer = optimize.make_optimizer(network, options)
    by_parameter = {p: group for group in optimizer.param_groups for p in group["params"]}
    assert by_parameter[network.head.weight]["lr"] == 1.0
    assert by_parameter[network.features[10][0].weight]["lr"] == 0.5
    assert by_parameter[network.features[0][0].weight]["lr"] == 0.5**11
    assert by_parameter[network.head.weight]["weight_decay"] == 0.1
    assert by_parameter[network.head.bias]["weight_decay"] == 0
    assert by_parameter[network.features[0][1].weight]["weight_decay"] == 0
    assert len(by_parameter) == len(list(network.parameters()))


@pytest.mark.parametrize("name", list(Optimizer))
def test_optimisers_step_as_pytorch_s_own(name):
    options = LearningOptions(optimizer=name, lr=0.1, momentum=0.9 if name == "sgd" else 0.0)
    ours, theirs = nn.Linear(3, 2), nn.Linear(3, 2)
    theirs.load_state_dict(ours.state_dict())
    classes = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam, "adamw": torch.optim.AdamW}
    more = {"momentum": 0.9} if name == "sgd" else {"weight_decay": 0.0}
    pairs = (
        (ours, optimize.make_optimizer(ours, options)),
        (
            theirs,
            classes[name.value](theirs.parameters(), 0.1, **more),
        ),
    )
    for _ in range(3):
        for module, optimizer in pairs:
            module(torch.ones(1, 3)).square().sum().backward()
            optimizer.step()
            optimizer.zero_grad()
    torch.testing.assert_close(ours.weight, theirs.weight, rtol=0, atol=0)


def rates(options, steps):
    """The rate of each step."""
    module = nn.Linear(1, 1)
    optimizer = optimize.make_optimizer(module, options)
    scheduler = optimize.make_scheduler(optimizer, options, steps)
    seen = []
    for _ in range(options.epochs * steps):
        seen.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return seen


def test_schedules_worked_by_hand():
    constant = rates(LearningOptions(epochs=2, lr=1.0), 2)
    assert constant == [1.0] * 4
    warm = rates(LearningOptions(epochs=2, lr=1.0, warmup_epochs=1.0), 3)
    assert warm == pytest.approx([1 / 4, 2 / 4, 3 / 4, 1, 1, 1])
    step = rates(LearningOptions(epochs=4, lr=1.0, schedule=Schedule.STEP, step_epochs=2), 1)
    assert step == pytest.approx([1, 1, 0.1, 0.1])
    cosine = rates(LearningOptions(epochs=4, lr=1.0, schedule=Schedule.COSINE), 1)
    assert cosine == pytest.approx([1, 0.8536, 0.5, 0.1464], abs=1e-4)
    cycle = rates(LearningOptions(epochs=10, lr=1.0, schedule=Schedule.ONE_CYCLE), 10)
    assert max(cycle) == pytest.approx(1, abs=1e-3)
    assert cycle[0] == pytest.approx(1 / 25)
    assert cycle[-1] < 1e-3


def test_a_plateau_lowers_the_rate():
    options = LearningOptions(lr=1.0, schedule=Schedule.PLATEAU, plateau_patience=1, lr_factor=0.5)
    optimizer = optimize.make_optimizer(nn.Linear(1, 1), options)
    scheduler = optimize.make_scheduler(optimizer, options, 1)
    seen = []
    for loss in (3.0, 2.0, 2.0, 2.0, 2.0):
        scheduler.step(loss)
        seen.append(optimizer.param_groups[0]["lr"])
    assert seen == [1, 1, 1, 0.5, 0.5]


def test_the_average_of_weights_and_running_statistics(network):
    average = optimize.make_average(network, 0.5)
    average.update_parameters(network)  # the first one copies
    before = copy.deepcopy(network.state_dict())
    with torch.no_grad():
        network.head.weight += 2
        network.features[0][1].running_mean += 4
    average.update_parameters(network)
    torch.testing.assert_close(average.module.head.weight, before["head.weight"] + 1)
    mean = average.module.features[0][1].running_mean
    torch.testing.assert_close(mean, before["features.0.1.running_mean"] + 2)
    assert optimize.make_average(network, 0.0) is None


def test_weights_of_single_classes_multiply_those_of_balance(plan_of):
    """By hand: A has 3 of 4 images, so balance gives 2/3 and 2; the weights given are 3 and 0.5."""
    labels = np.array([0, 0, 0, 1])
    own = {"class_weights": "a=3, B=0.5, space=2"}
    weights = classify._weights(plan_of("run", **own).options.learning, labels)
    assert (weights[0], weights[1], weights[2], weights[28]) == (3.0, 0.5, 1.0, 2.0)
    weights = classify._weights(plan_of("run", balance="loss", **own).options.learning, labels)
    assert weights[:3].tolist() == pytest.approx([2.0, 1.0, 0.0])
    assert classify._weights(plan_of("run").options.learning, labels) is None


def test_weights_of_any_alphabet(plan_of):
    """By hand: 7 has 3 of 4 images, so balance gives 2/3 and 2; the weights given are 3 and 0.5."""
    classes = ("C+H", "thank-you", "7")
    options = plan_of("run", balance="loss", class_weights="7=3, C+H=0.5").options.learning
    weights = classify._weights(options, np.array([2, 2, 2, 0]), classes)
    assert weights.tolist() == pytest.approx([1.0, 0.0, 2.0])
    with pytest.raises(TrainingError, match="'8', of which the data has no image: it is one of 7, C"):
        classify._weights(plan_of("run", class_weights="8=2").options.learning, None, classes)


@pytest.mark.parametrize("text", ["U", "U=", "=2", "U=two", "U=-1", "U=nan", "U=1e9"])
def test_wrong_weights_of_classes(text):
    with pytest.raises(TrainingError, match="class_weights"):
        parse_class_weights(text)
