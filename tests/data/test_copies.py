"""Copies of one photo are known by name or content, stay in one part, and are seen otherwise."""

from collections import Counter, defaultdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fingerspell.data.copies import copy_pairs, photo_of, units_of
from fingerspell.data.index import Index, Picture
from fingerspell.data.leakage import Part
from fingerspell.data.split_file import report_split
from fingerspell.data.split_options import Method, Shares, SplitOptions
from fingerspell.data.splits import Fold, Split, split


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("A/A0_jpg.rf.292a08.jpg", "A/A0_jpg.rf.a79ace.jpg"),
        ("train/A/A0_jpg.rf.292a08.jpg", "valid/A/A0_jpg.rf.a79ace.jpg"),
        ("A/IMG_2_png_jpg.rf.1a.jpg", "A/IMG_2_png_jpg.rf.2b.jpg"),
        ("A/my.hand.rf.1a.jpg", "A/my.hand.rf.2b.jpg"),
        ("A/1.jpg", "A/1 - Copy.jpg"),
        ("A/1.jpg", "A/1 - Kopie (2).jpg"),
        ("A/1.jpg", "A/1 copy 3.jpg"),
        (
            "A/A_original_A1.jpg_0f3c9f0e-1111-4222-8333-444455556666.jpg",
            "A/A_original_A1.jpg_8d3c9f0e-1111-4222-8333-444455556666.jpg",
        ),
    ],
)
def test_names_of_copies(one, other):
    assert photo_of(one) == photo_of(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("A/A0_jpg.rf.292a08.jpg", "A/A1_jpg.rf.292a08.jpg"),
        ("train/A/1.jpg", "test/A/1.jpg"),  # numbered anew in each part
        ("A/A (1).jpg", "A/A (2).jpg"),  # as Windows numbers different pictures
        ("anna/A/1_jpg.rf.1a.jpg", "bert/A/1_jpg.rf.2b.jpg"),
        ("A/copy.jpg", "A/copy 2.jpg"),
    ],
)
def test_names_of_others(one, other):
    assert photo_of(one) != photo_of(other)


def test_units_are_numbered_as_they_appear_and_joined_by_anything():
    pictures = [
        Picture("A/3_jpg.rf.a.jpg", "A", sha256="x"),
        Picture("A/2.jpg", "A", sha256="y"),
        Picture("A/3_jpg.rf.b.jpg", "A", sha256="z"),
        Picture("A/1.jpg", "A", sha256="z"),
        Picture("B/1.jpg", "B", sha256="z"),  # the same bytes as another sign: no copy to keep
    ]
    assert units_of(pictures).tolist() == [0, 1, 0, 0, 2]
    assert copy_pairs(pictures).tolist() == [[0, 2], [0, 3], [2, 3]]
    assert units_of(pictures, ["", "g", "", "", "g"]).tolist() == [0, 1, 0, 0, 1]


def roboflow(n_photos: int, copies: int, parts=("",)) -> Index:
    """Photos of two letters with their copies, dealt out over folders of parts."""
    pictures = [
        Picture(
            f"{f'{part}/' if part else ''}{label}/{label}{photo}_jpg.rf.{copy:032x}.jpg",
            label,
            split={"valid": "validation"}.get(part, part),
            phash=f"{(photo * 977 + copy * 131 + ord(label)) * 2654435761 % 2**64:016x}",
        )
        for label in "AB"
        for photo in range(n_photos)
        for copy in range(copies)
        for part in [parts[(photo * copies + copy) % len(parts)]]
    ]
    return Index(None, tuple(pictures))


def straddling(index: Index, parts) -> int:
    """Photos with copies in several of train, validation, test; by hand, from the names."""
    held = defaultdict(set)
    for picture, part in zip(index.pictures, parts.tolist(), strict=True):
        if part != Part.UNUSED:
            held[picture.label, picture.path.split("/")[-1].split("_jpg.rf.")[0]].add(part)
    return sum(len(parts) > 1 for parts in held.values())


@settings(deadline=None, max_examples=40)
@given(
    n_photos=st.integers(20, 40),
    copies=st.integers(1, 4),
    by=st.sampled_from([Method.RANDOM, Method.BLOCK, Method.R3, Method.GIVEN]),
    folds=st.sampled_from([0, 3]),
    seed=st.integers(0, 99),
)
def test_copies_stay_in_one_part_of_every_split(n_photos, copies, by, folds, seed):
    is_given = by == Method.GIVEN
    copies = min(copies, 2) if is_given else copies  # of 3 and more, all are torn apart
    index = roboflow(n_photos, copies, ("train", "train", "valid", "test") if is_given else ("",))
    options = SplitOptions(by, 0 if is_given else folds, seed=seed, gap=0)
    for fold in split(index, options).folds:
        assert straddling(index, fold.parts) == 0


def test_the_shares_are_those_asked_for():
    [fold] = split(roboflow(50, 3), SplitOptions(Method.RANDOM)).folds
    counts = Counter(fold.parts.tolist())
    assert [counts[part] for part in Part] == [210, 30, 60, 0]


def test_a_split_that_tears_copies_apart_is_seen_by_their_names():
    """Every photo of 3 copies, two to train on and one to test: their pixels look like nothing else."""
    index = roboflow(20, 3)
    parts = np.tile([Part.TRAIN, Part.TRAIN, Part.TEST], 40).astype(np.int8)
    torn = Split(index, SplitOptions(Method.RANDOM), (Fold("1", parts),))
    report = report_split(torn)
    assert report["folds"][0]["leakage"]["train_test_pairs"] == 80
    assert report["folds"][0]["leakage"]["test_near_train_share"] == 1
    assert "turned, mirrored or cropped" in report["leakage_sees"]


def given_index(**counts) -> Index:
    """Pictures in folders of the names given, as many as said of each letter."""
    words = {"train": "train", "valid": "validation", "val": "validation", "test": "test", "more": ""}
    return Index(
        None,
        tuple(
            Picture(f"{folder}/{label}/{k}.jpg", label, split=words[folder], phash=f"{k:016x}")
            for folder, n in counts.items()
            for label in "ABC"
            for k in range(n)
        ),
    )


@pytest.mark.parametrize(
    ("folders", "sizes"),
    [
        ({"train": 20, "valid": 4, "test": 6}, (60, 12, 18, 0)),  # Roboflow
        ({"train": 40, "test": 6}, (105, 15, 18, 0)),  # Kaggle: an eighth of training to validate on
        ({"train": 40, "val": 6}, (105, 15, 18, 0)),  # Ultralytics: tested on what is there
    ],
)
def test_parts_that_folders_name_are_the_default(folders, sizes):
    index = given_index(**folders)
    made = split(index, SplitOptions())
    assert made.options.by == Method.GIVEN
    counts = Counter(made.folds[0].parts.tolist())
    assert tuple(counts[part] for part in Part) == sizes
    tested = {p.split for p, part in zip(index.pictures, made.folds[0].parts, strict=True) if part == 2}
    assert tested == {"test" if "test" in folders else "validation"}


def test_no_default_where_some_pictures_are_in_no_part_or_more_is_asked():
    mixed = given_index(train=20, test=6, more=4)
    assert split(mixed, SplitOptions()).options.by == Method.RANDOM
    [fold] = split(mixed, SplitOptions(Method.GIVEN, shares=Shares(1, 0, 1))).folds
    assert Counter(fold.parts.tolist())[Part.UNUSED] == 12
    whole = given_index(train=20, test=6)
    assert split(whole, SplitOptions(folds=3)).options.by == Method.RANDOM
    assert split(given_index(train=40), SplitOptions()).options.by == Method.RANDOM
