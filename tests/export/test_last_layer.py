import json
from importlib.resources import files

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper
from PIL import Image

from fingerspell.core.alphabet import CLASSES
from fingerspell.core.preprocess import PreprocessSpec
from fingerspell.errors import ModelError
from fingerspell.export.last_layer import LastLayer
from fingerspell.export.onnx_file import About, export_model
from fingerspell.models.classifier import PictureClassifier
from fingerspell.models.reader import HandNet, TwoLooks
from fingerspell.models.registry import create
from fingerspell.runtime.media.pictures import read_picture
from fingerspell.runtime.onnx_classifier import OnnxClassifier

ABOUT = About("n", "1", ["a"])


@pytest.fixture(scope="module")
def noise(tmp_path_factory):
    path = tmp_path_factory.mktemp("pictures") / "noise.png"
    pixels = np.random.default_rng(0).integers(0, 256, (40, 64, 3), np.uint8)
    Image.fromarray(pixels).save(path)
    return path


def reader() -> tuple[TwoLooks, torch.nn.Linear]:
    torch.manual_seed(0)
    graph = TwoLooks(HandNet((4, 4, 8, 8), joint_width=2), PreprocessSpec(32)).eval()
    return graph, graph.net.letter[3]


def plain() -> tuple[PictureClassifier, torch.nn.Linear]:
    torch.manual_seed(0)
    network = create("tiny")
    last = [module for module in network.modules() if isinstance(module, torch.nn.Linear)][-1]
    return PictureClassifier(network, PreprocessSpec(32)).eval(), last


@pytest.mark.parametrize("make", [reader, plain])
def test_a_layer_replaced_in_the_file_is_the_one_replaced_in_pytorch(make, noise, tmp_path):
    graph, linear = make()
    export_model(graph, tmp_path / "m.onnx", ABOUT, [noise])
    layer = LastLayer((tmp_path / "m.onnx").read_bytes(), "m.onnx")
    np.testing.assert_array_equal(layer.weight, linear.weight.detach())
    np.testing.assert_array_equal(layer.bias, linear.bias.detach())

    random = np.random.default_rng(1)
    weight = random.normal(size=layer.weight.shape).astype(np.float32)
    bias = random.normal(size=layer.bias.shape).astype(np.float32)
    metadata = OnnxClassifier(tmp_path / "m.onnx").metadata
    (tmp_path / "new.onnx").write_bytes(layer.replaced(weight, bias, {**metadata, "name": "mine"}))
    with torch.inference_mode():
        linear.weight.copy_(torch.from_numpy(weight))
        linear.bias.copy_(torch.from_numpy(bias))
        pictures = np.stack([read_picture(noise)] * 3)
        outputs = graph(torch.from_numpy(pictures))
    expected = outputs[0] if isinstance(outputs, tuple) else outputs
    classifier = OnnxClassifier(tmp_path / "new.onnx")
    assert classifier.name == "mine 1"
    for said, probabilities in zip(classifier.classify(pictures), expected, strict=True):
        np.testing.assert_allclose(said.probabilities, probabilities, atol=1e-4)
    from_features = layer.features(pictures) @ weight.T + bias
    np.testing.assert_allclose(torch.from_numpy(from_features).softmax(1), expected, atol=1e-4)


def test_of_the_bundled_model_only_the_layer_changes(samples, tmp_path):
    content = (files("fingerspell") / "assets" / "reader.onnx").read_bytes()
    layer, bundled = LastLayer(content, "default"), OnnxClassifier()
    path = tmp_path / "same.onnx"
    path.write_bytes(layer.replaced(layer.weight, layer.bias, bundled.metadata))
    for picture in sorted(samples.glob("*/*.jpg"))[::6]:
        pixels = read_picture(picture)[None]
        [before], [after] = bundled.classify(pixels), OnnxClassifier(path).classify(pixels)
        np.testing.assert_allclose(after.probabilities, before.probabilities, atol=1e-5)
        np.testing.assert_array_equal(after.joints, before.joints)
        probabilities = layer.probabilities(layer.features(pixels))[0]
        np.testing.assert_allclose(probabilities, before.probabilities, atol=1e-5)
    written = onnx.load(path)
    assert json.loads(written.metadata_props[0].value) == bundled.metadata
    names = [each.name for each in written.graph.initializer]
    assert sum(list(each.dims) == [len(CLASSES), 256] for each in written.graph.initializer) == 1
    assert len(names) == len(set(names))


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
    with pytest.raises(ModelError, match="m does not end in a linear layer over the 29 classes"):
        LastLayer(content, "m")
