"""Batches: every picture once, the same order everywhere, and the same pictures both ways."""

from itertools import chain

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.utils.class_weight import compute_class_weight
from tests.data.conftest import write_set

from fingerspell.data.decode import PackSpec
from fingerspell.data.loader import Batches, LoaderOptions, class_weights
from fingerspell.data.pack import Packed, pack
from fingerspell.errors import DataError


@pytest.fixture(scope="module")
def packed(tmp_path_factory) -> Packed:
    folder = tmp_path_factory.mktemp("packed")
    return pack(write_set(folder / "set", 50, (16, 16)), folder / "cache", PackSpec(16))


def rows_of(batches) -> list[list[int]]:
    return [batch.rows.tolist() for batch in batches]


@settings(max_examples=40, deadline=None)
@given(
    batch_size=st.integers(1, 60),
    drop_last=st.booleans(),
    shuffle=st.booleans(),
    processes=st.integers(1, 4),
    chosen=st.sets(st.integers(0, 49)),
)
def test_shards_together_see_each_row_once(packed, batch_size, drop_last, shuffle, processes, chosen):
    rows = sorted(chosen)
    shards = [
        Batches(packed, rows, LoaderOptions(batch_size, shuffle, drop_last, shard=(rank, processes)))
        for rank in range(processes)
    ]
    by_batch = list(zip(*(rows_of(shard.epoch(3)) for shard in shards), strict=True))
    together = [sorted(chain(*parts)) for parts in by_batch]
    assert len(together) == len(shards[0])
    alone = rows_of(Batches(packed, rows, LoaderOptions(batch_size, shuffle, drop_last)).epoch(3))
    assert together == alone
    seen = list(chain(*together))
    assert len(seen) == len(set(seen))
    assert len(seen) == (len(rows) // batch_size * batch_size if drop_last else len(rows))
    assert set(seen) <= chosen


@pytest.mark.parametrize("resident", [False, True])
def test_batches_hold_the_packed_pictures(packed, resident):
    batches = Batches(packed, options=LoaderOptions(16, resident=resident))
    for batch in batches.epoch(0):
        assert batch.pictures.dtype == torch.uint8
        assert batch.pictures.is_contiguous(memory_format=torch.channels_last)
        expected = packed.images[batch.rows.numpy()].transpose(0, 3, 1, 2)
        assert (batch.pictures.numpy() == expected).all()
        assert (batch.labels.numpy() == packed.labels[batch.rows.numpy()]).all()


def test_seed_and_epoch_give_the_order(packed):
    def order(seed, epoch):
        return rows_of(Batches(packed, options=LoaderOptions(8, seed=seed)).epoch(epoch))

    assert order(1, 5) == order(1, 5)
    assert len({str(order(seed, epoch)) for seed in range(3) for epoch in range(3)}) == 9


def test_the_order_is_the_same_on_every_machine(packed):
    [first, *_] = Batches(packed, options=LoaderOptions(4, seed=0)).epoch(0)
    assert first.rows.tolist() == sorted(np.random.default_rng((0, 0)).permutation(50)[:4].tolist())


@pytest.mark.parametrize("start", [0, 1, 6, 7, 99])
def test_an_epoch_resumes_at_any_batch(packed, start):
    batches = Batches(packed, options=LoaderOptions(8))
    assert rows_of(batches.epoch(2, start)) == rows_of(batches.epoch(2))[start:]


def test_an_epoch_may_be_left_early(packed):
    batches = Batches(packed, options=LoaderOptions(8))
    assert len(next(batches.epoch(0)).rows) == 8


def test_without_shuffling_rows_keep_their_order(packed):
    batches = Batches(packed, [3, 4, 9, 11], LoaderOptions(3, shuffle=False))
    assert rows_of(batches.epoch(0)) == rows_of(batches.epoch(1)) == [[3, 4, 9], [11]]


@pytest.mark.parametrize("rows", [[50], [-1]])
def test_rows_of_another_data_set_are_refused(packed, rows):
    with pytest.raises(DataError, match="has 50"):
        Batches(packed, rows)


@pytest.mark.parametrize("options", [{"batch_size": 0}, {"shard": (2, 2)}])
def test_impossible_options_are_refused(options):
    with pytest.raises(DataError):
        LoaderOptions(**options)


@settings(max_examples=30, deadline=None)
@given(chosen=st.sets(st.integers(0, 49), min_size=1), epoch=st.integers(0, 3))
def test_balanced_epochs_show_each_class_alike(packed, chosen, epoch):
    batches = Batches(packed, sorted(chosen), LoaderOptions(7, balanced=True))
    rows = list(chain(*rows_of(batches.epoch(epoch))))
    assert len(rows) == len(chosen)
    assert set(rows) <= chosen
    counts = np.bincount(packed.labels[rows])
    present = np.unique(packed.labels[sorted(chosen)])
    assert np.ptp(counts[present]) <= 1
    seen = np.bincount(rows, minlength=50)
    for label in present:  # a picture comes again only after all others of its class
        own = [row for row in chosen if packed.labels[row] == label]
        assert np.ptp(seen[own]) <= 1
    assert rows_of(batches.epoch(epoch)) == rows_of(batches.epoch(epoch))


def test_class_weights_are_scikit_learns(packed):
    labels = packed.labels
    expected = compute_class_weight("balanced", classes=np.unique(labels), y=labels)
    assert class_weights(labels)[np.unique(labels)] == pytest.approx(expected)
    assert class_weights(labels)[labels].mean() == pytest.approx(1)
