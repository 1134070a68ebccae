"""Copies of one photo, which belong into one part of every split.

Programs that make altered copies name them after the photo. They may be turned, mirrored or cropped, so
that their pixels look like nothing else: only the names tell.

    A1_jpg.rf.0e4f9c.jpg                      Roboflow
    A_original_A1.jpg_8c1d...-....jpg         Augmentor
    A1 - Copy (2).jpg, A1 copy.jpg            file managers
"""

import re
from collections.abc import Sequence
from itertools import combinations, pairwise
from pathlib import PurePosixPath

import numpy as np
from numpy.typing import NDArray

from fingerspell.data.index import Picture

MAX_PAIRED = 64  # copies of one photo of which all pairs are made; of more, those in a row
_SUFFIX = r"(?:bmp|gif|heic|jfif|jpe?g|png|tiff?|webp)"
_ALTERED = (
    re.compile(rf"(.+?)(?:_{_SUFFIX})*\.rf\.[^.]+(?:\.\w+)?", re.IGNORECASE),
    re.compile(rf".*?_original_(.+)\.{_SUFFIX}_[0-9a-f-]{{36}}\.\w+", re.IGNORECASE),
)
_WHOLE = re.compile(
    r"(.+?)(?: - (?:copia|copie|copy|kopie)| copy)(?: ?\(?\d+\)?)?(\.\w+)", re.IGNORECASE
)
_SPLITS = re.compile(r"(?:^|(?<=/))(?:train|valid|val|test|training|validation|testing)/", re.I)


def photo_of(path: str) -> str:
    """The photo that a picture is a copy of, as text: the picture's own path where the name tells none.

    >>> photo_of("train/A/A1_jpg.rf.0e4f9c.jpg") == photo_of("test/A/A1_jpg.rf.77aa01.jpg")
    True
    >>> photo_of("A/A1 - Copy (2).jpg"), photo_of("train/A/1.jpg")
    ('A/A1.jpg', 'train/A/1.jpg')
    """
    file = PurePosixPath(path)
    for pattern in _ALTERED:
        if found := pattern.fullmatch(file.name):
            return f"{_SPLITS.sub('', path.removesuffix(file.name))}{found[1]} and its copies"
    if found := _WHOLE.fullmatch(file.name):
        return path.removesuffix(file.name) + found[1] + found[2]
    return path


def units_of(pictures: Sequence[Picture], groups: Sequence[str] = ()) -> NDArray[np.int64]:
    """The number of the photo that each of N pictures shows, int64 [N], in order of appearance.

    Pictures are of one photo where their names say so, or where their files are identical and of one
    class; and where `groups` has the same text for them.
    """
    parents = list(range(len(pictures)))

    def root(place: int) -> int:
        while parents[place] != place:
            parents[place] = place = parents[parents[place]]
        return place

    first: dict[tuple[str, ...], int] = {}
    for place, picture in enumerate(pictures):
        keys = [("photo", picture.label, photo_of(picture.path))]
        keys += [("content", picture.label, picture.sha256)] if picture.sha256 else []
        keys += [("group", groups[place], "")] if groups else []
        for key in keys:
            one, other = sorted((root(first.setdefault(key, place)), root(place)))
            parents[other] = one  # the earlier picture stands for all
    _, units = np.unique([root(place) for place in range(len(pictures))], return_inverse=True)
    return np.asarray(units, np.int64)


def copy_pairs(pictures: Sequence[Picture]) -> NDArray[np.int64]:
    """Pairs of places of pictures that show one photo, int64 [P, 2]."""
    units = units_of(pictures)
    order = np.argsort(units, kind="stable")
    pairs: list[tuple[int, int]] = []
    for members in np.split(order, np.flatnonzero(np.diff(units[order])) + 1):
        if len(members) > 1:
            several = members.tolist()
            pairs += combinations(several, 2) if len(several) <= MAX_PAIRED else pairwise(several)
    return np.array(pairs, np.int64).reshape(-1, 2)
