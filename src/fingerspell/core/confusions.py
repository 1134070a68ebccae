"""Letter confusion probabilities, as costs of changing letters."""

import math

import numpy as np
from numpy.typing import NDArray


class Confusions:
    """Letter confusion probabilities.

    Args:
        counts: [26, 26], how often a letter (row) was seen as another (column), in the order A to Z.
        prior: added to every count, so that nothing is impossible.
    """

    def __init__(self, counts: NDArray[np.floating], prior: float = 0.5) -> None:
        mistaken = np.asarray(counts, np.float64) + prior
        np.fill_diagonal(mistaken, 0.0)
        self._meant_if_wrong = (mistaken / mistaken.sum(0)).T  # [seen, meant], rows sum to 1

    def costs(self, seen: int, sure: float) -> list[float]:
        """-log probability that each letter was meant where `seen` was, with probability `sure`."""
        meant = (1 - sure) * self._meant_if_wrong[seen]
        meant[seen] = sure
        return [-math.log(p) for p in meant.tolist()]
