"""Memory of a device as a line in its pictures a step: a fixed part, and a bit for each picture."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import nnls

from fingerspell.study.observations import Observation
from fingerspell.study.results import Cell, Result


@dataclass(frozen=True)
class MemoryModel:
    """Of one network in one precision, with one way of loading; neither figure is negative.

    Attributes:
        fixed_mb: of weights, optimiser and library.
        picture_mb: of each picture of a step that the device computes.
        error: median of the relative errors of the cells.
        n: cells it was fitted to.
    """

    fixed_mb: float
    picture_mb: float
    error: float
    n: int

    def predict_mb(self, pictures: float) -> float:
        """Memory for so many pictures a step and device."""
        return self.fixed_mb + self.picture_mb * pictures

    def largest_batch(self, memory_mb: float, devices: int) -> int:
        """Pictures a step, over all devices, that fit; a million at most."""
        if self.picture_mb <= 0:
            return 1_000_000 if memory_mb >= self.fixed_mb else 0
        return min(1_000_000, devices * max(0, int((memory_mb - self.fixed_mb) / self.picture_mb)))


def memory_key(cell: Cell) -> tuple[str, str, str]:
    """What a memory model is of."""
    return cell.model, cell.precision, cell.loading.value


def peak_mb(result: Result) -> float:
    """Memory of the fullest device as the driver sees it, else as PyTorch does; 0 if unknown."""
    seen = result.driver_mb or result.reserved_mb or result.allocated_mb
    return max(seen, default=0.0)


def fit_memory(observations: Sequence[Observation]) -> dict[tuple[str, str, str], MemoryModel]:
    """A model for each network, precision and way of loading whose share of a batch varies."""
    groups: dict[tuple[str, str, str], list[tuple[float, float]]] = {}
    for observation in observations:
        cell = observation.cell
        pictures = -(-cell.batch_size // cell.devices)
        for result in observation.results:
            if peak := peak_mb(result):
                groups.setdefault(memory_key(cell), []).append((pictures, peak))
    return {
        key: _line(points)
        for key, points in groups.items()
        if len({pictures for pictures, _ in points}) > 1
    }


def _line(points: Sequence[tuple[float, float]]) -> MemoryModel:
    """Least squares of relative errors."""
    pictures, peak = np.array(points, float).T
    columns = np.stack([1 / peak, pictures / peak], 1)
    (fixed, each), _ = nnls(columns, np.ones(len(peak)))
    errors = np.abs(columns @ [fixed, each] - 1)
    return MemoryModel(float(fixed), float(each), float(np.median(errors)), len(peak))
