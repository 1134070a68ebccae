import json
from importlib.resources import files

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper
from PIL import Image

from fingerspell.core.alphabet import CLASSES, Alphabet
from fingerspell.core.preprocess import PreprocessSpec
from fingerspell.errors import ModelError
from fingerspell.export.last_layer import LastLayer
from fingerspell.export.onnx_file import About, export_model, open_content
from fingerspell.models.classifier import PictureClassifier
from fingerspell.models.registry import create
from fingerspell.pictures.still import read_picture
from fingerspell.runtime.onnx_classifier import OnnxClassifier
from fingerspell.runtime.sequence_network import SEQUENCE_KEY

ABOUT = About("n", "1", ["a"])


@pytest.fixture(scope="module")
def noise(tmp_path_factory):
    path = tmp_path_factory.mktemp("pictures") / "noise.png"
    pixels = np.random.default_rng(0).integers(0, 256, (40, 64, 3), np.uint8)
    Image.fromarray(pixels).save(path)
    return path


def network() -> tuple[PictureClassifier, torch.nn.Linear]:
    torch.manual_seed(0)
    network = create("tiny")
    last = [module for module in network.modules() if isinstance(module, torch.nn.Linear)][-1]
    return PictureClassifier(network, PreprocessSpec(32)).eval(), last


@pytest.fixture(scope="module")
def exported(noise, tmp_path_factory):
    """The file of `network()`."""
    path = tmp_path_factory.mktemp("models") / "m.onnx"
    export_model(network()[0], path, ABOUT, [noise])
    return path


def other_than(layer: LastLayer) -> tuple[np.ndarray, np.ndarray]:
    """A weight and a bias that say something else."""
    random = np.random.default_rng(1)
    weight = layer.weight + random.normal(0, 1.0, layer.weight.shape)
    bias = layer.bias + random.normal(0, 0.2, layer.bias.shape)
    return weight.astype(np.float32), bias.astype(np.float32)


def test_a_layer_replaced_in_the_file_is_the_one_replaced_in_pytorch(exported, noise, tmp_path):
    graph, linear = network()
    layer = LastLayer(exported.read_bytes(), "m.onnx")
    np.testing.assert_array_equal(layer.weight, linear.weight.detach())
    np.testing.assert_array_equal(layer.bias, linear.bias.detach())

    weight, bias = other_than(layer)
    metadata = OnnxClassifier(exported).metadata
    (tmp_path / "new.onnx").write_bytes(layer.replaced(weight, bias, {**metadata, "name": "mine"}))
    with torch.inference_mode():
        linear.weight.copy_(torch.from_numpy(weight))
        linear.bias.copy_(torch.from_numpy(bias))
        pictures = np.stack([read_picture(noise)] * 3)
        expected = graph(torch.from_numpy(pictures))
    classifier = OnnxClassifier(tmp_path / "new.onnx")
    assert classifier.name == "mine 1"
    for said, probabilities in zip(classifier.classify(pictures), expected, strict=True):
        np.testing.assert_allclose(said.probabilities, probabilities, atol=1e-4)
    from_features = layer.features(pictures) @ weight.T + bias
    np.testing.assert_allclose(torch.from_numpy(from_features).softmax(1), expected, atol=1e-4)


def test_parameters_are_those_of_the_layer_that_is_there(exported):
    """By hand: `tiny` has 8,893, and a class is 256 weights and a bias of them."""
    metadata = OnnxClassifier(exported).metadata
    assert metadata["parameters"] == 8_893
    layer = LastLayer(exported.read_bytes(), "m.onnx")
    for names, expected in ((("7", "ILY"), 9_407), (("7",), 9_150)):  # wider, and narrower again
        alphabet = Alphabet.of((*CLASSES, *names))
        weight = np.zeros((len(alphabet), 256), np.float32)
        written = layer.replaced(weight, weight[:, 0], {**metadata, **alphabet.as_dict()})
        layer = LastLayer(written, "wider")
        metadata = open_content(written).metadata
        assert metadata["parameters"] == expected


def test_a_bias_a_class_is_counted_where_there_was_none(exported):
    model = onnx.load(exported)
    [last] = [node for node in model.graph.node if node.op_type == "Gemm"]
    name = last.input.pop()
    [bias] = [each for each in model.graph.initializer if each.name == name]
    model.graph.initializer.remove(bias)
    layer, metadata = LastLayer(model.SerializeToString(), "m"), OnnxClassifier(exported).metadata
    written = layer.replaced(layer.weight, layer.bias, {**metadata, "parameters": 8_893 - 29})
    assert open_content(written).metadata["parameters"] == 8_893


def test_a_layer_without_some_classes(exported):
    _, linear = network()
    layer = LastLayer(exported.read_bytes(), "m.onnx")
    fewer = layer.without({"A", "space"})
    assert fewer.alphabet.classes == CLASSES[1:-1]
    np.testing.assert_array_equal(fewer.weight, linear.weight.detach()[1:-1])
    np.testing.assert_array_equal(fewer.bias, linear.bias.detach()[1:-1])
    assert len(layer.alphabet) == len(layer.weight) == 29


def test_of_the_bundled_model_only_the_layer_changes(samples, tmp_path):
    content = (files("fingerspell") / "assets" / "reader.onnx").read_bytes()
    layer, bundled = LastLayer(content, "default"), OnnxClassifier(digits=True)
    (tmp_path / "m.onnx").write_bytes(layer.replaced(*other_than(layer), bundled.metadata))
    replaced = LastLayer((tmp_path / "m.onnx").read_bytes(), "m.onnx")
    np.testing.assert_array_equal(replaced.weight, other_than(layer)[0])
    np.testing.assert_array_equal(replaced.bias, other_than(layer)[1])
    pictures = np.stack([read_picture(path) for path in sorted(samples.glob("*/*.jpg"))[::6]])
    features = layer.features(pictures)
    taught = OnnxClassifier(tmp_path / "m.onnx", digits=True)
    before, after = bundled.classify(pictures), taught.classify(pictures)
    for said, probabilities in zip(before, layer.probabilities(features), strict=True):
        np.testing.assert_allclose(said.probabilities, probabilities, atol=1e-5)
    for said, probabilities in zip(after, replaced.probabilities(features), strict=True):
        np.testing.assert_allclose(said.probabilities, probabilities, atol=1e-5)
    assert [said.probabilities.argmax() for said in before] != [s.probabilities.argmax() for s in after]
    for old, new in zip(before, after, strict=True):
        np.testing.assert_array_equal(old.joints, new.joints)
        assert old.hand_probability == new.hand_probability


def test_nothing_is_left_of_the_old_layer():
    content = (files("fingerspell") / "assets" / "reader.onnx").read_bytes()
    layer = LastLayer(content, "default")
    metadata = {"name": "mine", **layer.alphabet.as_dict()}
    for _ in range(2):  # what was taught can be taught again
        written = layer.replaced(*other_than(layer), metadata)
        layer = LastLayer(written, "mine")
    model = onnx.load_model_from_string(written)
    kept = {prop.key: prop.value for prop in model.metadata_props}
    assert json.loads(kept["fingerspell"]) == metadata
    assert kept[SEQUENCE_KEY]  # what reads hands in motion stays
    shapes = [list(each.dims) for each in model.graph.initializer]
    assert shapes.count(list(layer.weight.shape)) == 1
    used = {name for node in model.graph.node for name in node.input}
    assert all(each.name in used for each in model.graph.initializer)


def graph_without_layer() -> bytes:
    """Probabilities without a linear layer before them."""
    pictures = helper.make_tensor_value_info("pictures", TensorProto.UINT8, ["n", "h", "w", 3])
    output = helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, None)
    nodes = [
        helper.make_node("Cast", ["pictures"], ["floats"], to=TensorProto.FLOAT),
        helper.make_node("Softmax", ["floats"], ["probabilities"]),
    ]
    opset = [helper.make_opsetid("", 20)]
    graph = helper.make_graph(nodes, "g", [pictures], [output])
    return helper.make_model(graph, opset_imports=opset, ir_version=10).SerializeToString()


@pytest.mark.parametrize("content", [b"", b"no model", graph_without_layer()])
def test_what_has_no_such_layer_is_refused(content):
    with pytest.raises(ModelError, match="m does not end in a linear layer over its classes"):
        LastLayer(content, "m")
