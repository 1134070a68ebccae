"""Labels corrected by a list with reasons: what changes, and what is said of it."""

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fingerspell.data.corrections import Correction, Corrections
from fingerspell.data.index import Index, Picture
from fingerspell.data.scan import Problem
from fingerspell.errors import DataError

INDEX = Index(
    Path("signers"),
    (
        Picture("D/x_0.jpg", "D"),
        Picture("E/x_0.jpg", "E"),
        Picture("F/x_0.jpg", "F", problem="damaged or truncated"),
        Picture("new/x_0.jpg", problem="unknown class"),
    ),
)


def load(tmp_path: Path, *lines: str) -> Corrections:
    path = tmp_path / "fixes.csv"
    path.write_text("\n".join(["path,label,reason", *lines, ""]))
    return Corrections.load(path)


def test_images_are_relabelled_and_left_out_and_counted(tmp_path):
    rows = load(tmp_path, "D/x_0.jpg,z,drawn", "E/x_0.jpg,,a fist", "new/x_0.jpg,A,drawn")
    corrected = rows.applied(INDEX)
    assert [picture.label for picture in corrected.index.usable.pictures] == ["Z", "A"]
    assert corrected.index.pictures[1].problem == Problem.LEFT_OUT
    assert (corrected.relabelled, corrected.left_out) == (2, 1)
    assert dict(corrected.reasons) == {"drawn": 2, "a fist": 1}
    assert str(corrected) == "Of signers, 2 images were relabelled and 1 left out by fixes.csv."
    rows.check_found(corrected)


def test_damaged_images_stay_damaged_and_right_labels_stay(tmp_path):
    corrected = load(tmp_path, "F/x_0.jpg,G,looked", "D/x_0.jpg,D,looked", "new/x_0.jpg,,no").applied(
        INDEX
    )
    assert corrected.index == INDEX
    assert (corrected.relabelled, corrected.left_out, dict(corrected.reasons)) == (0, 0, {})


def test_every_row_names_one_image(tmp_path):
    rows = load(tmp_path, "D/x_0.jpg,,x", "Q/x_0.jpg,,x")
    with pytest.raises(DataError, match=r"fixes.csv names Q/x_0.jpg, which is not in signers"):
        rows.check_found(rows.applied(INDEX))
    rows = load(tmp_path, "D/x_0.jpg,,x")
    with pytest.raises(DataError, match="in several of signers, signers: give one set at a time"):
        rows.check_found(rows.applied(INDEX), rows.applied(INDEX))


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        (("A/1.jpg,B,",), "row 2, has no path or no reason"),
        ((",B,x",), "row 2, has no path or no reason"),
        (("A/1.jpg,B",), "row 2, has 2 instead of 3 values"),
        (("A/1.jpg,B,x", "A/1.jpg,,x"), r"row 3, names A/1.jpg again"),
    ],
)
def test_what_is_wrong_with_a_row_is_said(tmp_path, lines, says):
    with pytest.raises(DataError, match=says):
        load(tmp_path, *lines)


def test_classes_of_any_alphabet_are_labels_and_slips_of_the_pen_are_not(tmp_path):
    index = Index(Path("own"), (Picture("ILY/1.jpg", "ILY"), Picture("Y/1.jpg", "Y")))
    corrected = load(tmp_path, "Y/1.jpg,ILY,looked", "ILY/1.jpg,7,looked").applied(index)
    assert [picture.label for picture in corrected.index.pictures] == ["7", "ILY"]
    with pytest.raises(DataError, match=r"Y/1.jpg 'IYL'"):
        load(tmp_path, "Y/1.jpg,IYL,looked").applied(index)


def test_files_that_are_no_corrections(tmp_path):
    (tmp_path / "other.csv").write_text("path,label\n")
    with pytest.raises(DataError, match="has no column `reason`"):
        Corrections.load(tmp_path / "other.csv")
    with pytest.raises(DataError, match="check the path"):
        Corrections.load(tmp_path / "missing.csv")


@settings(deadline=None)
@given(st.lists(st.sampled_from(["", "A", "B"]), min_size=1, max_size=30), st.data())
def test_nothing_appears_or_vanishes(labels, data):
    index = Index(Path("s"), tuple(Picture(f"{n}.jpg", label or "C") for n, label in enumerate(labels)))
    chosen = data.draw(st.sets(st.sampled_from(range(len(labels)))))
    rows = {f"{n}.jpg": Correction(labels[n], "x") for n in chosen}
    corrected = Corrections(Path("c.csv"), rows).applied(index)
    assert [p.path for p in corrected.index.pictures] == [p.path for p in index.pictures]
    assert len(corrected.index.usable.pictures) == len(labels) - corrected.left_out
    assert corrected.left_out == sum(not labels[n] for n in chosen)
    assert Counter(corrected.reasons).total() == corrected.left_out + corrected.relabelled
