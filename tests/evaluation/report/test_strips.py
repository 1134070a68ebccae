"""Strips of frames: what stands below which frame, and what is shown of a hand."""

import re

import numpy as np
import pytest

from fingerspell.core.types import Letter
from fingerspell.errors import MediaError
from fingerspell.evaluation.missed import CharacterError
from fingerspell.evaluation.moments import MOMENTS
from fingerspell.evaluation.report.strips import (
    SIDE_PX,
    Mark,
    marks,
    strip,
    thumbnail,
    told,
    under,
)
from fingerspell.evaluation.sequences import KnownVideo, VideoReading, measure_sequences
from fingerspell.runtime.onnx_classifier import OnnxClassifier

SUBSTITUTED = CharacterError("substituted", "B", "C", 2, 3)
PUT_IN = CharacterError("put in", "", "D", 4, 5)
LEFT_OUT = CharacterError("left out", "E", "", 5, 6)


def reading(letters, errors):
    signs = tuple(Letter(char, start_s, start_s + 1, 0.9) for char, start_s in letters)
    return VideoReading("x.mp4", "", "ABE", "ACD", "ACD", 1.0, signs, errors, ())


def test_every_sign_and_every_error_is_marked():
    errors = (SUBSTITUTED, PUT_IN, LEFT_OUT, CharacterError("left out", "F", "", 5, 6))
    assert marks(reading([("A", 0), ("C", 2), ("D", 4)], errors)) == [
        Mark("right", "A", 0, 1),
        Mark("substituted", "C for B", 2, 3),
        Mark("put-in", "+ D", 4, 5),
        Mark("left-out", "\N{MINUS SIGN} E, \N{MINUS SIGN} F", 5, 6),
    ]


def test_what_was_taken_back_is_neither_right_nor_wrong():
    found = marks(reading([("A", 0), ("B", 1), ("del", 2), ("space", 3), ("C", 4)], ()))
    assert [mark.kind for mark in found] == ["right", "other", "other", "other", "right"]


def test_errors_in_words():
    assert told([SUBSTITUTED]) == "B read as C at 2.00 to 3.00 s"
    both = [LEFT_OUT, CharacterError("left out", " ", "", 5, 6), PUT_IN]
    assert told(both) == "E, space left out at 5.00 to 6.00 s; D put in at 4.00 to 5.00 s"


def test_a_mark_stands_under_its_frames_or_the_nearest():
    times_s = np.arange(5) * 0.5
    assert under(Mark("right", "A", 0.4, 1.0), times_s) == [1, 2]
    assert under(Mark("right", "A", 1.6, 1.7), times_s) == [3]
    assert under(Mark("left-out", "A", 9, 9), times_s) == [4]


def test_a_hand_is_cut_out_of_its_frame():
    pixels = np.zeros((100, 400, 3), np.uint8)
    pixels[40:60, 300:320] = 255
    joints = np.float32([[3.0, 0.4], [3.2, 0.6]])  # in heights
    cut = thumbnail(pixels, joints)
    assert cut.shape == (SIDE_PX, SIDE_PX, 3)
    assert 0.25 < (cut > 128).mean() < 0.45  # the square of 0.6 * 0.6
    assert cut[SIDE_PX // 2, SIDE_PX // 2].min() == 255


@pytest.mark.parametrize(("shape", "size"), [((90, 160), (96, 171)), ((50, 400), (24, 192))])
def test_without_one_the_whole_frame_is_shown(shape, size):
    assert thumbnail(np.zeros((*shape, 3), np.uint8), None).shape == (*size, 3)


@pytest.fixture(scope="module")
def misread(clip):
    """The clip of H and E, as if HOE were signed."""
    figures = measure_sequences(OnnxClassifier(None, 1), [KnownVideo(clip, "HOE")])
    return figures.readings[0]


def test_a_strip_of_a_real_clip(misread):
    drawn = strip(misread)
    assert 2 < drawn.count("<img") == len(misread.moments) <= MOMENTS
    assert drawn.count('src="data:image/webp;base64,') == len(misread.moments)
    assert len(drawn) < MOMENTS * 8_000
    words = re.findall(r'<b class="([a-z-]+)" title="[^"]*">([^<]+)</b>', drawn)
    assert words == [("right", "H"), ("left-out", "\N{MINUS SIGN} O"), ("right", "E")]
    times = [float(time) for time in re.findall(r'data-at="([\d.]+)"', drawn)]
    assert times == sorted(times)


def test_a_clip_that_is_gone(misread, tmp_path):
    gone = VideoReading(**{**vars(misread), "path": str(tmp_path / "gone.mp4")})
    with pytest.raises(MediaError):
        strip(gone)
