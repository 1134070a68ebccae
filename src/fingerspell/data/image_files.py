"""Batches read from the picture files themselves, every epoch anew, as the reference systems did.

Each file is decoded, resized and augmented by itself, by torch's DataLoader, as torchvision's
ImageFolder and transforms do it. It is the slow way, kept to show what the fast one, `data/loader.py`,
saves.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from fingerspell.data.decode import PackSpec, decode_square
from fingerspell.data.index import Index
from fingerspell.data.loader import Batch, Batches, LoaderOptions, Rows
from fingerspell.data.pack import Packed
from fingerspell.errors import DataError, PictureError

Transform = Callable[
    [Tensor], Tensor
]  # RGB uint8 [1, 3, S, S] to a network's input, float [1, 3, S', S']


class FileBatches(Batches):
    """The same batches as `Batches` makes, of pictures that are decoded whenever they are asked for.

    Args:
        packed: the data set, of which only the index is used; its folder must still hold the files.
        rows: which of its rows.
        options: how batches are made; `resident` is not for these.
        device: where they go.
        spec: the squares that files are decoded to.
        transform: from there to the network's input, picture by picture; picklable.
        workers: processes that do so while the network learns; 0: this one, between its steps.
    """

    def __init__(
        self,
        packed: Packed,
        rows: Sequence[int] | Rows | None,
        options: LoaderOptions,
        device: torch.device | str,
        spec: PackSpec,
        transform: Transform,
        workers: int = 0,
    ) -> None:
        super().__init__(packed, rows, options, device)
        self._index, self._spec, self._transform, self._workers = packed.index, spec, transform, workers

    def epoch(self, number: int, start: int = 0) -> Iterator[Batch]:
        """The batches of one epoch, from batch `start`, as though the earlier ones had been taken.

        Raises:
            DataError: a file is missing or damaged, or a process that decodes has died.
        """
        seed = (self.options.seed * 1_000_003 + number) * len(self._index.pictures)
        files = _Files(self._index, self._labels, self._spec, self._transform, seed)
        loader: DataLoader[Any] = DataLoader(
            files,
            batch_sampler=[self._rows_of(part).tolist() for part in self._order(number)[start:]],
            num_workers=self._workers,
            collate_fn=_as_it_is,
            pin_memory=self.device.type == "cuda",
        )
        try:
            yield from (self._upload(_of_worker(batch)) for batch in loader)
        except RuntimeError as error:
            if "DataLoader worker" not in str(error):
                raise
            raise DataError(
                "a process that decoded images was killed, as happens when memory runs "
                "out: go on with --resume, after closing other programs, or start a run with fewer "
                "--workers."
            ) from error


@dataclass
class _Files(Dataset[Tensor]):
    """Whole batches by their rows; what is random in a picture is seeded by epoch and row."""

    index: Index
    labels: Tensor
    spec: PackSpec
    transform: Transform
    seed: int

    def __getitem__(self, row: int) -> Tensor:
        """One picture as the network sees it, float [1, 3, S', S']."""
        path = self.index.root / self.index.pictures[row].path
        try:
            pixels = decode_square(path.read_bytes(), self.spec, path)
        except (OSError, PictureError) as error:
            reason = error.fault if isinstance(error, PictureError) else error.strerror
            raise DataError(
                f"{path} cannot be decoded any more ({reason}): restore it, or train on the packed "
                "images with --loading packed."
            ) from error
        with torch.random.fork_rng(devices=()):
            torch.manual_seed((self.seed + row) % 2**63)
            return self.transform(torch.tensor(pixels).permute(2, 0, 1)[None])

    def __getitems__(self, rows: list[int]) -> Batch | DataError:
        """A batch; of no pictures where this process has no share of it."""
        try:
            pictures = [self[row] for row in rows]
        except DataError as error:
            return error  # as it is: a DataLoader would add the traceback of its worker to the sentence
        if not pictures:
            side = self.spec.size_px
            pictures = [self.transform(torch.zeros(1, 3, side, side, dtype=torch.uint8))[:0]]
        return Batch(torch.cat(pictures), self.labels[rows], torch.tensor(rows, dtype=torch.int64))


def _as_it_is(batch: Any) -> Any:
    """Nothing to collate."""
    return batch


def _of_worker(batch: Batch | DataError) -> Batch:
    if isinstance(batch, DataError):
        raise batch
    return batch
