"""Data sets of other shapes, and the class folders that are made of them.

A_1.jpg, A_2.jpg, ...                        flat: the class begins the name
sign_mnist_train.csv                         Sign Language MNIST: a row of 28x28 grey pixels a picture
data.yaml, train/images/, train/labels/      YOLO: boxes of hands in text files beside the pictures
"""

import csv
import itertools
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from PIL import Image

from fingerspell.core.alphabet import LETTERS
from fingerspell.data.layout import label_of, split_of
from fingerspell.errors import DataError, PictureError
from fingerspell.pictures.still import read_picture
from fingerspell.progress import Advance, unheard

MARGIN = 0.2  # of the longer side of a box, added around it: hands are read with some room
MNIST_SIDE_PX = 28
MIN_FLAT = 0.5  # share of a folder's pictures whose names begin with a class
_MNIST_LETTERS = {str(number): letter for number, letter in enumerate(LETTERS)}
_FLAT = re.compile(r"([A-Za-z]|del|nothing|space)[-_ ]?\(?\d+\)?", re.IGNORECASE)
_SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".webp")


class Shape(StrEnum):
    """How a data set is laid out that has no class folders."""

    FLAT = "images whose names begin with the class"
    MNIST = "Sign Language MNIST's tables of pixels"
    YOLO = "a YOLO export, boxes in text files"


@dataclass(frozen=True)
class Arranged:
    """What became of a data set: its shape, pictures of each class, and what was left out."""

    shape: Shape
    classes: dict[str, int]
    n_left_out: int


def shape_of(root: Path) -> Shape | None:
    """The shape of a folder, as far as names and the beginnings of tables tell; None for another."""
    if next(iter(_label_files(root)), None) and _yolo_yaml(root):
        return Shape.YOLO
    if next(iter(_tables(root)), None):
        return Shape.MNIST
    paths = [path for path in _files(root) if path.suffix.lower() in _SUFFIXES]
    n_flat = sum(1 for path in paths if flat_label(path.name))
    return Shape.FLAT if paths and n_flat >= MIN_FLAT * len(paths) else None


def flat_label(name: str) -> str:
    """The class that begins a picture's name, before its number; or nothing.

    >>> flat_label("A_1.jpg"), flat_label("b12.png"), flat_label("space (3).jpg"), flat_label("I.jpg")
    ('A', 'B', 'space', '')
    """
    found = _FLAT.fullmatch(PurePosixPath(name).stem)
    return label_of(found[1]) if found else ""


def arrange(root: Path, output: Path, advance: Advance = unheard) -> Arranged:
    """Write the pictures of a data set into class folders; the data set stays as it is.

    Args:
        root: the data set.
        output: a new or empty folder; train, valid and test become folders where the data set has them.
        advance: called with how many more pictures are done.

    Raises:
        DataError: the shape is not known, a file is damaged, or the new folder is not empty.
    """
    shape = shape_of(root) if root.is_dir() else None
    if shape is None:
        raise DataError(
            f"{root} is neither flat (A_1.jpg), nor Sign Language MNIST, nor a YOLO export: put its "
            "images into folders named A to Z, del, nothing or space."
        )
    writers = {Shape.FLAT: _arrange_flat, Shape.MNIST: _arrange_tables, Shape.YOLO: _arrange_boxes}
    classes: dict[str, int] = {}
    n_left_out = 0
    try:
        if output.exists() and any(output.iterdir()):
            raise DataError(f"{output} is not empty: give a new folder with -o.")
        for label in writers[shape](root, output):
            advance(1)
            if label:
                classes[label] = classes.get(label, 0) + 1
            else:
                n_left_out += 1
    except OSError as error:
        raise DataError(
            f"{error.filename or output} cannot be read or written ({error.strerror or error}): mend "
            "it and try again with a new folder."
        ) from error
    return Arranged(shape, dict(sorted(classes.items())), n_left_out)


def _files(root: Path) -> Iterator[Path]:
    return (path for path in sorted(root.rglob("*")) if path.is_file())


def _place(output: Path, split: str, label: str, name: str) -> Path:
    folder = output / split / label
    folder.mkdir(parents=True, exist_ok=True)
    return folder / name


def _arrange_flat(root: Path, output: Path) -> Iterator[str]:
    for path in _files(root):
        if path.suffix.lower() not in _SUFFIXES:
            continue
        label = flat_label(path.name)
        if label:
            inner = path.parent.relative_to(root)
            shutil.copy2(path, _place(output / inner, "", label, path.name))
        yield label


def _tables(root: Path) -> Iterator[Path]:
    """Tables of Sign Language MNIST."""
    for path in sorted(root.rglob("*.csv")):
        with path.open("rb") as file:
            if file.read(64).removeprefix(b"\xef\xbb\xbf").startswith(b"label,pixel1,pixel2"):
                yield path


def _arrange_tables(root: Path, output: Path) -> Iterator[str]:
    for path in _tables(root):
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = csv.reader(file)
            next(rows)
            for number in itertools.count(1):
                try:
                    row = next(rows, None)
                    if row is None:
                        break
                    label = _MNIST_LETTERS[row[0]]
                    pixels = np.array(row[1:], np.uint8).reshape(MNIST_SIDE_PX, MNIST_SIDE_PX)
                except (ValueError, LookupError, OverflowError, csv.Error) as error:
                    raise DataError(
                        f"{path} is damaged in row {number} ({error}): download it again."
                    ) from error
                place = _place(output, split_of(path.stem), label, f"{path.stem}-{number}.png")
                Image.fromarray(pixels).save(place)
                yield label


def _yolo_yaml(root: Path) -> Path | None:
    found = [path for suffix in ("yaml", "yml") for path in sorted(root.rglob(f"*.{suffix}"))]
    return next((path for path in found if b"names" in path.read_bytes()[:1_000_000]), None)


def _label_files(root: Path) -> Iterator[Path]:
    return (path for path in sorted(root.rglob("*.txt")) if path.parent.name == "labels" or (
        path.parent.parent.name == "labels"
    ))  # fmt: skip


def _names(path: Path) -> dict[int, str]:
    """Names of classes by number."""
    import yaml  # noqa: PLC0415 - comes with the extra `train`

    try:
        names: Any = yaml.safe_load(path.read_text("utf-8-sig"))["names"]
        pairs = names.items() if isinstance(names, dict) else enumerate(names)
        return {int(number): str(name) for number, name in pairs}
    except (yaml.YAMLError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise DataError(f"{path} does not name the classes as YOLO does: export it again.") from error


def _arrange_boxes(root: Path, output: Path) -> Iterator[str]:
    """Cut every box out, with some room; boxes of other classes are left out."""
    yaml_file = _yolo_yaml(root)
    names = _names(yaml_file) if yaml_file else {}
    for labels in _label_files(root):
        picture = _picture_of(root, labels)
        for number, line in enumerate(filter(str.strip, labels.read_text("utf-8-sig").splitlines())):
            try:
                kind, *numbers = line.split()
                label = label_of(names.get(int(kind), ""))
                box = _box(list(map(float, numbers)))
            except ValueError as error:
                raise DataError(f"{labels} holds no boxes ({error}): export it again.") from error
            if not label or picture is None:
                yield ""
                continue
            parts = map(split_of, labels.relative_to(root).parts[:-1])
            split = next(filter(None, parts), "")
            folder = {"validation": "valid"}.get(split, split)
            _cut(picture, box).save(_place(output, folder, label, f"{labels.stem}-{number}.png"))
            yield label


def _box(numbers: list[float]) -> tuple[float, float, float, float]:
    """Left, top, right, bottom as shares, of a YOLO box (middle, size) or of an outline's corners."""
    if len(numbers) == 4:  # noqa: PLR2004 - x, y, width, height
        x, y, width, height = numbers
        return x - width / 2, y - height / 2, x + width / 2, y + height / 2
    if len(numbers) < 6 or len(numbers) % 2:  # noqa: PLR2004 - three corners
        raise ValueError(f"{len(numbers)} numbers are not a box")
    return min(numbers[::2]), min(numbers[1::2]), max(numbers[::2]), max(numbers[1::2])


def _picture_of(root: Path, labels: Path) -> Path | None:
    """The picture that a text file's boxes are in: `images` in its path in place of `labels`."""
    parts = ["images" if part == "labels" else part for part in labels.relative_to(root).parts]
    stem = root.joinpath(*parts)
    places = (stem.with_name(stem.stem + suffix) for suffix in (*_SUFFIXES, ".JPG", ".PNG", ".JPEG"))
    return next((place for place in places if place.is_file()), None)


def _cut(path: Path, box: tuple[float, float, float, float]) -> Image.Image:
    try:
        picture = Image.fromarray(read_picture(path, longest_px=None))
    except PictureError as error:
        raise DataError(f"{path} cannot be decoded ({error.fault}): take it away.") from error
    width, height = picture.size
    left, top, right, bottom = box[0] * width, box[1] * height, box[2] * width, box[3] * height
    room = MARGIN * max(right - left, bottom - top)
    corners = (left - room, top - room, right + room, bottom + room)
    limits = ((0, width - 1), (0, height - 1), (1, width), (1, height))
    inside = [round(min(max(v, low), high)) for v, (low, high) in zip(corners, limits, strict=True)]
    if inside[2] <= inside[0] or inside[3] <= inside[1]:
        raise DataError(f"a box of {path} lies outside it: export the boxes again.")
    return picture.crop((inside[0], inside[1], inside[2], inside[3]))
