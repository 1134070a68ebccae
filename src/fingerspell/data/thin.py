"""A smaller data set: fewer images of each class, and smaller ones.

Frames of one video are so alike that a part of them trains nearly as well as all. Which are kept
follows from the index and the seed alone.
"""

import io
import os
import shutil
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from fingerspell.data.index import Index, Picture
from fingerspell.errors import DataError, PictureError
from fingerspell.files import whole_folder
from fingerspell.pictures.formats import HEAD_BYTES, Format, format_of
from fingerspell.pictures.still import content_of, decode
from fingerspell.progress import Advance, unheard

QUALITY = 90  # of JPEGs that are written
_STREAM = 0x54484E  # a stream of its own: not that of the split
_PORTION = 64  # images written by a thread at a time


@dataclass(frozen=True)
class Amount:
    """How many images, and how many bytes they are."""

    images: int
    n_bytes: int


@dataclass(frozen=True)
class Thinned:
    """What became of a data set: each class before and after."""

    before: dict[str, Amount]
    after: dict[str, Amount]


def thinned(index: Index, share: float = 1.0, seed: int = 0, most: int = 0, every: int = 1) -> Index:
    """The same share of every class, drawn at random; the order stays.

    Within a class, its parts (train, valid, test) and its sources keep their proportions.

    Args:
        index: what to draw from.
        share: of each class's images, above 0; at least one of each class is kept.
        seed: of the draw.
        most: images of a class; 0 for any number.
        every: draw from every n-th image only, in the order of the index.
    """
    index = Index(index.root, index.pictures[::every]) if every > 1 else index
    if share == 1 and not most:
        return index
    labels = np.array([picture.label for picture in index.pictures])
    strata = np.array([f"{picture.split}\0{picture.group}" for picture in index.pictures])
    dice = np.random.default_rng((seed, _STREAM))
    kept: list[int] = []
    for label in np.unique(labels):
        rows = np.flatnonzero(labels == label)
        n = max(1, round(share * len(rows)))
        kept.extend(_drawn(rows, strata[rows], min(n, most or n), dice))
    return Index(index.root, tuple(index.pictures[row] for row in sorted(kept)))


def _drawn(
    rows: NDArray[np.int64], strata: NDArray[np.str_], n: int, dice: np.random.Generator
) -> list[int]:
    """`n` of the rows [N], of each stratum [N] its share (largest remainder)."""
    names, counts = np.unique(strata, return_counts=True)
    exact = n * counts / len(rows)
    sizes = np.floor(exact).astype(int)
    sizes[np.argsort(sizes - exact, kind="stable")[: n - sizes.sum()]] += 1
    drawn: list[int] = []
    for name, size in zip(names, sizes.tolist(), strict=True):
        drawn += dice.permutation(rows[strata == name])[:size].tolist()
    return drawn


def write_thinned(
    index: Index,
    kept: Index,
    output: Path,
    longest_px: int = 0,
    advance: Advance = unheard,
) -> Thinned:
    """Write some images of a data set into a new folder, under the same names.

    Images that are larger than `longest_px` become JPEGs if they were, and PNGs otherwise. The others
    are copied byte by byte.

    Args:
        index: the data set.
        kept: those that are written.
        output: a new or empty folder; it is there once all images are in it.
        longest_px: of the longer side; 0 keeps all sizes.
        advance: called with how many more images are written.

    Raises:
        DataError: an image is damaged or gone, or the folder cannot be written.
    """
    if output.exists() and (not output.is_dir() or any(output.iterdir())):
        raise DataError(f"{output} is not empty: give a new folder with -o.")
    names = _new_names(kept, longest_px)
    sizes: list[int] = []
    pairs = list(zip(kept.pictures, names, strict=True))
    portions = [pairs[start : start + _PORTION] for start in range(0, len(pairs), _PORTION)]
    try:
        with whole_folder(output) as unfinished, ThreadPoolExecutor(os.cpu_count()) as pool:

            def write(portion: list[tuple[Picture, str]]) -> list[int]:
                return [
                    _write(kept.root / picture.path, unfinished / name, _target_px(picture, longest_px))
                    for picture, name in portion
                ]

            for written in pool.map(write, portions):
                sizes += written
                advance(len(written))
    except PictureError as error:
        raise DataError(f"{error} Or leave it out with `data check --fix`.") from error
    except OSError as error:
        raise DataError(
            f"{error.filename or output} cannot be read or written ({error.strerror or error}): mend "
            "it and try again."
        ) from error
    before = [picture.n_bytes for picture in index.pictures]
    return Thinned(_amounts(index, before), _amounts(kept, sizes))


def _new_names(kept: Index, longest_px: int) -> list[str]:
    """Paths of the images in the new folder; two that would be the same keep their old suffix, too."""
    wanted = [
        str(PurePosixPath(picture.path).with_suffix(_suffix(kept.root, picture, longest_px)))
        for picture in kept.pictures
    ]
    times = Counter(wanted)
    return [
        name if times[name] == 1 else f"{picture.path}{PurePosixPath(name).suffix}"
        for picture, name in zip(kept.pictures, wanted, strict=True)
    ]


def _suffix(root: Path, picture: Picture, longest_px: int) -> str:
    """Of the new file: what it is written as, if it is written anew."""
    old = PurePosixPath(picture.path).suffix
    if not _target_px(picture, longest_px):
        return old
    with (root / picture.path).open("rb") as file:
        is_jpeg = format_of(file.read(HEAD_BYTES)) is Format.JPEG
    return (old if old.lower() in (".jpg", ".jpeg") else ".jpg") if is_jpeg else ".png"


def _target_px(picture: Picture, longest_px: int) -> int:
    """What its longer side is shrunk to; 0 for an image that is small enough."""
    return longest_px if max(picture.width, picture.height) > longest_px else 0


def _write(source: Path, target: Path, longest_px: int) -> int:
    """Write one image, and tell how many bytes it is now; 0 pixels copy it."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if not longest_px:
        shutil.copyfile(source, target)
        return target.stat().st_size
    image = Image.fromarray(decode(content_of(source), source, longest_px))
    content = io.BytesIO()
    if target.suffix == ".png":
        image.save(content, "PNG", optimize=True)
    else:
        image.save(content, "JPEG", quality=QUALITY, optimize=True)
    return target.write_bytes(content.getvalue())


def _amounts(index: Index, sizes: list[int]) -> dict[str, Amount]:
    """Images and bytes of each class."""
    images: Counter[str] = Counter()
    n_bytes: Counter[str] = Counter()
    for picture, size in zip(index.pictures, sizes, strict=True):
        images[picture.label] += 1
        n_bytes[picture.label] += size
    return {label: Amount(images[label], n_bytes[label]) for label in sorted(images)}
