"""The reader that learned from openly licensed pictures only, as it lies in the repository."""

import numpy as np
import pytest

from fingerspell.core.alphabet import CLASSES, parse_class
from fingerspell.pictures.still import read_picture
from fingerspell.runtime.onnx_classifier import OnnxClassifier
from tests.conftest import REPOSITORY


@pytest.fixture(scope="module")
def classifier() -> OnnxClassifier:
    return OnnxClassifier(REPOSITORY / "models" / "reader-licensed.onnx")


def test_it_names_no_set_under_another_licence(classifier):
    learned = classifier.metadata["training_data"]
    assert {"aslalphabets", "people"} <= set(learned)
    assert not {"kaggle64", "massey", "multisigner100"} & set(learned)


def test_it_reads_stills_and_follows_hands(classifier, samples):
    """58 stills, two a class, of the sets it learned from, but other rooms."""
    paths = sorted(samples.glob("*/*.jpg"))
    read = [classifier.classify(read_picture(path)[None])[0] for path in paths]
    right = [
        CLASSES[int(each.probabilities.argmax())] == parse_class(path.parent.name)
        for path, each in zip(paths, read, strict=True)
    ]
    assert len(right) == 58
    assert np.mean(right) > 0.9
    assert classifier.can_track
