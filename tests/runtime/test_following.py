"""Following a hand; what finds it here is exact, so that every place can be checked."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from fingerspell.core.alphabet import CLASSES, LETTERS
from fingerspell.core.types import Frame, Prediction
from fingerspell.runtime.following import HandFollower
from fingerspell.runtime.hand_square import SPAN
from fingerspell.runtime.media import Media
from fingerspell.runtime.onnx_classifier import OnnxClassifier
from fingerspell.runtime.reader import Reader

SIZE = (480, 640)
HAND_PX = 60


class Spotting:
    """Takes white pixels for a hand and their box for joints; remembers what it was shown."""

    name = "spotting 1"

    def __init__(self, hand_probability: float = 0.97) -> None:
        self.hand_probability = hand_probability
        self.shown: list[tuple[int, int]] = []

    def classify(self, pictures: np.ndarray) -> list[Prediction]:
        return [self._classify(picture) for picture in pictures]

    def _classify(self, picture: np.ndarray) -> Prediction:
        self.shown.append(picture.shape[:2])
        probabilities = np.full(29, 1 / 29, np.float32)
        rows, columns = np.nonzero(picture[:, :, 0])
        if not len(rows):
            return Prediction(probabilities, np.zeros((21, 2), np.float32), 0.01)
        sides = np.array(picture.shape[1::-1], np.float32)
        corners = np.array([[columns.min(), rows.min()], [columns.max() + 1, rows.max() + 1]])
        joints = np.float32(np.resize(corners, (21, 2))) / sides
        return Prediction(probabilities, joints, self.hand_probability)


def frame(x: int, y: int, side: int = HAND_PX, size: tuple[int, int] = SIZE) -> np.ndarray:
    """A white square hand with its left upper corner at x, y."""
    picture = np.zeros((*size, 3), np.uint8)
    picture[max(y, 0) : y + side, max(x, 0) : x + side] = 255
    return picture


LAST_X, LAST_Y = SIZE[1] - HAND_PX - 1, SIZE[0] - HAND_PX - 1  # where it does not touch the edges
steps = st.lists(st.tuples(st.integers(-20, 20), st.integers(-20, 20)), max_size=8)


@given(x=st.integers(1, LAST_X), y=st.integers(1, LAST_Y), by=steps)
def test_a_hand_that_moves_within_the_picture_is_followed(x, y, by):
    """Its place is that in the whole picture, which is looked at once."""
    spotting = Spotting()
    follower = HandFollower(spotting)
    follower.look(frame(x, y))
    for dx, dy in by:
        x, y = (int(np.clip(at, 1, last)) for at, last in ((x + dx, LAST_X), (y + dy, LAST_Y)))
        picture = frame(x, y)
        [whole] = Spotting().classify(picture[None])
        np.testing.assert_allclose(follower.look(picture).joints, whole.joints, atol=1e-5)
    assert SIZE not in spotting.shown[1:]


@given(x=st.integers(0, SIZE[1] - HAND_PX), y=st.integers(0, SIZE[0] - HAND_PX), by=steps)
def test_a_hand_that_moves_out_of_the_picture_is_seen_as_long_as_it_is_there(x, y, by):
    follower = HandFollower(Spotting())
    follower.look(frame(x, y))
    for dx, dy in by:
        x, y = x + dx, y + dy
        picture = frame(x, y)
        [whole] = Spotting().classify(picture[None])
        assert follower.look(picture).hand_probability == whole.hand_probability


def test_the_whole_picture_first_and_then_the_square_around_the_hand():
    spotting = Spotting()
    follower = HandFollower(spotting)
    for x in (100, 120, 140):
        follower.look(frame(x, 200))
    side = int(np.ceil(HAND_PX / SPAN))
    assert spotting.shown == [SIZE, (side, side), (side, side)]


def test_a_hand_that_is_gone_is_looked_for_everywhere():
    spotting = Spotting()
    follower = HandFollower(spotting)
    follower.look(frame(100, 200))
    gone = follower.look(frame(500, 20))  # in one step to the other corner
    np.testing.assert_allclose(gone.joints[0], (500 / SIZE[1], 20 / SIZE[0]), atol=1e-5)
    assert spotting.shown[2:] == [SIZE]
    assert follower.look(np.zeros((*SIZE, 3), np.uint8)).hand_probability == pytest.approx(0.01)
    follower.look(frame(100, 200))
    assert spotting.shown[-1] == SIZE  # nothing was there to be followed


def test_another_size_of_picture_in_the_same_stream():
    spotting = Spotting()
    follower = HandFollower(spotting)
    follower.look(frame(100, 200))
    seen = follower.look(frame(50, 100, HAND_PX // 2, (240, 320)))
    side = int(np.ceil(HAND_PX / 2 / SPAN))
    assert spotting.shown[-1] == (side, side)
    np.testing.assert_allclose(seen.joints[0], (50 / 320, 100 / 240), atol=1e-5)


@pytest.mark.parametrize("hand_probability", [0.0, 0.89, None])
def test_what_may_be_no_hand_is_not_followed(hand_probability):
    spotting = Spotting(hand_probability)
    follower = HandFollower(spotting)
    for x in (100, 120):
        follower.look(frame(x, 200))
    assert spotting.shown == [SIZE, SIZE]


def test_a_hand_nearly_as_large_as_the_picture_is_not_followed():
    spotting = Spotting()
    follower = HandFollower(spotting)
    for x in (100, 120):
        follower.look(frame(x, 100, 230))
    assert spotting.shown == [SIZE, SIZE]


SQUARE = 2 * (int(np.ceil(HAND_PX / SPAN)),)


@pytest.mark.parametrize(("follows", "shown"), [(True, SQUARE), (False, SIZE)])
def test_a_reader_follows_through_a_video_if_it_is_to(follows, shown):
    spotting = Spotting()
    frames = [Frame(i / 30, frame(100 + 5 * i, 200)) for i in range(3)]
    list(Reader(spotting, follows=follows).stream(frames))
    assert spotting.shown == [SIZE, shown, shown]


def test_a_reader_does_not_follow_from_still_to_still():
    spotting = Spotting()
    stills = Media("stills", "folder", lambda: (Frame(i, frame(100, 200)) for i in range(3)), 1.0)
    Reader(spotting).read_media(stills)
    assert spotting.shown == 3 * [SIZE]


def test_a_model_without_joints(grey_classifier):
    follower = HandFollower(grey_classifier)
    pictures = [grey_classifier.picture_of(sign) for sign in ("A", "B")]
    assert [CLASSES[int(follower.look(p).probabilities.argmax())] for p in pictures] == ["A", "B"]


def test_small_hands_are_read(samples):
    """The bundled reader; a still of each letter, 60 pixels of a camera's 640, that moves a little."""
    reader, right = OnnxClassifier(), 0
    for letter in LETTERS:
        with Image.open(sorted((samples / letter).iterdir())[0]) as still:
            hand = np.asarray(still.convert("RGB").resize((60, 60)))
        follower = HandFollower(reader)
        for x in (250, 255, 260):
            picture = np.full((*SIZE, 3), 120, np.uint8)
            picture[180:240, x : x + 60] = hand
            seen = follower.look(picture)
        if seen.hand_probability > 0.9:
            middle = seen.joints.mean(0) * SIZE[::-1]
            assert (middle > (260, 180)).all()
            assert (middle < (320, 240)).all()
        right += CLASSES[int(seen.probabilities.argmax())] == letter
    assert right >= 24
