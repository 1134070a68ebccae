"""The last linear layer of an exported model: what it is fed, and copies of the model with another.

Works on the model file itself, so that a model can be taught further without the checkpoint it was
exported from, and also where its layers compute in 8 bits: the new layer's weights are floats.
"""

import copy
import json
from collections.abc import Collection, Iterator
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper
from onnxruntime import InferenceSession

from fingerspell.core.alphabet import Alphabet
from fingerspell.errors import ModelError
from fingerspell.runtime.onnx_classifier import (
    METADATA_KEY,
    OUTPUTS,
    inputs_of,
    open_session,
    tracks,
)

Floats = NDArray[np.float32]

FEATURES, WEIGHT, BIAS = "last_layer.features", "last_layer.weight", "last_layer.bias"  # as outputs
NO_BIAS = "last_layer.no_bias"
STORED = ("taught.weight", "taught.bias")  # as they are called in a file that was written here
TOLERANCE = 1e-3  # between a probability that is computed here and the graph's own


class LastLayer:
    """The layer that turns features into the logits of the classes.

    A model may look at a picture several times, as reader 0.4.0 did at a hand and its mirror image,
    and average the logits. The features are averaged here: the layer being linear, that is the same.

    Args:
        content: of a model file.
        label: what to call the model in errors.
        threads: CPU threads to use; 0 leaves it to ONNX Runtime.

    Attributes:
        alphabet: the classes.
        weight: float32 [C, K].
        bias: float32 [C].

    Raises:
        ModelError: the model does not end in such a layer.
    """

    def __init__(self, content: bytes, label: str, threads: int = 0) -> None:
        try:
            self._model = onnx.load_model_from_string(content)
            self.alphabet = Alphabet.from_dict(json.loads(self._properties[METADATA_KEY]))
            self._session = _open_with_taps(content, threads)
            # Two pictures of nothing in particular: enough to see whether the layer is understood.
            probe = np.random.default_rng(0).integers(0, 256, (2, 64, 80, 3), np.uint8)
            self.weight, self.bias, probabilities, features = self._session.run(
                [WEIGHT, BIAS, OUTPUTS[0], FEATURES], inputs_of(self._session, probe)
            )
            has_bias = len(_last_gemm(self._model.graph).input) == 3  # noqa: PLR2004 - what, by which
            self._n_numbers = self.weight.size + has_bias * self.bias.size
            difference = np.abs(probabilities - self.probabilities(_mean_look(features, len(probe))))
        except Exception as error:  # neither onnx's nor onnxruntime's exceptions share a base class
            raise _unfit(label) from error
        if self.weight.shape[0] != len(self.alphabet) or difference.max() > TOLERANCE:
            raise _unfit(label)

    def features(self, pictures: NDArray[np.uint8]) -> Floats:
        """What the layer is fed, float32 [N, K], of RGB uint8 [N, H, W, 3]."""
        if tracks(self._session):  # as `OnnxClassifier.classify` does, and for the same reason
            return np.concatenate([self._features(picture[None]) for picture in pictures])
        return self._features(pictures)

    def _features(self, pictures: NDArray[np.uint8]) -> Floats:
        """The same, of pictures that the graph sees at once."""
        [features] = self._session.run([FEATURES], inputs_of(self._session, pictures))
        return _mean_look(features, len(pictures))

    def probabilities(self, features: Floats) -> Floats:
        """Probabilities [N, C] of features [N, K]."""
        return softmax(features @ self.weight.T + self.bias)

    def without(self, names: Collection[str]) -> "LastLayer":
        """The same layer without some of its classes."""
        fewer = copy.copy(self)
        fewer.alphabet = self.alphabet.without(names)
        kept = [self.alphabet.index(name) for name in fewer.alphabet.classes]
        fewer.weight, fewer.bias = self.weight[kept], self.bias[kept]
        return fewer

    def replaced(self, weight: Floats, bias: Floats, metadata: dict[str, Any]) -> bytes:
        """The content of a model file that ends in another layer, with what it says of itself.

        Args:
            weight: [D, K]; the layer may have more classes than this one.
            bias: [D].
            metadata: of the file, which names the D classes. Its `parameters`, where it has them, are
                those of the model at hand; the numbers of the two layers are taken off and added. So
                they grow by a bias a class where the layer at hand has none, as the exported reader's.
        """
        model = onnx.ModelProto()
        model.CopyFrom(self._model)
        if "parameters" in metadata:
            more = weight.size + bias.size - self._n_numbers
            metadata = {**metadata, "parameters": metadata["parameters"] + more}
        del _last_gemm(model.graph).input[1:]
        _drop_unused(model.graph)
        _last_gemm(model.graph).input.extend(STORED)
        for name, values in zip(STORED, (weight, bias), strict=True):
            model.graph.initializer.append(numpy_helper.from_array(values, name))
        [said] = [each for each in model.graph.output if each.name == OUTPUTS[0]]
        said.type.tensor_type.shape.dim[1].dim_value = len(weight)
        _forget_shapes(model.graph)
        helper.set_model_props(model, self._properties | {METADATA_KEY: json.dumps(metadata)})
        onnx.checker.check_model(model, full_check=True)
        return bytes(model.SerializeToString())

    @property
    def _properties(self) -> dict[str, str]:
        return {each.key: each.value for each in self._model.metadata_props}


def _mean_look(features: Floats, n: int) -> Floats:
    """Features [N, K] of `n` pictures, each of which may have been looked at several times."""
    return np.asarray(features.reshape(-1, n, features.shape[1]).mean(0), np.float32)


def softmax(logits: Floats) -> Floats:
    """Probabilities [N, C] of logits [N, C]."""
    odds = np.exp(logits - logits.max(1, keepdims=True))
    return np.asarray(odds / odds.sum(1, keepdims=True), np.float32)


def _unfit(label: str) -> ModelError:
    return ModelError(
        f"{label} does not end in a linear layer over its classes, so it cannot be taught further: "
        "use `default`, or a model whose network has one."
    )


def _open_with_taps(content: bytes, threads: int) -> InferenceSession:
    """The model, which tells what its last layer is fed and consists of as well."""
    model = onnx.load_model_from_string(content)
    sources = list(_last_gemm(model.graph).input)
    if len(sources) == 2:  # noqa: PLR2004 - a layer without a bias
        none = np.zeros(_outputs_of(model.graph), np.float32)
        model.graph.initializer.append(numpy_helper.from_array(none, NO_BIAS))
        sources.append(NO_BIAS)
    for name, source in zip((FEATURES, WEIGHT, BIAS), sources, strict=True):
        model.graph.node.append(helper.make_node("Identity", [source], [name]))
        model.graph.output.append(helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None))
    return open_session(model.SerializeToString(), threads)


def _last_gemm(graph: onnx.GraphProto) -> onnx.NodeProto:
    """The linear layer nearest before the probabilities."""
    makers: dict[str, onnx.NodeProto] = {name: node for node in graph.node for name in node.output}
    names = [OUTPUTS[0]]
    for name in names:  # grows on the way: breadth first, in a graph without circles
        if name not in makers:
            continue
        if makers[name].op_type == "Gemm":
            return makers[name]
        names += [source for source in makers[name].input if source not in names]
    raise ValueError("no linear layer")


def _outputs_of(graph: onnx.GraphProto) -> int:
    """How many probabilities a model gives."""
    [said] = [each for each in graph.output if each.name == OUTPUTS[0]]
    return int(said.type.tensor_type.shape.dim[1].dim_value)


def _forget_shapes(graph: onnx.GraphProto) -> None:
    """Remove the shapes of what is computed on the way, which may depend on the last layer's."""
    del graph.value_info[:]


def _drop_unused(graph: onnx.GraphProto) -> None:
    """Remove nodes, last first, and stored numbers that nothing uses any more."""
    used = {output.name for output in graph.output}
    nodes = []
    for node in reversed(graph.node):
        if used.intersection(node.output):
            nodes.append(node)
            used.update(_inputs_of(node))
    kept = list(reversed(nodes))
    del graph.node[:]
    graph.node.extend(kept)
    for stored in (graph.initializer, graph.value_info):
        left = [each for each in stored if each.name in used]
        del stored[:]
        stored.extend(left)


def _inputs_of(node: onnx.NodeProto) -> Iterator[str]:
    """What a node takes, also in the graphs within it: those of loops and branches."""
    yield from node.input
    for attribute in node.attribute:
        for inner in attribute.g.node:
            yield from _inputs_of(inner)
        yield from (output.name for output in attribute.g.output)
