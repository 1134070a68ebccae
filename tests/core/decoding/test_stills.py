"""Frames that say how long they are shown: slideshows, and recordings that leave out what stays."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.core.decoding.test_decoder import chars_of, letters_of, one_hot

from fingerspell.core.alphabet import CLASSES
from fingerspell.core.decoding.decoder import LetterDecoder
from fingerspell.core.types import LetterEvent


def shown(*slides: tuple[str, float]) -> list[LetterEvent]:
    """What is read of pictures, each shown for so many seconds."""
    decoder, events, time_s = LetterDecoder(), [], 0.0
    for sign, seconds in slides:
        events += decoder.push(time_s, one_hot(sign), duration_s=seconds)
        time_s += seconds
    return events + decoder.flush()


def filmed(*slides: tuple[str, float], fps: int = 25) -> list[LetterEvent]:
    """The same as a video that repeats each picture."""
    decoder, events, frame = LetterDecoder(), [], 0
    for sign, seconds in slides:
        for _ in range(round(seconds * fps)):
            events += decoder.push(frame / fps, one_hot(sign))
            frame += 1
    return events + decoder.flush()


@pytest.mark.parametrize("seconds", [0.3, 0.52, 1.0, 2.0])
def test_a_slideshow_of_one_picture_a_letter(seconds):
    events = shown(*((sign, seconds) for sign in "LAW"))
    assert chars_of(events) == "LAW"
    for i, letter in enumerate(letters_of(events)):
        assert letter.start_s == pytest.approx(i * seconds, abs=0.1)
        assert letter.end_s == pytest.approx((i + 1) * seconds, abs=0.1)


def test_the_first_and_the_last_picture_count_between_short_ones():
    assert chars_of(shown(("L", 2.0), *[("nothing", 0.04)] * 20, ("A", 2.0))) == "LA"


def test_a_pause_that_is_one_picture_is_a_space():
    assert chars_of(shown(("H", 0.4), ("I", 0.4), ("nothing", 1.4), ("A", 0.4))) == "HI A"
    assert chars_of(shown(("L", 0.5), ("nothing", 0.4), ("L", 0.5))) == "LL"


def test_a_picture_that_is_shown_for_a_century_takes_no_longer():
    events = shown(("A", 3.2e9), ("B", 1.0))
    assert chars_of(events) == "AB"
    assert letters_of(events)[0].end_s == pytest.approx(3.2e9, abs=0.1)


@pytest.mark.parametrize("fps", [5, 10, 15, 24, 25, 29.97, 30, 60])
def test_ordinary_video_is_read_as_if_it_did_not_say(fps):
    signs = ["nothing"] * 4 + ["H"] * 9 + ["I"] * 9 + ["nothing"] * 40 + ["J"] * 9
    said, unsaid = LetterDecoder(), LetterDecoder()
    for i, sign in enumerate(signs):
        assert said.push(i / fps, one_hot(sign), duration_s=1 / fps) == unsaid.push(
            i / fps, one_hot(sign)
        )
    assert said.flush() == unsaid.flush()


slides = st.lists(
    st.tuples(st.sampled_from([*"ABIJDZ", "nothing", "space", "del"]), st.integers(8, 200)), min_size=1
)


@settings(deadline=None, max_examples=50)
@given(slides)
def test_a_picture_counts_as_the_same_picture_repeated(counts):
    """Signs and times of a slideshow and of the video at 25 frames a second that looks the same."""
    pictures = [(sign, n / 25) for sign, n in counts]
    once, repeated = shown(*pictures), filmed(*pictures)
    assert [(e.kind, e.letter.char) for e in once] == [(e.kind, e.letter.char) for e in repeated]
    np.testing.assert_allclose(
        [(e.letter.start_s, e.letter.end_s, e.letter.probability) for e in once if e.kind == "ended"],
        [
            (e.letter.start_s, e.letter.end_s, e.letter.probability)
            for e in repeated
            if e.kind == "ended"
        ],
        atol=0.03,  # steps of 0.04 s are thirds of `unsure_hold_s`: rounding may decide
    )


@pytest.mark.parametrize("seconds", [-0.1, math.nan, math.inf])
def test_a_duration_that_is_none_is_refused(seconds):
    with pytest.raises(ValueError, match="cannot be shown for"):
        LetterDecoder().push(0.0, np.full(len(CLASSES), 1 / len(CLASSES)), duration_s=seconds)
