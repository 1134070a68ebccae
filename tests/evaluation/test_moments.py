"""A few frames of a video, and what a reader took them for."""

import numpy as np
import pytest

from fingerspell.core.alphabet import CLASSES
from fingerspell.evaluation.moments import MOMENTS, Guess, hand_seen, moments_of
from fingerspell.evaluation.observed import Observed, observe
from fingerspell.runtime.media import open_media
from fingerspell.runtime.reader import Reader, load_reader


def seen(n, hand=None, joints=0.0, fps=30):
    """A video of `n` frames of C."""
    probabilities = np.full((n, len(CLASSES)), 0.1 / 28, np.float32)
    probabilities[:, CLASSES.index("C")] = 0.9
    return Observed(
        np.arange(n) / fps,
        probabilities,
        np.full((n, 21, 2), joints, np.float32),
        np.ones(n, np.float32) if hand is None else np.float32(hand),
    )


@pytest.fixture
def reader(grey_classifier):
    return Reader(grey_classifier)


def test_moments_are_evenly_spread_over_the_time_of_the_hand(reader):
    hand = np.zeros(300)
    hand[60:240] = 1
    hand[100:110] = 0  # is lost for a while, which is to be seen
    moments = moments_of(reader, seen(300, hand))
    assert len(moments) == MOMENTS
    frames = [moment.frame for moment in moments]
    assert (frames[0], frames[-1]) == (60, 239)
    assert set(np.diff(frames)) <= {7, 8}
    assert [moment.time_s for moment in moments] == [frame / 30 for frame in frames]
    assert [moment.tracked is None for moment in moments] == [100 <= f < 110 for f in frames]


def test_a_short_video_is_shown_whole(reader):
    assert [moment.frame for moment in moments_of(reader, seen(5))] == [0, 1, 2, 3, 4]
    assert moments_of(reader, seen(0)) == ()


def test_without_a_hand_the_whole_video_counts(reader):
    assert hand_seen(seen(31, np.zeros(31))) == (0, 1)
    assert hand_seen(seen(0)) == (0, 0)
    moments = moments_of(reader, seen(31, np.zeros(31)))
    assert (moments[0].frame, moments[-1].frame) == (0, 30)
    assert all(moment.tracked is None for moment in moments)


def test_a_model_may_give_no_landmarks(reader):
    [moment, *_] = moments_of(reader, seen(4, joints=np.nan))
    assert moment.seen == Guess("C", pytest.approx(0.9))
    assert moment.in_motion is None
    assert moment.joints is None
    assert moment.tracked is None


def test_what_the_sequence_reader_says_of_a_moment(clip):
    """In the clip H and E are signed, and the bundled reader has a sequence reader."""
    reader = load_reader(spell=False)
    moments = moments_of(reader, observe(reader.classifier, open_media(clip).frames()))
    said = "".join(dict.fromkeys(each.in_motion.char for each in moments if each.in_motion))
    assert [char for char in said if char in "HE"] == ["H", "E"]
    assert all(0 < each.in_motion.probability <= 1 for each in moments)
    assert all(moment.tracked is not None for moment in moments if moment.seen.char == "H")
