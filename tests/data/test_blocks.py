"""Blocks of frames: contiguous, apart, and all there."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fingerspell.data.blocks import block_folds, block_parts, frame_number
from fingerspell.data.leakage import Part
from fingerspell.data.split_options import Shares

numbers = st.lists(st.integers(1, 3000), min_size=1, max_size=80, unique=True)


def gaps_between_parts(frames, parts):
    """The smallest distance between frames of different parts that are used."""
    used = [(frame, part) for frame, part in zip(frames, parts, strict=True) if part != Part.UNUSED]
    used.sort()
    return [b[0] - a[0] for a, b in pairwise(used) if a[1] != b[1]]


@pytest.mark.parametrize(
    ("path", "video", "number"),
    [
        ("A/A123.jpg", "A/A#", 123),
        ("A/1 (12).png", "A/1 (#)", 12),
        ("B/B11_jpg.rf.8e133c2f504842695f2a074e464141a9.jpg", "B/B#_jpg", 11),
        ("A/hand1_a_bot_seg_3_cropped.jpg", "A/hand1_a_bot_seg_#_cropped", 3),
        ("A/A_test.jpg", "A/A_test.jpg", 0),
    ],
)
def test_names_of_frames(path, video, number):
    assert frame_number(path) == (video, number)


def test_worked_by_hand():
    """Ten frames, 6 : 2 : 2, in each order; the gap of one frame spares the test part."""
    paths = [f"A/{n}.jpg" for n in range(10)]
    found = {
        "".join("tvT-"[part] for part in block_parts(paths, Shares(6, 2, 2), gap=1, seed=seed))
        for seed in range(50)
    }
    assert found == {"ttttt-v-TT", "ttttt-TT-v", "vv-tttt-TT", "v-TT-ttttt", "TT-tttt-vv", "TT-v-ttttt"}


@given(numbers, st.integers(0, 100), st.integers(0, 99))
def test_a_single_split(frames, gap, seed):
    paths = [f"A/A{frame}.jpg" for frame in frames]
    shares = Shares(0.7, 0.1, 0.2)
    parts = block_parts(paths, shares, gap, seed)
    assert all(distance > gap for distance in gaps_between_parts(frames, parts))
    assert np.count_nonzero(parts == Part.TEST) == shares.sizes(len(frames))[2]
    whole = block_parts(paths, shares, 0, seed)
    in_order = whole[np.argsort(frames)]
    assert np.count_nonzero(np.diff(in_order)) <= 2  # each part is one block
    assert np.all((parts == whole) | (parts == Part.UNUSED))


@given(numbers, st.integers(2, 6), st.integers(0, 100), st.sampled_from([0.0, 0.1, 0.3]))
def test_folds(frames, n_folds, gap, validation):
    folds = list(block_folds([f"A/{frame}.jpg" for frame in frames], n_folds, validation, gap))
    tested = np.sum([parts == Part.TEST for parts in folds], axis=0)
    assert np.all(tested == 1)
    for parts in folds:
        assert all(distance > gap for distance in gaps_between_parts(frames, parts))


def test_the_gap_never_comes_from_the_test_part():
    paths = [f"{label}/{n}.jpg" for label in "AB" for n in range(100)]
    for seed in range(20):
        parts = block_parts(paths, Shares(0.7, 0.1, 0.2), 5, seed)
        assert np.count_nonzero(parts == Part.TEST) == 40


def test_videos_are_cut_each_for_itself():
    paths = [f"{label}/{n}.jpg" for label in "ABC" for n in range(50)]
    parts = block_parts(paths, Shares(8, 1, 1), 0, 3).reshape(3, 50)
    assert all(np.count_nonzero(row == Part.TEST) == 5 for row in parts)


def test_copies_of_one_frame_never_straddle():
    paths = [f"A/A{n // 3}_jpg.rf.{n:032x}.jpg" for n in range(300)]
    parts = block_parts(paths, Shares(0.7, 0.1, 0.2), 0, 1).reshape(100, 3)
    for copies in parts:
        assert len(set(copies.tolist()) - {Part.UNUSED}) <= 1
