"""How to split a data set: the method, the shares of its parts, and the rest."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from fingerspell.errors import DataError


class Method(StrEnum):
    """How pictures are shared out."""

    AUTO = "auto"  # given, where the data set has its own parts, else random
    GIVEN = "given"  # as the folders train, valid and test say
    RANDOM = "random"
    BLOCK = "block"
    SOURCE = "source"
    PERSON = "person"
    SIGNER = "signer"  # another word for person
    R1 = "r1"
    R2 = "r2"
    R3 = "r3"


@dataclass(frozen=True)
class Shares:
    """Sizes of the three parts in proportion to each other; any unit.

    Raises:
        DataError: a share is negative, or nothing is left to train or test on.
    """

    train: float
    validation: float
    test: float

    def __post_init__(self) -> None:
        if min(self.train, self.test) <= 0 or self.validation < 0:
            raise DataError(
                f"{self.train:g}/{self.validation:g}/{self.test:g} are no shares of a split: train "
                "and test must be above 0, validation 0 or above."
            )

    def sizes(self, n: int) -> tuple[int, int, int]:
        """Whole numbers that add up to `n`, each as near its share as can be (largest remainder).

        >>> Shares(0.7, 0.2, 0.1).sizes(43_499)
        (30449, 8700, 4350)
        """
        weights = (self.train, self.validation, self.test)
        exact = [n * weight / sum(weights) for weight in weights]
        sizes = [int(size) for size in exact]
        by_remainder = sorted(range(3), key=lambda part: sizes[part] - exact[part])
        for part in by_remainder[: n - sum(sizes)]:
            sizes[part] += 1
        return sizes[0], sizes[1], sizes[2]


DEFAULT_SHARES = Shares(train=0.7, validation=0.1, test=0.2)
PRESETS: Mapping[Method, Shares] = {
    Method.R1: Shares(train=76_760, validation=8_528, test=1_741),  # of 87,029 pictures
    Method.R2: Shares(train=56_840, validation=8_120, test=16_240),  # of 81,200
    Method.R3: Shares(train=7, validation=2, test=1),
}


@dataclass(frozen=True)
class SplitOptions:
    """How to split.

    Attributes:
        by: the method; GIVEN takes the parts that folders name; R1, R2 and R3 are random with the
            shares of those reports.
        folds: number of folds, each with another test part; 0 for a single split, or, by source, one
            fold for each source.
        shares: of a single split; of folds, only the validation share counts.
        seed: of everything drawn.
        gap: frames, by the number in the name, left out between neighbouring blocks.
        group_pattern: regular expression that names the group of a picture; see `with_groups`. A
            random split then keeps groups whole. Copies of one photo stay together in any case.
    """

    by: Method = Method.AUTO
    folds: int = 0
    shares: Shares = DEFAULT_SHARES
    seed: int = 0
    gap: int = 30
    group_pattern: str = ""

    def __post_init__(self) -> None:
        if self.folds < 0 or self.folds == 1:
            raise DataError(f"{self.folds} folds make no split: use 2 or more, or leave out --folds.")
        if self.by == Method.GIVEN and self.folds:
            raise DataError("the parts that a data set has are one split: leave out --folds.")
        if self.gap < 0:
            raise DataError(f"a gap of {self.gap} frames cannot be: use 0 or more.")
        if self.by in PRESETS:
            object.__setattr__(self, "shares", PRESETS[self.by])
