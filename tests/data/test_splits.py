"""Splits against what they promise, and against the figures of the reports."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.model_selection import StratifiedKFold

from fingerspell.data.groups import with_groups
from fingerspell.data.index import Index, Picture
from fingerspell.data.leakage import Part
from fingerspell.data.split_options import PRESETS, Method, Shares, SplitOptions
from fingerspell.data.splits import split
from fingerspell.errors import DataError


@pytest.fixture
def make_index(tmp_path):
    """An index of `n` pictures in each class of each source, without any file."""

    def make(classes="ABC", n=40, sources=("",), name="{label}{number}.jpg"):
        pictures = [
            Picture(
                "/".join(filter(None, (s, c, name.format(label=c, number=k)))), c, s, phash=f"{k:016x}"
            )
            for s in sources
            for c in classes
            for k in range(n)
        ]
        return Index(tmp_path, tuple(pictures))

    return make


def sizes(fold):
    counts = Counter(fold.parts.tolist())
    return tuple(counts[part] for part in Part)


@pytest.mark.parametrize(
    ("preset", "n", "expected"),
    [
        ("r1", 87_029, (76_760, 8_528, 1_741)),
        ("r2", 81_200, (56_840, 8_120, 16_240)),
        ("r3", 87_000, (60_900, 17_400, 8_700)),
        ("r3", 43_499, (30_449, 8_700, 4_350)),
    ],
)
def test_presets_have_the_sizes_of_the_reports(preset, n, expected):
    assert PRESETS[Method(preset)].sizes(n) == expected


@given(
    st.integers(0, 10**6),
    st.floats(0.01, 100),
    st.floats(0, 100),
    st.floats(0.01, 100),
)
def test_sizes_add_up_and_are_near_their_shares(n, train, validation, test):
    whole = Shares(train, validation, test).sizes(n)
    assert sum(whole) == n
    for size, share in zip(whole, (train, validation, test), strict=True):
        assert abs(size - n * share / (train + validation + test)) < 1 + 1e-6


@pytest.mark.parametrize("preset", ["r1", "r2", "r3"])
def test_presets_split_as_they_say(make_index, preset):
    index = make_index(n=700)
    [fold] = split(index, SplitOptions(Method(preset))).folds
    assert sizes(fold)[:3] == PRESETS[Method(preset)].sizes(2100)


def test_random_is_stratified(make_index):
    index = make_index(n=100)
    [fold] = split(index, SplitOptions(Method.RANDOM)).folds
    labels = np.array([p.label for p in index.pictures])
    for part, expected in ((Part.TRAIN, 70), (Part.VALIDATION, 10), (Part.TEST, 20)):
        assert Counter(labels[fold.parts == part]) == dict.fromkeys("ABC", expected)


@pytest.mark.parametrize("by", ["random", "block", "source"])
@pytest.mark.parametrize("folds", [0, 3])
def test_the_seed_decides(make_index, by, folds):
    index = make_index(sources=("x", "y", "z"))
    first, again, other = (
        [
            fold.parts.tolist()
            for fold in split(index, SplitOptions(Method(by), folds, seed=seed, gap=1)).folds
        ]
        for seed in (1, 1, 2)
    )
    assert first == again
    assert first != other or (by, folds) == ("block", 3)  # whose blocks leave nothing to draw


def test_random_folds_are_those_of_scikit_learn(make_index):
    index = make_index()
    labels = [p.label for p in index.pictures]
    expected = StratifiedKFold(4, shuffle=True, random_state=5).split(labels, labels)
    folds = split(index, SplitOptions(folds=4, seed=5, shares=Shares(0.8, 0, 0.2))).folds
    for fold, (train, test) in zip(folds, expected, strict=True):
        np.testing.assert_array_equal(np.flatnonzero(fold.parts == Part.TEST), test)
        np.testing.assert_array_equal(np.flatnonzero(fold.parts == Part.TRAIN), train)


def test_sources_are_left_out_in_turn(make_index):
    index = make_index(sources=("x", "y", "z"))
    groups = np.array([p.group for p in index.pictures])
    folds = split(index, SplitOptions(Method.SOURCE)).folds
    assert [fold.name for fold in folds] == ["x", "y", "z"]
    for fold in folds:
        assert set(groups[fold.parts == Part.TEST]) == {fold.name}
        assert fold.name not in groups[fold.parts != Part.TEST]
        assert sizes(fold) == (204, 36, 120, 0)


def test_source_folds_keep_sources_whole(make_index):
    index = make_index(sources=tuple("pqrstu"))
    groups = np.array([p.group for p in index.pictures])
    folds = split(index, SplitOptions(Method.SIGNER, folds=3)).folds
    tested = [set(groups[fold.parts == Part.TEST]) for fold in folds]
    assert sorted(group for groups in tested for group in groups) == list("pqrstu")
    for fold, held_out in zip(folds, tested, strict=True):
        assert held_out.isdisjoint(groups[fold.parts != Part.TEST])


@pytest.mark.parametrize("folds", [0, 4])
def test_copies_of_one_photograph_stay_together(make_index, folds):
    index = make_index(n=60, name="{label}{number}")
    copies = tuple(
        Picture(f"{p.label}/{p.label}{i // 3}_jpg.rf.{i:032x}.jpg", p.label)
        for i, p in enumerate(index.pictures)
    )
    pattern = r"(.+)_jpg\.rf\."
    options = SplitOptions(Method.RANDOM, folds, group_pattern=pattern)
    result = split(Index(index.root, copies), options)
    assert result.index.pictures[0].group == "A/A0"
    for fold in result.folds:
        assert np.all(np.ptp(fold.parts.reshape(-1, 3), axis=1) == 0)
        labels = np.array([p.label for p in copies])[fold.parts == Part.TEST]
        assert max(Counter(labels).values()) - min(Counter(labels).values()) <= 3


def test_signers_by_name(make_index):
    index = make_index(n=50, name="hand{number}_{label}.jpg")
    assert Counter(p.group for p in with_groups(index, r"hand\d").pictures)["hand0"] == 3
    grouped = with_groups(index, r"(hand)\d*(\d)_")
    assert Counter(p.group for p in grouped.pictures) == {f"hand/{n}": 15 for n in range(10)}
    folds = split(index, SplitOptions(Method.SIGNER, group_pattern=r"(hand)\d*(\d)_")).folds
    assert [fold.name for fold in folds] == [f"hand/{n}" for n in range(10)]


@pytest.mark.parametrize("by", ["random", "block", "source"])
@pytest.mark.parametrize("folds", [0, 2, 3])
def test_every_picture_is_used_and_tested_once_in_folds(make_index, by, folds):
    index = make_index(sources=("x", "y", "z"))
    result = split(index, SplitOptions(Method(by), folds, gap=0)).folds
    assert all(sizes(fold)[3] == 0 for fold in result)
    if folds:
        assert np.all(np.sum([fold.parts == Part.TEST for fold in result], axis=0) == 1)


def test_bad_pictures_are_left_out(make_index):
    index = make_index()
    bad = (Picture("A/bad.jpg", "A", problem="empty file"), Picture("7/1.jpg"))
    assert split(Index(index.root, index.pictures + bad), SplitOptions()).index == index


@pytest.mark.parametrize(
    ("options", "n", "message"),
    [
        ({"by": Method.SOURCE}, 40, r"1 source\(s\), too few"),
        ({"by": Method.RANDOM}, 5, "too few to draw"),
        ({"by": Method.RANDOM, "folds": 6}, 5, "fewer than 6"),
        ({"by": Method.BLOCK, "gap": 100}, 40, "fold 1 has no train images"),
        ({"by": Method.RANDOM}, 0, "no usable image"),
        ({"group_pattern": "("}, 40, "is not a regular expression"),
        ({"group_pattern": "hand"}, 40, "does not match"),
    ],
)
def test_what_cannot_be_split_is_said(make_index, options, n, message):
    with pytest.raises(DataError, match=message):
        split(make_index(n=n), SplitOptions(**options))


@pytest.mark.parametrize("options", [{"folds": 1}, {"folds": -2}, {"gap": -1}])
def test_senseless_options(options):
    with pytest.raises(DataError):
        SplitOptions(**options)


@pytest.mark.parametrize("shares", [(0, 1, 1), (1, -0.1, 1), (1, 1, 0), (-0.1, 0.1, 1)])
def test_senseless_shares(shares):
    with pytest.raises(DataError, match="no shares"):
        Shares(*shares)
