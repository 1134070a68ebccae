"""Batches of stored views: random ones to learn from, in order to evaluate on."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from fingerspell.data.loader import Batch
from fingerspell.training.hand_reader.features import Features
from fingerspell.training.hand_reader.sources import RENDERED, is_left_out

Rows = NDArray[np.int64]


class ViewPool:
    """Several stores of views as one.

    Args:
        stores: what was stored.
        leave_out: sources that are not to be learned from.
    """

    def __init__(self, stores: Sequence[Features], leave_out: Collection[str]) -> None:
        self._arrays = [each.arrays for each in stores]
        self.starts = np.cumsum([0, *map(len, stores)])
        self.facts = {
            name: torch.cat([each.facts[name] for each in stores])
            for name in stores[0].facts
            if name != "source"
        }
        self.facts["is_real"] = ~self._of(stores, lambda name: name == RENDERED)
        self.left_out = self._of(stores, lambda name: is_left_out(name, leave_out)).numpy()

    @staticmethod
    def _of(stores: Sequence[Features], which: Callable[[str], bool]) -> Tensor:
        """Which views [N] are of sources that are so."""
        parts = []
        for each in stores:
            chosen = torch.tensor([which(name) for name in each.source_names])
            parts.append(chosen[each.facts["source"]])
        return torch.cat(parts)

    def rows(self, store: int, *, left_out: bool) -> Rows:
        """Rows of one of the stores that are left out of learning, or are not."""
        start, stop = self.starts[store : store + 2]
        rows: Rows = start + np.flatnonzero(self.left_out[start:stop] == left_out)
        return rows

    def array(self, name: str, rows: Rows) -> Tensor:
        """One of `ARRAYS` of rows [B]: [B, C, H, W], channels last."""
        first = self._arrays[0][name]
        chosen = np.empty((len(rows), *first.shape[1:]), first.dtype)
        of = np.searchsorted(self.starts, rows, "right") - 1
        for store, arrays in enumerate(self._arrays):
            where = np.flatnonzero(of == store)
            if len(where):
                chosen[where] = arrays[name][rows[where] - self.starts[store]]
        return torch.from_numpy(chosen).permute(0, 3, 1, 2)


@dataclass(frozen=True)
class ViewBatches:
    """Batches of views of one part.

    Attributes:
        views: of all parts.
        pool: rows [N] of this part; those that come twice are drawn twice as often.
        batch_size: views a batch, over all processes together.
        steps: batches an epoch, each drawn at random; None takes all views once, in order.
        seed: same seed and epoch, same batches, on any machine.
        shard: (this process, number of processes).
        device: where batches go.
    """

    views: ViewPool
    pool: Rows
    batch_size: int
    steps: int | None = None
    seed: int = 0
    shard: tuple[int, int] = (0, 1)
    device: torch.device | str = "cpu"

    def __len__(self) -> int:
        return len(self.sizes)

    @property
    def sizes(self) -> list[int]:
        """Views in each batch of an epoch, over all processes together."""
        if self.steps is not None:
            return [self.batch_size] * self.steps
        n = len(self.pool)
        return [min(self.batch_size, n - start) for start in range(0, n, self.batch_size)]

    def epoch(self, number: int, start: int = 0) -> Iterator[Batch]:
        """This process's share of an epoch's batches, from batch `start`."""
        process, processes = self.shard
        for step in range(start, len(self)):
            rows = np.sort(self._rows(number, step)[process::processes])
            places = torch.from_numpy(rows)
            middle, label = self.views.array("middle", rows), self.views.facts["label"][places]
            yield Batch(*(each.to(self.device) for each in (middle, label, places)))

    def _rows(self, number: int, step: int) -> Rows:
        if self.steps is None:
            return self.pool[step * self.batch_size : (step + 1) * self.batch_size]
        dice = np.random.default_rng((self.seed, number, step))
        return self.pool[dice.integers(len(self.pool), size=self.batch_size)]
