"""An ONNX graph that is built node by node, with branches, around parts that PyTorch exported."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

HIGHEST = float(np.finfo(np.float16).max)
LARGE, VERY_LARGE = 1_000, 10_000  # numbers; weights of more are stored in 16 and in 8 bits
WEIGHTS = (".weight", ".bias")  # what their names end with: other numbers, such as places, stay exact


class GraphBuilder:
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
        self,
        condition: str,
        outputs: Mapping[str, Sequence[int]],
        then: "GraphBuilder",
        otherwise: "GraphBuilder",
    ) -> None:
        """Append an If, whose branches give what their last nodes do, of these shapes a picture."""
        branches = []
        for name, each in (("then", then), ("else", otherwise)):
            last = each.nodes[-len(outputs) :]
            given = [
                floats(node.output[0], shape)
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


def floats(name: str, shape: Sequence[int]) -> onnx.ValueInfoProto:
    """Numbers of `shape` for each picture."""
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", *shape])
