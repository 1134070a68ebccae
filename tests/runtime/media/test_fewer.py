from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fingerspell.core.types import Frame
from fingerspell.runtime.media.fewer import at_most

PIXELS = np.zeros((2, 2, 3), np.uint8)


def frames_of(lengths):
    starts = np.cumsum([0.0, *lengths])
    return [Frame(float(start), PIXELS, length) for start, length in zip(starts, lengths, strict=False)]


def steady(fps, n):
    return [Frame(i / fps, PIXELS, 1 / fps) for i in range(n)]


@pytest.mark.parametrize(
    ("rate", "fps", "kept"),
    [
        (30, 15, range(0, 30, 2)),
        (30, 10, range(0, 30, 3)),
        (30, 30, range(30)),
        (30, 60, range(30)),
        (25, 10, [0, 3, 5, 8, 10, 13, 15, 18, 20, 23, 25, 28]),  # by hand: due at 0, 0.1, 0.2, ...
    ],
)
def test_frames_of_a_steady_video(rate, fps, kept):
    read = list(at_most(steady(rate, 30), fps))
    assert [round(frame.time_s * rate) for frame in read] == list(kept)


@given(st.lists(st.floats(0.001, 3), min_size=1, max_size=60), st.floats(0.5, 60))
def test_all_of_the_time_is_shown_by_few_of_the_frames(lengths, fps):
    frames = frames_of(lengths)
    read = list(at_most(iter(frames), fps))
    assert read[0].time_s == 0
    assert {frame.time_s for frame in read} <= {frame.time_s for frame in frames}
    assert sum(frame.duration_s for frame in read) == pytest.approx(sum(lengths))
    for frame, following in pairwise(read):
        assert frame.time_s + frame.duration_s == pytest.approx(following.time_s)
    assert len(read) <= (read[-1].time_s + 0.2 / fps) * fps + 1


@given(st.lists(st.floats(0.001, 3), min_size=1, max_size=60))
def test_no_frame_is_left_out_where_few_come(lengths):
    frames = frames_of(lengths)
    assert list(at_most(iter(frames), 2000)) == frames


def test_frames_of_unknown_length_come_at_once():
    frames = iter([Frame(time_s, PIXELS) for time_s in (0.0, 0.03, 0.07, 0.1)])
    read = at_most(frames, 15)
    assert next(read).time_s == 0.0
    assert next(frames).time_s == 0.03  # nobody has waited for it
    assert [frame.time_s for frame in read] == [0.07]
