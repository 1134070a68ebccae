import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fingerspell.core.ticks import BLEND_S, TICK_S, Glance, Ticker, at_ticks

times = st.lists(st.floats(0.001, 0.5), min_size=1, max_size=20)


def seen(value: float, hand: float = 1.0) -> Glance:
    return Glance([value, 1 - value], [value, 2 * value], hand)


def test_close_frames_are_blended():
    ticks = at_ticks([(0.0, seen(0.0)), (0.1, seen(0.8))])
    assert [time_s for time_s, _ in ticks] == pytest.approx([0, TICK_S, 2 * TICK_S, 3 * TICK_S])
    assert ticks[1][1].probabilities == pytest.approx([0.8 / 3, 1 - 0.8 / 3])
    assert ticks[1][1].joints == pytest.approx([0.8 / 3, 1.6 / 3])
    assert ticks[3][1] == seen(0.8)


def test_a_frame_far_from_the_next_is_shown_until_that_comes():
    gap_s = 2 * BLEND_S
    ticks = at_ticks([(0.0, seen(0.0)), (gap_s, seen(0.8))])
    assert [tick for _, tick in ticks[:-1]] == [seen(0.0)] * (len(ticks) - 1)
    assert ticks[-1][0] == pytest.approx(gap_s)
    assert ticks[-1][1] == seen(0.8)


def test_a_hand_that_comes_is_not_blended_with_nothing():
    ticks = at_ticks([(0.0, seen(0.2, hand=0.0)), (0.1, seen(0.8))])
    assert [tick.hand for _, tick in ticks] == [0, 0, 0, 1]
    assert ticks[1][1].probabilities == [0.2, 0.8]


@settings(deadline=None)
@given(times)
def test_ticks_are_even_and_reach_the_last_frame(steps):
    ticker, ticks_s, time_s = Ticker(), [], 0.0
    for number, step_s in enumerate(steps):
        time_s += step_s if number else 0.0
        ticks_s += [tick_s for tick_s, _ in ticker.push(time_s, seen(number / len(steps)))]
    assert ticks_s == pytest.approx([number * TICK_S for number in range(len(ticks_s))])
    assert time_s - TICK_S < ticks_s[-1] + 1e-6
    assert ticks_s[-1] <= time_s + 1e-4
