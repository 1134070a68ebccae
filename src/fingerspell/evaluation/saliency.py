"""Where a network looked: Grad-CAM.

Selvaraju et al., "Grad-CAM: Visual Explanations from Deep Networks via Gradient-based Localization",
2017. The channels of the last convolution are weighted by the mean gradient of the class's output and
summed; what is negative is cut off.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from fingerspell.errors import ModelError


def grad_cam(network: nn.Module, inputs: Tensor, classes: Tensor) -> Tensor:
    """Heat maps of what speaks for classes.

    Args:
        network: maps inputs to one output a class.
        inputs: as the network takes them, float [N, 3, S, S].
        classes: which output to explain of each, int64 [N].

    Returns:
        float [N, S, S] in 0..1; all 0 where nothing speaks for the class.

    Raises:
        ModelError: the network has no convolution with a map to show.
    """
    layer = last_convolution(network)
    with _kept_output(layer) as kept, torch.enable_grad():
        outputs = network(inputs)
        chosen = outputs.gather(1, classes[:, None]).sum()
        [activations] = kept
        [gradients] = torch.autograd.grad(chosen, activations)
    weights = gradients.mean((2, 3), keepdim=True)
    heat = F.relu((weights * activations).sum(1, keepdim=True)).detach()
    heat = F.interpolate(heat, inputs.shape[2:], mode="bilinear", align_corners=False)[:, 0]
    return heat / heat.amax((1, 2), keepdim=True).clamp_min(torch.finfo(heat.dtype).tiny)


def last_convolution(network: nn.Module) -> nn.Conv2d:
    """The last convolution, in the order in which the modules were defined.

    Raises:
        ModelError: there is none.
    """
    convolutions = [module for module in network.modules() if isinstance(module, nn.Conv2d)]
    if not convolutions:
        raise ModelError(
            f"{type(network).__name__} has no convolution, so Grad-CAM cannot show where it looked: "
            "leave saliency out."
        )
    return convolutions[-1]


@contextmanager
def _kept_output(layer: nn.Module) -> Iterator[list[Tensor]]:
    kept: list[Tensor] = []

    def keep(_layer: nn.Module, _inputs: tuple[Tensor, ...], output: Tensor) -> None:
        # A network whose weights are frozen builds no graph by itself.
        kept.append(output if output.requires_grad else output.requires_grad_())

    handle = layer.register_forward_hook(keep)
    try:
        yield kept
    finally:
        handle.remove()
