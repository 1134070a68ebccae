import copy

import pytest
import torch
from torch import nn

from fingerspell.models.registry import create
from fingerspell.training import optimize
from fingerspell.training.frozen_layers import cut


def frozen(network, freeze, unfreeze=""):
    optimize.freeze(network, freeze, unfreeze)
    optimize.train_mode(network)
    return network


def seeded(module, given):
    torch.manual_seed(3)
    with torch.no_grad():
        return module(given)


@pytest.mark.parametrize(
    ("name", "freeze", "unfreeze", "side", "shape"),
    [
        ("mobilenet_v2", "features", "", 64, (1280,)),
        ("mobilenet_v2", "features", "features.17,features.18", 64, (160, 2, 2)),
        ("resnet18", "conv1,bn1,layer1,layer2", "", 64, (128, 8, 8)),
        ("squeezenet1_1", "features", "", 64, (512, 3, 3)),
        ("vit_b_32", "class_token,conv_proj,encoder", "", 224, (768,)),
        ("compact-net", "features", "", 150, (4, 16, 16)),
    ],
)
def test_both_parts_are_the_network(name, freeze, unfreeze, side, shape):
    network = frozen(create(name), freeze, unfreeze)
    views = torch.rand(2, 3, side, side)
    parts = cut(network)
    features = seeded(parts.frozen, views)
    assert features.shape == (2, *shape)
    torch.testing.assert_close(seeded(parts.rest, features), seeded(network, views))  # with dropout
    of_average = copy.deepcopy(parts.rest).eval()
    torch.testing.assert_close(of_average(features), network.eval()(views))


def test_what_comes_after_has_all_layers_in_their_order():
    network = frozen(create("mobilenet_v2"), "features", "features.18")
    rest = cut(network).rest
    assert list(rest.state_dict()) == list(network.state_dict())
    assert list(rest.named_parameters()) == list(network.named_parameters())


def test_frozen_norms_do_not_average_new_images():
    network = frozen(create("mobilenet_v2"), "features")
    before = copy.deepcopy(network.state_dict())
    cut(network).frozen(torch.rand(4, 3, 64, 64))
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())


class Layers(nn.Module):
    """Two linear layers; what is between them is given."""

    def __init__(self, between):
        super().__init__()
        self.first, self.last, self.between = nn.Linear(4, 4), nn.Linear(4, 2), between

    def forward(self, x):
        return self.last(self.between(self, self.first(x)))


def twice(_, x):
    return x * 2


def with_dropout(network, x):
    return nn.functional.dropout(x, 0.5, network.training)


def by_chance(_, x):
    return x if x.sum() > 0 else -x


def test_a_layer_between_belongs_to_the_frozen_ones():
    network = frozen(Layers(twice), "first")
    given = torch.rand(3, 4)
    assert torch.equal(cut(network).frozen(given), network.first(given) * 2)


@pytest.mark.parametrize("between", [with_dropout, by_chance])
def test_what_training_changes_or_the_image_decides_is_not_cut(between):
    assert cut(frozen(Layers(between), "first")) is None


def test_random_layers_without_weights_come_after_the_cut():
    network = frozen(nn.Sequential(nn.Linear(4, 4), nn.ReLU(), nn.Dropout(0.5), nn.Linear(4, 2)), "0")
    assert cut(network).frozen(torch.ones(1, 4)).min() >= 0
    given = torch.rand(2, 4)
    torch.testing.assert_close(
        seeded(cut(network).rest, cut(network).frozen(given)), seeded(network, given)
    )


@pytest.mark.parametrize("freeze", ["last", "first.weight"])
def test_first_layers_that_learn_are_not_cut(freeze):
    assert cut(frozen(Layers(twice), freeze)) is None


def test_two_results_are_too_many():
    class Branches(nn.Module):
        def __init__(self):
            super().__init__()
            self.left, self.right, self.last = nn.Linear(4, 4), nn.Linear(4, 4), nn.Bilinear(4, 4, 2)

        def forward(self, x):
            return self.last(self.left(x), self.right(x))

    assert cut(frozen(Branches(), "left,right")) is None
