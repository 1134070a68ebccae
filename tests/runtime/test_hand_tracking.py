"""What a model remembers goes back to it with the next frame; small hands are read in videos."""

from collections.abc import Iterator

import numpy as np
import pytest
from PIL import Image

from fingerspell.core.alphabet import CLASSES, LETTERS
from fingerspell.core.types import Frame, Prediction
from fingerspell.runtime.hand_tracking import HandTracker
from fingerspell.runtime.media import Media
from fingerspell.runtime.onnx_classifier import OnnxClassifier
from fingerspell.runtime.reader import Reader

SIZE = (480, 640)
PICTURE = np.zeros((8, 8, 3), np.uint8)


class Counting:
    """Remembers how many frames it has seen, and when; one that cannot track sees stills."""

    name = "counting 1"

    def __init__(self, *, can_track: bool = True) -> None:
        self.can_track = can_track
        self.told: list[tuple[int, float] | None] = []

    def classify(self, pictures: np.ndarray) -> list[Prediction]:
        self.told += [None] * len(pictures)
        return [Prediction(np.full(29, 1 / 29, np.float32)) for _ in pictures]

    def classify_next(
        self,
        picture: np.ndarray,
        state: np.ndarray | None,
        dt_s: float,
        joints: np.ndarray | None = None,
    ) -> tuple[Prediction, np.ndarray]:
        seen = 0 if state is None else int(state[0])
        self.told.append((seen, pytest.approx(dt_s)))
        return Prediction(np.full(29, 1 / 29, np.float32)), np.float32([seen + 1])


def frames(n: int = 3) -> list[Frame]:
    return [Frame(5 + i / 10, PICTURE) for i in range(n)]


def test_what_is_remembered_comes_back_with_the_time_since():
    counting = Counting()
    tracker = HandTracker(counting)
    for frame in frames():
        tracker.look(frame)
    assert counting.told == [(0, 0), (1, 0.1), (2, 0.1)]


def test_a_reader_tracks_through_a_video_and_begins_each_anew():
    counting = Counting()
    for _ in range(2):
        list(Reader(counting).stream(frames()))
    assert counting.told == 2 * [(0, 0), (1, 0.1), (2, 0.1)]


def test_a_reader_does_not_track_from_still_to_still():
    counting = Counting()
    stills = Media("stills", "folder", lambda: iter(frames()), 1.0)
    Reader(counting).read_media(stills)
    assert counting.told == 3 * [None]


def test_a_model_that_cannot_track():
    counting = Counting(can_track=False)
    tracker = HandTracker(counting)
    for frame in frames():
        tracker.look(frame)
    assert counting.told == 3 * [None]


def test_a_model_without_joints(grey_classifier):
    tracker = HandTracker(grey_classifier)
    pictures = [grey_classifier.picture_of(sign) for sign in ("A", "B")]
    seen = [tracker.look(Frame(0.0, picture)) for picture in pictures]
    assert [CLASSES[int(each.probabilities.argmax())] for each in seen] == ["A", "B"]


def moving(still: np.ndarray) -> Iterator[np.ndarray]:
    """A hand of 60 pixels in a camera's 640, which moves a little."""
    for x in (250, 255, 260):
        picture = np.full((*SIZE, 3), 120, np.uint8)
        picture[180:240, x : x + 60] = still
        yield picture


def test_small_hands_are_read(samples):
    """The bundled reader, a still of each letter."""
    reader, right = OnnxClassifier(), 0
    for letter in LETTERS:
        with Image.open(sorted((samples / letter).iterdir())[0]) as still:
            hand = np.asarray(still.convert("RGB").resize((60, 60)))
        tracker = HandTracker(reader)
        for i, picture in enumerate(moving(hand)):
            seen = tracker.look(Frame(i / 30, picture))
        if seen.hand_probability > 0.9:
            middle = seen.joints.mean(0) * SIZE[::-1]
            assert (middle > (260, 180)).all()
            assert (middle < (320, 240)).all()
        right += CLASSES[int(seen.probabilities.argmax())] == letter
    assert right >= 24
