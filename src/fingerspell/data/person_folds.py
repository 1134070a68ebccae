"""Folds of whole people: each person is tested in one fold, and always in the same.

People go to folds by the number of their images and by name, without chance, so that models trained at
other times leave out the same people.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from fingerspell.errors import DataError


def folds_of_people(
    sizes: Mapping[str, int], folds: int, given: Mapping[str, str] | None = None
) -> dict[str, int]:
    """The fold of each person, 1 to `folds`, each with about as many images as the others.

    The person with most images comes first, and goes to the fold that has fewest so far (the rule of
    Graham, 1969: longest first). Between equals, the name and the lowest fold decide.

    Args:
        sizes: images of each person.
        folds: how many.
        given: folds that are fixed, as a people file's column `fold` has them; an empty one is not.

    Raises:
        DataError: a fold that is given is none of these.
    """
    chosen: dict[str, int] = {}
    fullness = [0] * folds
    for person in sorted(sizes, key=lambda name: (not (given or {}).get(name), -sizes[name], name)):
        wanted = (given or {}).get(person, "")
        if wanted and wanted not in map(str, range(1, folds + 1)):
            raise DataError(f"{person} is in fold {wanted!r}, which is not 1 to {folds}: correct it.")
        number = int(wanted) if wanted else 1 + int(np.argmin(fullness))
        chosen[person] = number
        fullness[number - 1] += sizes[person]
    return chosen


def draw_people(
    groups: NDArray[np.str_], candidates: NDArray[np.bool_], n: int, seed: int
) -> NDArray[np.bool_]:
    """Images of whole people, about `n` and of at least one person, drawn at random; bool [N].

    Args:
        groups: the person of each image, [N].
        candidates: images whose people may be drawn, [N].
        n: images wanted; 0 draws nobody.
        seed: of the draw.
    """
    drawn: list[str] = []
    size = 0
    names, sizes = np.unique(groups[candidates], return_counts=True)
    for place in np.random.default_rng(seed).permutation(len(names)) if n else ():
        grown = size + int(sizes[place])
        if drawn and abs(grown - n) >= abs(size - n):
            break
        drawn.append(str(names[place]))
        size = grown
    return candidates & np.isin(groups, drawn)
