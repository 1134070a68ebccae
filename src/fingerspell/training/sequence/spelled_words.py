"""What is spelled in samples: words as people spell them, and letters in any order.

The latter keep a sequence reader from learning English: it is to say what is signed.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from fingerspell.core.alphabet import LETTERS
from fingerspell.training.sequence.motion import chance

LONGEST = 8  # letters; longer words stop there


class Words:
    """What is spelled: words by how often they are, what is in a list, and any letters at all.

    Args:
        counts: word to how often it occurs.
        listed: words that people fingerspell, names among them.
        shares: of these three.
    """

    def __init__(
        self,
        counts: Mapping[str, float],
        listed: Sequence[str],
        shares: tuple[float, float, float] = (0.4, 0.2, 0.4),
    ) -> None:
        self.common = [word.upper() for word in counts if word.isascii() and word.isalpha()]
        weights = np.array([counts[word.lower()] for word in self.common]) ** 0.5
        self.total = np.cumsum(weights / weights.sum())
        self.listed = list(listed)
        self.shares = np.cumsum(shares)

    def draw(self, rng: np.random.Generator) -> str:
        """Up to `LONGEST` letters."""
        kind = int(np.searchsorted(self.shares, rng.random()))
        if kind == 0:
            place = int(np.searchsorted(self.total, rng.random()))
            return self.common[min(place, len(self.common) - 1)][:LONGEST]
        if kind == 1 and self.listed:
            return self.listed[int(rng.integers(len(self.listed)))][:LONGEST]
        letters = rng.choice(LETTERS, int(rng.integers(1, 6))).tolist()
        for i in range(1, len(letters)):
            if chance(rng, 0.12):
                letters[i] = letters[i - 1]
        if chance(rng, 0.15):
            letters[int(rng.integers(len(letters)))] = str(rng.choice(["J", "Z"]))
        return "".join(letters)
