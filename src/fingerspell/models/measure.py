"""How large a network is and how much it computes, without computing it."""

from dataclasses import dataclass

import torch
from torch.utils.flop_counter import FlopCounterMode

from fingerspell.models.registry import Architecture


@dataclass(frozen=True)
class Cost:
    """What a network costs.

    Attributes:
        parameters: weights that are trained.
        multiply_adds: of one picture, in convolutions and matrix products.
    """

    parameters: int
    multiply_adds: int


def cost_of(architecture: Architecture) -> Cost:
    """Count the parameters and multiply-adds of a network on one picture.

    It is built on PyTorch's device "meta", which has shapes and no numbers, so nothing is computed.
    """
    side = architecture.spec.size_px
    with torch.device("meta"), torch.inference_mode(), FlopCounterMode(display=False) as counter:
        network = architecture.build().eval()
        network(torch.empty(1, 3, side, side))
    parameters = sum(parameter.numel() for parameter in network.parameters())
    return Cost(parameters, counter.get_total_flops() // 2)  # PyTorch counts both operations
