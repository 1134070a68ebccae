import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fingerspell.core.alphabet import CLASSES
from fingerspell.core.sight import (
    BLEND_S,
    CHANGE,
    MOTION,
    N_FEATURES,
    SHAPE,
    TICK_S,
    Sight,
    Ticker,
    at_ticks,
    features,
    in_heights,
    joined,
)

times = st.lists(st.floats(0.001, 0.5), min_size=1, max_size=20).map(
    lambda steps: np.cumsum(steps) - steps[0]
)


def seen(n: int, seed: int = 0, hand: float = 1.0) -> Sight:
    rng = np.random.default_rng(seed)
    probabilities = rng.dirichlet(np.ones(len(CLASSES)), n).astype(np.float32)
    joints = rng.normal(size=(n, 21, 2)).astype(np.float32)
    return Sight(probabilities, joints, np.full(n, hand, np.float32))


def test_close_frames_are_blended_and_others_shown_until_the_next():
    sight = seen(3)
    frames = np.array([0.0, 0.1, 0.1 + 2 * BLEND_S])
    ticks = at_ticks(frames, sight, np.array([0.025, 0.1, 0.1 + BLEND_S, 0.5, 0.9]))
    quarter = 0.75 * sight.probabilities[0] + 0.25 * sight.probabilities[1]
    assert ticks.probabilities[0] == pytest.approx(quarter, abs=1e-6)
    for tick, frame in ((1, 1), (2, 1), (3, 2), (4, 2)):
        assert np.array_equal(ticks.joints[tick], sight.joints[frame])


def test_a_hand_that_comes_is_not_blended_with_nothing():
    sight = seen(2)
    sight.hand[0] = 0
    ticks = at_ticks(np.array([0.0, 0.1]), sight, np.array([0.05, 0.1]))
    assert ticks.hand.tolist() == [0, 1]
    assert np.array_equal(ticks.probabilities[0], sight.probabilities[0])


@settings(deadline=None)
@given(times)
def test_ticks_are_the_same_frame_by_frame_and_all_at_once(frames):
    sight = seen(len(frames))
    ticker, parts, ticks_s = Ticker(), [], []
    for i, time_s in enumerate(frames.tolist()):
        new_s, part = ticker.push(time_s, sight[i : i + 1])
        parts.append(part)
        ticks_s += new_s.tolist()
    assert ticks_s == pytest.approx(np.arange(len(ticks_s)) * TICK_S)
    assert frames[-1] - TICK_S < ticks_s[-1] + 1e-6 <= frames[-1] + 1e-4
    together, whole = joined(parts), at_ticks(frames, sight, np.array(ticks_s))
    assert together.probabilities == pytest.approx(whole.probabilities, abs=1e-4)
    assert together.joints == pytest.approx(whole.joints, abs=1e-3)


@settings(max_examples=30, deadline=None)
@given(st.floats(0.1, 10), st.floats(-5, 5), st.floats(-5, 5))
def test_neither_place_nor_size_of_the_hand_matters(size, x, y):
    sight = seen(6)
    moved = sight.joints * size + np.array([x, y], np.float32)
    other = Sight(sight.probabilities, moved.astype(np.float32), sight.hand)
    assert features(other) == pytest.approx(features(sight), abs=2e-2)


def test_features_by_hand():
    """A square of joints that moves by its own size a second, and does not change its shape."""
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]], np.float32) / np.sqrt(2)
    square = np.concatenate([np.tile(corners, (5, 1)), np.zeros((1, 2), np.float32)])
    size = np.sqrt(20 / 21)  # root-mean-square distance from the middle
    way = np.array([[size * TICK_S, 0]], np.float32)
    joints = np.stack([square, square + way])
    sight = Sight(np.full((2, 29), 1 / 29, np.float32), joints, np.ones(2, np.float32))
    first, second = features(sight)
    assert first.shape == (N_FEATURES,)
    assert np.square(first[SHAPE]).sum() == pytest.approx(21, rel=1e-3)
    assert np.abs(second[CHANGE]).max() < 1e-3
    assert second[MOTION] == pytest.approx([0.2, 0, 0], abs=1e-3)  # 0.2 for one size a second
    assert first[0] == pytest.approx(np.log(1 / 29) / 4 + 1)
    assert first[-1] == 1


def test_without_a_hand_there_is_only_what_was_said():
    numbers = features(seen(3, hand=0.1))
    assert not numbers[:, SHAPE.start :].any()
    assert numbers[:, : SHAPE.start].any()


def test_features_go_on_from_the_tick_before():
    sight = seen(5)
    rest = features(sight[2:], before=sight[:2])
    assert rest == pytest.approx(features(sight)[2:])


def test_joints_in_heights():
    joints = np.full((21, 2), 0.5, np.float32)
    placed = in_heights(joints, np.zeros((100, 200, 3), np.uint8))
    assert placed is not None
    assert placed[0].tolist() == [1.0, 0.5]
    assert in_heights(None, np.zeros((1, 1, 3), np.uint8)) is None
