"""The bundled reader as one ONNX graph, which computes no more than the pictures need.

PyTorch exports the parts of `HandReader`, which have no branches; here they are put together as its
`forward` does. A loop of at most seven rounds looks at hands and for them, so that the layers that look
are stored once; what is not needed for one of the pictures does not run.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import TensorProto, helper
from torch import Tensor

from fingerspell.core.alphabet import CLASSES
from fingerspell.core.types import N_JOINTS
from fingerspell.export.graph_builder import GraphBuilder, floats
from fingerspell.export.reader_parts import ReaderParts
from fingerspell.export.torch_graph import OPSET
from fingerspell.models.hand_letters import WIDTH
from fingerspell.models.mediapipe_networks import HAND_PX
from fingerspell.models.reader import ALL_WIDTHS, HandReader
from fingerspell.models.reader_memory import ALL_WAYS, LANDMARKS, NO_WAY, PARTS
from fingerspell.models.reader_rules import ReaderRules

IR_VERSION = 10
# Rounds look where a hand is known or quickly found, at a likely palm, at one in a wider view, at the
# whole of a still, upright and turned, and around what was seen. The first three are the ways of
# `reader_memory`, by the same numbers.
FIRST, PALM, WIDE, WHOLE = range(4)
AGAIN = WHOLE + len(ReaderRules.turns)
SQUARE = 5  # numbers of a square
JOINTS = [N_JOINTS, 2]
OUTPUT_SHAPES: tuple[list[Any], ...] = ([len(CLASSES)], JOINTS, [])  # of each picture
# What goes from round to round of each picture, and what it begins with: nothing was seen.
SEEN: dict[str, list[int]] = {"features": [ALL_WIDTHS], "joints_px": JOINTS, "hand_logit": []}
NO_HAND = -1e4


def reader_to_onnx(
    reader: HandReader,
    input_names: Sequence[str],
    output_names: Sequence[str],
    calibration: Sequence[NDArray[np.uint8]] = (),
) -> onnx.ModelProto:
    """The whole graph, with the inputs and outputs of `HandReader.forward`.

    Args:
        reader: in evaluation mode.
        input_names: of pictures, state, seconds since the frame before, and whether it is a still.
        output_names: of probabilities, joints, the probability of a hand, and the next state.
        calibration: RGB pictures [H, W, 3] of hands; where given, the network for small hands computes
            in 8 bits.
    """
    pictures, state, dt_s, is_still = input_names
    reader.requires_grad_(False)
    parts, top = ReaderParts(reader, pictures, calibration), GraphBuilder()
    memory = {state: torch.rand(2, reader.STATE), dt_s: torch.rand(2)}
    top.add("Shape", [pictures], ["n"], start=0, end=1)
    top.add("Identity", [is_still], ["is still"])
    truths = {"is still": torch.tensor([True, False])}
    _recall(top, parts, {state: memory[state]} | truths)
    _watch(top, parts, memory | truths)
    _choose_way(top)
    top.branch("any look", SEEN, _see(parts), _as_before())
    seen = {name: torch.rand(2, *shape) for name, shape in SEEN.items()}
    *answers, next_state = output_names
    parts.add(top, "answer", parts.shown() | seen | truths, answers)
    looks = {"parts": torch.rand(2, PARTS * PARTS), "looked": torch.tensor([True, False])}
    parts.add(top, "remember", parts.shown() | memory | looks | seen, [next_state])
    shown = helper.make_tensor_value_info(pictures, TensorProto.UINT8, ["n", "height", "width", 3])
    shapes = [*OUTPUT_SHAPES, [reader.STATE]]
    graph = top.finish(
        "reader",
        [
            shown,
            floats(state, [reader.STATE]),
            floats(dt_s, []),
            helper.make_tensor_value_info(is_still, TensorProto.BOOL, ["n"]),
        ],
        [floats(name, shape) for name, shape in zip(output_names, shapes, strict=True)],
    )
    opset = [helper.make_opsetid("", OPSET)]
    return helper.make_model(
        graph, opset_imports=opset, ir_version=IR_VERSION, producer_name="fingerspell"
    )


def _see(parts: ReaderParts) -> GraphBuilder:
    """Look at the pictures: round after round, as long as one of them needs it."""
    looks = GraphBuilder()
    parts.add(looks, "enough", {"known": torch.tensor([True, False])}, ["enough"])
    _start(looks, parts)
    begun = ["rounds", "", *(f"{name}/first" for name in ("kind", "squares", "wanted", *SEEN))]
    last = [f"{name}/last" for name in ("kind", "squares", "wanted", *SEEN)]
    looks.add("Loop", begun, last, body=_round(parts))
    for name in SEEN:
        looks.add("Identity", [f"{name}/last"], [f"{name}/now"])
    return looks


def _as_before() -> GraphBuilder:
    """What was seen before holds."""
    kept = GraphBuilder()
    for name in SEEN:
        kept.add("Identity", [f"{name}/before"], [f"{name}/still"])
    return kept


def _start(top: GraphBuilder, parts: ReaderParts) -> None:
    """What the first round is given: squares where hands are known or found; no hand was seen.

    Where only palms are asked for, that round does not look, and what was seen before is what was seen.
    """
    top.constant("rounds", np.int64(AGAIN + 1))
    top.add("And", ["any unknown", "to look"], ["to find"])
    top.add("Expand", ["to look", "n"], ["wanted/first"])
    near, anywhere = GraphBuilder(), GraphBuilder()
    near.add("Identity", ["near"], ["near/again"])
    parts.add(anywhere, "find_hand", parts.shown(), ["hand/found"])
    anywhere.constant("first axis", np.array([1], np.int64))
    anywhere.add("Unsqueeze", ["known", "first axis"], ["known/column"])
    anywhere.add("Where", ["known/column", "near", "hand/found"], ["near or found"])
    top.branch("to find", {"squares/first": [SQUARE]}, anywhere, near)
    for name, shape in SEEN.items():
        top.constant(f"{name}/shape", np.array(shape, np.int64))
        top.constant(f"{name}/one", np.array([NO_HAND if name == "hand_logit" else 0.0], np.float32))
        top.add("Concat", ["n", f"{name}/shape"], [f"{name}/all"], axis=0)
        top.add("Expand", [f"{name}/one", f"{name}/all"], [f"{name}/none"])
        top.add("Where", ["to look", f"{name}/none", f"{name}/before"], [f"{name}/first"])


def _recall(top: GraphBuilder, parts: ReaderParts, given: dict[str, Tensor]) -> None:
    """What is remembered, and of which pictures the place of the hand is known."""
    before = [f"{name}/before" for name in SEEN]
    parts.add(top, "recall", parts.shown() | given, ["known", "near", "parts/before", *before])
    top.add("Not", ["known"], ["unknown"])
    top.any_of("unknown", "any unknown")


def _watch(top: GraphBuilder, parts: ReaderParts, given: dict[str, Tensor]) -> None:
    """In which ways hands are to be detected, and the means of parts: of frames without a known one."""
    top.add("Not", ["is still"], ["is frame"])
    top.add("And", ["unknown", "is frame"], ["to watch"])
    top.any_of("to watch", "any to watch")
    watch, others = GraphBuilder(), GraphBuilder()
    parts.add(watch, "watch", parts.shown() | given, ["ways/watched", "parts/watched"])
    watch.add("Cast", ["ways/watched"], ["ways/any"], to=TensorProto.FLOAT)
    watch.add("Identity", ["parts/watched"], ["parts/any"])
    others.constant("all ways/one", np.array([ALL_WAYS], np.float32))
    others.add("Expand", ["all ways/one", "n"], ["ways/all"])
    others.add("Identity", ["parts/before"], ["parts/as before"])
    top.branch("any to watch", {"ways": [], "parts": [PARTS * PARTS]}, watch, others)


def _choose_way(top: GraphBuilder) -> None:
    """Whether there is a look; the kind of its first round, and the last kind that asks for palms."""
    numbers = {"zero": FIRST, "no way": NO_WAY, "first way": LANDMARKS, "all ways": ALL_WAYS}
    for name, value in (numbers | {"one way": 1, "wide": WIDE}).items():
        top.constant(name, np.int64(value))
    for name, reduce in (("lowest way", "ReduceMin"), ("highest way", "ReduceMax")):
        top.add(reduce, ["ways"], [f"{name}/float"], keepdims=0)
        top.add("Cast", [f"{name}/float"], [name], to=TensorProto.INT64)
    top.add("Greater", ["highest way", "no way"], ["any look"])
    top.add("Expand", ["any look", "n"], ["looked"])
    top.add("Equal", ["lowest way", "highest way"], ["is same way"])
    top.add("Where", ["is same way", "lowest way", "all ways"], ["way"])
    top.add("Equal", ["way", "all ways"], ["is all ways"])
    top.add("Equal", ["way", "first way"], ["is first way"])
    top.add("Or", ["is all ways", "is first way"], ["to look"])
    top.add("Sub", ["way", "one way"], ["kind/asking"])
    top.add("Where", ["to look", "zero", "kind/asking"], ["kind/first"])
    top.add("Where", ["is all ways", "wide", "way"], ["kind/last asked"])


def _round(parts: ReaderParts) -> onnx.GraphProto:
    """The body of the loop: look, keep what is better than before, find where to look next."""
    body, look, keep = GraphBuilder(), GraphBuilder(), GraphBuilder()
    _look(look, parts)
    for name in SEEN:
        look.add("Identity", [f"{name}/look"], [f"{name}/looked"])
        keep.add("Identity", [f"{name}/old"], [f"{name}/not looked"])
    body.any_of("wanted/old", "any wanted")
    body.branch("any wanted", {f"{name}/new": shape for name, shape in SEEN.items()}, look, keep)
    _keep(body, parts.reader.rules.kept, parts.reader.rules.certain)
    _go_on(body, parts)
    begins = [
        helper.make_tensor_value_info("round", TensorProto.INT64, []),
        helper.make_tensor_value_info("went on", TensorProto.BOOL, []),
    ]
    goes_on = helper.make_tensor_value_info("go on", TensorProto.BOOL, [])
    return body.finish("round", [*begins, *_carried("old")], [goes_on, *_carried("kept")])


def _carried(which: str) -> list[onnx.ValueInfoProto]:
    """What goes from round to round: its kind, where to look and for which pictures, what was seen."""
    return [
        helper.make_tensor_value_info(f"kind/{which}", TensorProto.INT64, []),
        floats(f"squares/{which}", [SQUARE]),
        helper.make_tensor_value_info(f"wanted/{which}", TensorProto.BOOL, ["n"]),
        *(floats(f"{name}/{which}", shape) for name, shape in SEEN.items()),
    ]


def _keep(body: GraphBuilder, kept_from: float, certain_from: float) -> None:
    """Of each picture the surer look, the whole, if certainly a hand, or the second one, if a hand."""
    body.constant("kind/again", np.int64(AGAIN))
    body.add("Less", ["kind/old", "kind/again"], ["is search"])
    body.constant("kept from", np.float32(kept_from))
    body.constant("certain from", np.float32(certain_from))
    body.constant("kind/whole", np.int64(WHOLE))
    body.add("Less", ["kind/old", "kind/whole"], ["is no whole"])
    body.add("Where", ["is search", "certain from", "kept from"], ["to beat/second"])
    body.add("Where", ["is no whole", "hand_logit/old", "to beat/second"], ["to beat"])
    body.add("Greater", ["hand_logit/new", "to beat"], ["is surer"])
    body.add("And", ["wanted/old", "is surer"], ["is better"])
    for name, shape in SEEN.items():
        is_better = f"{name}/is better"
        body.constant(f"{name}/axes", np.arange(1, 1 + len(shape)))
        body.add("Unsqueeze", ["is better", f"{name}/axes"], [is_better])
        body.add("Where", [is_better, f"{name}/new", f"{name}/old"], [f"{name}/kept"])


def _go_on(body: GraphBuilder, parts: ReaderParts) -> None:
    """Whether there is another round, and of which kind: palms, the whole, uncertain hands again."""
    body.constant("one", np.int64(1))
    body.add("Less", ["kind/old", "kind/last asked"], ["has palms"])
    body.add("Less", ["hand_logit/kept", "enough"], ["is unsure"])
    body.any_of("is unsure", "any unsure")
    body.add("And", ["has palms", "any unsure"], ["to ask"])
    _ask_for_palms(body, parts)
    kept = {f"{name}/kept": torch.rand(2, *shape) for name, shape in SEEN.items()}
    parts.add(body, "is_uncertain", kept | {"known": torch.tensor([True, False])}, ["uncertain"])
    body.any_of("uncertain", "any uncertain hand")
    body.add("Add", ["kind/old", "one"], ["kind/next"])
    _look_at_whole(body, parts)
    body.add("And", ["is search", "any uncertain hand"], ["to again"])
    body.add("Or", ["to ask", "to whole"], ["to search"])
    body.add("Or", ["to search", "to again"], ["go on"])
    body.add("Where", ["to whole", "kind/of whole", "kind/again"], ["kind/of others"])
    body.add("Where", ["to ask", "kind/next", "kind/of others"], ["kind/kept"])
    body.either("to whole", "is uncertain in a still", "uncertain", "wanted/others")
    body.either("to ask", "is likely", "wanted/others", "wanted/kept")
    parts.add(body, "again", {"joints_px/kept": torch.rand(2, *JOINTS)}, ["again/squares"])
    body.add("Where", ["to whole", "whole/squares", "again/squares"], ["squares/others"])
    body.add("Where", ["to ask", "palm/squares", "squares/others"], ["squares/kept"])


def _look_at_whole(body: GraphBuilder, parts: ReaderParts) -> None:
    """Whether the whole of a still is looked at in the next round, and the squares for that."""
    body.add("Less", ["hand_logit/kept", "certain from"], ["is uncertain"])
    body.add("And", ["is uncertain", "is still"], ["is uncertain in a still"])
    body.any_of("is uncertain in a still", "any uncertain")
    body.add("Max", ["kind/next", "kind/whole"], ["kind/of whole"])
    body.add("Less", ["kind/of whole", "kind/again"], ["has turns"])
    body.add("And", ["has turns", "any uncertain"], ["to whole"])
    turns = [0.0] * WHOLE + [*ReaderRules.turns, 0.0, 0.0]  # of no use to the last rounds
    body.constant("turns", np.array(turns, np.float32))
    body.add("Gather", ["turns", "kind/of whole"], ["turn/one"])
    body.add("Expand", ["turn/one", "n"], ["turn"])
    parts.add(body, "whole", parts.shown() | {"turn": torch.rand(2)}, ["whole/squares"])


def _ask_for_palms(body: GraphBuilder, parts: ReaderParts) -> None:
    """Squares around the surest palms, and which are likely; none where there is nothing to ask."""
    asked, unasked = GraphBuilder(), GraphBuilder()
    asked.constant("kind/palm", np.int64(PALM))
    asked.add("Equal", ["kind/old", "kind/palm"], ["is wide"])  # the next round
    asked.add("Expand", ["is wide", "n"], ["with margin"])
    margins = {"with margin": torch.tensor([False, True])}
    parts.add(asked, "find_palm", parts.shown() | margins, ["palm/found", "palm/scores"])
    asked.add("Identity", ["palm/found"], ["palm/asked"])
    asked.add("Identity", ["palm/scores"], ["palm/asked score"])
    unasked.add("Identity", ["squares/old"], ["palm/unasked"])
    unasked.constant("no palm", np.array([NO_HAND], np.float32))
    unasked.add("Expand", ["no palm", "n"], ["palm/unasked score"])
    body.branch("to ask", {"palm/squares": [SQUARE], "palm/score": []}, asked, unasked)
    body.constant("palm from", np.float32(parts.reader.rules.palm))
    body.add("Greater", ["palm/score", "palm from"], ["is palm"])
    body.add("And", ["is unsure", "is palm"], ["is likely"])


def _look(body: GraphBuilder, parts: ReaderParts) -> None:
    """Look at the pictures, or at half their pixels where the hand is large."""
    squares = {
        "squares/old": torch.tensor([[60.0, 50.0, 40.0, 0.1, 1.0], [50.0, 40.0, 60.0, -0.1, -1.0]])
    }
    for name, value in (("second", [2]), ("third", [3]), ("last axis", [1])):
        body.constant(name, np.array(value, np.int64))
    body.add("Slice", ["squares/old", "second", "third", "last axis"], ["side"])
    body.constant("halved from", np.float32(parts.reader.rules.halved_from_px))
    body.add("ReduceMin", ["side"], ["smallest side"], keepdims=0)
    body.add("Greater", ["smallest side", "halved from"], ["is large"])
    parts.add(body, "part", parts.shown() | squares, ["part/from", "part/to", "squares/within"])
    body.constant("rows and columns", np.array([1, 2], np.int64))
    body.add("Slice", [parts.pictures, "part/from", "part/to", "rows and columns"], ["part"])
    full, half = GraphBuilder(), GraphBuilder()
    within = {"squares/within": squares["squares/old"].clone()}
    parts.add(full, "view_of_full", parts.shown("part") | within, ["view/full"])
    parts.add(half, "view_of_half", parts.shown("part") | within, ["view/half"])
    view = [3, HAND_PX, HAND_PX]
    body.branch("is large", {"view": view}, half, full)
    seen = ["features/large", "joints_px/look", "hand_logit/look"]
    parts.add(body, "read", squares | {"view": torch.zeros(2, *view)}, seen)
    _look_at_small(body, parts)


def _look_at_small(body: GraphBuilder, parts: ReaderParts) -> None:
    """Look at small hands with the network for them, too."""
    joints = {"joints_px/look": torch.rand(2, *JOINTS) * 60}
    hand = {"hand_logit/look": torch.rand(2)}
    parts.add(body, "share", joints | hand, ["share"])
    body.constant("whole", np.float32(1))
    body.add("ReduceMin", ["share"], ["least share"], keepdims=0)
    body.add("Less", ["least share", "whole"], ["any small"])
    small, none = GraphBuilder(), GraphBuilder()
    parts.add(small, "read_small", parts.shown() | joints, ["small/features"])
    none.constant("nothing", np.float32(0))
    none.add("Mul", ["features/large", "nothing"], ["small/none"])
    body.branch("any small", {"features/small": [WIDTH]}, small, none)
    others = {
        "features/large": torch.rand(2, WIDTH),
        "features/small": torch.rand(2, WIDTH),
        "share": torch.rand(2),
    }
    parts.add(body, "join", joints | hand | others, ["features/look"])
