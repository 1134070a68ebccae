"""The reader's methods, each exported by PyTorch, as parts of a graph."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from fingerspell.export.graph_builder import GraphBuilder
from fingerspell.export.quantise import Feed, quantise
from fingerspell.export.torch_graph import any_size, to_onnx
from fingerspell.models.reader import HandReader

SMALL_PARTS = ("find_hand", "read_small")  # which the network for small hands computes


class _Method(nn.Module):
    """One method of the reader, for the exporter."""

    def __init__(self, reader: HandReader, name: str) -> None:
        super().__init__()
        self.reader, self.name = reader, name

    def forward(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        outputs = getattr(self.reader, self.name)(*inputs)
        return (outputs,) if isinstance(outputs, Tensor) else tuple(outputs)


class ReaderParts:
    """The reader's methods as parts of a graph.

    Args:
        reader: in evaluation mode.
        pictures: what the graph calls them.
        calibration: pictures of hands; where given, the network for small hands computes in 8 bits.
    """

    def __init__(
        self, reader: HandReader, pictures: str, calibration: Sequence[NDArray[np.uint8]]
    ) -> None:
        self.reader, self.pictures, self.calibration = reader, pictures, calibration

    def add(
        self, graph: GraphBuilder, method: str, inputs: Mapping[str, Tensor], outputs: Sequence[str]
    ) -> None:
        """Append a method to a graph.

        Args:
            graph: to append to.
            method: of the reader.
            inputs: their names in the graph, with an example of each; all may hold any number of
                pictures. No two may be one tensor, which the exporter takes for one input.
            outputs: their names in the graph.
        """
        names = [f"input{i}" for i in range(len(inputs))]
        dimensions = [
            any_size(0, 1, 2) if example.dtype == torch.uint8 else any_size(0)
            for example in inputs.values()
        ]
        part = to_onnx(
            _Method(self.reader, method).eval(),
            list(inputs.values()),
            [tuple(dimensions)],
            names,
            [f"output{i}" for i in range(len(outputs))],
        )
        if method in SMALL_PARTS and self.calibration:
            part = quantise(part, self._feeds(names))
        graph.include(part, f"{method}/", list(inputs), outputs)

    def shown(self, name: str = "") -> dict[str, Tensor]:
        """Pictures, or parts of them, as an example of an input; their sides are unlike each other."""
        return {name or self.pictures: torch.zeros((2, 96, 128, 3), dtype=torch.uint8)}

    def _feeds(self, names: Sequence[str]) -> Iterator[Feed]:
        """Pictures, and, where there is a name for them, the joints in pixels that are seen in them."""
        pictures, *joints_px = names
        for picture in self.calibration:
            feed: Feed = {pictures: picture[None]}
            if joints_px:
                _, joints, *_ = self.reader(torch.tensor(picture)[None])
                feed[joints_px[0]] = joints.numpy() * np.array(picture.shape[1::-1], np.float32)
            yield feed
