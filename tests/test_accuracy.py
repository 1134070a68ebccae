"""The bundled model on whole data sets it never saw; needs the folder FINGERSPELL_DATA."""

import os
from pathlib import Path

import pytest

from fingerspell.evaluation.metrics import metrics_of
from fingerspell.evaluation.pictures import Protocol, open_pictures
from fingerspell.evaluation.predict import Predictor
from fingerspell.evaluation.robustness import MIRRORED

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def predictor():
    with Predictor("default") as reader:
        yield reader


@pytest.mark.parametrize("change", [None, MIRRORED])
@pytest.mark.parametrize(
    ("name", "least"), [("aslalphabets_test", 0.93), ("kaggle64_test", 0.93), ("multisigner100", 0.75)]
)
def test_accuracy_of_letters(predictor, name, least, change):
    if "FINGERSPELL_DATA" not in os.environ:
        pytest.skip("set FINGERSPELL_DATA to the folder that holds the data sets")
    folder = Path(os.environ["FINGERSPELL_DATA"]) / name
    if not folder.is_dir():
        pytest.skip(f"{folder} is not there")
    pictures = open_pictures(folder, Protocol.GIVEN).sample(2000)
    assert metrics_of(predictor.predict(pictures, change).counts).letters.value >= least
