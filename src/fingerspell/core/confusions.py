"""Letter confusion probabilities, as costs of changing letters."""

import math
from collections.abc import Iterable, Sequence


class Confusions:
    """Letter confusion probabilities.

    Args:
        counts: [26, 26], how often a letter (row) was seen as another (column), in the order A to Z.
        prior: added to every count, so that nothing is impossible.
    """

    def __init__(self, counts: Iterable[Sequence[float]], prior: float = 0.5) -> None:
        by_seen = list(zip(*counts, strict=True))
        # [seen, meant], rows sum to 1
        self._meant_if_wrong = [_shares(column, seen, prior) for seen, column in enumerate(by_seen)]

    def costs(self, seen: int, sure: float) -> list[float]:
        """-log probability that each letter was meant where `seen` was, with probability `sure`."""
        meant = [(1 - sure) * share for share in self._meant_if_wrong[seen]]
        meant[seen] = sure
        return [-math.log(p) for p in meant]


def _shares(counts: Sequence[float], seen: int, prior: float) -> list[float]:
    """How the mistakes that were `seen` are shared by the letters that were meant."""
    mistaken = [0.0 if meant == seen else float(n) + prior for meant, n in enumerate(counts)]
    total = sum(mistaken)
    return [n / total for n in mistaken]
