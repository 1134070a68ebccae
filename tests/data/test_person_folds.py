"""Folds of whole people: complete, even, and the same whatever the order and whoever was left out."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fingerspell.data.corrections import Correction, Corrections
from fingerspell.data.index import Index, Picture
from fingerspell.data.leakage import Part
from fingerspell.data.person_folds import draw_people, folds_of_people
from fingerspell.data.split_options import Method, Shares, SplitOptions
from fingerspell.data.splits import split
from fingerspell.errors import DataError

SIZES = st.dictionaries(st.text("abcdef", min_size=1, max_size=4), st.integers(1, 200), min_size=4)


@settings(deadline=None)
@given(SIZES, st.integers(2, 4), st.randoms())
def test_folds_are_even_and_do_not_depend_on_order(sizes, folds, random):
    fold_of = folds_of_people(sizes, folds)
    shuffled = list(sizes.items())
    random.shuffle(shuffled)
    assert folds_of_people(dict(shuffled), folds) == fold_of
    assert set(fold_of) == set(sizes)
    fullness = [sum(sizes[p] for p in sizes if fold_of[p] == k) for k in range(1, folds + 1)]
    assert min(fullness) > 0
    assert max(fullness) - min(fullness) <= max(sizes.values())


def test_longest_first_by_hand():
    sizes = {"a": 7, "b": 6, "c": 5, "d": 4, "e": 3}
    assert folds_of_people(sizes, 2) == {"a": 1, "b": 2, "c": 2, "d": 1, "e": 1}


def test_given_folds_stay_and_others_fill_up():
    sizes = {"a": 7, "b": 6, "c": 5}
    assert folds_of_people(sizes, 2, {"c": "2", "b": "2", "a": ""}) == {"a": 1, "b": 2, "c": 2}
    with pytest.raises(DataError, match="a is in fold '3', which is not 1 to 2"):
        folds_of_people(sizes, 2, {"a": "3"})


@settings(deadline=None)
@given(SIZES, st.integers(0, 500), st.integers(0, 9))
def test_whole_people_are_drawn_from_the_candidates(sizes, n, seed):
    groups = np.repeat(list(sizes), list(sizes.values()))
    candidates = groups != next(iter(sizes))
    drawn = draw_people(groups, candidates, n, seed)
    assert set(groups[drawn]).isdisjoint(groups[~drawn])
    assert not np.any(drawn & ~candidates)
    assert np.any(drawn) == (n > 0)
    assert np.array_equal(drawn, draw_people(groups, candidates, n, seed))


def make_index(sizes: dict[str, int]) -> Index:
    pictures = [
        Picture(f"{'AB'[n % 2]}/{p}_{n}.jpg", "AB"[n % 2], p, phash=f"{n:016x}")
        for p, size in sizes.items()
        for n in range(size)
    ]
    return Index(Path("set"), tuple(sorted(pictures, key=lambda p: p.path)))


def people_in(index: Index, parts: np.ndarray, part: Part) -> set[str]:
    return {p.group for p, own in zip(index.pictures, parts.tolist(), strict=True) if own == part}


@pytest.mark.parametrize("folds", [0, 3])
@pytest.mark.parametrize("method", [Method.PERSON, Method.SIGNER])
def test_each_part_has_people_of_its_own(method, folds):
    index = make_index({f"p{n}": 10 + n for n in range(9)})
    result = split(index, SplitOptions(method, folds))
    tested = Counter(p for fold in result.folds for p in people_in(index, fold.parts, Part.TEST))
    assert tested == Counter({f"p{n}": 1 for n in range(9)})
    assert [fold.name for fold in result.folds] == (["1", "2", "3"] if folds else sorted(tested))
    for fold in result.folds:
        parts = [
            people_in(index, fold.parts, part) for part in (Part.TRAIN, Part.VALIDATION, Part.TEST)
        ]
        assert all(parts)
        assert sum(map(len, parts)) == len(set.union(*parts)) == 9


def test_images_left_out_move_nobody():
    index = make_index({f"p{n}": 10 + n for n in range(9)})
    rows = {p.path: Correction("", "x") for p in index.pictures if p.group == "p8"}
    rows.popitem()  # of p8, who would now be the smallest, one image stays
    options = SplitOptions(Method.PERSON, 3, Shares(0.8, 0, 0.2))
    corrected = Corrections(Path("c.csv"), rows).applied(index).index
    whole, fewer = split(index, options), split(corrected, options)
    assert len(fewer.index.pictures) == len(index.pictures) - len(rows)
    for first, second in zip(whole.folds, fewer.folds, strict=True):
        expected = people_in(index, first.parts, Part.TEST)
        assert people_in(fewer.index, second.parts, Part.TEST) == expected


def test_of_two_people_one_is_validated_on_in_part():
    [first, second] = split(make_index({"a": 40, "b": 40}), SplitOptions(Method.PERSON)).folds
    for fold in (first, second):
        assert np.bincount(fold.parts).tolist() == [32, 8, 40]
