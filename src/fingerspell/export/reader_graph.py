"""The bundled reader as one ONNX graph, which computes no more than the pictures need.

PyTorch exports the parts of `HandReader`, which have no branches; here they are put together as its
`forward` does. A loop of at most seven rounds looks at hands and for them, so that the layers that look
are stored once; what is not needed for one of the pictures does not run.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor, nn

from fingerspell.core.alphabet import CLASSES
from fingerspell.core.types import N_JOINTS
from fingerspell.export.quantise import Feed, quantise
from fingerspell.export.torch_graph import OPSET, any_size, to_onnx
from fingerspell.models.hand_letters import WIDTH
from fingerspell.models.mediapipe_networks import HAND_PX
from fingerspell.models.reader import ALL_WIDTHS, HandReader
from fingerspell.models.reader_memory import PARTS

IR_VERSION = 10
# Rounds look where a hand is known or quickly found, at a likely palm, at one in a wider view, at the
# whole of a still, upright and turned, and around what was seen.
FIRST, PALM, WIDE, WHOLE = range(4)
AGAIN = WHOLE + len(HandReader.TURNS)
SQUARE = 5  # numbers of a square
JOINTS = [N_JOINTS, 2]
OUTPUT_SHAPES: tuple[list[Any], ...] = ([len(CLASSES)], JOINTS, [])  # of each picture
# What goes from round to round of each picture, and what it begins with: nothing was seen.
SEEN: dict[str, list[int]] = {"features": [ALL_WIDTHS], "joints_px": JOINTS, "hand_logit": []}
NO_HAND = -1e4
SMALL_PARTS = ("find_hand", "read_small")  # which the network for small hands computes
HIGHEST = float(np.finfo(np.float16).max)
LARGE, VERY_LARGE = 1_000, 10_000  # numbers; weights of more are stored in 16 and in 8 bits
WEIGHTS = (".weight", ".bias")  # what their names end with: other numbers, such as places, stay exact


class _Graph:
    """Nodes and stored numbers that grow, part by part.

    Numbers are stored in the graph that computes with them: ONNX Runtime lays out no others in
    blocks, and takes three times as long.
    """

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.stored: dict[str, onnx.TensorProto] = {}

    def add(self, op: str, inputs: Sequence[str], outputs: Sequence[str], **attributes: Any) -> None:
        """Append one node."""
        self.nodes.append(helper.make_node(op, inputs, outputs, **attributes))

    def constant(self, name: str, value: Any) -> None:
        """Store a number or several."""
        self.stored[name] = numpy_helper.from_array(np.asarray(value), name)

    def include(
        self, part: onnx.ModelProto, prefix: str, inputs: Sequence[str], outputs: Sequence[str]
    ) -> None:
        """Append an exported part, whose inputs and outputs are called as this graph calls them."""
        ends = [*part.graph.input, *part.graph.output]
        names = {end.name: name for end, name in zip(ends, [*inputs, *outputs], strict=True)}

        def renamed(name: str) -> str:
            return names.get(name, prefix + name) if name else ""

        for stored in part.graph.initializer:
            stored.name = renamed(stored.name)
            self.stored[stored.name] = stored
        for node in part.graph.node:
            node.name = prefix + node.name
            node.input[:] = [renamed(name) for name in node.input]
            node.output[:] = [renamed(name) for name in node.output]
            self.nodes.append(node)

    def any_of(self, each: str, whether: str) -> None:
        """Whether one of several is true."""
        self.add("Cast", [each], [f"{each}/number"], to=TensorProto.INT32)
        self.add("ReduceMax", [f"{each}/number"], [f"{each}/any"], keepdims=0)
        self.add("Cast", [f"{each}/any"], [whether], to=TensorProto.BOOL)

    def either(self, condition: str, then: str, otherwise: str, output: str) -> None:
        """The one or the other of two truths; ONNX Runtime's `Where` takes none."""
        self.add("Not", [condition], [f"{output}/else"])
        self.add("And", [condition, then], [f"{output}/one"])
        self.add("And", [f"{output}/else", otherwise], [f"{output}/other"])
        self.add("Or", [f"{output}/one", f"{output}/other"], [output])

    def branch(
        self, condition: str, outputs: Mapping[str, Sequence[int]], then: "_Graph", otherwise: "_Graph"
    ) -> None:
        """Append an If, whose branches give what their last nodes do, of these shapes a picture."""
        branches = []
        for name, each in (("then", then), ("else", otherwise)):
            last = each.nodes[-len(outputs) :]
            given = [
                _floats(node.output[0], shape)
                for node, shape in zip(last, outputs.values(), strict=True)
            ]
            branches.append(each.finish(name, [], given))
        self.add("If", [condition], [*outputs], then_branch=branches[0], else_branch=branches[1])

    def finish(
        self,
        name: str,
        inputs: Sequence[onnx.ValueInfoProto],
        outputs: Sequence[onnx.ValueInfoProto],
    ) -> onnx.GraphProto:
        """The graph; large weights are stored in fewer bits, and made 32 when the file is opened."""
        nodes, kept = [], []
        for key, each in self.stored.items():
            values = numpy_helper.to_array(each)
            compressible = key.endswith(WEIGHTS) and values.dtype == np.float32
            if not compressible or values.size <= LARGE or np.abs(values).max() > HIGHEST:
                kept.append(each)
            elif values.size <= VERY_LARGE or values.ndim == 1:
                kept.append(numpy_helper.from_array(values.astype(np.float16), f"{key}/half"))
                nodes.append(helper.make_node("Cast", [f"{key}/half"], [key], to=TensorProto.FLOAT))
            else:
                scale = np.abs(values).max(tuple(range(1, values.ndim)), keepdims=True) / 127 + 1e-12
                whole = np.rint(values / scale).astype(np.int8)
                kept.append(numpy_helper.from_array(whole, f"{key}/whole"))
                kept.append(numpy_helper.from_array(scale, f"{key}/scale"))
                nodes.append(
                    helper.make_node("Cast", [f"{key}/whole"], [f"{key}/float"], to=TensorProto.FLOAT)
                )
                nodes.append(helper.make_node("Mul", [f"{key}/float", f"{key}/scale"], [key]))
        return helper.make_graph([*nodes, *self.nodes], name, inputs, outputs, kept)


class _Method(nn.Module):
    """One method of the reader, for the exporter."""

    def __init__(self, reader: HandReader, name: str) -> None:
        super().__init__()
        self.reader, self.name = reader, name

    def forward(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        outputs = getattr(self.reader, self.name)(*inputs)
        return (outputs,) if isinstance(outputs, Tensor) else tuple(outputs)


class _Parts:
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
        self, graph: _Graph, method: str, inputs: Mapping[str, Tensor], outputs: Sequence[str]
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
    parts, top = _Parts(reader, pictures, calibration), _Graph()
    memory = {state: torch.rand(2, reader.STATE), dt_s: torch.rand(2)}
    before = [f"{name}/before" for name in SEEN]
    top.add("Identity", [is_still], ["is still"])
    truths = {"is still": torch.tensor([True, False])}
    recalled = ["known", "near", "holds", "parts", *before]
    parts.add(top, "recall", parts.shown() | memory | truths, recalled)
    top.add("Not", ["holds"], ["does not hold"])
    top.any_of("does not hold", "any look")
    top.add("Shape", [pictures], ["n"], start=0, end=1)
    top.add("Expand", ["any look", "n"], ["looked"])
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
            _floats(state, [reader.STATE]),
            _floats(dt_s, []),
            helper.make_tensor_value_info(is_still, TensorProto.BOOL, ["n"]),
        ],
        [_floats(name, shape) for name, shape in zip(output_names, shapes, strict=True)],
    )
    opset = [helper.make_opsetid("", OPSET)]
    return helper.make_model(
        graph, opset_imports=opset, ir_version=IR_VERSION, producer_name="fingerspell"
    )


def _see(parts: _Parts) -> _Graph:
    """Look at the pictures: round after round, as long as one of them needs it."""
    looks = _Graph()
    parts.add(looks, "enough", {"known": torch.tensor([True, False])}, ["enough"])
    _start(looks, parts)
    begun = ["rounds", "", *(f"{name}/first" for name in ("kind", "squares", "wanted", *SEEN))]
    last = [f"{name}/last" for name in ("kind", "squares", "wanted", *SEEN)]
    looks.add("Loop", begun, last, body=_round(parts))
    for name in SEEN:
        looks.add("Identity", [f"{name}/last"], [f"{name}/now"])
    return looks


def _as_before() -> _Graph:
    """What was seen before holds."""
    kept = _Graph()
    for name in SEEN:
        kept.add("Identity", [f"{name}/before"], [f"{name}/still"])
    return kept


def _start(top: _Graph, parts: _Parts) -> None:
    """What the first round is given: squares where hands are known or found; no hand was seen."""
    top.constant("rounds", np.int64(AGAIN + 1))
    top.constant("kind/first", np.int64(FIRST))
    top.add("Not", ["known"], ["unknown"])
    top.any_of("unknown", "any unknown")
    top.add("Or", ["known", "unknown"], ["wanted/first"])
    near, anywhere = _Graph(), _Graph()
    near.add("Identity", ["near"], ["near/again"])
    parts.add(anywhere, "find_hand", parts.shown(), ["hand/found"])
    anywhere.constant("first axis", np.array([1], np.int64))
    anywhere.add("Unsqueeze", ["known", "first axis"], ["known/column"])
    anywhere.add("Where", ["known/column", "near", "hand/found"], ["near or found"])
    top.branch("any unknown", {"squares/first": [SQUARE]}, anywhere, near)
    for name, shape in SEEN.items():
        top.constant(f"{name}/shape", np.array(shape, np.int64))
        top.constant(f"{name}/one", np.array([NO_HAND if name == "hand_logit" else 0.0], np.float32))
        top.add("Concat", ["n", f"{name}/shape"], [f"{name}/all"], axis=0)
        top.add("Expand", [f"{name}/one", f"{name}/all"], [f"{name}/first"])


def _round(parts: _Parts) -> onnx.GraphProto:
    """The body of the loop: look, keep what is better than before, find where to look next."""
    body, look, keep = _Graph(), _Graph(), _Graph()
    _look(look, parts)
    for name in SEEN:
        look.add("Identity", [f"{name}/look"], [f"{name}/looked"])
        keep.add("Identity", [f"{name}/old"], [f"{name}/not looked"])
    body.any_of("wanted/old", "any wanted")
    body.branch("any wanted", {f"{name}/new": shape for name, shape in SEEN.items()}, look, keep)
    _keep(body, parts.reader.KEPT, parts.reader.CERTAIN)
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
        _floats(f"squares/{which}", [SQUARE]),
        helper.make_tensor_value_info(f"wanted/{which}", TensorProto.BOOL, ["n"]),
        *(_floats(f"{name}/{which}", shape) for name, shape in SEEN.items()),
    ]


def _keep(body: _Graph, kept_from: float, certain_from: float) -> None:
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


def _go_on(body: _Graph, parts: _Parts) -> None:
    """Whether there is another round, and of which kind: palms, the whole, uncertain hands again."""
    body.constant("kind/wide", np.int64(WIDE))
    body.constant("one", np.int64(1))
    body.add("Less", ["kind/old", "kind/wide"], ["has palms"])
    body.add("Less", ["hand_logit/kept", "enough"], ["is unsure"])
    body.any_of("is unsure", "any unsure")
    body.add("And", ["has palms", "any unsure"], ["to ask"])
    _ask_for_palms(body, parts)
    kept = {f"{name}/kept": torch.rand(2, *shape) for name, shape in SEEN.items()}
    parts.add(body, "in_doubt", kept | {"known": torch.tensor([True, False])}, ["in doubt"])
    body.any_of("in doubt", "any doubt")
    body.add("Add", ["kind/old", "one"], ["kind/next"])
    _look_at_whole(body, parts)
    body.add("And", ["is search", "any doubt"], ["to again"])
    body.add("Or", ["to ask", "to whole"], ["to search"])
    body.add("Or", ["to search", "to again"], ["go on"])
    body.add("Where", ["to whole", "kind/of whole", "kind/again"], ["kind/of others"])
    body.add("Where", ["to ask", "kind/next", "kind/of others"], ["kind/kept"])
    body.either("to whole", "is uncertain in a still", "in doubt", "wanted/others")
    body.either("to ask", "is likely", "wanted/others", "wanted/kept")
    parts.add(body, "again", {"joints_px/kept": torch.rand(2, *JOINTS)}, ["again/squares"])
    body.add("Where", ["to whole", "whole/squares", "again/squares"], ["squares/others"])
    body.add("Where", ["to ask", "palm/squares", "squares/others"], ["squares/kept"])


def _look_at_whole(body: _Graph, parts: _Parts) -> None:
    """Whether the whole of a still is looked at in the next round, and the squares for that."""
    body.add("Less", ["hand_logit/kept", "certain from"], ["is uncertain"])
    body.add("And", ["is uncertain", "is still"], ["is uncertain in a still"])
    body.any_of("is uncertain in a still", "any uncertain")
    body.add("Max", ["kind/next", "kind/whole"], ["kind/of whole"])
    body.add("Less", ["kind/of whole", "kind/again"], ["has turns"])
    body.add("And", ["has turns", "any uncertain"], ["to whole"])
    turns = [0.0] * WHOLE + [*HandReader.TURNS, 0.0, 0.0]  # of no use to the last rounds
    body.constant("turns", np.array(turns, np.float32))
    body.add("Gather", ["turns", "kind/of whole"], ["turn/one"])
    body.add("Expand", ["turn/one", "n"], ["turn"])
    parts.add(body, "whole", parts.shown() | {"turn": torch.rand(2)}, ["whole/squares"])


def _ask_for_palms(body: _Graph, parts: _Parts) -> None:
    """Squares around the surest palms, and which are likely; none where there is nothing to ask."""
    asked, unasked = _Graph(), _Graph()
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
    body.constant("palm from", np.float32(parts.reader.PALM))
    body.add("Greater", ["palm/score", "palm from"], ["is palm"])
    body.add("And", ["is unsure", "is palm"], ["is likely"])


def _look(body: _Graph, parts: _Parts) -> None:
    """Look at the pictures, or at half their pixels where the hand is large."""
    squares = {
        "squares/old": torch.tensor([[60.0, 50.0, 40.0, 0.1, 1.0], [50.0, 40.0, 60.0, -0.1, -1.0]])
    }
    for name, value in (("second", [2]), ("third", [3]), ("last axis", [1])):
        body.constant(name, np.array(value, np.int64))
    body.add("Slice", ["squares/old", "second", "third", "last axis"], ["side"])
    body.constant("halved from", np.float32(HandReader.HALVED_FROM_PX))
    body.add("ReduceMin", ["side"], ["smallest side"], keepdims=0)
    body.add("Greater", ["smallest side", "halved from"], ["is large"])
    parts.add(body, "part", parts.shown() | squares, ["part/from", "part/to", "squares/within"])
    body.constant("rows and columns", np.array([1, 2], np.int64))
    body.add("Slice", [parts.pictures, "part/from", "part/to", "rows and columns"], ["part"])
    full, half = _Graph(), _Graph()
    within = {"squares/within": squares["squares/old"].clone()}
    parts.add(full, "view_of_full", parts.shown("part") | within, ["view/full"])
    parts.add(half, "view_of_half", parts.shown("part") | within, ["view/half"])
    view = [3, HAND_PX, HAND_PX]
    body.branch("is large", {"view": view}, half, full)
    seen = ["features/large", "joints_px/look", "hand_logit/look"]
    parts.add(body, "read", squares | {"view": torch.zeros(2, *view)}, seen)
    _look_at_small(body, parts)


def _look_at_small(body: _Graph, parts: _Parts) -> None:
    """Look at small hands with the network for them, too."""
    joints = {"joints_px/look": torch.rand(2, *JOINTS) * 60}
    hand = {"hand_logit/look": torch.rand(2)}
    parts.add(body, "share", joints | hand, ["share"])
    body.constant("whole", np.float32(1))
    body.add("ReduceMin", ["share"], ["least share"], keepdims=0)
    body.add("Less", ["least share", "whole"], ["any small"])
    small, none = _Graph(), _Graph()
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


def _floats(name: str, shape: Sequence[int]) -> onnx.ValueInfoProto:
    """Numbers of `shape` for each picture."""
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", *shape])
