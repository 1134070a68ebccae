"""Small data sets made on the spot."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fingerspell.core.alphabet import CLASSES
from fingerspell.data.index import Index, Picture


def smooth_picture(random: np.random.Generator, size: tuple[int, int] = (200, 200)) -> Image.Image:
    """A picture with the soft edges of a photograph: 8x8 random colours, enlarged."""
    colours = random.integers(0, 256, (8, 8, 3), np.uint8)
    return Image.fromarray(colours).resize(size, Image.Resampling.BICUBIC)


def index_of(root: Path) -> Index:
    """The index of an ImageFolder, by hand: what packing needs of a scan."""
    return Index(
        root,
        tuple(
            Picture(
                path=path.relative_to(root).as_posix(),
                label=path.parent.name,
                sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
                n_bytes=path.stat().st_size,
            )
            for path in sorted(root.glob("*/*"))
        ),
    )


def write_set(root: Path, n: int, size: tuple[int, int] = (200, 200)) -> Index:
    """Write n JPEGs of random colours as an ImageFolder over all classes, and index them."""
    random = np.random.default_rng(0)
    for number in range(n):
        folder = root / CLASSES[number % len(CLASSES)]
        folder.mkdir(parents=True, exist_ok=True)
        smooth_picture(random, size).save(folder / f"{number}.jpg")
    return index_of(root)


@pytest.fixture
def make_set(tmp_path: Path) -> Callable[..., Index]:
    """`write_set` in this test's own folder."""
    return lambda n, size=(200, 200): write_set(tmp_path / "set", n, size)
