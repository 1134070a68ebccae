"""The index of a data set: one row a picture, and nothing else about it on disk.

Everything in `data` speaks in indices: `check` makes one, splits choose rows of one, packing decodes
one. An index is written as CSV, so that people can read, sort and mend it.
"""

import csv
import hashlib
import io
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fingerspell.core.alphabet import Alphabet, class_named
from fingerspell.errors import DataError
from fingerspell.files import write_atomically
from fingerspell.texts import NAMES, read_table

INDEX_NAME = "index.csv"  # what an index is called where it lies in its data set's folder


@dataclass(frozen=True)
class Picture:
    """One picture of a data set.

    Attributes:
        path: relative to the data set's folder, with forward slashes.
        label: the class; empty where no folder names one.
        group: the source or signer it comes from; pictures of one group may be near-duplicates.
        split: "train", "validation" or "test" where the folders say so, else empty.
        width: pixels, as stored.
        height: pixels, as stored.
        mode: Pillow's colour mode, such as RGB or L.
        n_bytes: size of the file.
        sha256: of the file's bytes, hexadecimal.
        phash: perceptual hash (64 bit, hexadecimal); near-duplicates differ in few bits.
        problem: why the picture cannot be used; empty for a good one.
    """

    path: str
    label: str = ""
    group: str = ""
    split: str = ""
    width: int = 0
    height: int = 0
    mode: str = ""
    n_bytes: int = 0
    sha256: str = ""
    phash: str = ""
    problem: str = ""


_COLUMNS = [field.name for field in fields(Picture)]
_WHOLE_NUMBERS = {"width", "height", "n_bytes"}


@dataclass(frozen=True)
class Index:
    """A data set: its folder and its pictures, in order of path."""

    root: Path
    pictures: tuple[Picture, ...]

    @property
    def usable(self) -> "Index":
        """The pictures that can be decoded and have a class."""
        return Index(self.root, tuple(p for p in self.pictures if p.label and not p.problem))

    @property
    def alphabet(self) -> Alphabet:
        """The classes of the pictures; of letters alone, all 29 (see `Alphabet.holding`)."""
        return Alphabet.holding({picture.label for picture in self.usable.pictures})

    @property
    def has_own_parts(self) -> bool:
        """Whether folders name a part for every usable picture, one to train on and another."""
        named = {picture.split for picture in self.usable.pictures}
        return "train" in named and "" not in named and len(named) > 1

    @property
    def own_test_part(self) -> NDArray[np.bool_]:
        """Which pictures folders name for testing, bool [N]: those for validation if there are none."""
        splits = np.array([picture.split for picture in self.pictures])
        return np.asarray(splits == ("test" if "test" in splits else "validation"), bool)

    @property
    def sha256(self) -> str:
        """A fingerprint of the pictures: their paths, contents and labels, hexadecimal."""
        digest = hashlib.sha256()
        for picture in self.pictures:
            digest.update(f"{picture.path}\0{picture.sha256}\0{picture.label}\n".encode(errors=NAMES))
        return digest.hexdigest()

    def save(self, path: Path) -> None:
        """Write the index as CSV, whole or not at all."""
        text = io.StringIO()
        writer = csv.DictWriter(text, _COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(vars(picture) for picture in self.pictures)
        write_atomically(path, text.getvalue().encode(errors=NAMES))

    @classmethod
    def load(cls, path: Path, root: Path) -> "Index":
        """Read an index written by `save`.

        Raises:
            DataError: the file is missing, or is no index.
        """
        try:
            header, *rows = read_table(path) or [[]]
            if header != _COLUMNS:
                raise DataError(f"{path} is not an index of images: make one with `data check --fix`.")
            pictures = [_parse(dict(zip(_COLUMNS, row, strict=True))) for row in rows]
        except (OSError, ValueError) as error:
            raise DataError(f"{path} cannot be read as an index ({error}): make it again.") from error
        return cls(root, tuple(pictures))


def _parse(row: Mapping[str, Any]) -> Picture:
    if row["label"] != class_named(row["label"]):
        raise ValueError(f"{row['label']!r} is written {class_named(row['label'])!r}")
    return Picture(**{**row, **{name: int(row[name]) for name in _WHOLE_NUMBERS}})
