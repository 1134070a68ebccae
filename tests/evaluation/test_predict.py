"""The same predictions from one process and from two, from files and from the cache."""

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import psutil
import pytest
from PIL import Image

from fingerspell.core.alphabet import CLASSES
from fingerspell.errors import DataError, MediaError, ModelError
from fingerspell.evaluation.pictures import Protocol, open_pictures
from fingerspell.evaluation.predict import Predictions, Predictor
from fingerspell.evaluation.robustness import MIRRORED
from fingerspell.pictures.still import read_picture
from fingerspell.runtime.onnx_classifier import OnnxClassifier

from .conftest import BrightnessClassifier


@pytest.fixture
def greys(tmp_path):
    """A picture of each class whose brightness says so, in several sizes."""
    for number, name in enumerate(CLASSES):
        folder = tmp_path / "greys" / name
        folder.mkdir(parents=True)
        grey = (number * 8,) * 3
        Image.new("RGB", (40 + number % 3, 40), grey).save(folder / "1.png")
    return open_pictures(tmp_path / "greys", Protocol.GIVEN)


def test_each_picture_gets_its_own_prediction(greys):
    with Predictor(BrightnessClassifier()) as predictor:
        predictions = predictor.predict(greys)
    assert predictions.right.all()
    np.testing.assert_array_equal(predictions.predicted, greys.labels)
    assert predictions.confidence == pytest.approx(0.972, abs=1e-3)


def test_progress_ends_at_the_number_of_pictures(greys):
    seen = []
    with Predictor(BrightnessClassifier()) as predictor:
        predictor.predict(greys, advance=seen.append)
    assert sum(seen) == len(greys)


@pytest.fixture
def some(stills):
    """Every sixth of the samples."""
    return stills.sample(10)


def test_they_are_what_the_classifier_says_of_one_picture(some, samples):
    classifier = OnnxClassifier()
    with Predictor("default") as predictor:
        predictions = predictor.predict(some)
    for place in (0, 4, 9):
        path = samples / some.index.pictures[place].path
        [expected] = classifier.classify(read_picture(path)[None])
        np.testing.assert_allclose(predictions.probabilities[place], expected.probabilities, atol=1e-3)


def test_one_process_and_two_give_identical_counts(some):
    with Predictor("default") as predictor:
        alone = predictor.predict(some)
        mirrored = predictor.predict(some, MIRRORED)
    with Predictor("default", processes=2) as predictor:
        shared = predictor.predict(some)
        shared_mirrored = predictor.predict(some, MIRRORED)
    np.testing.assert_array_equal(alone.counts.confusion, shared.counts.confusion)
    np.testing.assert_array_equal(alone.ranks, shared.ranks)
    np.testing.assert_array_equal(alone.probabilities, shared.probabilities)
    np.testing.assert_array_equal(mirrored.counts.confusion, shared_mirrored.counts.confusion)


def test_the_cache_is_by_model_and_pictures(some, tmp_path, monkeypatch):
    with Predictor("default", cache=tmp_path / "cache") as predictor:
        first = predictor.predict(some)
        predictor.predict(some.sample(2))
        predictor.predict(some, MIRRORED)
    assert len(list((tmp_path / "cache").iterdir())) == 3
    monkeypatch.setattr(OnnxClassifier, "classify", None)
    with Predictor("default", cache=tmp_path / "cache") as predictor:
        again = predictor.predict(some)
    np.testing.assert_array_equal(again.probabilities, first.probabilities)
    np.testing.assert_array_equal(again.ranks, first.ranks)


@pytest.mark.parametrize("share", [0, 0.5, 0.98])
def test_a_damaged_cache_is_made_anew(stills, tmp_path, share):
    with Predictor("default", cache=tmp_path) as predictor:
        first = predictor.predict(stills.sample(5))
        [kept] = tmp_path.iterdir()
        whole = kept.read_bytes()
        kept.write_bytes(whole[: int(share * len(whole))])
        again = predictor.predict(stills.sample(5))
    np.testing.assert_array_equal(again.probabilities, first.probabilities)
    assert kept.read_bytes() == whole


def test_a_cache_that_cannot_be_written(stills, tmp_path):
    (tmp_path / "file").touch()
    with (
        Predictor("default", cache=tmp_path / "file" / "cache") as predictor,
        pytest.raises(DataError, match="choose another cache folder"),
    ):
        predictor.predict(stills.sample(2))


@pytest.mark.parametrize("processes", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_a_picture_that_was_damaged_meanwhile(greys, processes):
    path = greys.index.root / greys.index.pictures[3].path
    path.write_bytes(b"damaged")
    model = "default" if processes == 2 else BrightnessClassifier()
    with Predictor(model, processes) as predictor, pytest.raises(MediaError, match="damaged"):
        predictor.predict(greys)


def test_a_model_that_is_not_there():
    with pytest.raises(ModelError, match="is not a model"):
        Predictor("nowhere.onnx", processes=2)


def test_ties_go_to_the_first_class_and_ranks_say_so():
    probabilities = np.zeros((2, 29), np.float32)
    probabilities[:, [3, 5]] = 0.5
    predictions = Predictions.of(np.array([5, 3]), probabilities)
    assert predictions.predicted.tolist() == [3, 3]
    assert predictions.ranks.tolist() == [1, 0]


def test_no_process_outlives_a_parent_that_was_killed(tmp_path):
    """Each holds the queue open for the other, so none would see that nobody is there any more."""
    program = tmp_path / "program.py"
    program.write_text(
        "import sys, time\n"
        "from pathlib import Path\n"
        "from fingerspell.evaluation.pictures import Protocol, open_pictures\n"
        "from fingerspell.evaluation.predict import Predictor\n"
        "if __name__ == '__main__':\n"
        "    with Predictor('default', 2) as predictor:\n"
        "        predictor.predict(open_pictures(Path(sys.argv[1]), Protocol.GIVEN))\n"
        "        print('started', flush=True)\n"
        "        time.sleep(600)\n"
    )
    shutil.copytree(Path(__file__).parents[1] / "samples" / "A", tmp_path / "set" / "A")
    arguments = [sys.executable, program, tmp_path / "set"]
    parent = subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True)
    assert parent.stdout
    with parent, parent.stdout:
        assert parent.stdout.readline() == "started\n"
        children = psutil.Process(parent.pid).children(recursive=True)
        assert len(children) >= 2
        parent.kill()
    _, alive = psutil.wait_procs(children, timeout=30)
    assert not alive
