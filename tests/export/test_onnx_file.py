from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from tests.conftest import REPOSITORY
from torch.nn import functional

from fingerspell.core.alphabet import CLASSES
from fingerspell.core.preprocess import PreprocessSpec
from fingerspell.errors import ExportError
from fingerspell.export.onnx_file import About, export_model
from fingerspell.models.classifier import PictureClassifier
from fingerspell.models.registry import architecture, create, names
from fingerspell.pictures.still import read_picture
from fingerspell.runtime.onnx_classifier import OnnxClassifier

ABOUT = About("n", "1", ["a"], {"metrics": {"accuracy": 0.5}})


@pytest.fixture(scope="module")
def stills() -> list[Path]:
    return sorted((REPOSITORY / "tests" / "samples").glob("*/*.jpg"))


@pytest.fixture(scope="module")
def pictures(tmp_path_factory) -> list[Path]:
    """Noise of several sizes, on its sides and upright."""
    random, folder = np.random.default_rng(0), tmp_path_factory.mktemp("pictures")
    paths = [folder / f"{i}.png" for i in range(3)]
    for path, size in zip(paths, ((40, 64), (33, 17), (64, 64)), strict=True):
        Image.fromarray(random.integers(0, 256, (*size, 3), np.uint8)).save(path)
    return paths


def tiny() -> torch.nn.Module:
    torch.manual_seed(0)
    return create("tiny")


@pytest.fixture(scope="module")
def trained(stills) -> PictureClassifier:
    """The smallest network, which knows the 58 stills by heart, so that it is sure of what it says."""
    graph = PictureClassifier(tiny(), PreprocessSpec(32))
    labels = torch.tensor([CLASSES.index(path.parent.name) for path in stills])
    views = graph.spec(torch.from_numpy(np.stack([read_picture(path) for path in stills])), torch)
    optimiser = torch.optim.AdamW(graph.network.parameters(), 0.01)
    for _ in range(60):
        optimiser.zero_grad()
        functional.cross_entropy(graph.network(views), labels).backward()
        optimiser.step()
    return graph


def test_any_network_with_any_preprocessing(pictures, tmp_path):
    spec = PreprocessSpec(32, keep_aspect=False, crop_share=0.8, kernel="bicubic")
    network = tiny().eval()
    graph = PictureClassifier(network, spec)
    export_model(graph, tmp_path / "m.onnx", ABOUT, pictures)
    classifier = OnnxClassifier(tmp_path / "m.onnx")
    assert classifier.preprocess == spec
    for path in pictures:
        picture = np.stack([read_picture(path)] * 2)
        with torch.inference_mode():
            expected = network(torch.from_numpy(spec(picture))).softmax(1)
        for prediction, probabilities in zip(classifier.classify(picture), expected, strict=True):
            np.testing.assert_allclose(prediction.probabilities, probabilities, atol=1e-4)
            assert prediction.joints is None
            assert prediction.hand_probability is None


@pytest.mark.slow
@pytest.mark.parametrize("name", [*names(), "resnet18", "vit_b_32"])
def test_every_network(name, stills, tmp_path):
    torch.manual_seed(0)
    graph = PictureClassifier(create(name), architecture(name).spec)
    assert export_model(graph, tmp_path / "m.onnx", ABOUT, stills[:8]).largest_difference < 1e-4


def test_a_model_that_disagrees_is_refused_and_the_old_one_kept(pictures, tmp_path):
    class Fickle(PictureClassifier):
        """Answers otherwise once it is not being exported."""

        def forward(self, pictures):
            probabilities = super().forward(pictures)
            return probabilities if torch.compiler.is_exporting() else probabilities.flip(1)

    path = tmp_path / "m.onnx"
    path.write_bytes(b"old")
    with pytest.raises(ExportError, match="so it was not written"):
        export_model(Fickle(tiny(), PreprocessSpec(32)), path, ABOUT, pictures)
    assert path.read_bytes() == b"old"


def test_int8_is_proved_on_pictures_it_was_not_calibrated_with(trained, stills, tmp_path):
    path = tmp_path / "m.onnx"
    exported = export_model(trained, path, ABOUT, [*stills[::2], *stills[1::2]], int8=True)
    assert exported.int8
    assert exported.n == 29
    assert exported.same_class >= 0.99
    assert exported.contradicted == 0
    assert 1e-5 < exported.largest_difference < 0.5
    assert OnnxClassifier(path).metadata["precision"] == "int8"

    black = tmp_path / "black.png"
    Image.new("RGB", (32, 32)).save(black)
    path.unlink()
    with pytest.raises(ExportError, match="of 29 images of which that is sure"):
        export_model(trained, path, ABOUT, [*[black] * 29, *stills[::2]], int8=True)
    assert not path.exists()


def test_pictures_are_needed(pictures, tmp_path):
    graph = PictureClassifier(tiny(), PreprocessSpec(32))
    for given, int8 in (([], False), (pictures[:1], True)):
        with pytest.raises(ExportError, match="images are too few to check the export with: give more"):
            export_model(graph, tmp_path / "m.onnx", ABOUT, given, int8=int8)
