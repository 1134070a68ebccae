"""MediaPipe beside the reader; its joints of the samples were recorded with MediaPipe 1.2.2.

The real thing runs where FINGERSPELL_DATA holds MediaPipe's hand_landmarker.task.
"""

import hashlib
import json
import os
import sys
from pathlib import Path

import numpy as np
import pooch
import pytest

import fingerspell
from fingerspell.core.alphabet import CLASSES, parse_class
from fingerspell.core.types import Frame
from fingerspell.errors import ModelError
from fingerspell.pictures.still import read_picture
from fingerspell.runtime import mediapipe_hands
from fingerspell.runtime.hand_square import around
from fingerspell.runtime.hand_tracking import HandTracker
from fingerspell.runtime.mediapipe_hands import MEDIAPIPE, HandLandmarker, WithMediapipe
from fingerspell.runtime.onnx_classifier import OnnxClassifier


class Recorded:
    """What MediaPipe found, in the order in which the samples are read."""

    def __init__(self, found):
        self.found = iter(found)

    def find(self, picture):
        return next(self.found)


@pytest.fixture(scope="module")
def recorded():
    document = json.loads((Path(__file__).parent / "mediapipe_joints.json").read_text())
    return {name: None if joints is None else np.float32(joints) for name, joints in document.items()}


@pytest.fixture(scope="module")
def reader():
    return OnnxClassifier()


def sign(probabilities):
    return CLASSES[int(probabilities.argmax())]


def test_the_samples_are_read_with_both(recorded, reader, samples):
    both = WithMediapipe(reader, Recorded(recorded.values()))
    predictions = [both.classify(read_picture(samples / name)[None])[0] for name in recorded]
    right = [
        sign(prediction.probabilities) == parse_class(name.split("/")[0])
        for name, prediction in zip(recorded, predictions, strict=True)
    ]
    assert len(right) == 58
    assert sum(right) >= 56
    assert both.name == f"{reader.name} with MediaPipe"


def test_joints_are_mediapipes_as_shares_of_the_picture(recorded, reader):
    joints = recorded["A/A23.jpg"]
    both = WithMediapipe(reader, Recorded([joints]))
    [prediction] = both.classify(np.zeros((1, 100, 200, 3), np.uint8))
    np.testing.assert_allclose(prediction.joints[5], joints[5] / (200, 100), rtol=1e-6)
    assert prediction.hand_probability == 1
    assert prediction.probabilities.sum() == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("size_px", [None, 5, 29])
def test_without_a_hand_of_some_size_the_reader_reads_alone(reader, samples, recorded, size_px):
    picture = read_picture(samples / "A" / "A23.jpg")[None]
    joints = recorded["A/A23.jpg"] - recorded["A/A23.jpg"].min(0)
    found = None if size_px is None else joints * size_px / joints.max()
    both = WithMediapipe(reader, Recorded([found]))
    np.testing.assert_array_equal(
        both.classify(picture)[0].probabilities, reader.classify(picture)[0].probabilities
    )


def test_in_videos_the_reader_looks_where_mediapipe_finds_the_hand(reader, samples, recorded):
    """As frames, not as stills; where it finds none, the hand is tracked as without it."""
    picture, joints = read_picture(samples / "A" / "A23.jpg"), recorded["A/A23.jpg"]
    frames = [Frame(i / 30, picture) for i in range(2)]
    tracker = HandTracker(WithMediapipe(reader, Recorded([joints, None])))
    seen = [tracker.look(frame) for frame in frames]
    near = joints / np.float32(picture.shape[1::-1])
    expected, state = reader.classify_next(picture, None, 0.0, near)
    np.testing.assert_array_equal(seen[0].probabilities, expected.probabilities)
    followed, _ = reader.classify_next(picture, state, 1 / 30)
    np.testing.assert_array_equal(seen[1].probabilities, followed.probabilities)


def test_a_model_that_cannot_be_told_where_the_hand_is(recorded, samples, grey_classifier):
    both = WithMediapipe(grey_classifier, Recorded([recorded["A/A23.jpg"]]))
    assert not both.can_track
    picture = read_picture(samples / "A" / "A23.jpg")
    seen = HandTracker(both).look(Frame(0, picture))
    [expected] = grey_classifier.classify(around(picture, recorded["A/A23.jpg"])[0][None])
    np.testing.assert_array_equal(seen.probabilities, expected.probabilities)


class TestFile:
    def test_none_at_the_path(self, tmp_path):
        with pytest.raises(ModelError, match=r"none\.task cannot be read \(No such file"):
            HandLandmarker(tmp_path / "none.task")

    @pytest.mark.parametrize("content", [b"", b"junk", b"PK\x03\x04" + bytes(500)])
    def test_another_file(self, tmp_path, content):
        file = tmp_path / "hands.task"
        file.write_bytes(content)
        with pytest.raises(ModelError, match=r"hands\.task is not a hand_landmarker\.task"):
            HandLandmarker(file)

    @pytest.mark.parametrize("module", ["mediapipe", "pooch"])
    def test_without_the_extra(self, tmp_path, monkeypatch, module):
        monkeypatch.setitem(sys.modules, module, None)
        file = tmp_path / "hands.task"
        file.write_bytes(b"")
        with pytest.raises(ModelError, match=r"pip install 'fingerspell\[hands\]'"):
            HandLandmarker(MEDIAPIPE if module == "pooch" else file)


class TestDownload:
    @pytest.fixture
    def served(self, tmp_path, monkeypatch, serve_folder):
        """A stand-in for MediaPipe's server, with the file it gives, and a cache of the test's own."""
        folder = tmp_path / "served"
        folder.mkdir()
        file = folder / "hand_landmarker.task"
        file.write_bytes(b"not MediaPipe's")
        monkeypatch.setattr(pooch, "os_cache", lambda name: tmp_path / "cache" / name)
        monkeypatch.setattr(mediapipe_hands, "SHA256", hashlib.sha256(file.read_bytes()).hexdigest())
        monkeypatch.setattr(mediapipe_hands, "URL", f"{serve_folder(folder)}/{file.name}")
        return file

    def test_once(self, served):
        with pytest.raises(ModelError, match=r"is not a hand_landmarker\.task"):
            HandLandmarker()
        kept = mediapipe_hands._downloaded()
        assert kept.read_bytes() == served.read_bytes()
        served.unlink()
        assert mediapipe_hands._downloaded() == kept

    def test_what_is_not_what_was_asked_for_is_not_kept(self, served, tmp_path):
        served.write_bytes(b"tampered with")
        with pytest.raises(ModelError, match="is not the expected file, and was not kept"):
            HandLandmarker()
        assert not list((tmp_path / "cache").rglob("*.task"))

    def test_offline(self, served, monkeypatch):
        monkeypatch.setattr(mediapipe_hands, "URL", "http://127.0.0.1:9/hand_landmarker.task")
        with pytest.raises(ModelError, match=r"could not be downloaded: place hand_landmarker\.task"):
            HandLandmarker()


@pytest.mark.slow
def test_the_real_thing(samples, recorded, capfd):
    """MediaPipe itself, as a user has it: joints as recorded, no chatter, text from a picture."""
    if "FINGERSPELL_DATA" not in os.environ:
        pytest.skip("set FINGERSPELL_DATA to a folder that holds MediaPipe's hand_landmarker.task")
    file = Path(os.environ["FINGERSPELL_DATA"]) / "hand_landmarker.task"
    if not file.exists():
        pytest.skip(f"{file} is not there: download it from {mediapipe_hands.URL}")
    landmarker = HandLandmarker(file)
    for name, joints in recorded.items():
        found = landmarker.find(read_picture(samples / name))
        if joints is None:
            assert found is None
        else:
            np.testing.assert_allclose(found, joints, atol=1)
    large = np.kron(read_picture(samples / "A" / "A23.jpg"), np.ones((12, 12, 1), np.uint8))
    np.testing.assert_allclose(landmarker.find(large) / 12, recorded["A/A23.jpg"], atol=10)
    for size in ((1, 5000), (5000, 1), (1, 1), (16, 16)):  # which must not be enlarged beyond reason
        assert landmarker.find(np.zeros((*size, 3), np.uint8)) is None
    landmarker.close()
    assert fingerspell.load_reader(hands=file).read(samples / "A" / "A23.jpg").text == "A"
    assert capfd.readouterr().err == ""
