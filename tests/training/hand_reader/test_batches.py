"""Batches of stored views."""

import numpy as np
import torch

from fingerspell.training.hand_reader.batches import ViewBatches, ViewPool
from fingerspell.training.hand_reader.features import Features


def views(leave_out=frozenset()) -> ViewPool:
    """Two stores of 6 and 4 views, whose features are their numbers."""
    stores = []
    for first, n, names in (
        (0, 6, ("massey", "people/anna", "rendered")),
        (6, 4, ("people/anna", "t32")),
    ):
        number = np.arange(first, first + n)[:, None, None, None]
        arrays = {
            "middle": np.tile(number.astype(np.float16), (1, 2, 2, 3)),
            "small": np.tile(number.astype(np.uint8), (1, 4, 4, 3)),
        }
        facts = {"label": torch.arange(first, first + n), "source": torch.arange(n) % len(names)}
        stores.append(Features(arrays, facts, names))
    return ViewPool(stores, leave_out)


def test_views_of_several_stores_are_one():
    seen = views()
    rows = np.array([7, 2])
    for name, side in (("middle", 2), ("small", 4)):
        assert seen.array(name, rows)[:, 0, 0, 0].tolist() == [7, 2]
        assert seen.array(name, rows).shape == (2, 3, side, side)
    assert seen.facts["is_real"].tolist() == [True, True, False, True, True, False, *[True] * 4]


def test_who_is_left_out_is_left_out_of_every_store():
    seen = views({"people/anna"})
    assert seen.rows(0, left_out=False).tolist() == [0, 2, 3, 5]
    assert seen.rows(1, left_out=False).tolist() == [7, 9]
    assert seen.rows(1, left_out=True).tolist() == [6, 8]


def test_batches_are_the_same_however_many_processes_share_them():
    pool = np.arange(10)
    alone = ViewBatches(views(), pool, 6, steps=3, seed=4)
    shared = [ViewBatches(views(), pool, 6, steps=3, seed=4, shard=(i, 2)) for i in (0, 1)]
    for whole, *parts in zip(*(each.epoch(2) for each in (alone, *shared)), strict=True):
        together = torch.cat([part.rows for part in parts]).sort().values
        assert torch.equal(whole.rows, together)
        assert torch.equal(whole.labels, whole.rows)
        assert whole.pictures[:, 0, 0, 0].tolist() == whole.rows.tolist()
    later = [batch.rows.tolist() for batch in alone.epoch(2, start=1)]
    assert later == [batch.rows.tolist() for batch in alone.epoch(2)][1:]
    assert later != [batch.rows.tolist() for batch in alone.epoch(3, start=1)]


def test_a_part_in_order_shows_every_view_once():
    part = ViewBatches(views(), np.arange(10), 4)
    assert part.sizes == [4, 4, 2]
    assert [row for batch in part.epoch(0) for row in batch.rows.tolist()] == list(range(10))
    assert len(ViewBatches(views(), np.zeros(0, np.int64), 4)) == 0
