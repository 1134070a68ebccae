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
def test_few_of_the_frames_are_left_and_they_are_as_they_were(lengths, fps):
    frames = frames_of(lengths)
    read = list(at_most(iter(frames), fps))
    assert read[0] is frames[0]
    assert {id(frame) for frame in read} <= {id(frame) for frame in frames}
    assert len(read) <= (read[-1].time_s + 0.2 / fps) * fps + 1


@given(st.lists(st.floats(0.001, 3), min_size=1, max_size=60))
def test_no_frame_is_left_out_where_few_come(lengths):
    frames = frames_of(lengths)
    assert list(at_most(iter(frames), 2000)) == frames
