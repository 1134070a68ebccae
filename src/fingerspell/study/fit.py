"""Models fitted to cells: of the time of an epoch, and of a device's memory.

Time is what an epoch asks for (`costs.py`) times what it costs:

    step = compute + communication + wait
    wait = data                                    where images are made in between,
         = smoothed max(0, data - the rest)        where they are made ahead

The costs are not negative. They are fitted by least squares of the logarithm of time, so that a cell
counts the same whether it took a second or an hour, and of the shares of the step where those were
measured. What the cells cannot tell (a link on one device; data from computing on one device without
measured shares) is not fitted but assumed, and said to be.

Memory is a line in the images of a device's step: a fixed part, and a bit for each image.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import hypot, sqrt

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import OptimizeResult, least_squares, nnls

from fingerspell.errors import StudyError
from fingerspell.study.costs import (
    Cluster,
    Job,
    Observation,
    Part,
    assumed_cost,
    between_nodes_s,
    demands,
    unit,
)
from fingerspell.study.results import Cell

JITTER = (
    0.1  # steps are not all alike: a loader just as fast as computing is waited for 5 % of the time
)
INDEPENDENT = 0.02  # share of a column that earlier columns may not explain, for its cost to be told
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Cost:
    """What one unit of something costs.

    Attributes:
        name: such as `compute: a picture (aslnet, fp32)`.
        value: in `unit`.
        error: its standard error; None where it is assumed.
        unit: such as `s a picture`.
    """

    name: str
    value: float
    error: float | None
    unit: str

    @property
    def is_fitted(self) -> bool:
        """Whether the cells told it."""
        return self.error is not None


@dataclass(frozen=True)
class Prediction:
    """The time of an epoch, in seconds.

    Attributes:
        parts: what is waited for, computed and exchanged; they add up to it.
    """

    parts: Mapping[Part, float]

    @property
    def seconds_per_epoch(self) -> float:
        """All parts together."""
        return sum(self.parts.values())

    @property
    def bottleneck(self) -> Part:
        """What takes longest."""
        return max(self.parts, key=lambda part: self.parts[part])

    def share(self, part: Part) -> float:
        """Of the time, 0 to 1."""
        return self.parts[part] / self.seconds_per_epoch


@dataclass(frozen=True)
class ScalingModel:
    """Costs by name, and the cluster that larger jobs are taken to run on."""

    costs: Mapping[str, Cost]
    cluster: Cluster

    def predict(self, job: Job) -> Prediction:
        """The time of an epoch, for any number of devices.

        Raises:
            StudyError: no cell had this network, precision or way of loading.
        """
        seconds = {}
        for part, demand in demands(job, self.cluster).items():
            missing = [name for name, amount in demand.items() if amount and name not in self.costs]
            if missing and part is not Part.COMMUNICATION:
                raise StudyError(f"no cell tells what {missing[0]!r} costs: add one to the study.")
            seconds[part] = sum(self._cost(name) * amount for name, amount in demand.items())
        seconds[Part.COMMUNICATION] += between_nodes_s(job, self.cluster)
        rest = seconds[Part.COMPUTE] + seconds[Part.COMMUNICATION]
        return Prediction(seconds | {Part.DATA: waited_s(seconds[Part.DATA], rest, job.loads_ahead)})

    def _cost(self, name: str) -> float:
        return self.costs[name].value if name in self.costs else assumed_cost(name, self.cluster)


def waited_s(data_s: float, rest_s: float, ahead: bool) -> float:
    """How long images that take `data_s` are waited for, beside `rest_s` of other work."""
    if not ahead:
        return data_s
    spare = data_s - rest_s
    return (spare + hypot(spare, JITTER * sqrt(data_s * rest_s))) / 2


@dataclass(frozen=True)
class Fit:
    """A model beside the cells it was fitted to.

    Attributes:
        model: the costs.
        observations: the cells.
        errors: of the predicted time of each, relative: 0.1 is 10 % too long.
        errors_left_out: likewise, of a model fitted without that cell and its repeats.
    """

    model: ScalingModel
    observations: tuple[Observation, ...]
    errors: Floats
    errors_left_out: Floats

    @property
    def assumed(self) -> list[str]:
        """Names of the costs that the cells do not tell."""
        return [name for name, cost in self.model.costs.items() if not cost.is_fitted]


def fit(observations: Sequence[Observation], cluster: Cluster | None = None) -> Fit:
    """Fit the model, and once more without each cell in turn.

    Raises:
        StudyError: there is no cell.
    """
    cluster = cluster or Cluster()
    model = fit_costs(observations, cluster)
    left_out = []
    for place, observation in enumerate(observations):
        others = [*observations[:place], *observations[place + 1 :]]
        left_out.append(_error_without(observation, others, model))
    errors = [_relative_error(model, each) for each in observations]
    return Fit(model, tuple(observations), np.array(errors), np.array(left_out))


def _error_without(
    observation: Observation, others: Sequence[Observation], near: ScalingModel
) -> float:
    """Not a number where the others say nothing of such a cell."""
    try:
        return _relative_error(fit_costs(others, near.cluster, near), observation)
    except StudyError:
        return float("nan")


def _relative_error(model: ScalingModel, observation: Observation) -> float:
    return model.predict(observation.job).seconds_per_epoch / observation.seconds_per_epoch - 1


def fit_costs(
    observations: Sequence[Observation], cluster: Cluster, near: ScalingModel | None = None
) -> ScalingModel:
    """The costs alone.

    Args:
        observations: the cells.
        cluster: what is taken for granted.
        near: a model of nearly the same cells, from which the search begins.

    Raises:
        StudyError: there is no cell.
    """
    if not observations:
        raise StudyError(
            "no cell was measured, so there is nothing to fit: run the study's cells first."
        )
    problem = _Problem(observations, cluster)
    value, error = problem.solve(near)
    costs = {}
    for name in problem.names:
        place = problem.fitted.index(name) if name in problem.fitted else None
        costs[name] = Cost(
            name,
            assumed_cost(name, cluster) if place is None else float(value[place]),
            None if place is None else float(error[place]),
            unit(name),
        )
    return ScalingModel(costs, cluster)


class _Problem:
    """The least squares; amounts are arrays [cell, part, cost], relative to the time of the cell."""

    def __init__(self, observations: Sequence[Observation], cluster: Cluster) -> None:
        asked = [demands(each.job, cluster) for each in observations]
        parts = list(Part)
        self.names = list(dict.fromkeys(n for each in asked for part in parts for n in each[part]))
        amounts = np.array(
            [[[each[part].get(n, 0.0) for n in self.names] for part in parts] for each in asked]
        )
        self.time = np.array([each.seconds_per_epoch for each in observations])
        self.known = np.array([each.has_shares for each in observations])
        self.shares = np.array([[each.shares[part] for part in parts] for each in observations])
        self.ahead = np.array([each.job.loads_ahead for each in observations])
        kept = _told(self._rows(amounts / self.time[:, None, None]))
        self.fitted = [self.names[place] for place in kept]
        assumed = np.array([assumed_cost(name, cluster) for name in self.names])
        assumed[kept] = 0
        fixed = amounts @ assumed
        fixed[:, parts.index(Part.COMMUNICATION)] += [
            between_nodes_s(each.job, cluster) for each in observations
        ]
        self.fixed = fixed / self.time[:, None]
        # In units of "as much as would explain all of a cell's time", all unknowns are of order 1.
        relative = amounts[:, :, kept] / self.time[:, None, None]
        self.scale = 1 / relative.sum(1).max(0)
        self.relative = relative * self.scale

    def _rows(self, relative: Floats) -> Floats:
        """What is linear in the costs: parts of the time where shares are known, else sums."""
        return np.concatenate([*relative[self.known], relative[~self.known].sum(1)])

    def solve(self, near: ScalingModel | None) -> tuple[Floats, Floats]:
        """Costs and their standard errors."""
        starts = self._starts() if near is None else [self._start_at(near)]
        best = min((self._from(start) for start in starts), key=lambda found: found.cost)
        jacobian, free = best.jac, max(1, len(best.fun) - len(best.x))
        variance = np.diag(np.linalg.pinv(jacobian.T @ jacobian)) * 2 * best.cost / free
        return best.x * self.scale, np.sqrt(variance) * self.scale

    def _from(self, start: Floats) -> OptimizeResult:
        return least_squares(self._residuals, start, bounds=(0, np.inf), xtol=1e-10, ftol=1e-10)

    def _start_at(self, near: ScalingModel) -> Floats:
        costs: Floats = np.array([near.costs[name].value for name in self.fitted]) / self.scale
        return costs.clip(1e-3)

    def _starts(self) -> list[Floats]:
        """As though nothing were made ahead, then with loaders that are hidden to several degrees."""
        targets = np.concatenate([self.shares[self.known].ravel(), np.ones((~self.known).sum())])
        linear, _ = nnls(self._rows(self.relative), targets)
        first = np.maximum(linear, 1e-3)
        of_data = np.array([name.startswith("data") for name in self.fitted])
        return [np.where(of_data, np.maximum(first, level), first) for level in (0.0, 0.3, 0.9)]

    def _residuals(self, unknowns: Floats) -> Floats:
        data, compute, communication = (self.relative @ unknowns + self.fixed).T
        rest = compute + communication
        spare = data - rest
        ahead = (spare + np.sqrt(spare**2 + JITTER**2 * data * rest + 1e-30)) / 2
        wait = np.where(self.ahead, ahead, data)
        total = wait + rest
        shares = np.stack([wait, compute, communication], 1) / total[:, None]
        away = (shares - self.shares)[self.known]
        return np.concatenate([np.log(total), away.ravel()])


def _told(rows: Floats) -> list[int]:
    """Places of the columns that earlier ones do not explain, by Gram-Schmidt."""
    basis: list[Floats] = []
    kept = []
    for place, column in enumerate(rows.T):
        rest = column.copy()
        for direction in basis:
            rest -= direction * (direction @ rest)
        if np.linalg.norm(rest) > INDEPENDENT * np.linalg.norm(column):
            basis.append(rest / np.linalg.norm(rest))
            kept.append(place)
    return kept


@dataclass(frozen=True)
class MemoryModel:
    """Of one network in one precision, with one way of loading; neither figure is negative.

    Attributes:
        fixed_mb: of weights, optimiser and library.
        picture_mb: of each image of a step that the device computes.
        error: median of the relative errors of the cells.
        n: cells it was fitted to.
    """

    fixed_mb: float
    picture_mb: float
    error: float
    n: int

    def predict_mb(self, pictures: float) -> float:
        """Memory for so many images a step and device."""
        return self.fixed_mb + self.picture_mb * pictures

    def largest_batch(self, memory_mb: float, devices: int) -> int:
        """Images a step, over all devices, that fit; a million at most."""
        if self.picture_mb <= 0:
            return 1_000_000 if memory_mb >= self.fixed_mb else 0
        return min(1_000_000, devices * max(0, int((memory_mb - self.fixed_mb) / self.picture_mb)))


def memory_key(cell: Cell) -> tuple[str, str, str]:
    """What a memory model is of."""
    return cell.model, cell.precision, cell.loading.value


def fit_memory(observations: Sequence[Observation]) -> dict[tuple[str, str, str], MemoryModel]:
    """A model for each network, precision and way of loading whose share of a batch varies."""
    groups: dict[tuple[str, str, str], list[tuple[float, float]]] = {}
    for observation in observations:
        cell = observation.cell
        pictures = -(-cell.batch_size // cell.devices)
        for result in observation.results:
            if peak := result.peak_mb:
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
