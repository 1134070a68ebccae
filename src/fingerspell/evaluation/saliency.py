"""Where a network looked: Grad-CAM.

Selvaraju et al., "Grad-CAM: Visual Explanations from Deep Networks via Gradient-based Localization",
2017. The channels of the last convolution are weighted by the mean gradient of the class's output and
summed; what is negative is cut off.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from fingerspell.core.resample import crop
from fingerspell.evaluation.pictures import Pixels, Rows
from fingerspell.models.checkpoint import load_checkpoint

STRENGTH = 0.65  # of the red where everything speaks for the class


def looked_at(checkpoint: Path, pictures: Sequence[Pixels], classes: Rows) -> list[Pixels]:
    """What a network sees of images, with what speaks for a class of each in red.

    Args:
        checkpoint: the network.
        pictures: RGB uint8 [H, W, 3], of any sizes.
        classes: which class of each, [N].

    Returns:
        RGB uint8 [S, S, 3] of each image; nothing for networks that convolve nothing.

    Raises:
        ModelError: the checkpoint cannot be used.
    """
    network, info = load_checkpoint(checkpoint)
    layer = last_convolution(network)
    if layer is None:
        return []
    spec = info.spec
    views = np.concatenate(
        [
            crop(picture[None], spec.kept_part(picture[None]), spec.size_px, kernel=spec.kernel)
            for picture in pictures
        ]
    )
    inputs = torch.from_numpy(spec.normalise(views))
    heat = grad_cam(network, layer, inputs, torch.from_numpy(classes)).numpy()[..., None]
    red = np.array([255, 32, 0], np.float32)
    mixed = views.transpose(0, 2, 3, 1) * (1 - STRENGTH * heat) + red * STRENGTH * heat
    return list(mixed.round().clip(0, 255).astype(np.uint8))


def last_convolution(network: nn.Module) -> nn.Conv2d | None:
    """The last convolution, in the order in which the modules were defined."""
    convolutions = [module for module in network.modules() if isinstance(module, nn.Conv2d)]
    return convolutions[-1] if convolutions else None


def grad_cam(network: nn.Module, layer: nn.Module, inputs: Tensor, classes: Tensor) -> Tensor:
    """Heat maps of what speaks for classes.

    Args:
        network: maps inputs to one output a class.
        layer: of the network, whose output is a map [N, C, H, W].
        inputs: as the network takes them, float [N, 3, S, S].
        classes: which output to explain of each, int64 [N].

    Returns:
        float [N, S, S] in 0..1; all 0 where nothing speaks for the class.
    """
    with _kept_output(layer) as kept, torch.enable_grad():
        # Gradients are asked of the inputs, since frozen weights have none.
        outputs = network(inputs.detach().requires_grad_())
        chosen = outputs.gather(1, classes[:, None]).sum()
        [activations] = kept
        [gradients] = torch.autograd.grad(chosen, activations)
    weights = gradients.mean((2, 3), keepdim=True)
    heat = F.relu((weights * activations).sum(1, keepdim=True)).detach()
    heat = F.interpolate(heat, inputs.shape[2:], mode="bilinear", align_corners=False)[:, 0]
    return heat / heat.amax((1, 2), keepdim=True).clamp_min(torch.finfo(heat.dtype).tiny)


@contextmanager
def _kept_output(layer: nn.Module) -> Iterator[list[Tensor]]:
    kept: list[Tensor] = []

    def keep(_layer: nn.Module, _inputs: tuple[Tensor, ...], output: Tensor) -> None:
        kept.append(output)

    handle = layer.register_forward_hook(keep)
    try:
        yield kept
    finally:
        handle.remove()
