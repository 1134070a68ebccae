"""The reader before training: MediaPipe's weights, and what an earlier reader has learned."""

from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from fingerspell.core.types import N_JOINTS
from fingerspell.errors import DataError, ModelError
from fingerspell.evaluation.classifiers import CHECKPOINT_SUFFIX, find_model, model_bytes
from fingerspell.models.checkpoint import load_checkpoint
from fingerspell.models.mediapipe_networks import HAND_PX, load_in_order
from fingerspell.models.reader import HandReader
from fingerspell.models.reader_file import load_learned
from fingerspell.models.registry import RANDOM

# Tensors at the end: weight and bias of handedness, presence, landmarks, and landmarks in the world.
HEADS = 8


def reader_at_start(data: Path, weights: str) -> HandReader:
    """The reader that a training begins with.

    Args:
        data: with MediaPipe's weights in `DATA/mediapipe`.
        weights: `random`: what comes after MediaPipe's layers, and the network for small hands, begin
            anew; `default`, an .onnx file, or a run or checkpoint of a reader: all go on from there.

    Raises:
        DataError: MediaPipe's weights are missing.
        ModelError: there is no such reader.
    """
    reader = pretrained_reader(data)
    if weights == RANDOM:
        return reader
    path = find_model(weights)
    if path is None or path.suffix != CHECKPOINT_SUFFIX:
        load_learned(reader, model_bytes(weights), weights)
        return reader
    network, info = load_checkpoint(path)
    if not isinstance(network, HandReader):
        raise ModelError(f"{path} is of {info.model}: give the run of a reader.")
    return network.train()


def pretrained_reader(data: Path) -> HandReader:
    """The reader that finds palms and landmarks as MediaPipe does, and reads letters at random.

    Args:
        data: with what `tools/hand_data/mediapipe_weights.py` took out, in `DATA/mediapipe`.

    Raises:
        DataError: it is missing or damaged.
    """
    reader = HandReader()
    load_in_order(reader.palms, _in_order(_stored(data, "palms")))
    hand = _in_order(_stored(data, "hand"))
    load_in_order(reader.trunk, hand[:-HEADS])
    presence, joints = hand[-HEADS + 2 : -HEADS + 4], hand[-HEADS + 4 : -HEADS + 6]
    load_in_order(reader.letters.hand, presence)
    # x, y and depth of each landmark, in pixels: here x and y, as fractions of the view.
    x_and_y = [
        each.reshape(N_JOINTS, 3, *each.shape[1:])[:, :2].flatten(0, 1) / HAND_PX for each in joints
    ]
    load_in_order(reader.letters.joints, x_and_y)
    return reader


def measure_norms(net: nn.Module, views: Tensor) -> None:
    """Give batch norms the means and variances of what they see; the network says the same as before.

    In a model's file, they are merged into the convolutions before them. Without what they once
    measured, a network that trains further would begin as another one.

    Args:
        net: in evaluation, from now on.
        views: what it is shown [N, 3, S, S].
    """
    seen: dict[nn.Module, tuple[Tensor, Tensor]] = {}

    def see(norm: nn.Module, inputs: tuple[Tensor]) -> None:
        seen[norm] = torch.var_mean(inputs[0], (0, 2, 3), correction=0)

    norms = [each for each in net.modules() if isinstance(each, nn.BatchNorm2d)]
    hooks = [norm.register_forward_pre_hook(see) for norm in norms]
    with torch.no_grad():
        net.eval()(views)
        for norm in norms:
            variance, mean = seen[norm]
            zero_and_one = torch.arange(2.0)[:, None, None, None].expand(2, len(mean), 1, 1)
            of_zero, of_one = norm(zero_and_one).flatten(1)
            scale = of_one - of_zero
            norm.bias.copy_(of_zero + scale * mean)
            norm.weight.copy_(scale * (variance + norm.eps).sqrt())
            norm.running_mean, norm.running_var = mean, variance
    for hook in hooks:
        hook.remove()


def _stored(data: Path, name: str) -> dict[str, Tensor]:
    path = data / "mediapipe" / f"{name}.safetensors"
    try:
        return load_file(path)
    except (OSError, SafetensorError) as error:
        raise DataError(
            f"{path} cannot be read: run tools/hand_data/make {data}, from fingerspell's repository."
        ) from error


def _in_order(stored: dict[str, Tensor]) -> list[Tensor]:
    """`000.weight`, `000.bias`, `001.weight` and so on."""
    return [stored[key] for key in sorted(stored, key=lambda key: (key[:3], key.endswith("bias")))]
