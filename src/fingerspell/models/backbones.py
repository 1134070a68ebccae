"""Torchvision's classification networks, their last layer replaced by one of 29 outputs."""

import dataclasses
import functools
import re
from typing import Any

from torch import nn
from torchvision import models

from fingerspell.core.alphabet import CLASSES
from fingerspell.core.preprocess import PreprocessSpec
from fingerspell.models.weights import State

# What torchvision's own files hold beside the network: outputs that only training used. They need other
# sizes of input, torchvision drops them after training, and they are not built here.
_AUXILIARY = re.compile(r"(AuxLogits|aux1|aux2)\.")
_OLD_DENSE_LAYER = re.compile(r"(.*denselayer\d+\.(?:norm|relu|conv))\.([12]\.\w+)")


@functools.cache
def names() -> tuple[str, ...]:
    """Names of torchvision's classification networks."""
    return tuple(models.list_models(module=models))


def spec_of(name: str) -> PreprocessSpec:
    """The preprocessing of a network's best ImageNet weights.

    The few that keep all of a resized picture squash one that is not square, where torchvision would
    cut it: the pictures they are trained on here are square.
    """
    transforms: Any = models.get_model_weights(name).DEFAULT.transforms()
    [resize_px], [size_px] = transforms.resize_size, transforms.crop_size
    return PreprocessSpec(
        size_px,
        tuple(transforms.mean),
        tuple(transforms.std),
        keep_aspect=False,
        crop_share=size_px / resize_px,
        kernel=transforms.interpolation.value,
    )


def backbone(name: str) -> nn.Module:
    """A network with random weights and the 1000 outputs of ImageNet.

    It takes pictures normalised as ImageNet's are, [N, 3, S, S] with S of `spec_of`.
    """
    options: dict[str, Any] = {}
    if name in {"googlenet", "inception_v3"}:
        # They were trained on another range and convert to it themselves.
        options = {"aux_logits": False, "init_weights": False, "transform_input": True}
    if name.startswith("vit_"):
        options = {"image_size": spec_of(name).size_px}
    network: nn.Module = models.get_model(name, weights=None, **options)
    return network


def with_29_outputs(network: nn.Module) -> nn.Module:
    """The network, its last layer replaced by a new one of the 29 classes."""
    return with_outputs(network, len(CLASSES))


def with_outputs(network: nn.Module, n: int) -> nn.Module:
    """The network, its last layer replaced by a new one: linear, or 1x1 convolution in SqueezeNet."""
    place, last = [
        (place, layer)
        for place, layer in network.named_modules()
        if isinstance(layer, nn.Linear | nn.Conv2d)
    ][-1]
    new: nn.Module
    if isinstance(last, nn.Linear):
        new = nn.Linear(last.in_features, n, last.bias is not None)
    else:
        new = nn.Conv2d(last.in_channels, n, 1)
    network.set_submodule(place, new)
    return network


def with_log_probabilities(network: nn.Module) -> nn.Module:
    """MobileNetV2 with the classifier of reference system R0, whose loss is the negative likelihood."""
    network.classifier = nn.Sequential(nn.Linear(1280, len(CLASSES)), nn.LogSoftmax(dim=1))
    return network


def current_names(state: State) -> State:
    """The weights of torchvision's own files, under the names of today's layers."""
    tensors = {
        _OLD_DENSE_LAYER.sub(r"\1\2", name): tensor
        for name, tensor in state.tensors.items()
        if not _AUXILIARY.match(name)
    }
    return dataclasses.replace(state, tensors=tensors)
