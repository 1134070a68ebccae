"""A sequence reader's network as a small graph in the metadata of a model's file."""

import base64
import json
from collections.abc import Mapping

import numpy as np
import onnx
import torch
from onnx import helper
from torch import Tensor

from fingerspell.core.alphabet import CLASSES
from fingerspell.core.ticks import TICK_INPUTS, Glance
from fingerspell.core.types import N_JOINTS
from fingerspell.errors import ExportError, ModelError
from fingerspell.export.graph_builder import GraphBuilder
from fingerspell.export.reader_graph import IR_VERSION
from fingerspell.export.torch_graph import any_size, to_onnx
from fingerspell.models.sequence_net import DELAY_TICKS, SEEN_TICKS, SequenceNet, StreamingSequence
from fingerspell.runtime.onnx_classifier import METADATA_KEY
from fingerspell.runtime.sequence_network import (
    ABOUT_KEY,
    NEXT_STATE,
    SAID,
    SEQUENCE_KEY,
    STATE,
    OnnxSequence,
    about,
)

TOLERANCE = 0.02  # largest difference of a probability: the file's weights have fewer bits


def sequence_to_onnx(net: SequenceNet) -> bytes:
    """The graph: T ticks [1, T, 29], [1, T, 42], [1, T] and a state in, probabilities and a state out.

    Args:
        net: in evaluation mode.

    Raises:
        ExportError: ONNX Runtime gives other probabilities than PyTorch.
    """
    streaming = StreamingSequence(net).eval()
    model = to_onnx(
        streaming,
        _ticks(3),
        [any_size(1), any_size(1), any_size(1), {}],
        (*TICK_INPUTS, STATE),
        (SAID, NEXT_STATE),
    )
    inputs, outputs, fewer_bits = model.graph.input, model.graph.output, GraphBuilder()
    fewer_bits.include(model, "", (*TICK_INPUTS, STATE), (SAID, NEXT_STATE))
    model.graph.CopyFrom(fewer_bits.finish("sequence", inputs, outputs))
    model.ir_version, model.producer_name = IR_VERSION, "fingerspell"
    shape = (SEEN_TICKS, StreamingSequence.STATE)
    document = about(DELAY_TICKS, shape)
    helper.set_model_props(model, {ABOUT_KEY: json.dumps(document)})
    onnx.checker.check_model(model, full_check=True)
    content = bytes(model.SerializeToString())
    _refuse_unlike(streaming, OnnxSequence(content, "the exported network"))
    return content


def _ticks(n: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Some of a hand that moves, and the state before them."""
    generator = torch.Generator().manual_seed(0)
    probabilities = torch.randn((1, n, len(CLASSES)), generator=generator).softmax(2)
    joints = torch.rand((1, n, 2 * N_JOINTS), generator=generator)
    state = torch.zeros(1, SEEN_TICKS, StreamingSequence.STATE)
    return probabilities, joints, torch.ones(1, n), state


def _refuse_unlike(streaming: StreamingSequence, exported: OnnxSequence) -> None:
    """Tick by tick, what is exported must say what PyTorch says of all ticks at once."""
    ticks = _ticks(7)
    with torch.inference_mode():
        wanted = streaming(*ticks)[0][0].numpy()
    state, rows = exported.start(), []
    for glance in map(Glance, *(part[0].tolist() for part in ticks[:3])):
        row, state = exported.step([glance], state)
        rows += row
    difference = float(np.abs(np.array(rows) - wanted).max())
    if not difference <= TOLERANCE:
        raise ExportError(
            f"the exported sequence reader differs from the trained one by {difference:.2g} in a "
            "probability, so it was not written: report this with your versions of torch and "
            "onnxruntime."
        )


def with_sequence(
    content: bytes, graph: bytes | None, label: str, named: Mapping[str, str] | None = None
) -> bytes:
    """The content of a model's file, with a sequence reader instead of the one it had, or without one.

    Args:
        content: of the file.
        graph: of the sequence reader; None takes out the one that it has.
        label: what to call the file in errors.
        named: the `name` and `version` that it is to have from now on, where they change.

    Raises:
        ModelError: it is no model's file.
    """
    try:
        model = onnx.load_model_from_string(content)
        onnx.checker.check_model(model)
    except Exception as error:  # onnx's exceptions share no base class
        raise ModelError(f"{label} is not an ONNX model: export it again with fingerspell.") from error
    kept = {each.key: each.value for each in model.metadata_props if each.key != SEQUENCE_KEY}
    if named:
        kept[METADATA_KEY] = json.dumps(json.loads(kept[METADATA_KEY]) | dict(named))
    if graph is not None:
        kept[SEQUENCE_KEY] = base64.b64encode(graph).decode()
    helper.set_model_props(model, kept)
    return bytes(model.SerializeToString())
