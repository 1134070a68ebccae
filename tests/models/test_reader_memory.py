"""What is remembered through a video; what finds hands here is exact, and says where it looked."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.models.test_reader import Letters, Palms, reader_with

from fingerspell.models.hand_letters import Reading
from fingerspell.models.reader import HandReader
from fingerspell.models.reader_memory import (
    WAYS,
    Memory,
    means_of_parts,
    size,
)
from fingerspell.models.reader_rules import ReaderRules

SIZE = (480, 640)
HAND_PX = 60
ROOM = np.array([0, 1, 1])  # red is what a hand is told by
SURE = 20.0  # the feature of a clear letter


class Spotting(Letters):
    """Sees a hand where a view shows red, as clear as it is told."""

    def __init__(self) -> None:
        super().__init__(sees=lambda view: view[0].max() > 200)
        self.feature = SURE
        with torch.no_grad():
            self.last_layer.weight.zero_()[0, 0] = 1.0
            self.last_layer.bias.zero_()

    def forward(self, middle, turn):
        seen = super().forward(middle, turn)
        features = torch.zeros(len(middle), 256)
        features[:, 0] = self.feature
        return Reading(features, seen.joints, seen.hand)


class Video:
    """A reader and what it remembers; counts how often it looked, and detected a hand."""

    def __init__(self) -> None:
        self.letters = Spotting()
        self.reader = reader_with(Palms(), self.letters)
        for last in (self.reader.shape.net.layers[-1], self.reader.small.letter[-1]):
            last.weight.data.zero_()
            last.bias.data.zero_()
        self.state: torch.Tensor | None = None
        self.looked = self.detected = 0

    def look(self, picture: np.ndarray, dt_s: float = 1 / 30) -> tuple[float, torch.Tensor]:
        """The probability of a hand, and the place of its wrist in pixels."""
        first = len(self.whole_views)
        *_, joints, hand, self.state = self.reader(
            torch.from_numpy(picture)[None], self.state, torch.tensor([dt_s]), torch.tensor([False])
        )
        self.looked += Memory.of(self.state).looked_s.item() == 0
        self.detected += len(self.whole_views) > first
        return hand.item(), joints[0, 0] * torch.tensor(picture.shape[1::-1])

    @property
    def whole_views(self) -> list[torch.Tensor]:
        """What the network that detects hands was shown; of known ones it sees two views at once."""
        return [view for view in self.reader.small.shown if len(view) == 1]


def frame(x: int, y: int = 200, side: int = HAND_PX, shape: tuple[int, int] = SIZE) -> np.ndarray:
    """A white square hand with its left upper corner at x, y."""
    picture = np.zeros((*shape, 3), np.uint8)
    picture[max(y, 0) : y + side, max(x, 0) : x + side] = 255
    return picture


EMPTY = np.zeros((*SIZE, 3), np.uint8)


def test_anywhere_first_and_then_where_the_hand_was():
    video = Video()
    for x in (100, 110, 120):
        hand, _ = video.look(frame(x))
        assert hand > 0.9
    assert (video.looked, video.detected) == (3, 1)


def test_a_hand_that_is_gone_is_detected_anew():
    video = Video()
    video.look(frame(100))
    assert video.look(EMPTY)[0] < 0.1
    hand, place = video.look(frame(400))
    assert hand > 0.9
    torch.testing.assert_close(place, torch.tensor([430.0, 200.0]), atol=40, rtol=0)
    assert video.detected == 3 - 1  # at the second frame it was looked for where it had been, too


def test_another_size_of_picture_in_the_same_stream():
    """Places are shares of the picture."""
    video = Video()
    video.look(frame(100))
    hand, _ = video.look(frame(50, 100, HAND_PX // 2, (240, 320)))
    assert hand > 0.9
    assert video.detected == 1


def test_what_is_uncertain_is_detected_anew_now_and_then():
    """After the first uncertain frame, and after every third one from there."""
    video, anew = Video(), []
    sure, uncertain = SURE, 0.0
    for i, feature in enumerate([sure, sure] + 5 * [uncertain] + [sure, uncertain, sure, sure]):
        video.letters.feature = feature
        before = video.detected
        video.look(frame(100))
        anew += [i] * (video.detected - before)
    assert ReaderRules.uncertain_frames == 3
    assert anew == [0, 3, 6, 9]


def restless(time_s: float) -> np.ndarray:
    """A picture without a hand in which a light flickers."""
    picture = EMPTY + np.uint8([0, 50, 0])
    picture[400:, 500:, 1] = round(60 * time_s) % 7 * 30
    return picture


@pytest.mark.parametrize(
    ("fps", "every"), [pytest.param(60, 4, marks=pytest.mark.slow), (25, 2), (5, 1)]
)
def test_where_no_hand_is_fewer_frames_are_looked_at(fps, every):
    """What was seen holds until the next look; a hand that has just gone is looked for each time."""
    video = Video()
    video.look(frame(100), 0.0)
    looked_at = []
    for i in range(1, 2 * fps):
        before = video.looked
        video.look(restless(i / fps), 1 / fps)
        looked_at += [i] * (video.looked - before)
    just_gone = [i for i in range(1, 2 * fps) if i / fps < ReaderRules.idle_after_s]
    assert looked_at[: len(just_gone)] == just_gone
    assert set(np.diff(looked_at[len(just_gone) + 1 :])) == {every}
    before = video.looked
    for _ in range(fps):
        hand, _ = video.look(frame(100), 1 / fps)
    assert video.looked - before > fps - len(WAYS) * every
    assert hand > 0.9


def test_where_no_hand_is_each_frame_is_looked_at_in_one_way():
    """By landmarks in every other frame, by palms in the others, with and without a margin."""
    video = Video()
    for i in range(8):
        video.look(restless(i), 0.1)
    landmarks, palms = video.detected, len(video.reader.palms.shown)
    for i in range(8, 20):
        video.look(restless(i), 0.1)
    assert video.detected - landmarks == 6
    shown = video.reader.palms.shown[palms:]
    assert len(shown) == 6
    margins = [view[:, :, :48].max().item() == 0 for view in shown]
    assert margins in ([False, True] * 3, [True, False] * 3)


@pytest.mark.parametrize("looks", range(len(WAYS)))
def test_a_hand_that_comes_is_found_in_some_way(looks):
    """Each way finds it; one of a palm that is lost among the landmarks is found by its palm."""
    video = Video()
    for i in range(10 + looks):
        video.look(restless(i), 0.1)
    hands = [video.look(frame(100), 0.1)[0] for _ in range(len(WAYS))]
    assert hands[-1] > 0.9
    assert [hand > 0.9 for hand in hands] == sorted(hand > 0.9 for hand in hands)


@pytest.mark.parametrize("noise", [pytest.param(0, marks=pytest.mark.slow), 15])
def test_where_nothing_moves_a_hand_is_looked_for_twice_a_second(noise):
    """And at once when something comes into view, be it a hand of a tenth of the picture's height."""
    video, dice = Video(), np.random.default_rng(0)
    room = dice.integers(60, 190, (*SIZE, 1)) * ROOM
    shaken = [room + dice.normal(0, noise, (*SIZE, 1)) * ROOM for _ in range(10)]
    shown = [each.clip(0, 255).astype(np.uint8) for each in shaken]
    for i in range(300):
        video.look(shown[i % 10])
    assert video.looked == pytest.approx(
        ReaderRules.idle_after_s * 30 + 9.5 / ReaderRules.unmoved_s, abs=2
    )
    before = video.looked
    room[200:248, 300:340] = 255
    video.look(room.astype(np.uint8))
    assert video.looked == before + 1


def test_what_holds_is_told_again():
    """Without a look, the same is said, and the same is remembered but for the time."""
    video = Video()
    for _ in range(40):
        last = video.look(EMPTY)
    before, looked = Memory.of(video.state), video.looked
    again = video.look(EMPTY, 0.01)
    after = Memory.of(video.state)
    assert (video.looked, again[0]) == (looked, last[0])
    for name in ("joints", "hand", "features", "uncertain", "parts"):
        torch.testing.assert_close(getattr(after, name), getattr(before, name))
    assert (after.without_s - before.without_s).item() == pytest.approx(0.01, abs=1e-4)


def test_of_stills_nothing_is_remembered():
    video = Video()
    video.look(frame(100))
    picture = torch.from_numpy(frame(400))[None]
    known = video.reader(picture, video.state, torch.zeros(1), torch.tensor([True]))
    for one, other in zip(known[:3], video.reader(picture)[:3], strict=True):
        torch.testing.assert_close(one, other)


def test_a_state_holds_what_was_put_into_it():
    torch.manual_seed(0)
    state = torch.rand(3, size(7))
    memory = Memory.of(state)
    assert memory.features.shape == (3, 7)
    torch.testing.assert_close(memory.state(), state)
    torch.testing.assert_close(memory.joints.flatten(1), state[:, :42])
    torch.testing.assert_close(memory.hand, state[:, 42])
    assert size(644) == HandReader.STATE


@given(st.integers(1, 700), st.integers(1, 700), st.integers(0, 255))
@settings(deadline=None)  # a busy machine is slow now and then
def test_parts_are_means(height, width, grey):
    """Of a grey picture, that grey; by hand, the left of a picture is not the right of it."""
    parts = means_of_parts(torch.full((1, height, width, 3), grey, dtype=torch.uint8))
    torch.testing.assert_close(parts, torch.full((1, 100), float(grey)))
    halves = torch.zeros(1, 32, 64, 3, dtype=torch.uint8)
    halves[:, :16, 32:, 1] = 100
    [shown] = means_of_parts(halves).reshape(1, 10, 10)
    torch.testing.assert_close(shown[:5, 5:], torch.full((5, 5), 100.0))
    assert shown.sum() == 2500
