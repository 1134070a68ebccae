"""Following a hand; what finds it here is exact, so that it can be told where it was looked for."""

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from fingerspell.core.alphabet import CLASSES, LETTERS
from fingerspell.core.types import Frame, Prediction
from fingerspell.runtime.following import (
    CLEAR,
    DOUBTFUL_FRAMES,
    IDLE_AFTER_S,
    KEPT,
    UNMOVED_S,
    HandFollower,
    means_of_parts,
)
from fingerspell.runtime.media import Media
from fingerspell.runtime.onnx_classifier import OnnxClassifier
from fingerspell.runtime.reader import Reader

SIZE = (480, 640)
HAND_PX = 60
ANYWHERE = None  # where a hand was looked for


def sure_of(sign: str, probability: float) -> np.ndarray:
    """Probabilities [29] of a sign and, the same for all, of the others."""
    probabilities = np.full(29, (1 - probability) / 28, np.float32)
    probabilities[CLASSES.index(sign)] = probability
    return probabilities


class Spotting:
    """Takes white pixels for a hand and their corner for its joints; remembers where it was to look."""

    name = "spotting 1"

    def __init__(self, hand_probability: float | None = 0.97, *, can_follow: bool = True) -> None:
        self.hand_probability, self.can_follow = hand_probability, can_follow
        self.probability = 0.9  # of A
        self.looked: list[tuple[int, int] | None] = []

    def classify(self, pictures: np.ndarray) -> list[Prediction]:
        self.looked += [ANYWHERE] * len(pictures)
        return [self._see(picture) for picture in pictures]

    def classify_near(self, picture: np.ndarray, joints: np.ndarray) -> Prediction:
        corner = joints[0] * picture.shape[1::-1]
        self.looked.append(ANYWHERE if np.isnan(joints).all() else tuple(np.rint(corner).tolist()))
        return self._see(picture)

    def _see(self, picture: np.ndarray) -> Prediction:
        probabilities = sure_of("A", self.probability)
        rows, columns = np.nonzero(picture[:, :, 0])
        if not len(rows):
            return Prediction(probabilities, np.zeros((21, 2), np.float32), 0.01)
        corner = np.array([columns.min(), rows.min()]) / picture.shape[1::-1]
        return Prediction(probabilities, np.tile(np.float32(corner), (21, 1)), self.hand_probability)


def frame(
    x: int, y: int = 200, side: int = HAND_PX, size: tuple[int, int] = SIZE, time_s: float = 0.0
) -> Frame:
    """A white square hand with its left upper corner at x, y."""
    picture = np.zeros((*size, 3), np.uint8)
    picture[max(y, 0) : y + side, max(x, 0) : x + side] = 255
    return Frame(time_s, picture)


def empty(time_s: float = 0.0) -> Frame:
    """A picture without a hand."""
    return Frame(time_s, np.zeros((*SIZE, 3), np.uint8))


def test_anywhere_first_and_then_where_the_hand_was():
    spotting = Spotting()
    follower = HandFollower(spotting)
    for x in (100, 120, 140):
        follower.look(frame(x))
    assert spotting.looked == [ANYWHERE, (100, 200), (120, 200)]


def test_a_hand_that_is_gone_is_looked_for_anywhere():
    spotting = Spotting()
    follower = HandFollower(spotting)
    follower.look(frame(100))
    assert follower.look(empty()).hand_probability == pytest.approx(0.01)
    follower.look(frame(300))
    assert spotting.looked == [ANYWHERE, (100, 200), ANYWHERE]


def test_another_size_of_picture_in_the_same_stream():
    """Places are shares of the picture."""
    spotting = Spotting()
    follower = HandFollower(spotting)
    follower.look(frame(100))
    follower.look(frame(50, 100, HAND_PX // 2, (240, 320)))
    assert spotting.looked[-1] == (50, 100)


@pytest.mark.parametrize("hand_probability", [0.0, KEPT - 0.01, None])
def test_what_may_be_no_hand_is_not_followed(hand_probability):
    spotting = Spotting(hand_probability)
    follower = HandFollower(spotting)
    for x in (100, 120):
        follower.look(frame(x))
    assert spotting.looked == [ANYWHERE, ANYWHERE]


def test_a_reader_follows_through_a_video():
    spotting = Spotting()
    frames = [frame(100, time_s=i / 30) for i in range(3)]
    list(Reader(spotting).stream(frames))
    assert spotting.looked == [ANYWHERE, (100, 200), (100, 200)]


def test_a_reader_does_not_follow_from_still_to_still():
    spotting = Spotting()
    stills = Media("stills", "folder", lambda: (frame(100, time_s=i) for i in range(3)), 1.0)
    Reader(spotting).read_media(stills)
    assert spotting.looked == 3 * [ANYWHERE]


def test_a_model_that_cannot_follow():
    spotting = Spotting(can_follow=False)
    follower = HandFollower(spotting)
    for x in (100, 120):
        follower.look(frame(x))
    assert spotting.looked == [ANYWHERE, ANYWHERE]


def test_a_model_without_joints(grey_classifier):
    follower = HandFollower(grey_classifier)
    pictures = [grey_classifier.picture_of(sign) for sign in ("A", "B")]
    seen = [follower.look(Frame(0.0, picture)) for picture in pictures]
    assert [CLASSES[int(each.probabilities.argmax())] for each in seen] == ["A", "B"]


def test_what_is_in_doubt_is_looked_for_anew_now_and_then():
    """After the first frame in doubt, and after every third one from there."""
    spotting = Spotting()
    follower = HandFollower(spotting)
    for probability in (0.9, 0.9, CLEAR - 0.01, 0.5, 0.5, 0.5, 0.5, CLEAR, 0.5, CLEAR, 0.9):
        spotting.probability = probability
        follower.look(frame(100))
    anew = [looked is ANYWHERE for looked in spotting.looked]
    assert DOUBTFUL_FRAMES == 3
    assert [i for i, each in enumerate(anew) if each] == [0, 3, 6, 9]


def restless(time_s: float = 0.0) -> Frame:
    """A picture without a hand in which a light flickers."""
    picture = np.zeros((*SIZE, 3), np.uint8)
    picture[400:, 500:, 1] = round(60 * time_s) % 7 * 30
    return Frame(time_s, picture)


@pytest.mark.parametrize(("fps", "every"), [(60, 4), (30, 2), (25, 2), (15, 1), (5, 1)])
def test_where_no_hand_is_fewer_frames_are_looked_at(fps, every):
    """What was seen holds until the next look; a hand that has just gone is looked for each time."""
    spotting = Spotting()
    follower = HandFollower(spotting)
    follower.look(frame(100))
    looked_at, seen = [0], []
    for i in range(1, 2 * fps):
        seen.append(follower.look(restless(i / fps)))
        if len(spotting.looked) > len(looked_at):
            looked_at.append(i)
        else:
            assert seen[-1] is seen[-2]
    just_gone = [i for i in range(2 * fps) if i / fps <= IDLE_AFTER_S]
    assert looked_at[: len(just_gone)] == just_gone
    assert set(np.diff(looked_at[len(just_gone) :])) == {every}
    before = len(spotting.looked)
    for i in range(2 * fps, 3 * fps):
        follower.look(frame(100, time_s=i / fps))
    assert len(spotting.looked) - before > fps - every
    assert spotting.looked[-1] == (100, 200)


@pytest.mark.parametrize("noise", [0, 15])
def test_where_nothing_moves_a_hand_is_looked_for_twice_a_second(noise):
    """And at once when something comes into view, be it a hand of a tenth of the picture's height."""
    spotting, dice = Spotting(), np.random.default_rng(0)
    follower = HandFollower(spotting)
    room = dice.integers(60, 190, (*SIZE, 1)) * np.array([0, 1, 1])  # red is what a hand is told by
    shaken = [room + dice.normal(0, noise, (*SIZE, 1)) * np.array([0, 1, 1]) for _ in range(10)]
    shown = [each.clip(0, 255).astype(np.uint8) for each in shaken]
    for i in range(300):
        follower.look(Frame(i / 30, shown[i % 10]))
    assert len(spotting.looked) == pytest.approx(IDLE_AFTER_S * 30 + 9.5 / UNMOVED_S, abs=2)
    before = len(spotting.looked)
    room[200:248, 300:340] = 255
    seen = follower.look(Frame(10.07, room.astype(np.uint8)))
    assert len(spotting.looked) == before + 1
    assert seen.hand_probability > 0.9


@given(st.integers(16, 700), st.integers(16, 700), st.integers(0, 255))
@settings(deadline=None)  # a busy machine is slow now and then
def test_parts_are_means(height, width, grey):
    """Of a grey picture, that grey; by hand, the left of a picture is not the right of it."""
    parts = means_of_parts(np.full((height, width, 3), grey, np.uint8))
    assert max(parts.shape) <= 10
    np.testing.assert_array_equal(parts, np.full(parts.shape, grey, np.float32))
    halves = np.zeros((32, 64, 3), np.uint8)
    halves[:16, 32:, 1] = 100
    assert means_of_parts(halves).tolist() == [[0, 0, 100, 100], [0, 0, 0, 0]]


def test_no_frame_is_passed_over_where_it_is_not_known_whether_there_is_a_hand():
    spotting = Spotting(None)
    follower = HandFollower(spotting)
    for i in range(60):
        follower.look(frame(100, time_s=i / 30))
    assert len(spotting.looked) == 60


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
        follower = HandFollower(reader)
        for picture in moving(hand):
            seen = follower.look(Frame(0.0, picture))
        if seen.hand_probability > 0.9:
            middle = seen.joints.mean(0) * SIZE[::-1]
            assert (middle > (260, 180)).all()
            assert (middle < (320, 240)).all()
        right += CLASSES[int(seen.probabilities.argmax())] == letter
    assert right >= 24
