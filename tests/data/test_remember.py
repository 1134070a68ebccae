"""A folder is read again exactly when a file in it is another."""

import os

import pytest

from fingerspell.data.remember import remembered_scan
from fingerspell.errors import DataError


@pytest.fixture
def scans(make_set, tmp_path):
    """Scans a set; tells the index, and whether pictures were read for it."""
    root = make_set(5, (32, 32)).root

    def scan():
        read = []
        index = remembered_scan(root, tmp_path / "cache", lambda *_: read.append).index
        return index, bool(read)

    return scan


def test_nothing_is_read_twice(scans):
    first, read_first = scans()
    second, read_second = scans()
    assert (read_first, read_second) == (True, False)
    assert first == second
    assert all(len(picture.sha256) == 64 for picture in second.pictures)


def test_a_new_time_a_new_name_and_a_new_file_are_seen(scans):
    index, _ = scans()
    path = index.root / index.pictures[0].path
    os.utime(path, (1, 1))
    assert scans()[1]
    path.rename(path.with_name("other.jpg"))
    assert scans()[1]
    (path.parent / "more.jpg").write_bytes(path.with_name("other.jpg").read_bytes())
    assert len(scans()[0].pictures) == 6


def test_a_missing_folder(tmp_path):
    with pytest.raises(DataError, match="is not a folder"):
        remembered_scan(tmp_path / "missing", tmp_path / "cache")


def test_a_cache_that_cannot_be_made(make_set, tmp_path):
    root = make_set(1, (32, 32)).root
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match="choose another folder"):
        remembered_scan(root, tmp_path / "file" / "cache")
