import os
import stat

import pytest

from fingerspell.files import whole_folder, write_atomically


def test_writes_and_replaces(tmp_path):
    path = tmp_path / "a.txt"
    write_atomically(path, b"one")
    write_atomically(path, b"two")
    assert path.read_bytes() == b"two"
    assert list(tmp_path.iterdir()) == [path]


def test_others_may_read_as_the_umask_says(tmp_path):
    path = tmp_path / "a.txt"
    old = os.umask(0o022)
    try:
        write_atomically(path, b"")
    finally:
        os.umask(old)
    assert stat.S_IMODE(path.stat().st_mode) == 0o644


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "a.txt"
    write_atomically(path, b"old")
    with pytest.raises(TypeError):
        write_atomically(path, "not bytes")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_stays_one_and_secrets_stay_secret(tmp_path):
    target, link = tmp_path / "target", tmp_path / "link"
    target.touch(0o600)
    link.symlink_to(target)
    write_atomically(link, b"new")
    assert link.is_symlink()
    assert target.read_bytes() == b"new"
    assert stat.S_IMODE(target.stat().st_mode) == 0o600


def test_a_ring_of_links_is_not_replaced(tmp_path):
    ring = tmp_path / "ring"
    ring.symlink_to(ring)
    with pytest.raises(OSError, match="symbolic links"):
        write_atomically(ring, b"")
    assert ring.is_symlink()


def test_a_pipe_is_not_replaced(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(OSError, match="not a file"):
        write_atomically(pipe, b"")
    assert pipe.is_fifo()


def test_a_folder_is_there_once_it_is_whole(tmp_path):
    """It may be there empty, and the folders around it are made."""
    for place in (tmp_path / "new", tmp_path / "deep" / "new"):
        with whole_folder(place) as unfinished:
            (unfinished / "a").write_text("a")
            assert not place.exists()
        assert (place / "a").read_text() == "a"
    (tmp_path / "empty").mkdir()
    with whole_folder(tmp_path / "empty") as unfinished:
        (unfinished / "a").touch()
    assert {path.name for path in tmp_path.iterdir()} == {"new", "deep", "empty"}


def test_a_folder_that_fails_leaves_nothing(tmp_path):
    with pytest.raises(KeyError), whole_folder(tmp_path / "new"):
        raise KeyError
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "a").touch()
    with pytest.raises(OSError, match="not empty"), whole_folder(tmp_path / "full"):
        pass
    assert {path.name for path in tmp_path.iterdir()} == {"full"}
