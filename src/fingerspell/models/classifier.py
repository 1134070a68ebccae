"""A trained network as a `core.types.FrameClassifier`, so that evaluation need not know PyTorch."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from fingerspell.core.alphabet import ASL, Alphabet
from fingerspell.core.preprocess import PreprocessSpec
from fingerspell.core.types import Prediction
from fingerspell.models.reader import HandReader


class PictureClassifier(nn.Module):
    """A network and its preprocessing in one: the graph that is exported.

    Args:
        network: gives logits or log-probabilities [N, C] of normalised pictures [N, 3, S, S].
        spec: its preprocessing.
    """

    def __init__(self, network: nn.Module, spec: PreprocessSpec) -> None:
        super().__init__()
        self.network = network
        self.spec = spec

    def forward(self, pictures: Tensor) -> Tensor:
        """Probabilities [N, C] of uint8 RGB [N, H, W, 3]."""
        logits: Tensor = self.network(self.spec(pictures, torch))
        return logits.float().softmax(1)


Graph = HandReader | PictureClassifier


def graph_of(network: nn.Module, spec: PreprocessSpec) -> Graph:
    """What takes whole images: the reader itself, or a network with its preprocessing."""
    return network if isinstance(network, HandReader) else PictureClassifier(network, spec)


class TorchClassifier:
    """Classifies pictures with a network.

    Args:
        module: the reader, or what gives logits or log-probabilities [N, C] of normalised pictures; is
            put into evaluation mode and moved to the device.
        spec: its preprocessing.
        name: as transcripts and reports show it.
        device: where it runs.
        known: the classes of its outputs.
        digits: tell digits, too, where it tells letters and digits.
    """

    def __init__(
        self,
        module: nn.Module,
        spec: PreprocessSpec,
        name: str,
        device: torch.device | str = "cpu",
        *,
        known: Alphabet = ASL,
        digits: bool = False,
    ) -> None:
        self.name, self.known = name, known
        self.alphabet = known.read(digits=digits)
        self.device = torch.device(device)
        self._graph = graph_of(module, spec).eval().to(self.device)

    def classify(self, pictures: NDArray[np.uint8]) -> list[Prediction]:
        """Classify RGB pictures uint8 [N, H, W, 3], all at once."""
        # A copy, because PyTorch takes neither read-only nor mirrored arrays as they are.
        with torch.inference_mode(), self.device:
            batch = torch.from_numpy(np.array(pictures, order="C")).to(self.device)
            answers = self._graph(batch)
        if isinstance(answers, Tensor):
            answers = (answers,)
        told = answers[:3]  # a reader's state is of no use to still images
        rows = zip(*(answer.cpu().numpy() for answer in told), strict=True)
        return [Prediction(*row).narrowed(self.known, self.alphabet) for row in rows]
