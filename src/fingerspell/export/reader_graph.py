"""The bundled reader as one ONNX graph, which computes no more than the pictures need.

PyTorch exports the parts of `HandReader`, which have no branches; here they are put together as its
`forward` does. A loop of at most eight rounds looks for the hand and at it, so that the layers that
look are stored once; what is not needed for one of the pictures does not run.
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

IR_VERSION = 10
# What rounds do: look where a hand is known or quickly found, at the surest palm, at that of a wider
# view, at the whole of a still, upright and turned, around the joints that were seen, and in a mirror.
FIRST, PALM, WIDE, WHOLE = range(4)
AGAIN = WHOLE + len(HandReader.TURNS)
MIRROR = AGAIN + 1
SQUARE = 5  # numbers of a square
JOINTS = [N_JOINTS, 2]
OUTPUT_SHAPES: tuple[list[Any], ...] = ([len(CLASSES)], JOINTS, [])  # of each picture
# What goes from round to round of each picture, and what it begins with: nothing was seen.
STATE: dict[str, list[int]] = {"features": [ALL_WIDTHS], "joints_px": JOINTS, "hand_logit": []}
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
        self, condition: str, output: str, shape: Sequence[int], then: "_Graph", otherwise: "_Graph"
    ) -> None:
        """Append an If, whose branches give what their last nodes do, `shape` for each picture."""
        branches = [
            each.finish(name, [], [_floats(each.nodes[-1].output[0], shape)])
            for name, each in (("then", then), ("else", otherwise))
        ]
        self.add("If", [condition], [output], then_branch=branches[0], else_branch=branches[1])

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
                _, joints, _ = self.reader(torch.tensor(picture)[None])
                feed[joints_px[0]] = joints.numpy() * np.array(picture.shape[1::-1], np.float32)
            yield feed


def reader_to_onnx(
    reader: HandReader,
    input_names: tuple[str, str],
    output_names: Sequence[str],
    calibration: Sequence[NDArray[np.uint8]] = (),
) -> onnx.ModelProto:
    """The whole graph: uint8 RGB [N, H, W, 3] and the joints before [N, 21, 2] in, answers out.

    Args:
        reader: in evaluation mode.
        input_names: of pictures and joints.
        output_names: of probabilities, joints and the probability of a hand.
        calibration: RGB pictures [H, W, 3] of hands; where given, the network for small hands computes
            in 8 bits.
    """
    pictures, before = input_names
    reader.requires_grad_(False)
    parts, top = _Parts(reader, pictures, calibration), _Graph()
    places = {before: torch.rand(2, *JOINTS)}
    parts.add(top, "around", parts.shown() | places, ["known", "is still", "near"])
    parts.add(top, "enough", {"known": torch.tensor([True, False])}, ["enough"])
    _start(top, pictures)
    begun = ["rounds", "", "kind/none", "doubt/none", *(f"{name}/none" for name in STATE)]
    top.add("Loop", begun, ["kind", "doubt", *STATE], body=_round(parts))
    seen = {name: torch.rand(2, *shape) for name, shape in STATE.items()}
    stills = {"is still": torch.tensor([True, False])}
    parts.add(top, "answer", parts.shown() | seen | stills, output_names)
    shown = helper.make_tensor_value_info(pictures, TensorProto.UINT8, ["n", "height", "width", 3])
    graph = top.finish(
        "reader",
        [shown, _floats(before, JOINTS)],
        [_floats(name, shape) for name, shape in zip(output_names, OUTPUT_SHAPES, strict=True)],
    )
    opset = [helper.make_opsetid("", OPSET)]
    return helper.make_model(
        graph, opset_imports=opset, ir_version=IR_VERSION, producer_name="fingerspell"
    )


def _start(top: _Graph, pictures: str) -> None:
    """Before the first round nothing was seen."""
    top.constant("rounds", np.int64(MIRROR + 1))
    top.constant("kind/none", np.int64(FIRST))
    top.constant("first axis", np.array([1], np.int64))
    top.add("Unsqueeze", ["known", "first axis"], ["known/column"])
    top.add("Not", ["known"], ["unknown"])
    top.any_of("unknown", "any unknown")
    top.add("And", ["known", "unknown"], ["doubt/none"])
    top.add("Shape", [pictures], ["n"], start=0, end=1)
    for name, shape in STATE.items():
        top.constant(f"{name}/shape", np.array(shape, np.int64))
        top.constant(f"{name}/first", np.array([NO_HAND if name == "hand_logit" else 0.0], np.float32))
        top.add("Concat", ["n", f"{name}/shape"], [f"{name}/all"], axis=0)
        top.add("Expand", [f"{name}/first", f"{name}/all"], [f"{name}/none"])


def _round(parts: _Parts) -> onnx.GraphProto:
    """The body of the loop: find the hands, look at them, keep what is better than before."""
    body = _Graph()
    for name, kind in (("first", FIRST), ("wide", WIDE), ("again", AGAIN), ("mirror", MIRROR)):
        body.constant(f"kind/{name}", np.int64(kind))
        body.add("Equal", ["kind/old", f"kind/{name}"], [f"is {name}"])
    body.add("Or", ["is again", "is mirror"], ["is second"])
    body.add("Greater", ["kind/old", "kind/wide"], ["is whole"])  # of searches
    _find(body, parts)
    _look(body, parts)
    _keep(body, parts.reader.KEPT, parts.reader.CERTAIN)
    kept = {f"{name}/kept": torch.rand(2, *shape) for name, shape in STATE.items()}
    parts.add(body, "in_doubt", kept | {"known": torch.tensor([True, False])}, ["doubt/kept"])
    _go_on(body)
    begins = [
        helper.make_tensor_value_info("round", TensorProto.INT64, []),
        helper.make_tensor_value_info("went on", TensorProto.BOOL, []),
    ]
    goes_on = helper.make_tensor_value_info("go on", TensorProto.BOOL, [])
    return body.finish("round", [*begins, *_carried("old")], [goes_on, *_carried("kept")])


def _carried(which: str) -> list[onnx.ValueInfoProto]:
    """What goes from round to round: the round's kind, which hands are in doubt, what was seen."""
    return [
        helper.make_tensor_value_info(f"kind/{which}", TensorProto.INT64, []),
        helper.make_tensor_value_info(f"doubt/{which}", TensorProto.BOOL, ["n"]),
        *(_floats(f"{name}/{which}", shape) for name, shape in STATE.items()),
    ]


def _keep(body: _Graph, kept_from: float, certain_from: float) -> None:
    """The surer of two searches; of what was in doubt, the second look or the mean with the mirror."""
    body.add("Less", ["hand_logit/old", "enough"], ["was unsure"])
    body.add("Greater", ["hand_logit/new", "hand_logit/old"], ["is surer"])
    body.add("And", ["was unsure", "is surer"], ["better/palm"])
    body.constant("certain from", np.float32(certain_from))
    body.add("Less", ["hand_logit/old", "certain from"], ["was uncertain"])
    body.add("Greater", ["hand_logit/new", "certain from"], ["is certain"])
    body.add("And", ["is certain", "is still"], ["is certain in a still"])
    body.add("And", ["was uncertain", "is certain in a still"], ["better/whole"])
    body.either("is whole", "better/whole", "better/palm", "found better")
    body.constant("kept from", np.float32(kept_from))
    body.add("Greater", ["hand_logit/new", "kept from"], ["is seen"])
    body.add("Or", ["is mirror", "unknown"], ["is asked"])
    body.add("And", ["doubt/old", "is asked"], ["was doubted"])
    body.add("And", ["was doubted", "is seen"], ["seen again"])
    body.add("Not", ["is second"], ["is search"])
    body.add("And", ["is search", "found better"], ["better/search"])
    body.add("And", ["is second", "seen again"], ["better/second"])
    body.add("Or", ["better/search", "better/second"], ["is better"])
    body.add("Mean", ["features/old", "features/look"], ["features/both"])
    body.add("Where", ["is mirror", "features/both", "features/look"], ["features/new"])
    for name, shape in STATE.items():
        is_better = f"{name}/is better"
        body.constant(f"{name}/axes", np.arange(1, 1 + len(shape)))
        body.add("Unsqueeze", ["is better", f"{name}/axes"], [is_better])
        body.add("Where", [is_better, f"{name}/new", f"{name}/old"], [f"{name}/kept"])


def _go_on(body: _Graph) -> None:
    """Whether there is another round, and of which kind: the next search, again, at last the mirror."""
    body.add("Less", ["hand_logit/kept", "enough"], ["is unsure"])
    body.add("Less", ["hand_logit/kept", "certain from"], ["is uncertain"])
    body.add("And", ["is uncertain", "is still"], ["is uncertain in a still"])
    body.add("Less", ["kind/old", "kind/wide"], ["has palm"])  # after it, the whole of stills
    body.either("has palm", "is unsure", "is uncertain in a still", "is searched")
    body.any_of("is searched", "any searched")
    body.any_of("doubt/kept", "any doubt")
    body.add("And", ["doubt/kept", "unknown"], ["is new in doubt"])
    body.any_of("is new in doubt", "any new in doubt")
    body.constant("one", np.int64(1))
    body.add("Add", ["kind/old", "one"], ["kind/next"])
    body.add("Less", ["kind/next", "kind/again"], ["has another"])
    body.add("And", ["has another", "any searched"], ["to search"])
    body.add("And", ["is search", "any new in doubt"], ["to again"])
    body.add("Less", ["kind/old", "kind/mirror"], ["is no mirror"])
    body.add("And", ["is no mirror", "any doubt"], ["to mirror"])
    body.add("Or", ["to search", "to mirror"], ["go on"])
    body.add("Where", ["to again", "kind/again", "kind/mirror"], ["kind/second"])
    body.add("Where", ["to search", "kind/next", "kind/second"], ["kind/kept"])


def _find(body: _Graph, parts: _Parts) -> None:
    """Squares where a hand was or is quickly found, around its palm, all, its joints, or mirrored."""
    near, anywhere, hand, palm, whole, search, again, other = (_Graph() for _ in range(8))
    near.add("Identity", ["near"], ["near/again"])
    parts.add(anywhere, "find_hand", parts.shown(), ["hand/found"])
    anywhere.add("Where", ["known/column", "near", "hand/found"], ["near or found"])
    hand.branch("any unknown", "hand/squares", [SQUARE], anywhere, near)
    palm.add("Expand", ["is wide", "n"], ["with margin"])
    margins = {"with margin": torch.tensor([False, True])}
    parts.add(palm, "find_palm", parts.shown() | margins, ["palm/found"])
    joints = {"joints_px/old": torch.rand(2, *JOINTS)}
    parts.add(again, "again", joints, ["again/straight"])
    parts.add(again, "mirrored", joints, ["again/mirrored"])
    again.add("Where", ["is mirror", "again/mirrored", "again/straight"], ["again/squares"])
    whole.constant("turns", np.array([0.0] * WHOLE + list(HandReader.TURNS), np.float32))
    whole.add("Gather", ["turns", "kind/old"], ["turn/one"])
    whole.add("Expand", ["turn/one", "n"], ["turn"])
    parts.add(whole, "whole", parts.shown() | {"turn": torch.rand(2)}, ["whole/squares"])
    search.branch("is whole", "search/squares", [SQUARE], whole, palm)
    other.branch("is second", "other/squares", [SQUARE], again, search)
    body.branch("is first", "squares", [SQUARE], hand, other)


def _look(body: _Graph, parts: _Parts) -> None:
    """Look at the pictures, or at half their pixels where the hand is large."""
    squares = {"squares": torch.tensor([[60.0, 50.0, 40.0, 0.1, 1.0], [50.0, 40.0, 60.0, -0.1, -1.0]])}
    for name, value in (("second", [2]), ("third", [3]), ("last axis", [1])):
        body.constant(name, np.array(value, np.int64))
    body.add("Slice", ["squares", "second", "third", "last axis"], ["side"])
    body.constant("halved from", np.float32(HandReader.HALVED_FROM_PX))
    body.add("ReduceMin", ["side"], ["smallest side"], keepdims=0)
    body.add("Greater", ["smallest side", "halved from"], ["is large"])
    parts.add(body, "part", parts.shown() | squares, ["part/from", "part/to", "squares/within"])
    body.constant("rows and columns", np.array([1, 2], np.int64))
    body.add("Slice", [parts.pictures, "part/from", "part/to", "rows and columns"], ["part"])
    full, half = _Graph(), _Graph()
    within = {"squares/within": squares["squares"].clone()}
    parts.add(full, "view_of_full", parts.shown("part") | within, ["view/full"])
    parts.add(half, "view_of_half", parts.shown("part") | within, ["view/half"])
    view = [3, HAND_PX, HAND_PX]
    body.branch("is large", "view", view, half, full)
    seen = ["features/large", "joints_px/new", "hand_logit/new"]
    parts.add(body, "read", squares | {"view": torch.zeros(2, *view)}, seen)
    _look_at_small(body, parts)


def _look_at_small(body: _Graph, parts: _Parts) -> None:
    """Look at small hands with the network for them, too."""
    joints = {"joints_px/new": torch.rand(2, *JOINTS) * 60}
    parts.add(body, "share", joints, ["share"])
    body.constant("whole", np.float32(1))
    body.add("ReduceMin", ["share"], ["least share"], keepdims=0)
    body.add("Less", ["least share", "whole"], ["any small"])
    small, none = _Graph(), _Graph()
    parts.add(small, "read_small", parts.shown() | joints, ["small/features"])
    none.constant("nothing", np.float32(0))
    none.add("Mul", ["features/large", "nothing"], ["small/none"])
    body.branch("any small", "features/small", [WIDTH], small, none)
    others = {
        "hand_logit/new": torch.rand(2),
        "features/large": torch.rand(2, WIDTH),
        "features/small": torch.rand(2, WIDTH),
        "share": torch.rand(2),
    }
    parts.add(body, "join", joints | others, ["features/look"])


def _floats(name: str, shape: Sequence[int]) -> onnx.ValueInfoProto:
    """Numbers of `shape` for each picture."""
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", *shape])
