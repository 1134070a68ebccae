"""How much of a test set the training set gives away: near-duplicates on both sides of a split.

Only pictures of one class count: one of another class gives nothing away.
"""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from fingerspell.data.duplicates import Lookalikes


class Part(IntEnum):
    """What a picture is for in one fold of a split."""

    TRAIN = 0
    VALIDATION = 1
    TEST = 2
    UNUSED = 3  # in the gap between blocks


@dataclass(frozen=True)
class Leakage:
    """Near-duplicates across the parts of one fold.

    Attributes:
        train_test_pairs: pairs with one picture in either part; so with the two below.
        train_validation_pairs: as above.
        validation_test_pairs: as above.
        test_near_train: test pictures with a near-duplicate in the training part.
        test_near_train_share: the same as a share of the test part, 0 to 1.
    """

    train_test_pairs: int
    train_validation_pairs: int
    validation_test_pairs: int
    test_near_train: int
    test_near_train_share: float


def measure_leakage(lookalikes: Lookalikes, parts: NDArray[np.int8]) -> Leakage:
    """Count the near-duplicates across one fold; `parts` says the `Part` of each picture, int8 [N]."""
    pairs = lookalikes.count(parts.astype(np.int64), len(Part))
    is_test = parts == Part.TEST
    n_test = int(np.count_nonzero(is_test))
    n_near = int(np.count_nonzero(lookalikes.resembles(parts == Part.TRAIN) & is_test))
    return Leakage(
        train_test_pairs=int(pairs[Part.TRAIN, Part.TEST]),
        train_validation_pairs=int(pairs[Part.TRAIN, Part.VALIDATION]),
        validation_test_pairs=int(pairs[Part.VALIDATION, Part.TEST]),
        test_near_train=n_near,
        test_near_train_share=n_near / max(1, n_test),
    )
