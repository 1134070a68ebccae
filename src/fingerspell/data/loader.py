"""Batches of a packed data set in random order: deterministic, resumable, no Python per picture.

Two ways, one interface: from the mapped array, one gather a batch, the next one while the last is
being used; or resident on a device, where the whole array is uploaded once and a batch is one
`index_select`, so that a GPU never waits for the host.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from fingerspell.core.alphabet import CLASSES
from fingerspell.data.pack import Packed
from fingerspell.errors import DataError

Rows = NDArray[np.int64]


@dataclass(frozen=True)
class Batch:
    """Images to learn from or to evaluate on.

    Attributes:
        pictures: RGB uint8 [B, 3, S, S], in `channels_last` memory format; from `data/image_files.py` a
            network's input already, float32 [B, 3, S, S].
        labels: places of classes in the alphabet of the data, int64 [B].
        rows: which rows of the packed index these are, int64 [B], ascending.
    """

    pictures: Tensor
    labels: Tensor
    rows: Tensor

    def pin_memory(self) -> "Batch":
        """The same in memory from which a GPU copies by itself."""
        return Batch(self.pictures.pin_memory(), self.labels.pin_memory(), self.rows.pin_memory())


@dataclass(frozen=True)
class LoaderOptions:
    """How batches are made.

    Attributes:
        batch_size: pictures a batch, over all shards together.
        shuffle: a new order every epoch; else the order of the rows.
        drop_last: leave out a last batch that is smaller than the others.
        seed: same seed and epoch, same batches, on any machine.
        shard: (this process, number of processes); each process gets every n-th picture of every batch,
            so a batch holds the same pictures however many processes share it.
        resident: upload the whole data set to the device once; for devices other than the CPU.
        balanced: draw as many pictures of each class in an epoch, which is as long as ever, so that
            some come several times and others not; needs `shuffle`.
    """

    batch_size: int = 64
    shuffle: bool = True
    drop_last: bool = False
    seed: int = 0
    shard: tuple[int, int] = (0, 1)
    resident: bool = False
    balanced: bool = False

    def __post_init__(self) -> None:
        if self.batch_size < 1:
            raise DataError(f"a batch of {self.batch_size} images is none: use 1 or more.")
        if not 0 <= self.shard[0] < self.shard[1]:
            raise DataError(f"shard {self.shard} does not exist: use (0, n) to (n - 1, n).")


def class_weights(labels: Rows, n_classes: int = len(CLASSES)) -> NDArray[np.float32]:
    """How much a picture of each class counts so that all classes count alike; 1 on average.

    Args:
        labels: of all pictures, [N]; classes that none of them has count 0.
        n_classes: how many classes there are.

    >>> class_weights(np.array([0, 0, 0, 1]))[:3].tolist()
    [0.6666666865348816, 2.0, 0.0]
    """
    counts = np.bincount(labels, minlength=n_classes)
    n_present = np.count_nonzero(counts)
    shares = len(labels) / n_present / np.maximum(counts, 1)
    return np.where(counts, shares, 0).astype(np.float32)


class Batches:
    """The batches of some rows of a packed data set.

    Args:
        packed: the data set.
        rows: which of its rows, such as one side of a split; all where not given.
        options: how batches are made.
        device: where they go.
        stored: what stands in for its images, an array [N, ...] in their order.

    Raises:
        DataError: a row is none of the data set's.
    """

    def __init__(
        self,
        packed: Packed,
        rows: Sequence[int] | Rows | None = None,
        options: LoaderOptions | None = None,
        device: torch.device | str = "cpu",
        stored: NDArray[Any] | None = None,
    ) -> None:
        n = len(packed.images)
        self.options, self.device = options or LoaderOptions(), torch.device(device)
        self.rows = np.arange(n) if rows is None else np.asarray(rows, np.int64)
        if self.rows.size and not (self.rows.min() >= 0 and self.rows.max() < n):
            raise DataError(
                f"the rows asked for are not those of {packed.folder}, which has {n}: "
                "split the same index that was packed."
            )
        self._stored = packed.images if stored is None else stored
        self._labels = torch.from_numpy(packed.labels)
        self._resident: tuple[Tensor, Tensor] | None = None
        if self.options.resident:
            self._resident = (
                torch.from_numpy(self._stored).to(self.device),
                self._labels.to(self.device),
            )

    def __len__(self) -> int:
        """Batches an epoch."""
        return len(self.sizes)

    @property
    def labels(self) -> Rows:
        """Classes of the rows, int64 [N]."""
        return np.asarray(self._labels.numpy()[self.rows], np.int64)

    @property
    def sizes(self) -> list[int]:
        """Pictures in each batch of an epoch, over all shards together."""
        size, n = self.options.batch_size, len(self.rows)
        sizes = [min(size, n - start) for start in range(0, n, size)]
        return sizes[: n // size] if self.options.drop_last else sizes

    def epoch(self, number: int, start: int = 0) -> Iterator[Batch]:
        """The batches of one epoch, from batch `start`, as though the earlier ones had been taken."""
        parts = [self._rows_of(part) for part in self._order(number)[start:]]
        if self._resident:
            yield from (self._select(*self._resident, part) for part in parts)
        elif parts:
            yield from self._gather_ahead(parts)

    def _gather_ahead(self, parts: list[Rows]) -> Iterator[Batch]:
        """Batches from the mapped array, each gathered while the one before it is being used."""
        with ThreadPoolExecutor(1) as pool:
            coming = pool.submit(self._gather, parts[0])
            for part in parts[1:]:
                ready, coming = coming, pool.submit(self._gather, part)
                yield self._upload(ready.result())
            yield self._upload(coming.result())

    def _order(self, number: int) -> list[Rows]:
        """Rows of each batch of an epoch, for all shards together."""
        rows = self.rows
        if self.options.shuffle:
            dice = np.random.default_rng((self.options.seed, number))
            rows = dice.permutation(self._drawn(dice) if self.options.balanced else rows)
        size = self.options.batch_size
        return [rows[batch * size : (batch + 1) * size] for batch in range(len(self))]

    def _drawn(self, dice: np.random.Generator) -> Rows:
        """As many rows as there are, each class alike; one comes again only after all others."""
        labels = self.labels
        classes = dice.permutation(np.unique(labels))  # chance decides who gets what is left over
        drawn = [np.zeros(0, np.int64)]
        for place, label in enumerate(classes):
            n = len(labels) // len(classes) + (place < len(labels) % len(classes))
            own = self.rows[labels == label]
            times = -(-n // len(own))
            drawn.append(np.concatenate([dice.permutation(own) for _ in range(times)])[:n])
        return np.concatenate(drawn)

    def _rows_of(self, batch: Rows) -> Rows:
        """This shard's rows of a batch, ascending, so that the disk is read forwards."""
        process, processes = self.options.shard
        return np.sort(batch[process::processes])

    def _gather(self, rows: Rows) -> Batch:
        """One copy from the mapped array; `numpy.take` is 20 times as fast here as `index_select`."""
        pictures = self.as_input(torch.from_numpy(np.take(self._stored, rows, axis=0)))
        batch = Batch(pictures, self._labels[rows], torch.from_numpy(rows))
        return batch.pin_memory() if self.device.type == "cuda" else batch

    def _upload(self, batch: Batch) -> Batch:
        def move(tensor: Tensor) -> Tensor:
            return tensor.to(self.device, non_blocking=True)

        return Batch(move(batch.pictures), move(batch.labels), move(batch.rows))

    def _select(self, stored: Tensor, labels: Tensor, rows: Rows) -> Batch:
        """A batch of a data set that is resident on a device."""
        places = torch.from_numpy(rows).to(stored.device)
        pictures = self.as_input(stored.index_select(0, places))
        return Batch(pictures, labels.index_select(0, places), places)

    @staticmethod
    def as_input(stored: Tensor) -> Tensor:
        """Images [B, 3, S, S] of stored ones [B, S, S, 3]."""
        return stored.permute(0, 3, 1, 2)
