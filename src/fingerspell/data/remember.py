"""Scan a folder once: reading every picture takes as long as packing them."""

import hashlib
import json
import os
from contextlib import suppress
from dataclasses import fields
from pathlib import Path

from fingerspell.data.index import Index, Picture
from fingerspell.data.scan import Scan, remembered, scan
from fingerspell.errors import DataError
from fingerspell.pictures.formats import PICTURE_SUFFIXES
from fingerspell.progress import Stage, silent

_FORMAT = 3  # raise it when the same files would be indexed otherwise


def remembered_scan(root: Path, cache: Path, stage: Stage = silent) -> Scan:
    """What `root` holds; its index is from `cache` if no file has a new name, size or time.

    Args:
        root: folder of pictures, as for `scan`.
        cache: folder that remembers; made where it is missing.
        stage: announces the reading of the pictures.

    Raises:
        DataError: `root` is no folder or holds no pictures, or `cache` cannot be written to.
    """
    if not root.is_dir():
        raise DataError(f"{root} is not a folder: give the folder of a data set.")
    path = cache / f"scan-{_stamp(root)}.csv"
    with suppress(DataError):  # there is none, or it was damaged
        return remembered(Index.load(path, root))
    scanned = scan(root, stage)
    try:
        cache.mkdir(parents=True, exist_ok=True)
        scanned.index.save(path)
    except OSError as error:
        raise DataError(
            f"{cache} cannot be written to ({error.strerror}): choose another folder with -o."
        ) from error
    return scanned


def _stamp(root: Path) -> str:
    """A hash of the names, sizes and times of all files below a folder; 16 hexadecimal digits."""
    rows = []
    for folder, _, names in os.walk(root):
        for name in names:
            path = Path(folder, name)
            status = path.lstat()
            rows.append((path.relative_to(root).as_posix(), status.st_size, status.st_mtime_ns))
    columns = [field.name for field in fields(Picture)]
    about = [_FORMAT, columns, sorted(PICTURE_SUFFIXES)]
    return hashlib.sha256(json.dumps([about, sorted(rows)]).encode()).hexdigest()[:16]
