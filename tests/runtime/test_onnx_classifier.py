import json
import os
import subprocess
import sys
from importlib.resources import files

import numpy as np
import onnx
import pytest

from fingerspell.core.alphabet import ASL, CLASSES, DIGITS, parse_class
from fingerspell.errors import ModelError
from fingerspell.pictures.still import read_picture
from fingerspell.runtime.onnx_classifier import METADATA_KEY, OnnxClassifier


@pytest.fixture(scope="module")
def classifier() -> OnnxClassifier:
    return OnnxClassifier()


def test_the_bundled_model_describes_itself(classifier):
    assert classifier.name.startswith("fingerspell-reader ")
    assert classifier.preprocess.size_px == 192
    assert classifier.can_track
    assert "multisigner100" not in classifier.metadata["training_data"]
    assert tuple(classifier.metadata["classes"]) == (*CLASSES, *DIGITS)
    assert classifier.alphabet == ASL


@pytest.mark.parametrize("size", [(16, 16), (480, 640), (1024, 33)])
def test_pictures_of_any_size(classifier, size):
    pictures = np.random.default_rng(0).integers(0, 256, (2, *size, 3), np.uint8)
    for prediction in classifier.classify(pictures):
        assert prediction.probabilities.shape == (29,)
        assert prediction.probabilities.sum() == pytest.approx(1, abs=1e-5)
        assert prediction.joints.shape == (21, 2)
        assert 0 <= prediction.hand_probability <= 1


def test_a_batch_is_read_as_its_pictures_are(classifier, samples):
    paths = sorted(samples.glob("[A-C]/*.jpg"))
    pictures = np.stack([read_picture(path) for path in paths])
    together = classifier.classify(pictures)
    for picture, prediction in zip(pictures, together, strict=True):
        [alone] = classifier.classify(picture[None])
        np.testing.assert_allclose(alone.probabilities, prediction.probabilities, atol=1e-4)


def test_the_same_pictures_give_the_same_numbers(samples):
    """To the bit when repeated with as many threads, and nearly with more."""
    pictures = np.stack([read_picture(path) for path in sorted(samples.glob("[A-C]/*.jpg"))])

    def numbers(threads: int) -> np.ndarray:
        seen = OnnxClassifier(threads=threads).classify(pictures)
        return np.stack([np.concatenate((each.probabilities, each.joints.ravel())) for each in seen])

    alone, again, together = numbers(1), numbers(1), numbers(2)
    np.testing.assert_array_equal(alone, again)
    np.testing.assert_array_equal(together, numbers(2))
    np.testing.assert_allclose(alone, together, atol=1e-4)


@pytest.mark.parametrize("mirrored", [False, True])
def test_the_bundled_model_holds_its_accuracy(classifier, samples, mirrored):
    """58 stills, two a class, that it never saw, as right and as left hand."""
    paths = sorted(samples.glob("*/*.jpg"))
    right = 0
    for path in paths:
        picture = read_picture(path)
        picture = np.ascontiguousarray(picture[:, ::-1]) if mirrored else picture
        [prediction] = classifier.classify(picture[None])
        right += CLASSES[int(prediction.probabilities.argmax())] == parse_class(path.parent.name)
    assert len(paths) == 58
    assert right >= 56


@pytest.mark.parametrize(("still", "light"), [("M/M8.jpg", 0.2), ("F/F23.jpg", 1.0)])
def test_a_hand_that_fills_a_still_is_found_where_no_palm_is(classifier, samples, still, light):
    """In the dark, and turned; frames of videos are not looked at as a whole, so these show none."""
    grey = light * read_picture(samples / still)[32:-32, 32:-32].mean(2, keepdims=True)
    picture = np.repeat(grey.astype(np.uint8), 3, 2)
    [seen], (frame, _) = classifier.classify(picture[None]), classifier.classify_next(picture, None, 0)
    assert CLASSES[int(seen.probabilities.argmax())] == still[0]
    assert seen.hand_probability > 0.8
    assert frame.hand_probability < 0.5


def test_an_empty_scene_is_nothing(classifier):
    [prediction] = classifier.classify(np.full((1, 240, 320, 3), 90, np.uint8))
    assert CLASSES[int(prediction.probabilities.argmax())] == "nothing"
    assert prediction.hand_probability < 0.5


def test_a_missing_file(tmp_path):
    with pytest.raises(ModelError, match=r"none\.onnx cannot be read .*check the path"):
        OnnxClassifier(tmp_path / "none.onnx")


@pytest.mark.parametrize("content", [b"", b"not a model", b"\x80\x04pickle"])
def test_what_is_no_model(tmp_path, content):
    path = tmp_path / "m.onnx"
    path.write_bytes(content)
    with pytest.raises(ModelError, match="is not an ONNX model that can be run"):
        OnnxClassifier(path)


@pytest.fixture
def edited(tmp_path):
    """The bundled model with other metadata."""

    def edit(change) -> str:
        model = onnx.load_model_from_string((files("fingerspell") / "assets/reader.onnx").read_bytes())
        properties = {p.key: p.value for p in model.metadata_props}
        document = json.loads(properties.pop(METADATA_KEY))
        del model.metadata_props[:]
        changed = change(document)
        if changed is not None:
            onnx.helper.set_model_props(model, {METADATA_KEY: json.dumps(changed)})
        path = tmp_path / "m.onnx"
        path.write_bytes(model.SerializeToString())
        return str(path)

    return edit


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: None, "was not exported by fingerspell"),
        (lambda d: {**d, "format": 99}, "of format 99, this fingerspell reads format 1"),
        (
            lambda d: {**d, "classes": d["classes"][1:], "roles": d["roles"][1:]},
            "names .* classes and gives .* probabilities",
        ),
        (lambda d: {**d, "classes": ["A"] * len(d["classes"])}, "was not exported by fingerspell"),
        (lambda d: {"format": 1}, "was not exported by fingerspell"),
        (lambda d: {**d, "preprocess": {"side": 3}}, "was not exported by fingerspell"),
        (
            lambda d: {**d, "preprocess": {**d["preprocess"], "kernel": "box"}},
            "was not exported by fingerspell",
        ),
    ],
)
def test_metadata_that_does_not_fit_is_refused(edited, change, message):
    with pytest.raises(ModelError, match=message):
        OnnxClassifier(edited(change))


def test_onnx_runtime_reports_to_nobody(tmp_path):
    """Since 1.29 it sends what it runs to Microsoft, by way of a file in the user's cache folder."""
    kept = {"HOME": str(tmp_path), "PYTHONPATH": os.pathsep.join(sys.path)}
    removed = ("CI", "ORT_DISABLE_TELEMETRY", "ORT_RUNNING_UNIT_TESTS")
    environment = {k: v for k, v in os.environ.items() if k not in removed} | kept
    script = "import fingerspell; fingerspell.load_reader(spell=False)"
    subprocess.run([sys.executable, "-c", script], env=environment, check=True)
    assert list(tmp_path.iterdir()) == []
