"""Splits on disk, and what they report of themselves."""

import json

import numpy as np
import pytest

from fingerspell.data.index import Index, Picture
from fingerspell.data.leakage import Part
from fingerspell.data.split_file import load_split, read_split, report_split, save_report, save_split
from fingerspell.data.split_options import Method, Shares, SplitOptions
from fingerspell.data.splits import split
from fingerspell.errors import DataError


@pytest.fixture
def index(tmp_path):
    """Two classes of 40 frames, where frame 2k and frame 2k+1 look alike."""
    spread = np.random.default_rng(0).integers(0, 2**63, 40)
    pictures = tuple(
        Picture(
            f"{label}/{number}.jpg", label, "s,1", phash=f"{spread[number // 2] ^ (number % 2):016x}"
        )
        for label in "AB"
        for number in range(40)
    )
    return Index(tmp_path, pictures)


@pytest.mark.parametrize("options", [SplitOptions(), SplitOptions(Method.BLOCK, 4, gap=1)])
def test_what_is_saved_is_loaded(index, tmp_path, options):
    made = split(index, options)
    save_split(made, tmp_path / "split.csv")
    loaded = load_split(tmp_path / "split.csv", index)
    assert [fold.name for fold in loaded] == [fold.name for fold in made.folds]
    for one, other in zip(loaded, made.folds, strict=True):
        assert one.parts.dtype == np.int8
        np.testing.assert_array_equal(one.parts, other.parts)


def test_the_file_can_be_read_by_people(index, tmp_path):
    save_split(split(index, SplitOptions()), tmp_path / "split.csv")
    header, first, *rest = (tmp_path / "split.csv").read_text().splitlines()
    assert header == "path,label,group,fold 1"
    assert first.startswith('A/0.jpg,A,"s,1",t')
    assert len(rest) == 79


@pytest.mark.parametrize(
    "content", ["path,label\nA/0.jpg,A\n", "path,label,group,fold 1\nA/0.jpg,A,0\n", "", "\0"]
)
def test_what_is_no_split_is_refused(content, tmp_path):
    (tmp_path / "split.csv").write_text(content)
    with pytest.raises(DataError, match=r"split\.csv"):
        read_split(tmp_path / "split.csv")


def test_leakage_counts_pairs_of_one_class(index):
    made = split(index, SplitOptions(shares=Shares(0.5, 0.25, 0.25)))
    [fold] = report_split(made)["folds"]
    parts = made.folds[0].parts.reshape(-1, 2)  # the two that look alike, in a row
    for name, one, other in (
        ("train_test_pairs", Part.TRAIN, Part.TEST),
        ("train_validation_pairs", Part.TRAIN, Part.VALIDATION),
        ("validation_test_pairs", Part.VALIDATION, Part.TEST),
    ):
        both = [{one, other} == set(pair) for pair in parts.tolist()]
        assert fold["leakage"][name] == sum(both) > 0
    assert fold["leakage"]["test_near_train"] == fold["leakage"]["train_test_pairs"]
    assert fold["leakage"]["test_near_train_share"] == fold["leakage"]["train_test_pairs"] / 20
    assert (fold["train"], fold["validation"], fold["test"], fold["unused"]) == (40, 20, 20, 0)


def test_blocks_do_not_leak(index):
    report = report_split(split(index, SplitOptions(Method.BLOCK, gap=1)))
    assert report["folds"][0]["leakage"]["train_test_pairs"] == 0


def test_the_report_is_json(index, tmp_path):
    report = report_split(split(index, SplitOptions(Method.R3, seed=3)))
    save_report(report, tmp_path / "split.json")
    loaded = json.loads((tmp_path / "split.json").read_text())
    assert loaded == json.loads(json.dumps(report))
    assert (loaded["by"], loaded["seed"], loaded["shares"]["train"]) == ("r3", 3, 7)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "cannot be read as a split"),
        (b"", "cannot be read as a split"),
        (b"\xff\xfe\x00", "cannot be read as a split"),
        (b"path,label,group,fold 1\nA/0.jpg,A,,trian\n", "cannot be read as a split"),
        (b"a,b\n1,2\n", "is not a split"),
        (b"path,label,group,fold 1\nA/0.jpg,A,,train\n", "of other images"),
    ],
)
def test_a_bad_file_is_refused(index, tmp_path, content, message):
    path = tmp_path / "split.csv"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DataError, match=message):
        load_split(path, index)
