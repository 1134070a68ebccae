"""MediaPipe's networks: layers against PyTorch's own, and against TensorFlow's rules worked by hand."""

import pytest
import torch
from torch.nn import functional

from fingerspell.models.mediapipe_networks import (
    ChannelPReLU,
    HandTrunk,
    PalmDetector,
    SameConv,
    anchors,
    load_in_order,
)


@pytest.mark.parametrize(("side", "kernel", "stride"), [(8, 3, 1), (8, 3, 2), (8, 5, 2), (6, 5, 1)])
@torch.no_grad()
def test_padding_is_tensorflows(side, kernel, stride):
    """SAME pads by (out - 1) * stride + kernel - in, the smaller half first."""
    conv = SameConv(1, 1, kernel, stride)
    x = torch.randn(1, 1, side, side)
    needed = (-(-side // stride) - 1) * stride + kernel - side
    before, after = needed // 2, needed - needed // 2
    padded = functional.pad(x, (before, after, before, after))
    expected = functional.conv2d(padded, conv.weight, conv.bias, stride)
    torch.testing.assert_close(conv(x), expected)


@torch.no_grad()
def test_prelu_is_pytorchs():
    layer = ChannelPReLU(6)
    layer.weight.copy_(torch.tensor([-4.0, -0.3, 0.0, 0.2, 1.0, 8.0]))
    x = torch.randn(2, 6, 5, 4)
    torch.testing.assert_close(layer(x), functional.prelu(x, layer.weight))


def test_anchors_are_those_of_mediapipes_calculator():
    """Two in each of 24x24 cells, then six in each of 12x12, row by row, at the cells' centres."""
    places = anchors()
    assert places.shape == (2016, 2)
    torch.testing.assert_close(places[0], torch.tensor([0.5, 0.5]) / 24)
    torch.testing.assert_close(places[3], torch.tensor([1.5, 0.5]) / 24)
    torch.testing.assert_close(places[2 * 24], torch.tensor([0.5, 1.5]) / 24)
    torch.testing.assert_close(places[1152 + 6 * 13], torch.tensor([1.5, 1.5]) / 12)


@torch.no_grad()
def test_places_are_counted_from_their_anchors():
    """With last layers that say the same everywhere, in pixels of the 192, each place is that far
    off.
    """
    palms = PalmDetector()
    for layer in (palms.fine_place, palms.coarse_place):
        layer.weight.zero_()
        layer.bias.copy_((torch.arange(18.0) * 1.92).repeat(len(layer.bias) // 18))
    scores, places = palms(torch.rand(2, 3, 192, 192))
    assert scores.shape == (2, 2016)
    off = torch.arange(18.0).reshape(9, 2) / 100
    expected = anchors()[:, None] + off
    expected[:, 1] = off[1]  # width and height
    torch.testing.assert_close(places[1], expected)


def test_the_trunk_has_mediapipes_size():
    """Of 2,715,680 numbers in its file 147,584 are those of four last layers."""
    trunk = HandTrunk()
    assert sum(p.numel() for p in trunk.parameters()) == 2_715_680 - 1153 * (1 + 1 + 63 + 63)
    assert sum(p.numel() for p in PalmDetector().parameters()) == 1_136_248
    with torch.no_grad():
        middle = trunk.middle(torch.rand(1, 3, 224, 224))
        assert middle.shape == (1, 112, 14, 14)
        assert trunk.last(middle).shape == (1, 1152, 7, 7)


def test_weights_are_taken_in_order_and_none_is_left_over():
    layer = torch.nn.Linear(3, 2)
    weights = [torch.arange(6.0).reshape(3, 2), torch.tensor([8.0, 9.0])]
    load_in_order(layer, weights)
    torch.testing.assert_close(layer.weight, torch.arange(6.0).reshape(2, 3))
    torch.testing.assert_close(layer.bias, weights[1])
    with pytest.raises(ValueError, match="does not fit"):
        load_in_order(layer, weights[::-1])
    with pytest.raises(ValueError, match=r"shorter|longer"):
        load_in_order(layer, weights[:1])
