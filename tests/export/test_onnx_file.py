import json

import numpy as np
import pytest
import torch

from fingerspell.core.preprocess import PreprocessSpec
from fingerspell.errors import ExportError
from fingerspell.export.onnx_file import About, export_model
from fingerspell.models.reader import HandNet, TwoLooks
from fingerspell.runtime.onnx_classifier import OnnxClassifier


@pytest.fixture(scope="module")
def network() -> TwoLooks:
    torch.manual_seed(0)
    return TwoLooks(HandNet((4, 4, 8, 8), joint_width=2), PreprocessSpec(32)).eval()


@pytest.fixture(scope="module")
def pictures() -> list[np.ndarray]:
    random = np.random.default_rng(0)
    return [random.integers(0, 256, (h, w, 3), np.uint8) for h, w in ((40, 64), (33, 17), (64, 64))]


def export(network, path, pictures):
    return export_model(network, path, About("n", "1", ["a"]), pictures)


def test_the_exported_model_agrees_and_describes_itself(network, pictures, tmp_path):
    path = tmp_path / "m.onnx"
    assert export(network, path, pictures).largest_difference < 1e-5
    classifier = OnnxClassifier(path)
    assert classifier.name == "n 1"
    assert classifier.preprocess == network.spec
    assert classifier.metadata["training_data"] == ["a"]
    json.dumps(classifier.metadata)
    with torch.inference_mode():
        probabilities, joints, hand = network(torch.from_numpy(pictures[0])[None])
    [prediction] = classifier.classify(pictures[0][None])
    np.testing.assert_allclose(prediction.probabilities, probabilities[0], atol=1e-5)
    np.testing.assert_allclose(prediction.joints, joints[0], atol=1e-4)
    assert prediction.hand_probability == pytest.approx(hand.item(), abs=1e-5)


def test_a_model_that_disagrees_is_refused_and_the_old_one_kept(network, pictures, tmp_path):
    class Fickle(TwoLooks):
        """Answers otherwise once it is not being exported."""

        def forward(self, pictures):
            probabilities, joints, hand = super().forward(pictures)
            return (
                (probabilities if torch.compiler.is_exporting() else probabilities.flip(1)),
                joints,
                hand,
            )

    path = tmp_path / "m.onnx"
    path.write_bytes(b"old")
    with pytest.raises(ExportError, match="so it was not written"):
        export(Fickle(network.net, network.spec), path, pictures)
    assert path.read_bytes() == b"old"
