"""Contiguous blocks of video frames, with a gap between them.

Frames of one video share a folder and a name but for the frame number: `A/A1.jpg`, `A/A2.jpg`, ...
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import PurePosixPath

import numpy as np
from numpy.typing import NDArray

from fingerspell.data.leakage import Part
from fingerspell.data.split_options import Shares

_LAST_NUMBER = re.compile(r"\d+(?=\D*$)")
_SENIORITY = (Part.TEST, Part.VALIDATION, Part.TRAIN)  # the junior of two neighbours yields the gap


def block_parts(paths: Sequence[str], shares: Shares, gap: int, seed: int) -> NDArray[np.int8]:
    """Cut every video into three blocks, in an order drawn for each video; the `Part`s, int8 [N]."""
    rng = np.random.default_rng(seed)
    parts = np.full(len(paths), Part.UNUSED, np.int8)
    for members, numbers in _videos(paths):
        order = rng.permutation([Part.TRAIN, Part.VALIDATION, Part.TEST])
        sizes = np.array(shares.sizes(len(members)))
        parts[members] = _with_gap(np.repeat(order, sizes[order]), numbers, gap)
    return parts


def block_folds(
    paths: Sequence[str], n_folds: int, validation: float, gap: int
) -> Iterator[NDArray[np.int8]]:
    """Cut every video into `n_folds` blocks, each the test part once; the `Part`s, int8 [N], per fold.

    The validation share of the video is the block that follows the test block, round the end.
    """
    videos = list(_videos(paths))
    for fold in range(n_folds):
        parts = np.full(len(paths), Part.UNUSED, np.int8)
        for members, numbers in videos:
            n = len(members)
            start, end = n * fold // n_folds, n * (fold + 1) // n_folds
            n_validation = min(round(n * validation), n - (end - start))
            block = np.full(n, Part.TRAIN, np.int8)
            block[start:end] = Part.TEST
            block[(end + np.arange(n_validation)) % n] = Part.VALIDATION
            parts[members] = _with_gap(block, numbers, gap)
        yield parts


def _videos(paths: Iterable[str]) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Positions in `paths` of each video's frames, in order of time, and their frame numbers."""
    videos: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for position, path in enumerate(paths):
        video, number = frame_number(path)
        videos[video].append((number, position))
    for video in sorted(videos):
        numbers, positions = np.array(sorted(videos[video])).T
        yield positions, numbers


def frame_number(path: str) -> tuple[str, int]:
    """The video that a frame is of, and its number there.

    The number is the last one before the name's first dot, so that `A7_jpg.rf.0e4f.jpg` is frame 7.

    >>> frame_number("train/A/A123.jpg")
    ('train/A/A#', 123)
    """
    file = PurePosixPath(path)
    stem = file.name.split(".")[0]
    number = _LAST_NUMBER.search(stem)
    if not number:
        return path, 0
    return str(file.with_name(_LAST_NUMBER.sub("#", stem))), int(number[0])


def _with_gap(parts: NDArray[np.int8], numbers: NDArray[np.int64], gap: int) -> NDArray[np.int8]:
    """Leave out frames within `gap` of a frame of another part: training first, the test part never."""
    parts = np.array(parts, np.int8)
    for rank, junior in enumerate(_SENIORITY[1:], 1):
        senior = numbers[np.isin(parts, _SENIORITY[:rank])]
        members = np.flatnonzero(parts == junior)
        if not len(senior) or not len(members):
            continue
        after = np.searchsorted(senior, numbers[members])
        distance = np.minimum(
            np.abs(senior[np.minimum(after, len(senior) - 1)] - numbers[members]),
            np.abs(senior[np.maximum(after - 1, 0)] - numbers[members]),
        )
        parts[members[distance <= gap]] = Part.UNUSED
    return parts
