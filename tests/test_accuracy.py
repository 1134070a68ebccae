"""The bundled model on whole data sets it never saw; needs the folder FINGERSPELL_DATA."""

import os
from pathlib import Path

import numpy as np
import pytest

from fingerspell.runtime.onnx_classifier import OnnxClassifier
from validate import accuracy, pictures_of

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def classify():
    classifier = OnnxClassifier()

    def best(pixels: np.ndarray) -> int:
        return int(classifier.classify(pixels[None])[0].probabilities.argmax())

    return best


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize(
    ("name", "least"), [("aslalphabets_test", 0.93), ("kaggle64_test", 0.93), ("multisigner100", 0.75)]
)
def test_accuracy_of_letters(classify, name, least, mirrored):
    if "FINGERSPELL_DATA" not in os.environ:
        pytest.skip("set FINGERSPELL_DATA to the folder that holds the data sets")
    folder = Path(os.environ["FINGERSPELL_DATA"]) / name
    if not folder.is_dir():
        pytest.skip(f"{folder} is not there")
    assert accuracy(classify, pictures_of(folder, 2000), mirrored)[1] >= least
