"""The reader's methods, each exported by PyTorch, as parts of a graph."""

from collections.abc import Iterator, Mapping, Sequence
from typing import get_type_hints

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn

from fingerspell.export.graph_builder import GraphBuilder
from fingerspell.export.quantise import Feed, quantise
from fingerspell.export.torch_graph import any_size, to_onnx
from fingerspell.models.reader import HandReader
from fingerspell.models.squares import Squares

SMALL_PARTS = ("find_hand", "read_small")  # which the network for small hands computes
SMALL_HANDS_PX = (20, 30, 45, 60)  # to calibrate it with: larger hands it does not read


class _Method(nn.Module):
    """One method of the reader, for the exporter: squares go in and come out as their numbers."""

    def __init__(self, reader: HandReader, name: str) -> None:
        super().__init__()
        self.reader, self.name = reader, name
        self.types = list(get_type_hints(getattr(reader, name)).values())

    def forward(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        given = [
            Squares(each) if kind is Squares else each
            for each, kind in zip(inputs, self.types, strict=False)
        ]
        outputs = getattr(self.reader, self.name)(*given)
        several = outputs if isinstance(outputs, tuple) else (outputs,)
        return tuple(each.numbers if isinstance(each, Squares) else each for each in several)


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
        """Pictures for the network for small hands: whole ones to find hands in, small hands to read.

        Every other one to find hands in has a margin around it, as wide as a half. Those to read are
        shrunk until their hand is small, and come with its joints in pixels, by the name for them.
        """
        pictures, *joints_px = names
        for i, picture in enumerate(self.calibration):
            if not joints_px:
                yield {pictures: (_with_margin(picture) if i % 2 else picture)[None]}
                continue
            _, joints, *_ = self.reader(torch.tensor(picture)[None])
            sides = np.array(picture.shape[1::-1], np.float32)
            extent = float(np.ptp(joints[0].numpy() * sides, 0).max())
            scale = min(1.0, SMALL_HANDS_PX[i % len(SMALL_HANDS_PX)] / max(extent, 1.0))
            width, height = (max(1, round(side * scale)) for side in sides)
            shrunk = Image.fromarray(picture).resize((width, height), Image.Resampling.BILINEAR)
            in_pixels = joints.numpy() * np.array([width, height], np.float32)
            yield {pictures: np.asarray(shrunk)[None], joints_px[0]: in_pixels}


def _with_margin(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A picture [H, W, 3] in the middle of one that is twice as high and wide, grey around it."""
    height, width = picture.shape[:2]
    top, left = height // 2, width // 2
    edges = ((top, height - top), (left, width - left), (0, 0))
    return np.pad(picture, edges, constant_values=round(float(picture.mean())))
