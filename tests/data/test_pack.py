"""Packing: what is in the array, and that nothing half-valid is ever seen."""

import random
import shutil
import signal
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from tests.data.conftest import index_of

from fingerspell.core.alphabet import CLASSES
from fingerspell.data.decode import PackSpec
from fingerspell.data.decode_all import WORTH_PROCESSES
from fingerspell.data.index import Index
from fingerspell.data.pack import (
    IMAGES,
    INDEX,
    MANIFEST,
    content_key,
    is_packed,
    open_packed,
    pack,
)
from fingerspell.errors import DataError

# Packs once told to, and says after each chunk how many pictures it decoded itself.
CHILD = """
import sys
from pathlib import Path
from fingerspell.data.decode_all import WORTH_PROCESSES
from fingerspell.data.index import Index
from fingerspell.data.pack import pack
index = Index.load(Path(sys.argv[1]), Path(sys.argv[2]))
print("ready", flush=True)
sys.stdin.readline()
pack(index, Path(sys.argv[3]), advance=lambda n: print(n, flush=True))
"""


@pytest.fixture
def start_packing(tmp_path):
    """Starts another process that packs an index into a cache when its stdin is written to."""

    def start(index: Index, cache) -> subprocess.Popen:
        index.save(tmp_path / "index.csv")
        process = subprocess.Popen(
            [sys.executable, "-c", CHILD, tmp_path / "index.csv", index.root, cache],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout.readline() == "ready\n"
        return process

    return start


def test_a_pack_holds_the_pictures_in_order(make_set, tmp_path):
    index = make_set(100, (64, 64))
    packed = pack(index, tmp_path / "cache")
    assert packed.images.shape == (100, 64, 64, 3)
    assert packed.labels.tolist() == [CLASSES.index(p.label) for p in index.pictures]
    for picture, pixels in zip(index.pictures, packed.images, strict=True):
        assert (pixels == np.asarray(Image.open(index.root / picture.path))).all()


def test_a_pack_can_be_opened_without_the_originals(make_set, tmp_path):
    index = make_set(5)
    packed = pack(index, tmp_path / "cache", PackSpec(32))
    again = open_packed(packed.folder)
    assert (again.index, again.spec) == (Index(index.root.resolve(), index.pictures), packed.spec)
    assert (again.images == packed.images).all()


def test_a_second_run_decodes_nothing(make_set, tmp_path):
    index = make_set(5)
    first = pack(index, tmp_path / "cache")
    for picture in index.pictures:
        (index.root / picture.path).unlink()
    second = pack(index, tmp_path / "cache", advance=pytest.fail)
    assert second.folder == first.folder
    assert (second.images == first.images).all()


def test_what_the_key_depends_on(make_set):
    index = make_set(3)
    first, *others = index.pictures
    keys = {
        content_key(changed, spec)
        for changed, spec in [
            (index, PackSpec()),
            (index, PackSpec(32)),
            (index, PackSpec(keep_aspect=False)),
            (Index(index.root, (replace(first, label="Z"), *others)), PackSpec()),
            (Index(index.root, (replace(first, sha256="0" * 64), *others)), PackSpec()),
            (Index(index.root, (*others, first)), PackSpec()),
        ]
    }
    assert len(keys) == 6
    moved = Index(index.root / "elsewhere", index.pictures)
    assert content_key(moved, PackSpec()) == content_key(index, PackSpec())


def test_a_new_group_is_seen_though_the_pixels_are_packed_already(make_set, tmp_path):
    index = make_set(2)
    pack(index, tmp_path / "cache")
    grouped = Index(index.root, tuple(replace(p, group="anna") for p in index.pictures))
    assert pack(grouped, tmp_path / "cache").index == grouped


def test_unusable_pictures_are_left_out(make_set, tmp_path):
    first, second, third = make_set(3).pictures
    root = tmp_path / "set"
    index = Index(root, (replace(first, problem="truncated"), second, replace(third, label="")))
    assert pack(index, tmp_path / "cache").index.pictures == (second,)
    with pytest.raises(DataError, match="no usable images"):
        pack(Index(root, index.pictures[:1]), tmp_path / "cache")


def test_an_index_without_hashes_is_refused(make_set, tmp_path):
    index = make_set(1)
    bare = Index(index.root, (replace(index.pictures[0], sha256=""),))
    with pytest.raises(DataError, match="no sha256"):
        pack(bare, tmp_path / "cache")


def test_a_damaged_picture_is_named_and_leaves_nothing(make_set, tmp_path):
    index = make_set(200, (40, 40))
    path = index.root / index.pictures[150].path
    path.write_bytes(path.read_bytes()[:500])
    with pytest.raises(DataError, match=path.name):
        pack(index_of(index.root), tmp_path / "cache")
    assert [p.name for p in (tmp_path / "cache").iterdir() if p.is_dir()] == []


@pytest.mark.parametrize("name", [IMAGES, INDEX, MANIFEST])
def test_a_damaged_pack_is_made_anew(make_set, tmp_path, name):
    index = make_set(4)
    expected = np.array(pack(index, tmp_path / "cache").images)
    [folder] = [p for p in (tmp_path / "cache").iterdir() if p.is_dir()]
    (folder / name).write_bytes((folder / name).read_bytes()[:-1])
    with pytest.raises(DataError, match="no packed data set"):
        open_packed(folder)
    assert (pack(index, tmp_path / "cache").images == expected).all()


def test_a_cache_that_cannot_be_made(make_set, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match="choose another folder"):
        pack(make_set(1), tmp_path / "file" / "cache")


def test_a_full_disk_is_an_error_and_leaves_nothing(make_set, tmp_path):
    huge = PackSpec(2_000_000)  # 12 TB a picture
    with pytest.raises(DataError, match="GB do not fit on the disk"):
        pack(make_set(1), tmp_path / "cache", huge)
    assert [p.name for p in (tmp_path / "cache").iterdir() if p.is_dir()] == []


def test_writing_to_the_images_leaves_the_file_alone(make_set, tmp_path):
    packed = pack(make_set(1), tmp_path / "cache")
    before = (packed.folder / IMAGES).read_bytes()
    packed.images[:] = 0
    assert (packed.folder / IMAGES).read_bytes() == before


def go(process: subprocess.Popen) -> None:
    process.stdin.write("go\n")
    process.stdin.flush()


def test_processes_that_pack_at_once_decode_once(make_set, start_packing, tmp_path):
    index, cache = make_set(WORTH_PROCESSES, (32, 32)), tmp_path / "cache"
    processes = [start_packing(index, cache) for _ in range(3)]
    for process in processes:
        go(process)
    decoded = [sum(map(int, process.communicate()[0].split())) for process in processes]
    assert sorted(decoded) == [0, 0, WORTH_PROCESSES]
    [folder] = [p for p in cache.iterdir() if p.is_dir()]
    assert is_packed(folder)


@pytest.mark.parametrize("kills", [4, pytest.param(20, marks=pytest.mark.slow)])
def test_killed_at_random_moments(make_set, start_packing, tmp_path, kills):
    """SIGKILL again and again: nothing half-valid is seen, and each restart gives the right pixels."""
    index = make_set(WORTH_PROCESSES, (32, 32))
    expected = np.array(pack(index, tmp_path / "whole").images)
    moments, killed = random.Random(0), 0
    for attempt in range(kills):
        cache = tmp_path / f"cache{attempt % 3}"  # remains of earlier attempts are in the way
        process = start_packing(index, cache)
        go(process)
        for _ in range(moments.randint(0, 16)):  # after the last chunk comes the index, and so on
            process.stdout.readline()
        process.kill()
        process.communicate()
        killed += process.returncode == -signal.SIGKILL
        folder = cache / content_key(index, PackSpec())
        assert is_packed(folder) == folder.exists()
        restarted = pack(index, cache)
        assert (restarted.images == expected).all()
        assert [p.name for p in cache.iterdir() if p.is_dir()] == [folder.name]
        shutil.rmtree(folder)  # so that the next attempt has work to do
    assert killed >= kills // 2  # the others were done before the signal came
