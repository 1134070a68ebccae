"""The networks of the reference systems are those of their reports, layer by layer."""

import pytest
import torch
from torch import nn

from fingerspell.models.registry import architecture, create

PARAMETERS = {  # the first four as the reports give them, or as their layers add up
    "compact-net": 544_713,
    "aslnet": 106_877,
    "dexnet": 12_275_101,
    "dexnet-v2": 5_854_621,
    "mobilenet_v2": 3_504_872
    - (1280 + 1) * 1000
    + (1280 + 1) * 29,  # torchvision's, less its classifier
    "efficientnet_b0": 5_288_548 - (1280 + 1) * 1000 + (1280 + 1) * 29,
    "hand-net": 2_189_699,
    "tiny": 8_893,
}
SHAPES = {  # of what convolutions, pools and linear layers give, worked by hand from the reports
    "compact-net": [
        *[(8, 144, 144), (8, 72, 72), (16, 68, 68), (16, 34, 34), (4, 32, 32), (4, 16, 16)],
        *[(512,), (29,)],
    ],
    "aslnet": [(16, 40, 40), (16, 20, 20), (32, 20, 20), (32, 10, 10), (29,)],
    "dexnet": [
        *[(96, 49, 49), (96, 24, 24), (256, 24, 24), (256, 11, 11), (384, 13, 13), (384, 15, 15)],
        *[(256, 17, 17), (256, 8, 8), (512,), (256,), (29,)],
    ],
    "dexnet-v2": [
        *[(96, 49, 49), (96, 24, 24), (256, 24, 24), (256, 11, 11), (384, 13, 13), (384, 15, 15)],
        *[(256, 17, 17), (256, 8, 8), (128,), (64,), (29,)],
    ],
}


@pytest.mark.parametrize("name", PARAMETERS)
def test_parameters(name):
    with torch.device("meta"):
        network = create(name)
    assert sum(parameter.numel() for parameter in network.parameters()) == PARAMETERS[name]


@pytest.mark.parametrize("name", SHAPES)
def test_shapes_of_layers(name):
    side = architecture(name).spec.size_px
    shapes = []
    with torch.device("meta"):
        network = create(name)
        for layer in network.modules():
            if isinstance(layer, nn.Conv2d | nn.MaxPool2d | nn.Linear):
                layer.register_forward_hook(lambda _layer, _given, out: shapes.append(out.shape[1:]))
        network(torch.empty(2, 3, side, side))
    assert [tuple(shape) for shape in shapes] == SHAPES[name]


def test_dropout_of_the_reports():
    def rates(name):
        return [m.p for m in create(name).modules() if isinstance(m, nn.Dropout)]

    assert rates("compact-net") == [0.2]
    assert rates("aslnet") == []
    assert rates("dexnet") == rates("dexnet-v2") == [0.5, 0.5]


def test_r0_gives_log_probabilities_and_r4_the_head_of_its_report():
    mobilenet = create("mobilenet_v2").eval()
    with torch.inference_mode():
        sums = mobilenet(torch.randn(2, 3, 64, 64)).exp().sum(1)
    torch.testing.assert_close(sums, torch.ones(2))
    dropout, linear = create("efficientnet_b0").classifier
    assert (dropout.p, linear.in_features, linear.out_features) == (0.2, 1280, 29)


def test_tiny_says_the_same_of_a_picture_whatever_the_batch():
    torch.manual_seed(0)
    network, pictures = create("tiny"), torch.randn(8, 3, 32, 32)
    torch.testing.assert_close(network(pictures)[2:4], network(pictures[2:4]), atol=1e-6, rtol=0)
