"""The sets that the reader learns from, and what is left out of them."""

import numpy as np
import pytest

from fingerspell.errors import DataError
from fingerspell.training.hand_reader.sources import (
    HANDLESS,
    SOURCES,
    Source,
    folds_of,
    is_left_out,
    left_out_of,
    read_archive,
    shown_in,
)

NAMES = ("rps_webcam", HANDLESS + "rps_webcam", "people/anna", "people/ben", "rendered")


@pytest.mark.parametrize(
    ("leave_out", "left_out"),
    [
        ({"rps_webcam"}, [0, 1]),
        ({"people"}, [2, 3]),
        ({"people/ben", "rendered"}, [3, 4]),
        ({"ben"}, []),
    ],
)
def test_what_is_left_out_is_left_out_with_all_that_was_made_of_it(leave_out, left_out):
    assert [i for i, name in enumerate(NAMES) if is_left_out(name, leave_out)] == left_out


@pytest.mark.parametrize(
    "wrong",
    [
        "masey",
        "people/nobody",
        "people:3/3",
        "people:a/3",
        "people:1",
        "people:all-but-2",
        "people:all-but-some",
    ],
)
def test_what_is_not_there_cannot_be_left_out(tmp_path, wrong):
    (tmp_path / "joints").mkdir()
    np.savez(tmp_path / "joints" / "people.npz", paths=["A/cem_0.jpg"])
    with pytest.raises(DataError):
        left_out_of(wrong, tmp_path)


def test_an_archive_that_is_missing_or_damaged_says_who_makes_it(tmp_path):
    with pytest.raises(DataError) as missing:
        read_archive(tmp_path, "joints", "t32")
    assert "label_joints.py" in str(missing.value)
    (tmp_path / "hands").mkdir()
    (tmp_path / "hands" / "t32.npz").write_bytes(b"PK damaged")
    with pytest.raises(DataError) as damaged:
        read_archive(tmp_path, "hands", "t32")
    assert "cut_out_hands.py" in str(damaged.value)


def test_people_are_left_out_by_folds_and_one_person_is_in_one_fold(tmp_path):
    (tmp_path / "joints").mkdir()
    people = ["cem", "adi3220", "eva", "aplha5", "bo", "dan"]
    paths = [f"{letter}/{person}_{i}.jpg" for person in people for i, letter in enumerate("AB")]
    np.savez(tmp_path / "joints" / "people.npz", paths=paths)
    folds = folds_of(tmp_path, 2)
    # By hand: adi3220, bo, cem, dan, eva in turn; aplha5 may be adi3220.
    assert folds == {
        f"people/{person}": fold
        for person, fold in zip(
            ["adi3220", "bo", "cem", "dan", "eva", "aplha5"], [0, 1, 0, 1, 0, 0], strict=True
        )
    }
    left_out = left_out_of("massey,people:1/2,people/eva", tmp_path)
    assert left_out == {"massey", "people/bo", "people/dan", "people/eva"}


@pytest.mark.parametrize(
    ("text", "learned_from"),
    [
        ("people:all-but-2", "ad"),
        ("people:all-but-0", ""),
        ("people:all-but-6", "abcdef"),
        ("people/a,people:all-but-5", "bcdef"),
        ("people:0/2,people:all-but-2", "bd"),  # of b, d and f
    ],
)
def test_all_but_a_few_of_the_others_are_left_out(tmp_path, text, learned_from):
    (tmp_path / "joints").mkdir()
    np.savez(tmp_path / "joints" / "people.npz", paths=[f"A/{person}_0.jpg" for person in "abcdef"])
    left_out = left_out_of(text, tmp_path)
    assert left_out == {f"people/{person}" for person in set("abcdef") - set(learned_from)}


def test_what_is_openly_licensed_is_told_apart(tmp_path):
    (tmp_path / "people.csv").write_text(
        "person,licence\ncem,MIT (own)\neva,none stated\nbo,MIT file of the tutorial\n"
    )
    left_out = left_out_of("t32", tmp_path, licensed_only=True)
    assert left_out == {"t32", "kaggle64", "massey", "people/eva"}


def test_corrected_images_have_the_sign_that_they_show():
    """`people_corrections.csv`: an F in D's folder, an L without a hand."""
    people = SOURCES["people"]
    shown = {path: shown_in(path, people) for path in ("D/sufyan_0.jpg", "L/rjpushp_0.jpg")}
    assert shown == {"D/sufyan_0.jpg": "F", "L/rjpushp_0.jpg": ""}
    assert shown_in("D/sufyan_0.jpg", SOURCES["t32"]) == "D"
    assert shown_in("D/other_0.jpg", people) == "D"


def test_hands_that_sign_nothing_are_drawn_more_often():
    """Twelve times as often as pictures without hands, and as letters."""
    source = Source(100, resting=12)
    nothing, letter = source.label("nothing"), source.label("A")
    shares = [source.share(nothing, found=found, n=50) for found in (True, False)]
    assert [*shares, source.share(letter, found=True, n=50)] == pytest.approx([24, 2, 2])
    assert SOURCES["digits218"].label("5") == nothing
