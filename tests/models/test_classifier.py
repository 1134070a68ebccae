import numpy as np
import pytest
import torch

from fingerspell.models.classifier import TorchClassifier
from fingerspell.models.reader import HandReader
from fingerspell.models.registry import architecture, create


@pytest.mark.parametrize("name", ["tiny", "mobilenet_v2"])
def test_probabilities_are_the_softmax_of_what_the_network_says(name):
    torch.manual_seed(0)
    network, spec = create(name).eval(), architecture(name).spec
    pictures = np.random.default_rng(0).integers(0, 256, (3, 40, 56, 3), np.uint8)
    classifier = TorchClassifier(network, spec, "n 1")
    with torch.inference_mode():
        expected = network(torch.from_numpy(spec(pictures))).softmax(1).numpy()
    predictions = classifier.classify(pictures)
    assert classifier.name == "n 1"
    assert [p.joints for p in predictions] == [None] * 3
    np.testing.assert_allclose([p.probabilities for p in predictions], expected, atol=1e-5)
    assert predictions[0].probabilities.dtype == np.float32


def test_a_reader_in_training_reads_still_images():
    torch.manual_seed(0)
    reader, spec = HandReader(), architecture("hand-reader").spec
    pictures = np.random.default_rng(0).integers(0, 256, (2, 60, 80, 3), np.uint8)
    with torch.inference_mode():
        probabilities, joints, hand, _ = reader.eval()(torch.from_numpy(pictures))
    predictions = TorchClassifier(reader, spec, "n 1").classify(pictures)
    for said, each in zip(predictions, zip(probabilities, joints, hand, strict=True), strict=True):
        np.testing.assert_allclose(said.probabilities, each[0], atol=1e-5)
        np.testing.assert_allclose(said.joints, each[1], atol=1e-5)
        assert said.hand_probability == pytest.approx(each[2].item(), abs=1e-5)


def test_pictures_that_pytorch_takes_no_view_of():
    classifier = TorchClassifier(create("tiny"), architecture("tiny").spec, "n 1")
    pictures = np.random.default_rng(0).integers(0, 256, (2, 40, 40, 3), np.uint8)
    pictures.setflags(write=False)
    [first, _] = classifier.classify(pictures)
    [mirrored, _] = classifier.classify(pictures[:, :, ::-1])
    assert not np.array_equal(first.probabilities, mirrored.probabilities)
