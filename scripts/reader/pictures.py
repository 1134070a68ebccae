"""Which files of a folder are meant, for the other scripts."""

import random
from pathlib import Path

from fingerspell.pictures.formats import PICTURE_SUFFIXES


def pictures_of(folder: Path, limit: int | None = None) -> list[Path]:
    """The pictures of an ImageFolder, or `limit` of them drawn by a fixed seed."""
    paths = sorted(p for p in folder.rglob("*") if p.suffix.lower() in PICTURE_SUFFIXES)
    if limit is not None and limit < len(paths):
        paths = random.Random(0).sample(paths, limit)  # noqa: S311
    return paths
