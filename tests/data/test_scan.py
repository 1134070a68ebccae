"""Reading folders of pictures, sound and damaged."""

import hashlib
import os

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from tests.data.defects import png_of, scene, write

from fingerspell.data.index import INDEX_NAME
from fingerspell.data.scan import Problem, Remark, scan
from fingerspell.errors import DataError


def test_the_sample_pictures(samples):
    scanned = scan(samples)
    pictures = scanned.index.pictures
    assert [p.path for p in pictures] == sorted(
        path.relative_to(samples).as_posix() for path in samples.glob("*/*.jpg")
    )
    assert len(scanned.index.usable.pictures) == len(pictures)
    for picture in pictures:
        path = samples / picture.path
        with Image.open(path) as image:
            assert (picture.width, picture.height, picture.mode) == (*image.size, image.mode)
        assert picture.label == path.parent.name
        assert picture.n_bytes == path.stat().st_size
        assert picture.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
        assert len(picture.phash) == 16
    assert scanned.remarks == {Remark.OTHER_FILE: ("README.md",)}


def test_more_pictures_than_one_portion_keep_their_order_and_progress_is_told(tmp_path):
    for number in range(150):
        write(tmp_path / "A" / f"{number:03}.png", scene(number)[:32, :32])
    told = []

    def stage(what, length):
        told.append((what, length))
        return told.append

    index = scan(tmp_path, stage).index
    assert [p.path for p in index.pictures] == [f"A/{number:03}.png" for number in range(150)]
    assert told == [("reading images", 150), 64, 64, 22]
    assert len({p.phash for p in index.pictures}) == 150


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".bmp"])
def test_format_and_size_change_few_bits_of_the_hash(tmp_path, suffix):
    write(tmp_path / "A" / "small.png", scene(0))
    large = Image.fromarray(scene(0)).resize((200, 150), Image.Resampling.BICUBIC)
    write(tmp_path / "A" / f"large{suffix}", np.asarray(large))
    a, b = scan(tmp_path).index.pictures
    assert (int(a.phash, 16) ^ int(b.phash, 16)).bit_count() <= 6


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    noise = np.random.default_rng(0).integers(0, 256, (48, 40, 3), np.uint8)
    return {suffix: write(folder / f"p{suffix}", noise) for suffix in (".jpg", ".png", ".webp")}


@settings(deadline=None)
@given(st.sampled_from([".jpg", ".png", ".webp"]), st.floats(0.001, 0.98))
def test_a_file_cut_anywhere_is_found(whole, tmp_path_factory, suffix, part):
    folder = tmp_path_factory.mktemp("cut")
    (folder / "A").mkdir()
    content = whole[suffix]
    (folder / "A" / f"cut{suffix}").write_bytes(content[: max(1, int(len(content) * part))])
    [picture] = scan(folder).index.pictures
    assert picture.problem in {Problem.DAMAGED, Problem.NO_PICTURE}


@given(
    st.binary(min_size=1, max_size=200),
    st.sampled_from([b"", b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n"]),
)
def test_no_bytes_break_the_scan(tmp_path_factory, content, magic):
    folder = tmp_path_factory.mktemp("junk")
    (folder / "A").mkdir()
    (folder / "A" / "junk.jpg").write_bytes(magic + content)
    [picture] = scan(folder).index.pictures
    assert picture.problem


@pytest.mark.parametrize(
    ("size", "problem"),
    [
        ((20_000, 20_000), "too large"),
        ((10_000, 10_000), "too large"),
        ((9, 64), "too small"),
    ],
)
def test_size_is_judged_before_decoding(tmp_path, size, problem):
    (tmp_path / "A").mkdir()
    (tmp_path / "A" / "bomb.png").write_bytes(png_of(*size))
    [picture] = scan(tmp_path).index.pictures
    assert picture.problem == problem


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_does_not_stop_the_scan(tmp_path):
    (tmp_path / "A").mkdir()
    os.mkfifo(tmp_path / "A" / "pipe.jpg")
    [picture] = scan(tmp_path).index.pictures
    assert picture.problem == Problem.UNREADABLE


def test_links_inside_the_folder_are_followed_and_circles_are_not(tmp_path):
    write(tmp_path / "A" / "1.png", scene(0))
    (tmp_path / "A" / "2.png").symlink_to("1.png")
    (tmp_path / "A" / "3.png").symlink_to("3.png")
    (tmp_path / "A" / "up").symlink_to(tmp_path, target_is_directory=True)
    scanned = scan(tmp_path)
    assert [p.problem for p in scanned.index.pictures] == ["", "", Problem.BROKEN_LINK]
    assert scanned.remarks == {Remark.FOLDER_LINK: ("A/up",)}


def test_the_folder_itself_may_be_a_link(tmp_path):
    write(tmp_path / "set" / "A" / "1.png", scene(0))
    (tmp_path / "link").symlink_to("set", target_is_directory=True)
    [picture] = scan(tmp_path / "link").index.pictures
    assert not picture.problem


def test_an_index_in_the_folder_is_no_stranger(tmp_path):
    write(tmp_path / "A" / "1.png", scene(0))
    (tmp_path / INDEX_NAME).touch()
    assert not scan(tmp_path).remarks


def test_hidden_and_system_files_are_counted(tmp_path):
    write(tmp_path / "A" / "1.png", scene(0))
    write(tmp_path / ".cache" / "A" / "1.png", scene(0))
    write(tmp_path / "__MACOSX" / "A" / "1.png", scene(0))
    (tmp_path / "A" / "Thumbs.db").touch()
    scanned = scan(tmp_path)
    assert (len(scanned.index.pictures), scanned.n_ignored) == (1, 3)


def test_no_folder_and_no_pictures(tmp_path):
    with pytest.raises(DataError, match="is not a folder"):
        scan(tmp_path / "none")
    with pytest.raises(DataError, match="holds no images"):
        scan(tmp_path)
