"""Who is in which image: by pattern, by a people file, or by what the index knows."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fingerspell.data.groups import People, with_people
from fingerspell.data.index import Index, Picture
from fingerspell.errors import DataError


def index_of(*paths: str, group: str = "") -> Index:
    return Index(Path("set"), tuple(Picture(path, path[0], group) for path in paths))


def persons(index: Index) -> list[str]:
    return [picture.group for picture in index.pictures]


def write(path: Path, *lines: str) -> Path:
    path.write_text("\n".join([*lines, ""]), "utf-8")
    return path


def test_a_people_file(tmp_path):
    lines = ("person, skin_tone", 'maria ,"brown, dim"')
    people = People.load(write(tmp_path / "people.csv", *lines))
    assert (people.columns, people.facts) == (("skin_tone",), {"maria": {"skin_tone": "brown, dim"}})
    assert people.column("skin_tone") == {"maria": "brown, dim"}
    assert people.column("fold") == {}


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        (("name,tone", "a,b"), "has no column `person`"),
        (("person,tone",), "names nobody"),
        (("person,tone", "a,b,c"), "row 2, has 3 instead of 2 values"),
        (("person,tone", "a,b", "a,c"), "row 3, names a again"),
        (("person,tone", ",b"), "row 2, names no person"),
    ],
)
def test_what_is_wrong_with_a_people_file_is_said(tmp_path, lines, says):
    with pytest.raises(DataError, match=says):
        People.load(write(tmp_path / "people.csv", *lines))


def test_a_people_file_that_is_missing(tmp_path):
    with pytest.raises(DataError, match="check the path"):
        People.load(tmp_path / "people.csv")


@settings(deadline=None)
@given(st.lists(st.from_regex(r"\A[a-zA-Z0-9_-]{1,12}\Z"), min_size=1, max_size=6), st.integers(0, 99))
def test_persons_are_named_before_the_last_number(names, number):
    paths = [f"{letter}/{name}_{number}.jpg" for name in names for letter in "AB"]
    people = People(facts={name: {} for name in names})
    found = with_people(index_of(*paths), people)
    assert found is not None
    assert persons(found) == [name for name in names for _ in "AB"]


def test_a_pattern_looks_at_the_name_first_and_then_at_the_path():
    index = index_of("A/hand1_left.jpg", "A/hand2_left.jpg")
    assert persons(with_people(index, People(), r"hand\d")) == ["hand1", "hand2"]
    assert persons(with_people(index, People(), r"(?P<person>.+)_(left|right)")) == ["hand1", "hand2"]
    folders = index_of("A/signer1/1.jpg", "A/signer2/1.jpg")
    assert persons(with_people(folders, People(), r"signer\d")) == ["signer1", "signer2"]


def test_groups_of_the_index_count_where_the_file_has_them():
    index = index_of("A/1_1.jpg", group="maria")
    assert persons(with_people(index, People(facts={"maria": {}}))) == ["maria"]
    assert persons(with_people(index, People(facts={"1": {}}))) == ["1"]


def test_other_sets_are_none_of_these_people():
    assert with_people(index_of("A/A1.jpg"), People(), r"hand\d") is None
    assert with_people(index_of("A/A_1.jpg"), People(facts={"maria": {}})) is None


def test_images_of_nobody_among_others_are_named():
    index = index_of("A/maria_1.jpg", "A/paul_1.jpg", "A/1.jpg")
    with pytest.raises(DataError, match=r"paul_1.jpg shows 'paul', who is not in None: add a row"):
        with_people(index, People(facts={"maria": {}}))
    with pytest.raises(DataError, match=r"1.jpg names no person"):
        with_people(index, People(facts={"maria": {}, "paul": {}}))
    with pytest.raises(DataError, match="is not a regular expression"):
        with_people(index, People(), "(")
