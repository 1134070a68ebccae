"""Splits on disk: a CSV file with a row a picture and a column a fold, and a report beside it."""

import csv
import io
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from fingerspell.data.copies import copy_pairs
from fingerspell.data.duplicates import MAX_DISTANCE, Lookalikes, hashes_of
from fingerspell.data.index import Index
from fingerspell.data.leakage import Part, measure_leakage
from fingerspell.data.split_options import Method
from fingerspell.data.splits import Fold, Split
from fingerspell.errors import DataError
from fingerspell.files import write_atomically
from fingerspell.texts import NAMES, read_table

SPLIT_FILE = "split.csv"  # in the folder of a run
SEEN = (
    "images of one class that look alike or, by their names, are copies of one photo; copies that "
    "were turned, mirrored or cropped and have names of their own are not seen"
)
_FIRST_COLUMNS = ["path", "label", "group"]


def report_split(split: Split, max_distance: int = MAX_DISTANCE) -> dict[str, Any]:
    """What a split is and what leaks across it, as JSON holds it: options, sizes, near-duplicates."""
    labels = np.array([picture.label for picture in split.index.pictures])
    hashes = hashes_of(split.index.pictures)
    lookalikes = Lookalikes.within_classes(hashes, labels, max_distance)
    lookalikes = lookalikes.joined(copy_pairs(split.index.pictures))
    folds = []
    for fold in split.folds:
        sizes = np.bincount(fold.parts, minlength=len(Part)).tolist()
        folds.append(
            {
                "name": fold.name,
                **{part.name.lower(): sizes[part] for part in Part},
                **_held_out(split, fold),
                "leakage": asdict(measure_leakage(lookalikes, fold.parts)),
            }
        )
    return {
        "data": str(split.index.root),
        "n_pictures": len(split.index.pictures),
        **asdict(split.options),
        "max_distance": max_distance,
        "leakage_sees": SEEN,
        "folds": folds,
    }


def _held_out(split: Split, fold: Fold) -> dict[str, list[str]]:
    """The sources or people that a fold tests, where they are kept whole."""
    if split.options.by not in (Method.SOURCE, Method.PERSON, Method.SIGNER):
        return {}
    pairs = zip(split.index.pictures, fold.parts.tolist(), strict=True)
    return {"held_out": sorted({picture.group for picture, part in pairs if part == Part.TEST})}


def near_training_share(report: Path, fold: str) -> float | None:
    """Share of a fold's test images that have a near-duplicate in training, 0 to 1; None: not known.

    Args:
        report: what `save_report` wrote.
        fold: its name.
    """
    try:
        folds = json.loads(report.read_bytes())["folds"]
        shares = {each["name"]: each["leakage"]["test_near_train_share"] for each in folds}
        return float(shares[fold])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def save_split(split: Split, path: Path) -> None:
    """Write a split as CSV, whole or not at all."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*_FIRST_COLUMNS, *(f"fold {fold.name}" for fold in split.folds)])
    names = np.array([part.name.lower() for part in Part])
    columns = [names[fold.parts].tolist() for fold in split.folds]
    for picture, *parts in zip(split.index.pictures, *columns, strict=True):
        writer.writerow([picture.path, picture.label, picture.group, *parts])
    write_atomically(path, text.getvalue().encode(errors=NAMES))


def save_report(report: dict[str, Any], path: Path) -> None:
    """Write the report of a split as JSON, whole or not at all."""
    write_atomically(path, (json.dumps(report, indent=2) + "\n").encode())


def load_split(path: Path, index: Index) -> tuple[Fold, ...]:
    """Read the folds that `save_split` wrote; their parts are in the order of `index.usable`.

    Raises:
        DataError: the file is missing or is no split, or is one of other pictures.
    """
    paths, folds = read_split(path)
    if paths != [picture.path for picture in index.usable.pictures]:
        raise DataError(
            f"{path} is a split of other images than those of {index.root}: make it again with "
            "`data split`."
        )
    return folds


def read_split(path: Path) -> tuple[list[str], tuple[Fold, ...]]:
    """Read the paths of the pictures that were split, and the folds, in their order.

    Raises:
        DataError: the file is missing or is no split.
    """
    try:
        header, *rows = read_table(path)
        values = np.array([row[len(_FIRST_COLUMNS) :] for row in rows])
        codes = {part.name.lower(): int(part) for part in Part}
        columns = [np.array([codes[value] for value in column], np.int8) for column in values.T]
        names = (name.removeprefix("fold ") for name in header[len(_FIRST_COLUMNS) :])
        folds = tuple(Fold(name, parts) for name, parts in zip(names, columns, strict=True))
    except (OSError, ValueError, KeyError) as error:  # also of other encodings, or ragged rows
        raise DataError(
            f"{path} cannot be read as a split: make it again with `data split`."
        ) from error
    if header[: len(_FIRST_COLUMNS)] != _FIRST_COLUMNS:
        raise DataError(f"{path} is not a split: make one with `data split`.")
    return [row[0] for row in rows], folds
