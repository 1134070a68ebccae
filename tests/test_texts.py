"""Tables and lists as spreadsheets and editors save them again."""

import csv
import io
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fingerspell.data.corrections import Correction, Corrections
from fingerspell.data.groups import People
from fingerspell.data.index import Index, Picture
from fingerspell.data.split_file import load_split, save_split
from fingerspell.data.split_options import SplitOptions
from fingerspell.data.splits import split
from fingerspell.errors import DataError
from fingerspell.evaluation.sequences import KnownVideo, load_known
from fingerspell.runtime.language import read_words
from fingerspell.texts import read_records, read_table, read_text
from fingerspell.training.recipes import load_recipe


def saved_again(content: bytes, delimiter: str, newline: str, encoding: str, sep: bool) -> bytes:
    """What a spreadsheet makes of a CSV file of ours, by Python's own csv module."""
    rows = list(csv.reader(io.StringIO(content.decode(), newline="")))
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator=newline).writerows(
        [*rows, [""] * len(rows[0])]
    )
    first = f"sep={delimiter}{newline}" if sep else ""
    return (first + text.getvalue()).encode(encoding)


SAVINGS = [
    (",", "\r\n", "utf-8-sig", False),  # Excel, "CSV UTF-8"
    (";", "\r\n", "utf-8-sig", False),  # the same in Germany, France, ...
    (";", "\r\n", "utf-8", True),
    ("\t", "\r\n", "utf-16", False),  # Excel, "Unicode text"
    (",", "\r", "utf-8", False),  # for an old Macintosh
    (",", "\n", "utf-8", False),
]


@pytest.mark.parametrize("saving", SAVINGS)
def test_split_and_index_survive_a_spreadsheet(tmp_path, saving):
    pictures = tuple(
        Picture(f"{label}/Zoë; {n}.jpg", label, "s,1") for label in "AB" for n in range(40)
    )
    index = Index(tmp_path, pictures)
    made = split(index, SplitOptions())
    index.save(tmp_path / "index.csv")
    save_split(made, tmp_path / "split.csv")
    for name in ("index.csv", "split.csv"):
        path = tmp_path / name
        path.write_bytes(saved_again(path.read_bytes(), *saving))
    assert Index.load(tmp_path / "index.csv", tmp_path) == index
    [fold] = load_split(tmp_path / "split.csv", index)
    assert fold.parts.tolist() == made.folds[0].parts.tolist()


@pytest.mark.parametrize("saving", SAVINGS)
def test_tables_that_people_write_survive_a_spreadsheet(tmp_path, saving):
    def saved(name, text):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(saved_again(text.encode(), *saving))
        return tmp_path / name

    people = People.load(saved("people.csv", 'person,tone\nZoë,"brown, dim; red"\n'))
    assert people.facts == {"Zoë": {"tone": "brown, dim; red"}}
    rows = Corrections.load(saved("fixes.csv", 'path,label,reason\nA/1.jpg,b,"dim, far"\n')).rows
    assert rows == {"A/1.jpg": Correction("B", "dim, far")}
    (tmp_path / "hi.mp4").touch()
    known = [KnownVideo(tmp_path / "hi.mp4", "HI, YOU")]
    assert load_known(saved("truth.csv", 'file,text\nhi.mp4,"hi, you"\n')) == known
    assert load_known(saved("truth.txt", 'file,text\nhi.mp4,"hi, you"\n')) == known


def test_rows_are_numbered_as_in_a_spreadsheet_and_unnamed_columns_left_out(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text(', a ,b,\n0,"1\n2",,\n,,,\n1, 3 ,4,\n')
    assert read_records(path, "a") == [(2, {"a": "1\n2", "b": ""}), (4, {"a": "3", "b": "4"})]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "has no column `a`"),
        (b"b,c\n1,2\n", "has no column `a`"),
        (b"a,b,b\n1,2,3\n", "several columns `b`"),
        (b"a,b\n\n1\n", "row 3, has 1 instead of 2 values"),
        (b"a,b\n1,2,3\n", "row 2, has 3 instead of 2 values"),
        (b'a,b\n1,2\n3,"4\n', "row 3, perhaps its quotes"),
        (b"\x89PNG\r\n\x1a\n\x00", "save it as CSV UTF-8"),
        ("a,b\nZoë,2\n".encode("cp1252"), "save it as CSV UTF-8"),
        (b"\xff\xfe\x00", "save it as CSV UTF-8"),
    ],
)
def test_what_is_wrong_with_a_table_is_said(tmp_path, content, says):
    (tmp_path / "x.csv").write_bytes(content)
    with pytest.raises(DataError, match=rf"x\.csv.*{says}"):
        read_records(tmp_path / "x.csv", "a")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_recipes_and_words_survive_an_editor(tmp_path, encoding):
    (tmp_path / "mine.yaml").write_bytes("model: tiny\r\nepochs: 3\r\n".encode(encoding))
    options = load_recipe(str(tmp_path / "mine.yaml")).options
    assert (options.model.model, options.learning.epochs) == ("tiny", 3)
    (tmp_path / "names.csv").write_bytes("# friends\r\nAnna;Bjorn\r\nCarla\r\n".encode(encoding))
    assert read_words(tmp_path / "names.csv") == ["Anna", "Bjorn", "Carla"]


def test_a_name_that_is_no_utf_8_is_kept(tmp_path):
    index = Index(tmp_path, (Picture("A/\udcff.jpg", "A"),))
    index.save(tmp_path / "index.csv")
    assert Index.load(tmp_path / "index.csv", tmp_path) == index
    assert len(index.sha256) == 64


@given(st.lists(st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=2, max_size=2)))
def test_what_csv_writes_is_read(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("tables") / "table.csv"
    rows = [["path", "label"], *rows]
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)
    assert read_table(path) == [row for row in rows if any(row)]


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b'"a', b"sep=", b"sep=\nab"])
def test_what_is_no_table_is_a_value_error_or_rows(tmp_path, content):
    (tmp_path / "x.csv").write_bytes(content)
    with suppress(ValueError):
        assert isinstance(read_table(tmp_path / "x.csv"), list)


def test_lines_end_in_one_way(tmp_path):
    (tmp_path / "x.txt").write_bytes(b"a\r\nb\rc\n")
    assert read_text(tmp_path / "x.txt") == "a\nb\nc\n"
