import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fingerspell.core.types import Frame
from fingerspell.errors import MediaError
from fingerspell.runtime.media.ahead import ahead

PIXELS = np.zeros((1, 1, 3), np.uint8)


@given(length=st.integers(0, 30), n=st.integers(1, 5))
def test_the_same_frames_and_never_more_than_a_few_ahead(length, n):
    made, taken = 0, 0

    def frames():
        nonlocal made
        for number in range(length):
            made += 1
            assert made - taken <= n + 2  # n are kept, one is being taken, one has just been made
            yield Frame(float(number), PIXELS)

    times = []
    for frame in ahead(frames(), n):
        times.append(frame.time_s)
        taken += 1
    assert times == [float(number) for number in range(length)]


def test_an_error_comes_after_the_frames_before_it():
    def frames():
        yield Frame(0.0, PIXELS)
        yield Frame(1.0, PIXELS)
        raise MediaError("cut short")

    coming = ahead(frames())
    assert [next(coming).time_s, next(coming).time_s] == [0.0, 1.0]
    with pytest.raises(MediaError, match="cut short"):
        next(coming)


@pytest.mark.parametrize("taken", [1, 5])
def test_who_stops_early_ends_the_thread_and_closes_the_source(taken):
    closed, threads = [], threading.active_count()

    def frames():
        try:
            for number in range(1000):
                yield Frame(float(number), PIXELS)
        finally:
            closed.append(threading.current_thread() is not threading.main_thread())

    coming = ahead(frames(), 3)
    for _ in range(taken):
        next(coming)
    coming.close()
    assert closed == [True]
    assert threading.active_count() == threads


def test_nothing_is_made_before_it_is_asked_for():
    threads = threading.active_count()
    ahead(iter([Frame(0.0, PIXELS)]))
    assert threading.active_count() == threads
