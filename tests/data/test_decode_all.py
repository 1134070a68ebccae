"""Decoding in other processes: the same pixels, errors that arrive, and processes that end."""

import json
import subprocess
import sys
from dataclasses import asdict

import numpy as np
import pytest
from numpy.lib.format import open_memmap

from fingerspell.data import decode_all as module
from fingerspell.data.decode import PackSpec
from fingerspell.data.decode_all import decode_all
from fingerspell.errors import DataError

SPEC = PackSpec(24)


@pytest.fixture
def array(tmp_path):
    open_memmap(tmp_path / "images.npy", "w+", np.uint8, (200, 24, 24, 3))
    return tmp_path / "images.npy"


@pytest.fixture
def always_processes(monkeypatch):
    monkeypatch.setattr(module, "WORTH_PROCESSES", 0)


def test_processes_decode_what_this_one_does(make_set, array, always_processes):
    index = make_set(200, (50, 40))
    decode_all(index.root, index.pictures, array, SPEC, 1, lambda _n: None)
    alone = np.load(array)
    open_memmap(array, "r+")[:] = 0
    done: list[int] = []
    decode_all(index.root, index.pictures, array, SPEC, 2, done.append)
    assert (np.load(array) == alone).all()
    assert alone.any((1, 2, 3)).all()
    assert (sum(done), len(done)) == (200, 4)


def test_an_error_arrives_from_a_process(make_set, array, always_processes):
    index = make_set(200, (50, 40))
    path = index.root / index.pictures[130].path
    path.write_bytes(b"changed")
    with pytest.raises(DataError, match=f"{path.name} has changed"):
        decode_all(index.root, index.pictures, array, SPEC, 2, lambda _n: None)


def test_stopping_in_the_middle(make_set, array, always_processes):
    index = make_set(200, (50, 40))

    def stop(_n: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        decode_all(index.root, index.pictures, array, SPEC, 2, stop)


def test_a_process_that_is_ended_from_outside(make_set, array):
    index = make_set(3)
    process = module._Process(index.root, array, SPEC)
    process._process.kill()
    process._process.wait()
    with pytest.raises(DataError, match="was killed"):
        process.decode(0, index.pictures)
    process.close()


def test_a_process_ends_with_its_input(make_set, array):
    index = make_set(3)
    [row, *_] = [(picture.path, picture.sha256) for picture in index.pictures]
    command = [sys.executable, "-m", "fingerspell.data.decode_all"]
    arguments = [str(index.root), str(array), json.dumps(asdict(SPEC))]
    request = json.dumps([0, [row]]) + "\n"
    ended = subprocess.run(
        [*command, *arguments], input=request, capture_output=True, text=True, timeout=60, check=True
    )
    assert (ended.stdout, ended.stderr) == ('""\n', "")
