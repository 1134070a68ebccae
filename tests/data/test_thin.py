"""Smaller data sets: which images are kept, and what is in the files that are written."""

import json
from collections import Counter

import numpy as np
import pytest
from PIL import Image
from tests.data.conftest import smooth_picture
from typer.testing import CliRunner

from fingerspell.cli import app
from fingerspell.data.index import Index, Picture
from fingerspell.data.pack import open_packed
from fingerspell.data.scan import scan
from fingerspell.data.thin import thinned, write_thinned
from fingerspell.errors import DataError


@pytest.fixture
def run():
    return lambda *args: CliRunner().invoke(app, ["data", *(str(a) for a in args)])


@pytest.fixture
def mixed(tmp_path):
    """Of A six JPEGs of 100x60 and of B two PNGs of 30x40; one image of B lies there as BMP, too."""
    random = np.random.default_rng(0)
    for folder in "AB":
        (tmp_path / "set" / folder).mkdir(parents=True)
    for number in range(6):
        smooth_picture(random, (100, 60)).save(tmp_path / "set" / "A" / f"A{number}.jpg", quality=95)
    for number in range(2):
        smooth_picture(random, (30, 40)).save(tmp_path / "set" / "B" / f"{number}.png")
    smooth_picture(random, (80, 80)).save(tmp_path / "set" / "B" / "0.bmp")
    return tmp_path / "set"


def index_of(root, **counts):
    """An index without files: as many images of each `CLASS_source`."""
    pictures = [
        Picture(f"{name}/{number}.jpg", label=name.split("_")[0], group=name.split("_")[1])
        for name, n in counts.items()
        for number in range(n)
    ]
    return Index(root, tuple(pictures))


def test_the_same_share_of_every_class(tmp_path):
    index = index_of(tmp_path, A_x=30, B_x=9)
    third = thinned(index, 1 / 3, 0)
    assert Counter(p.label for p in third.pictures) == {"A": 10, "B": 3}
    assert third == thinned(index, 1 / 3, 0)
    assert third != thinned(index, 1 / 3, 1)
    places = [index.pictures.index(picture) for picture in third.pictures]
    assert places == sorted(places)
    assert thinned(index, 1, 0) is index


def test_every_third_image(tmp_path):
    """By hand: of 7 images of A and 4 of B, those at 0, 3, 6 and 9 are kept; of each at most 2."""
    index = index_of(tmp_path, A_x=7, B_x=4)
    third = thinned(index, every=3)
    assert [p.path for p in third.pictures] == [index.pictures[place].path for place in (0, 3, 6, 9)]
    assert Counter(p.label for p in thinned(index, every=3, most=2).pictures) == {"A": 2, "B": 1}


def test_sources_keep_their_proportions(tmp_path):
    """By hand: of A's 10 images 4 are kept, of 7 and 3 that is 2.8 and 1.2; of B, all are."""
    kept = thinned(index_of(tmp_path, A_x=7, A_y=3, B_x=2), most=4)
    assert Counter((p.label, p.group) for p in kept.pictures) == {
        ("A", "x"): 3,
        ("A", "y"): 1,
        ("B", "x"): 2,
    }


def test_no_class_disappears(tmp_path):
    kept = thinned(index_of(tmp_path, A_x=100, B_x=1), 0.01)
    assert Counter(p.label for p in kept.pictures) == {"A": 1, "B": 1}


def test_images_are_shrunk_or_copied(mixed, tmp_path):
    index = scan(mixed).index
    done = write_thinned(index, index, tmp_path / "new", 50)
    new = tmp_path / "new"
    names = {path.relative_to(new).as_posix() for path in new.rglob("*.*")}
    assert names == {*(f"A/A{n}.jpg" for n in range(6)), "B/1.png", "B/0.png.png", "B/0.bmp.png"}
    with Image.open(mixed / "A" / "A0.jpg") as old, Image.open(new / "A" / "A0.jpg") as small:
        assert (small.format, small.size) == ("JPEG", (50, 30))
        other = old.resize((50, 30), Image.Resampling.BOX)
        luma = [np.asarray(each.convert("L"), float) for each in (other, small)]
        assert np.abs(luma[0] - luma[1]).mean() < 4
    assert (new / "B" / "1.png").read_bytes() == (mixed / "B" / "1.png").read_bytes()
    n_bytes = sum(path.stat().st_size for path in (new / "A").iterdir())
    assert (done.after["A"].images, done.after["A"].n_bytes) == (6, n_bytes)


def test_a_failure_leaves_nothing(mixed, tmp_path):
    index = scan(mixed).index
    (mixed / "A" / "A3.jpg").write_bytes(b"damaged since")
    with pytest.raises(DataError, match=r"A3\.jpg .*data check --fix"):
        write_thinned(index, index, tmp_path / "new", 50)
    (mixed / "A" / "A3.jpg").unlink()
    with pytest.raises(DataError, match=r"A3\.jpg cannot be read or written"):
        write_thinned(index, index, tmp_path / "new")
    assert {path.name for path in tmp_path.iterdir()} == {"set"}


def test_the_command_shows_before_and_after(run, mixed, tmp_path):
    result = run("thin", mixed, "-o", tmp_path / "new", "--most", 2, "--size", 20)
    assert result.exit_code == 0
    rows = [line.split() for line in result.stdout.splitlines()]
    assert [row[:3] for row in rows[1:]] == [["A", "6", "2"], ["B", "3", "2"], ["all", "9", "4"]]
    again = run("thin", mixed, "-o", tmp_path / "again", "--most", 2, "--size", 20, "--json")
    document = json.loads(again.stdout)
    assert document["after"]["A"]["images"] == 2
    assert {p.name for p in (tmp_path / "new").rglob("*.*")} == {
        p.name for p in (tmp_path / "again").rglob("*.*")
    }


def test_the_new_folder_has_to_be_new(run, mixed, tmp_path):
    result = run("thin", mixed, "-o", mixed, "--most", 2)
    assert result.exit_code == 1
    assert "is not empty: give a new folder" in result.stderr
    assert run("thin", mixed, "-o", tmp_path / "new").exit_code == 2


def test_a_share_is_packed(run, mixed, tmp_path):
    result = run("pack", mixed, "-o", tmp_path / "packs", "--share", 0.5)
    packed = open_packed(tmp_path / "packs" / result.stdout.strip().rpartition("/")[2])
    assert Counter(picture.label for picture in packed.index.pictures) == {"A": 3, "B": 2}
    few = json.loads(run("pack", mixed, "-o", tmp_path / "packs", "--most", 1, "--json").stdout)
    assert few["classes"] == {"A": 1, "B": 1}
