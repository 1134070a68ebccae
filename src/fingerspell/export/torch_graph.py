"""From a PyTorch module without branches to an ONNX graph."""

from collections.abc import Iterable, Sequence
from typing import Any, cast

import onnx
import torch
from torch import Tensor, nn

OPSET = 20  # what ONNX Runtime has read since 1.17


def any_size(*dimensions: int) -> dict[int, Any]:
    """An input's dimensions that may have any size."""
    return dict.fromkeys(dimensions, torch.export.Dim.DYNAMIC)


def to_onnx(
    module: nn.Module,
    examples: Sequence[Tensor],
    dynamic: Sequence[Any],
    inputs: Iterable[str],
    outputs: Iterable[str],
) -> onnx.ModelProto:
    """The ONNX graph of a network.

    Args:
        module: the network, in evaluation mode.
        examples: inputs it takes.
        dynamic: what `any_size` gives for each; those that the network takes as one `*` are one tuple.
        inputs: their names.
        outputs: names of what it gives.
    """
    program = torch.onnx.export(
        module,
        tuple(examples),
        dynamo=True,
        dynamic_shapes=list(dynamic),
        input_names=list(inputs),
        output_names=list(outputs),
        opset_version=OPSET,
        verbose=False,
    )
    model: onnx.ModelProto = cast(torch.onnx.ONNXProgram, program).model_proto
    for node in model.graph.node:
        del node.metadata_props[:]  # the exporter's stack traces: a third of the file
    return model
