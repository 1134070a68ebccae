"""Paths as the data sets that people have are laid out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fingerspell.core.alphabet import CLASSES
from fingerspell.data.layout import Place, groups_of, label_of, parse_path, split_of


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("A/A1.jpg", Place("A")),
        ("a/1.png", Place("A")),
        ("Del/1.png", Place("del")),
        ("blank/1.png", Place("nothing")),
        ("asl_alphabet_train/asl_alphabet_train/A/A1.jpg", Place("A", "asl_alphabet", "train")),
        ("asl_alphabet_test/asl_alphabet_test/A_test.jpg", Place("A", "asl_alphabet", "test")),
        ("asl_alphabet_test/nothing_test.jpg", Place("nothing", "asl_alphabet", "test")),
        ("A_test.jpg", Place("A", "", "test")),
        ("ASL_Alphabet/asl_alphabet_train/B/1 (2).jpg", Place("B", "ASL_Alphabet", "train")),
        ("kaggle64_test/B/B1.jpg", Place("B", "kaggle64", "test")),
        ("webcam/C/1.jpg", Place("C", "webcam")),
        ("valid/C/1.jpg", Place("C", "", "validation")),
        ("test/signer3/C/1.jpg", Place("C", "signer3", "test")),
        ("C/signer3/1.jpg", Place("C", "signer3")),
        ("digits/7/1.jpg", Place("", "digits")),
        ("a/B/1.jpg", Place("B", "a")),
        ("latest/B/1.jpg", Place("B", "latest")),
        ("A/A1_test.jpg", Place("A")),
        ("1_test.jpg", Place()),
        ("1.jpg", Place()),
    ],
)  # fmt: skip
def test_layouts(path, place):
    assert parse_path(path) == place


@given(st.sampled_from(CLASSES), st.sampled_from(["", "train/", "x_test/y/", "s/"]), st.integers(0))
def test_a_class_folder_next_to_the_file_names_its_class(label, above, number):
    assert parse_path(f"{above}{label}/{number}.jpg").label == label


@pytest.mark.parametrize(
    ("folder", "split"),
    [("TRAIN", "train"), ("my-testing set", "test"), ("val", "validation"), ("contest", ""), ("A", "")],
)
def test_words_for_splits(folder, split):
    assert split_of(folder) == split


@pytest.mark.parametrize(
    ("name", "label"),
    [
        *(("A ", "A"), (" b", "B"), ("A_train", "A"), ("test_A", "A"), ("hand_C", "C"), ("01_A", "A")),
        *(("Letter-b", "B"), ("A images", "A"), ("sign.del", "del"), (" ", "space"), ("_", "space")),
        *(("7", ""), ("signer_A", ""), ("hand1", ""), ("AB", ""), ("latest", ""), ("subject B", "")),
    ],
)
def test_what_stands_around_a_class_in_a_folder_s_name(name, label):
    assert label_of(name) == label
    if label:
        assert parse_path(f"{name}/1.jpg").label == label


def test_the_part_may_stand_in_the_class_folder():
    assert parse_path("A_train/1.jpg") == Place("A", "", "train")


@pytest.mark.parametrize(
    ("paths", "groups"),
    [
        (
            ["dataset5/A/a/1.png", "dataset5/A/b/1.png", "dataset5/B/a/1.png", "dataset5/B/b/1.png"],
            "AABB",
        ),
        (["x/y/A/a/1.png", "x/y/A/b/1.png", "x/y/B/a/1.png", "x/y/B/b/1.png"], "AABB"),
        (["A/a/1.png", "A/b/1.png", "B/a/1.png", "B/b/1.png"], "AABB"),
        (["A/anna/1.png", "B/anna/1.png", "A/bob/1.png", "B/bob/1.png"], ["anna"] * 2 + ["bob"] * 2),
        (["A/A/1.png", "B/B/1.png"], ["", ""]),
        (["k_train/k_train/A/1.png", "k_test/k_test/A_test.png"], ["k", "k"]),
        (["train/cam/A/1.png", "test/cam/A/1.png", "train/web/A/1.png"], ["cam", "cam", "web"]),
    ],
)
def test_sources_and_signers_of_a_whole_set(paths, groups):
    assert groups_of(paths) == list(groups)


def test_signers_in_one_of_several_sets():
    paths = [f"five/{who}/{label}/1.png" for who in "PQ" for label in "ab"] + ["webcam/A/1.png"]
    assert groups_of(paths) == ["five/P", "five/P", "five/Q", "five/Q", "webcam"]
