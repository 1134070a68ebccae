"""Every network that can be trained, by name: the reference systems', our own, and torchvision's.

Every network maps normalised pictures, float [N, 3, S, S] with S = `Architecture.spec.size_px`, to
logits [N, C] of C classes, or to log-probabilities where its report has it so. Softmax makes
probabilities of both.
"""

import difflib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor, nn

from fingerspell.core.alphabet import CLASSES
from fingerspell.core.preprocess import PreprocessSpec
from fingerspell.errors import ModelError
from fingerspell.models import backbones
from fingerspell.models.aslnet import ASLNet
from fingerspell.models.compact_net import CompactNet
from fingerspell.models.dexnet import DexNet, DexNetV2
from fingerspell.models.hand_net import HandNet
from fingerspell.models.mediapipe_networks import PALM_PX
from fingerspell.models.reader import HandReader
from fingerspell.models.tiny import Tiny
from fingerspell.models.weights import State, imagenet_state, load, read_state

RANDOM, IMAGENET = "random", "imagenet"
READER = "hand-reader"  # of whole images, not of normalised views: it is trained by a task of its own

_ZERO_TO_ONE = ((0.0, 0.0, 0.0), (1.0, 1.0, 1.0))
_IMAGENET_COLOURS = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
_R3_COLOURS = ((0.5119, 0.5042, 0.5128), (0.2499, 0.2398, 0.2451))


class LetterOnly(nn.Module):
    """The letter alone of what `HandNet` says.

    Args:
        net: a `HandNet`.
    """

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net

    def forward(self, views: Tensor) -> Tensor:
        """Logits [N, 29] of normalised views [N, 3, S, S], S a multiple of 16."""
        logits: Tensor = self.net(views).logits
        return logits


def _unchanged(backbone: nn.Module) -> nn.Module:
    return backbone


@dataclass(frozen=True)
class Architecture:
    """A network that can be trained.

    Attributes:
        name: what `create` calls it.
        spec: the preprocessing it was designed for.
        summary: one line, with the source.
        backbone: makes what weights from elsewhere are for, random weights.
        finish: makes the network of that: replaces its last layer, for example.
        has_imagenet: whether torchvision has ImageNet weights for the backbone.
    """

    name: str
    spec: PreprocessSpec
    summary: str
    backbone: Callable[[], nn.Module]
    finish: Callable[[nn.Module], nn.Module] = _unchanged
    has_imagenet: bool = False

    def build(self, n_classes: int = len(CLASSES)) -> nn.Module:
        """The network with random weights and an output for each class."""
        return self.of(self.backbone(), n_classes)

    def of(self, backbone: nn.Module, n_classes: int) -> nn.Module:
        """The network of a backbone, with an output for each class."""
        network = self.finish(backbone)
        return network if n_classes == len(CLASSES) else backbones.with_outputs(network, n_classes)


def _torchvision(name: str, summary: str = "") -> Architecture:
    return Architecture(
        name,
        backbones.spec_of(name),
        summary or f"{name} of torchvision, its last layer replaced",
        lambda: backbones.backbone(name),
        backbones.with_29_outputs,
        has_imagenet=True,
    )


_OWN = (
    Architecture(
        "compact-net",
        PreprocessSpec(150, *_ZERO_TO_ONE, keep_aspect=False),
        "R1: three convolutions",
        CompactNet,
    ),
    Architecture(
        "aslnet",
        PreprocessSpec(40, *_ZERO_TO_ONE, keep_aspect=False),
        "R2: two convolutions",
        ASLNet,
    ),
    Architecture(
        "dexnet",
        PreprocessSpec(200, *_R3_COLOURS, keep_aspect=False),
        "R3: like AlexNet",
        DexNet,
    ),
    Architecture(
        "dexnet-v2",
        PreprocessSpec(200, *_R3_COLOURS, keep_aspect=False),
        "R3: fewer linear weights",
        DexNetV2,
    ),
    Architecture(
        "mobilenet_v2",
        PreprocessSpec(224, *_IMAGENET_COLOURS, keep_aspect=False, crop_share=224 / 256),
        "R0: log-probabilities",
        lambda: backbones.backbone("mobilenet_v2"),
        backbones.with_log_probabilities,
        has_imagenet=True,
    ),
    _torchvision("efficientnet_b0", "R4: EfficientNet-B0"),
    Architecture(
        "hand-net",
        PreprocessSpec(112),
        "the reader's, letter only",
        HandNet,
        LetterOnly,
    ),
    Architecture("tiny", PreprocessSpec(32), "for tests", Tiny),
)
_ARCHITECTURES = {architecture.name: architecture for architecture in _OWN}


def names() -> tuple[str, ...]:
    """Names of our own and the reference networks; `architecture` knows all of torchvision's too."""
    return tuple(_ARCHITECTURES)


_READER = Architecture(
    READER, PreprocessSpec(PALM_PX, *_ZERO_TO_ONE), "the reader as a whole", HandReader
)


def architecture(name: str) -> Architecture:
    """The network of that name, the whole reader's among them.

    Raises:
        ModelError: there is none.
    """
    if name in _ARCHITECTURES:
        return _ARCHITECTURES[name]
    if name == READER:
        return _READER
    if name in backbones.names():
        return _torchvision(name)
    known = (*names(), *backbones.names())
    nearest = difflib.get_close_matches(name.lower(), known, n=1, cutoff=0)[0]
    raise ModelError(
        f"{name!r} is not a network: did you mean {nearest}? There are {', '.join(names())} and every "
        "classification network of torchvision."
    )


def create(name: str, weights: str = RANDOM, n_classes: int = len(CLASSES)) -> nn.Module:
    """A network, in training mode.

    Args:
        name: see `architecture`.
        weights: "random"; "imagenet", torchvision's best for that backbone; or the path of a .pth or
            .safetensors file with weights of the backbone or of all the network, such as a checkpoint.
        n_classes: how many outputs it has.

    Raises:
        ModelError: there is no such network, or the weights cannot be had or do not fit.
    """
    chosen = architecture(name)
    if weights == RANDOM:
        return chosen.build(n_classes)
    if weights == IMAGENET:
        if not chosen.has_imagenet:
            raise ModelError(f"there are no ImageNet weights of {name}: choose `random` or a file.")
        return _loaded(chosen, imagenet_state(name), f"the ImageNet weights of {name}", n_classes)
    state = read_state(Path(weights))
    if state.document is not None and state.document.get("model") != name:
        raise ModelError(f"{weights} is of {state.document.get('model')}: choose weights of {name}.")
    return _loaded(chosen, state, weights, n_classes)


def _loaded(chosen: Architecture, state: State, source: str, n_classes: int) -> nn.Module:
    """The network with weights of its backbone or of all of it."""
    if chosen.has_imagenet:
        state = backbones.current_names(state)
    backbone = chosen.backbone()
    if load(backbone, state) is None:
        return chosen.of(backbone, n_classes)
    network = chosen.of(backbone, n_classes)
    difference = load(network, state)
    if difference is not None:
        raise ModelError(f"{source} does not fit {chosen.name}: {difference}; choose weights that do.")
    return network
