"""The figures of docs/data.md, on the pictures they were measured on."""

import os
from pathlib import Path

import numpy as np
import pytest

from fingerspell.data.blocks import frame_number
from fingerspell.data.duplicates import MAX_DISTANCE, hashes_of
from fingerspell.data.index import Index
from fingerspell.data.scan import scan
from fingerspell.data.split_file import report_split
from fingerspell.data.split_options import Method, SplitOptions
from fingerspell.data.splits import split

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def kaggle64() -> Index:
    """Frames of Kaggle's asl-alphabet at 64x64 pixels, 600 of each class."""
    folder = Path(os.environ.get("FINGERSPELL_DATA", "")) / "kaggle64"
    if "FINGERSPELL_DATA" not in os.environ or not folder.is_dir():
        pytest.skip("set FINGERSPELL_DATA to a folder that holds kaggle64")
    return scan(folder).index


def test_the_hash_tells_neighbours_from_other_classes(kaggle64):
    hashes = hashes_of(kaggle64.pictures)
    labels = np.array([p.label for p in kaggle64.pictures])
    numbers = np.array([frame_number(p.path)[1] for p in kaggle64.pictures])
    order = np.lexsort((numbers, labels))
    a, b = order[:-1], order[1:]
    neighbours = (labels[a] == labels[b]) & (numbers[b] - numbers[a] == 1)
    sample = np.random.default_rng(0).choice(len(labels), 2500, replace=False)
    i, j = sample[np.stack(np.triu_indices(len(sample), 1))]
    others = labels[i] != labels[j]
    for limit in (2, 3, 4, 5):
        found = np.mean(np.bitwise_count(hashes[a] ^ hashes[b])[neighbours] <= limit)
        false = np.mean(np.bitwise_count(hashes[i] ^ hashes[j])[others] <= limit)
        print(f"{limit} bits: {found:.3f} of neighbours, {false:.7f} of other classes")  # noqa: T201
        if limit == MAX_DISTANCE:
            assert found > 0.65
            assert false < 2e-5


def test_random_splits_leak_and_blocks_do_not(kaggle64):
    shares = {}
    for by in (Method.RANDOM, Method.BLOCK):
        [fold] = report_split(split(kaggle64, SplitOptions(by)))["folds"]
        shares[by] = fold["leakage"]["test_near_train_share"]
    assert shares[Method.RANDOM] > 0.35
    assert shares[Method.BLOCK] < 0.02
