"""Paths as the data sets that people have are laid out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fingerspell.core.alphabet import CLASSES
from fingerspell.data.layout import Place, parse_path, split_of


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
