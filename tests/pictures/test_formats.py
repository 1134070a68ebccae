from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.pictures.files import SAVED_AS, encoded, gradient

from fingerspell.pictures.formats import (
    SUFFIXES_OF,
    Format,
    format_of,
    is_named_as_picture,
    natural_order,
    other_format,
)


@pytest.mark.parametrize("suffix", SAVED_AS)
def test_every_format_is_told_by_its_first_bytes(suffix):
    found = format_of(encoded(gradient(), suffix)[:512])
    assert found is not None
    assert f".{suffix}" in SUFFIXES_OF[found]


@pytest.mark.parametrize(
    ("brands", "expected"),
    [
        (b"avif\0\0\0\0mif1miaf", Format.AVIF),
        (b"avis\0\0\0\0avifmsf1", Format.AVIF),
        (b"heic\0\0\0\0mif1heic", Format.HEIC),
        (b"hevx\0\0\0\0msf1", Format.HEIC),
        (b"mif1\0\0\0\0mif1heic", Format.HEIC),
        (b"mif1\0\0\0\0mif1avif", Format.AVIF),
        (b"isom\0\0\0\0isomiso2avc1mp41", None),
        (b"mp42\0\0\0\0mif1heic", None),  # a video that a telephone made beside a picture
    ],
)
def test_boxes_are_told_by_their_brands(brands, expected):
    box = (8 + len(brands)).to_bytes(4, "big") + b"ftyp" + brands
    assert format_of(box + b"\0\0\0\x08free") is expected


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (b"II*\0\x08\0\0\0", "TIFF"),
        (b"\xff\x0a\xfa\x5f", "JPEG XL"),
        (b"8BPS\0\1", "Photoshop"),
        (b"%PDF-1.7", "PDF"),
        (b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg">', "SVG"),
        (b"\0\0\0\x18ftypcrx \0\0\0\1", "raw"),
    ],
)
def test_pictures_that_are_not_read_have_a_name(head, name):
    assert format_of(head) is None
    assert name in (other_format(head) or "")


@pytest.mark.parametrize(
    "head", [b"", b"BM", b"BMW is a maker of cars", b"RIFF\0\0\0\0AVI LIST", b"GIF"]
)
def test_what_only_looks_like_a_picture_is_none(head):
    assert format_of(head) is None
    assert other_format(head) is None


@settings(deadline=None)
@given(st.binary(max_size=600))
def test_any_bytes_have_an_answer(head):
    assert format_of(head) is None or other_format(head) is None


def test_names_are_ordered_as_people_do():
    names = ["b10", "B9", "a", "C", "10", "9", "b9x", "Ä", "1a", "img_2", "IMG_10", "img_1"]
    expected = ["1a", "9", "10", "a", "B9", "b9x", "b10", "C", "img_1", "img_2", "IMG_10", "Ä"]
    assert sorted(names, key=natural_order) == expected


@settings(deadline=None)
@given(st.lists(st.text(), max_size=8, unique=True))
def test_any_names_have_one_order(names):
    turned = names[::-1]
    assert sorted(names, key=natural_order) == sorted(turned, key=natural_order)


@pytest.mark.parametrize(
    ("name", "is_named"),
    [("a.JPEG", True), ("a.jfif", True), ("a.jpe", True), ("a.HEIC", True), ("._a.jpg", False),
     ("a.tif", False), ("jpg", False)],
)  # fmt: skip
def test_what_is_named_as_a_picture(tmp_path, name, is_named):
    Path(tmp_path / name).touch()
    assert is_named_as_picture(tmp_path / name) is is_named
