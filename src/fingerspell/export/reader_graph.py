"""The bundled reader as one ONNX graph, which computes no more than the pictures need.

PyTorch exports the parts of `HandReader`, which have no branches; here they are put together as its
`forward` does. A loop of at most two rounds looks for the hand and at it, so that the layers that
look are stored once; what is not needed for one of the pictures does not run.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor, nn

from fingerspell.export.quantise import Feed, quantise
from fingerspell.export.torch_graph import to_onnx
from fingerspell.models.hand_net import N_JOINTS
from fingerspell.models.mediapipe_networks import HAND_PX
from fingerspell.models.reader import ALL_WIDTHS, WIDTH, HandReader

IR_VERSION = 10
ROUNDS = 2
OUTPUT_SHAPES: tuple[list[Any], ...] = (["n", 29], ["n", 21, 2], ["n"])
SMALL_PARTS = ("find_hand", "read_small")  # which the network for small hands computes
HIGHEST = float(np.finfo(np.float16).max)
LARGE, VERY_LARGE = 1_000, 10_000  # numbers; weights of more are stored in 16 and in 8 bits


class _Part(nn.Module):
    """One method of the reader, for the exporter."""

    def __init__(self, reader: HandReader, method: str) -> None:
        super().__init__()
        self.reader, self.method = reader, method

    def forward(
        self,
        pictures: Tensor,
        first: Tensor | None = None,
        second: Tensor | None = None,
        third: Tensor | None = None,
        fourth: Tensor | None = None,
        fifth: Tensor | None = None,
    ) -> tuple[Tensor, ...]:
        inputs = (first, second, third, fourth, fifth)
        given = [each for each in inputs if each is not None]
        return tuple_of(getattr(self.reader, self.method)(pictures, *given))


def tuple_of(value: Any) -> tuple[Tensor, ...]:
    """A tensor or several as a tuple."""
    return (value,) if isinstance(value, Tensor) else tuple(value)


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
        self, part: onnx.ModelProto, prefix: str, inputs: Mapping[str, str], outputs: Sequence[str]
    ) -> None:
        """Append an exported part, its inputs and outputs called as this graph calls them."""
        names = dict(inputs) | {
            output.name: name for output, name in zip(part.graph.output, outputs, strict=True)
        }

        def renamed(name: str) -> str:
            return names.get(name, prefix + name) if name else ""

        for stored in part.graph.initializer:
            name = renamed(stored.name)
            self.stored[name] = stored
            stored.name = name
        for node in part.graph.node:
            node.name = prefix + node.name
            node.input[:] = [renamed(name) for name in node.input]
            node.output[:] = [renamed(name) for name in node.output]
            self.nodes.append(node)

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
            if values.dtype != np.float32 or values.size <= LARGE or np.abs(values).max() > HIGHEST:
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
    top = _Graph()
    squares4 = torch.tensor([[60.0, 50.0, 40.0, 0.1], [50.0, 40.0, 60.0, -0.1]])
    shown = torch.zeros((2, 96, 128, 3), dtype=torch.uint8)
    joints, each = torch.rand(2, 21, 2), torch.ones(2)

    def part(method: str, *others: Tensor) -> onnx.ModelProto:
        names = [pictures, *(f"input{i}" for i in range(len(others)))]
        inputs = (shown, *others)
        n_outputs = len(_Part(reader, method)(*inputs))
        outputs = [f"output{i}" for i in range(n_outputs)]
        dynamic = [(0, 1, 2), *((0,) for _ in others)]
        exported = to_onnx(_Part(reader, method).eval(), inputs, dynamic, names, outputs)
        if method not in SMALL_PARTS or not calibration:
            return exported
        return quantise(exported, _hands(reader, calibration, names))

    given = {pictures: pictures, "input0": before}
    top.include(part("around", joints), "around/", given, ["known", "near"])
    known = torch.tensor([True, False])
    given = {pictures: pictures, "input0": "known"}
    top.include(part("enough", known), "enough/", given, ["enough"])
    _start(top, pictures)
    body = _round(part, pictures, squares4)
    state = ["features", "joints_px", "hand_logit"]
    top.add("Loop", ["rounds", "", *(f"{s}/none" for s in state)], state, body=body)
    seen = (torch.rand(2, ALL_WIDTHS), joints, each)
    inputs = {pictures: pictures} | {f"input{i}": name for i, name in enumerate(state)}
    top.include(part("answer", *seen), "answer/", inputs, list(output_names))
    graph = top.finish(
        "reader",
        [
            helper.make_tensor_value_info(pictures, TensorProto.UINT8, ["n", "height", "width", 3]),
            helper.make_tensor_value_info(before, TensorProto.FLOAT, ["n", 21, 2]),
        ],
        [
            helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
            for name, shape in zip(output_names, OUTPUT_SHAPES, strict=True)
        ],
    )
    opset = [helper.make_opsetid("", 20)]
    return helper.make_model(
        graph, opset_imports=opset, ir_version=IR_VERSION, producer_name="fingerspell"
    )


def _hands(
    reader: HandReader, shown: Iterable[NDArray[np.uint8]], names: Sequence[str]
) -> Iterator[Feed]:
    """Pictures, and, where there is a name for them, the joints in pixels that are seen in them."""
    pictures, *joints_px = names
    for picture in shown:
        feed: Feed = {pictures: picture[None]}
        if joints_px:
            _, joints, _ = reader(torch.tensor(picture)[None], torch.zeros(1, N_JOINTS, 2))
            feed[joints_px[0]] = joints.numpy() * np.array(picture.shape[1::-1], np.float32)
        yield feed


def _start(top: _Graph, pictures: str) -> None:
    """Before the first round nothing was seen."""
    top.constant("rounds", np.int64(ROUNDS))
    top.constant("no hand", np.array([-1e4], np.float32))
    top.constant("zero", np.array([0.0], np.float32))
    top.constant("first axis", np.array([1], np.int64))
    top.add("Unsqueeze", ["known", "first axis"], ["known/column"])
    top.add("Not", ["known"], ["unknown"])
    _any(top, "unknown", "any unknown")
    top.add("Shape", [pictures], ["n"], start=0, end=1)
    for name, shape, value in (
        ("features", [ALL_WIDTHS], "zero"),
        ("joints_px", [21, 2], "zero"),
        ("hand_logit", [], "no hand"),
    ):
        top.constant(f"{name}/shape", np.array(shape, np.int64))
        top.add("Concat", ["n", f"{name}/shape"], [f"{name}/all"], axis=0)
        top.add("Expand", [value, f"{name}/all"], [f"{name}/none"])


def _round(
    part: Callable[..., onnx.ModelProto],
    pictures: str,
    squares: Tensor,
) -> onnx.GraphProto:
    """The body of the loop: find the hands, look at them, keep what is better than before."""
    body = _Graph()
    four = ["n", 4]
    near, anywhere, hand, palm = _Graph(), _Graph(), _Graph(), _Graph()
    near.add("Identity", ["near"], ["near/again"])
    anywhere.include(part("find_hand"), "hand/", {pictures: pictures}, ["hand/found"])
    anywhere.add("Where", ["known/column", "near", "hand/found"], ["near or found"])
    palm.include(part("find_palm"), "palm/", {pictures: pictures}, ["palm/found"])
    hand.add(
        "If",
        ["any unknown"],
        ["hand/squares"],
        then_branch=anywhere.finish("search", [], [_floats("near or found", four)]),
        else_branch=near.finish("as before", [], [_floats("near/again", four)]),
    )
    body.constant("first round", np.int64(0))
    body.add("Equal", ["round", "first round"], ["is first"])
    body.add(
        "If",
        ["is first"],
        ["squares"],
        then_branch=hand.finish("hand", [], [_floats("hand/squares", four)]),
        else_branch=palm.finish("palm", [], [_floats("palm/found", four)]),
    )
    new = ["features/new", "joints/new", "hand/new"]
    _look(body, part, pictures, squares, new)
    body.add("Less", ["hand/old", "enough"], ["is unsure"])
    body.add("Greater", ["hand/new", "hand/old"], ["is surer"])
    body.add("And", ["is unsure", "is surer"], ["is better"])
    body.constant("last axis", np.array([1], np.int64))
    body.constant("last axes", np.array([1, 2], np.int64))
    body.add("Unsqueeze", ["is better", "last axis"], ["is better/1"])
    body.add("Unsqueeze", ["is better", "last axes"], ["is better/2"])
    body.add("Where", ["is better/1", "features/new", "features/old"], ["features/kept"])
    body.add("Where", ["is better/2", "joints/new", "joints/old"], ["joints/kept"])
    body.add("Where", ["is better", "hand/new", "hand/old"], ["hand/kept"])
    body.add("Less", ["hand/kept", "enough"], ["is unsure still"])
    _any(body, "is unsure still", "go on")
    shapes: dict[str, list[Any]] = {
        "features": ["n", ALL_WIDTHS],
        "joints": ["n", 21, 2],
        "hand": ["n"],
    }
    return body.finish(
        "round",
        [
            helper.make_tensor_value_info("round", TensorProto.INT64, []),
            helper.make_tensor_value_info("went on", TensorProto.BOOL, []),
            *(_floats(f"{name}/old", shape) for name, shape in shapes.items()),
        ],
        [
            helper.make_tensor_value_info("go on", TensorProto.BOOL, []),
            *(_floats(f"{name}/kept", shape) for name, shape in shapes.items()),
        ],
    )


def _look(
    body: _Graph,
    part: Callable[..., onnx.ModelProto],
    pictures: str,
    squares: Tensor,
    new: Sequence[str],
) -> None:
    """Look at the pictures, or at half their pixels where the hand is large."""
    body.add("Slice", ["squares", "two", "three", "last axis"], ["side"])
    for name, value in (("two", [2]), ("three", [3])):
        body.constant(name, np.array(value, np.int64))
    body.constant("halved from", np.float32(HandReader.HALVED_FROM_PX))
    body.add("ReduceMin", ["side"], ["smallest side"], keepdims=0)
    body.add("Greater", ["smallest side", "halved from"], ["is large"])
    parts = [part(name, squares) for name in ("view_of_full", "view_of_half")]
    branches = []
    for method, exported in zip(("full", "half"), parts, strict=True):
        branch, name = _Graph(), f"view/{method}"
        branch.include(exported, f"{method}/", {pictures: pictures, "input0": "squares"}, [name])
        branches.append(branch.finish(method, [], [_floats(name, ["n", 3, HAND_PX, HAND_PX])]))
    body.add("If", ["is large"], ["view"], then_branch=branches[1], else_branch=branches[0])
    seen = {pictures: pictures, "input0": "squares", "input1": "view"}
    view = torch.zeros(2, 3, HAND_PX, HAND_PX)
    body.include(part("read", squares, view), "look/", seen, ["features/large", *new[1:]])
    _look_at_small(body, part, pictures, new)


def _look_at_small(
    body: _Graph, part: Callable[..., onnx.ModelProto], pictures: str, new: Sequence[str]
) -> None:
    """Look at small hands with the network for them, too."""
    features, joints_px, hand = new
    joints, each = torch.rand(2, 21, 2) * 60, torch.rand(2)
    large, other = torch.rand(2, WIDTH), torch.rand(2, WIDTH)  # one tensor twice would be one input
    body.include(part("share", joints), "share/", {pictures: pictures, "input0": joints_px}, ["share"])
    body.add("ReduceMin", ["share"], ["least share"], keepdims=0)
    body.constant("whole", np.float32(1))
    body.add("Less", ["least share", "whole"], ["any small"])
    small, none = _Graph(), _Graph()
    exported = part("read_small", joints)
    small.include(exported, "small/", {pictures: pictures, "input0": joints_px}, ["small/features"])
    none.constant("nothing", np.float32(0))
    none.add("Mul", ["features/large", "nothing"], ["small/none"])
    shape = ["n", WIDTH]
    body.add(
        "If",
        ["any small"],
        ["features/small"],
        then_branch=small.finish("small", [], [_floats("small/features", shape)]),
        else_branch=none.finish("none", [], [_floats("small/none", shape)]),
    )
    sources = [joints_px, hand, "features/large", "features/small", "share"]
    inputs = {pictures: pictures} | {f"input{i}": name for i, name in enumerate(sources)}
    body.include(part("join", joints, torch.rand(2), large, other, each), "join/", inputs, [features])


def _any(graph: _Graph, each: str, whether: str) -> None:
    """Whether one of several is true."""
    graph.add("Cast", [each], [f"{each}/number"], to=TensorProto.INT32)
    graph.add("ReduceMax", [f"{each}/number"], [f"{each}/any"], keepdims=0)
    graph.add("Cast", [f"{each}/any"], [whether], to=TensorProto.BOOL)


def _floats(name: str, shape: list[Any]) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
