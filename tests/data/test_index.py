"""Indices on disk."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fingerspell.core.alphabet import CLASSES
from fingerspell.data.index import Index, Picture
from fingerspell.errors import DataError

texts = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=8)
pictures = st.builds(
    Picture,
    texts,
    st.sampled_from(["", *CLASSES]),
    texts,
    texts,
    st.integers(0),
    st.integers(0),
    texts,
    st.integers(0),
)


@given(st.lists(pictures, max_size=5))
def test_what_is_saved_is_loaded(tmp_path_factory, rows):
    folder = tmp_path_factory.mktemp("index")
    Index(folder, tuple(rows)).save(folder / "index.csv")
    assert Index.load(folder / "index.csv", folder) == Index(folder, tuple(rows))


def test_usable_pictures_have_a_class_and_no_problem(tmp_path):
    good = Picture("A/1.jpg", "A")
    index = Index(tmp_path, (good, Picture("7/1.jpg"), Picture("A/2.jpg", "A", problem="empty file")))
    assert index.usable == Index(tmp_path, (good,))


@pytest.mark.parametrize("content", [None, b"", b"a,b\n", b"\xff\xfe"])
def test_no_index(tmp_path, content):
    if content is not None:
        (tmp_path / "index.csv").write_bytes(content)
    with pytest.raises(DataError, match=r"index\.csv"):
        Index.load(tmp_path / "index.csv", tmp_path)


@pytest.mark.parametrize(
    "row",
    [
        *("A/1.jpg,A", "A/1.jpg,A,,,wide,1,,1,,,", "A/1.jpg,A,,,1,1,,1,,,,more"),
        "A/1.jpg,a,,,1,1,,1,,,",
    ],
)
def test_a_damaged_row(tmp_path, row):
    Index(tmp_path, ()).save(tmp_path / "index.csv")
    with (tmp_path / "index.csv").open("a") as file:
        file.write(row + "\n")
    with pytest.raises(DataError, match="cannot be read as an index"):
        Index.load(tmp_path / "index.csv", tmp_path)
