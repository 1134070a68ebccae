"""Grad-CAM on a network whose answer is known, and on a real one."""

import numpy as np
import pytest
import torch
from torch import nn

from fingerspell.evaluation.saliency import grad_cam, last_convolution, looked_at


class TwoSpots(nn.Module):
    """Class 0 is the mean of red, class 1 that of green, less that of red."""

    def __init__(self, inplace: bool) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(3, 2, 1, bias=False)
        self.convolution.weight.data = torch.tensor([[1.0, 0, 0], [0, 1, 0]])[..., None, None]
        self.activation = nn.ReLU(inplace)
        self.head = nn.Linear(2, 2, bias=False)
        self.head.weight.data = torch.tensor([[1.0, 0], [-1, 1]])
        self.requires_grad_(False)

    def forward(self, inputs):
        return self.head(self.activation(self.convolution(inputs)).mean((2, 3)))


@pytest.mark.parametrize("inplace", [False, True])
def test_what_speaks_for_a_class_is_warm(inplace):
    inputs = torch.zeros(2, 3, 8, 8)
    inputs[:, 0, 1, 2] = 1  # a red spot
    inputs[:, 1, 6, 5] = 3  # a green one
    network = TwoSpots(inplace)
    heat = grad_cam(network, network.convolution, inputs, torch.tensor([0, 1]))
    expected = torch.zeros(2, 8, 8)
    expected[0, 1, 2] = expected[1, 6, 5] = 1  # what speaks against class 1 is cut off
    torch.testing.assert_close(heat, expected)


def test_nothing_is_warm_where_nothing_speaks_for_a_class():
    network = TwoSpots(inplace=False)
    heat = grad_cam(network, network.convolution, torch.zeros(1, 3, 8, 8), torch.tensor([0]))
    assert not heat.any()


def test_the_last_convolution():
    network = TwoSpots(inplace=False)
    assert last_convolution(network) is network.convolution
    assert last_convolution(nn.Linear(2, 2)) is None


def test_pictures_of_any_size_are_shown_as_the_network_sees_them(make_run):
    checkpoint = make_run() / "checkpoints" / "best.safetensors"
    random = np.random.default_rng(0)
    pictures = [random.integers(0, 256, (h, w, 3), np.uint8) for h, w in ((50, 70), (64, 64))]
    shown = looked_at(checkpoint, pictures, np.array([3, 4]))
    assert len(shown) == 2
    assert shown[0].shape == shown[1].shape
    assert all(each.dtype == np.uint8 for each in shown)
