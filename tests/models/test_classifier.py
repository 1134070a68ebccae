import numpy as np
import pytest
import torch

from fingerspell.models.classifier import TorchClassifier
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


def test_pictures_that_pytorch_takes_no_view_of():
    classifier = TorchClassifier(create("tiny"), architecture("tiny").spec, "n 1")
    pictures = np.random.default_rng(0).integers(0, 256, (2, 40, 40, 3), np.uint8)
    pictures.setflags(write=False)
    [first, _] = classifier.classify(pictures)
    [mirrored, _] = classifier.classify(pictures[:, :, ::-1])
    assert not np.array_equal(first.probabilities, mirrored.probabilities)
