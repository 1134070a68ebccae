"""What a packed data set looks like, in numbers."""

from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.neighbors import NearestNeighbors

from fingerspell.data.decode import Pixels
from fingerspell.data.index import Index
from fingerspell.data.pack import Packed

LUMA = np.array([0.299, 0.587, 0.114], np.float32)  # ITU-R BT.601
BRIGHTNESS_EDGES = np.linspace(0, 256, 33)  # bins of 8 levels
GREY_PX = 16  # neighbours are sought among grey pictures of this side
SAMPLE = 2000  # pictures that colours are measured on and neighbours are sought for
TWIN_LEVELS = 4.0  # pictures that differ by less are frames of one video, or copies


@dataclass(frozen=True)
class ColourStatistics:
    """Mean and standard deviation of R, G and B in 0..1, over all pixels of `n` sampled pictures.

    The errors are standard errors: how far the figures of another sample would lie from these; None
    where one picture is all there is.
    """

    n: int
    mean: tuple[float, ...]
    mean_error: tuple[float, ...] | None
    std: tuple[float, ...]
    std_error: tuple[float, ...] | None


@dataclass(frozen=True)
class Neighbours:
    """Two pictures that look alike.

    Attributes:
        row: of a sampled picture.
        other: row of the picture most like it.
        levels: root mean square difference of their grey 16x16 copies, of 255.
    """

    row: int
    other: int
    levels: float


@dataclass(frozen=True)
class Facts:
    """A data set in numbers.

    Attributes:
        n: pictures.
        size_px: side of the packed pictures, on which colours and brightness are measured.
        classes: pictures of each class.
        sizes: pictures of each (width, height) as stored, the most frequent first.
        colours: mean and standard deviation.
        brightness: pictures by mean luma, in the bins of `BRIGHTNESS_EDGES`.
        neighbours: of each sampled picture, the most alike first.
    """

    n: int
    size_px: int
    classes: dict[str, int]
    sizes: dict[tuple[int, int], int]
    colours: ColourStatistics
    brightness: NDArray[np.int64]
    neighbours: tuple[Neighbours, ...]

    @property
    def share_of_twins(self) -> float:
        """Share of the sampled pictures that have a near-copy elsewhere in the data."""
        twins = sum(pair.levels < TWIN_LEVELS for pair in self.neighbours)
        return twins / max(1, len(self.neighbours))


def measure(packed: Packed, seed: int = 0) -> Facts:
    """Look at every picture once, and at a sample of them closely."""
    n = len(packed.images)
    sample = np.sort(np.random.default_rng(seed).permutation(n)[:SAMPLE])
    grey = grey_pictures(packed.images)
    brightness = np.histogram(grey.mean(1), BRIGHTNESS_EDGES)[0]
    counts = Counter(picture.label for picture in packed.index.pictures)
    return Facts(
        n=n,
        size_px=packed.spec.size_px,
        classes={name: counts[name] for name in packed.alphabet.classes},
        sizes=_sizes(packed.index),
        colours=colour_statistics(packed.images[sample]),
        brightness=brightness,
        neighbours=nearest(grey, sample),
    )


def colour_statistics(pictures: Pixels) -> ColourStatistics:
    """Estimate mean and standard deviation of the colours from pictures [n, S, S, 3].

    Pixels of one picture are alike, so errors come from the differences between pictures: of the mean
    directly, of the standard deviation by the jackknife.
    """
    n = len(pictures)
    first, second = np.empty((n, 3)), np.empty((n, 3))
    for row, picture in enumerate(pictures):  # one by one, so that no copy of all is made in floats
        unit = picture.reshape(-1, 3) / 255
        first[row], second[row] = unit.mean(0), (unit**2).mean(0)
    mean, std = first.mean(0), _std(first.mean(0), second.mean(0))
    if n == 1:
        return ColourStatistics(n, tuple(mean.tolist()), None, tuple(std.tolist()), None)
    left_out = _std((first.sum(0) - first) / (n - 1), (second.sum(0) - second) / (n - 1))
    return ColourStatistics(
        n,
        mean=tuple(mean.tolist()),
        mean_error=tuple((first.std(0, ddof=1) / np.sqrt(n)).tolist()),
        std=tuple(std.tolist()),
        std_error=tuple((left_out.std(0) * np.sqrt(n - 1)).tolist()),
    )


def _std(mean: NDArray[np.float64], mean_of_squares: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.sqrt(np.maximum(mean_of_squares - mean**2, 0))


def grey_pictures(pictures: Pixels, chunk: int = 1024) -> NDArray[np.float32]:
    """Grey copies of pictures [N, S, S, 3], at most 16 pixels a side: luma 0..255, [N, side * side]."""
    n, side = pictures.shape[:2]
    small = min(side, GREY_PX)
    starts = np.arange(small) * side // small
    per_cell = np.diff(starts, append=side).astype(np.float32)
    area = np.outer(per_cell, per_cell)
    grey = np.empty((n, small * small), np.float32)
    for start in range(0, n, chunk):
        luma = pictures[start : start + chunk] @ LUMA
        cells = np.add.reduceat(np.add.reduceat(luma, starts, axis=1), starts, axis=2) / area
        grey[start : start + chunk] = cells.reshape(len(luma), -1)
    return grey


def nearest(grey: NDArray[np.float32], sample: NDArray[np.int64]) -> tuple[Neighbours, ...]:
    """The nearest neighbour among all of `grey` [N, P] of each row in `sample`, most alike first."""
    if len(grey) == 1:
        return ()
    search = NearestNeighbors(n_neighbors=2, algorithm="brute").fit(grey)
    distances, rows = search.kneighbors(grey[sample])
    own = rows == sample[:, None]
    # A picture is its own nearest, except where copies of it come first.
    place = np.where(own[:, 0], 1, 0)
    along = np.arange(len(sample))
    levels = distances[along, place] / np.sqrt(grey.shape[1])
    pairs = [
        Neighbours(int(row), int(other), float(level))
        for row, other, level in zip(sample, rows[along, place], levels, strict=True)
    ]
    return tuple(sorted(pairs, key=lambda pair: pair.levels))


def _sizes(index: Index) -> dict[tuple[int, int], int]:
    counts = Counter((picture.width, picture.height) for picture in index.pictures)
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))
