"""Walk a folder of pictures and read every one of them, with all cores.

Finds what is wrong with single files; `check` looks at the set as a whole. Nothing is written.
"""

import hashlib
import os
import stat
from collections import defaultdict
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.ImageFile import ImageFile

from fingerspell.core.alphabet import Alphabet
from fingerspell.data.arrange import shape_of
from fingerspell.data.duplicates import THUMBNAIL_PX, perceptual_hashes
from fingerspell.data.index import INDEX_NAME, Index, Picture
from fingerspell.data.layout import Place, label_of, places_of
from fingerspell.data.passed_over import (
    HIDDEN,
    LINKED,
    NO_CLASS,
    PassedOver,
    of_other_files,
    of_problem,
)
from fingerspell.errors import DataError, Fault, PictureError
from fingerspell.pictures.container import durations
from fingerspell.pictures.formats import HEAD_BYTES, PICTURE_SUFFIXES, SUFFIXES_OF, format_of
from fingerspell.pictures.still import MAX_BYTES, check_size, in_8_bits, opened
from fingerspell.progress import Stage, silent

_SYSTEM_NAMES = frozenset({"thumbs.db", "desktop.ini", "__macosx"})
_PORTION = 64  # pictures read by a thread at a time


class Problem(StrEnum):
    """Why a picture cannot be used; what `Picture.problem` holds."""

    EMPTY = "empty file"
    UNREADABLE = "unreadable file"
    NO_PICTURE = Fault.NO_PICTURE.value
    DAMAGED = Fault.DAMAGED.value
    TOO_LARGE = Fault.TOO_LARGE.value
    TOO_SMALL = Fault.TOO_SMALL.value
    SEVERAL = Fault.SEVERAL.value
    NOT_READ = Fault.NOT_READ.value
    BROKEN_LINK = "broken link"
    OUTSIDE_LINK = "link leaves the folder"
    UNKNOWN_CLASS = "unknown class"
    LEFT_OUT = "left out by a correction"


class Remark(StrEnum):
    """What is odd about a file or folder, but harms no picture."""

    WRONG_SUFFIX = "wrong extension"
    OTHER_FILE = "not a picture file"
    FOLDER_LINK = "linked folder"
    EMPTY_FOLDER = "empty class folder"


@dataclass(frozen=True)
class Scan:
    """What a folder holds.

    Attributes:
        index: every file that is named as a picture, the bad ones too, in order of path.
        remarks: paths by what is odd about them.
        n_ignored: hidden and system files and folders passed over.
    """

    index: Index
    remarks: Mapping[Remark, tuple[str, ...]]
    n_ignored: int

    @property
    def passed_over(self) -> tuple[PassedOver, ...]:
        """What is not among the usable pictures, and why."""
        of = len(self.index.pictures)
        found: list[PassedOver] = []
        for problem in Problem:
            paths = [picture.path for picture in self.index.pictures if picture.problem == problem]
            reason = NO_CLASS if problem == Problem.UNKNOWN_CLASS else problem.value
            found += of_problem(reason, paths, of)
        found += of_problem(LINKED, self.remarks.get(Remark.FOLDER_LINK, ()), of)
        found += of_other_files(self.remarks.get(Remark.OTHER_FILE, ()), of)
        if self.n_ignored:
            found.append(PassedOver(HIDDEN, self.n_ignored, of, {}))
        return tuple(found)

    def told_by(self, alphabet: Alphabet) -> "Scan":
        """The same to a model of these classes: pictures of others are in no class."""
        unknown = [
            replace(each, label="", problem=each.problem or Problem.UNKNOWN_CLASS)
            if each.label and each.label not in alphabet
            else each
            for each in self.index.pictures
        ]
        return replace(self, index=Index(self.index.root, tuple(unknown)))

    def refuse_without_pictures(self) -> None:
        """See that there is a picture to be used.

        Raises:
            DataError: there is none; it says what was passed over.
        """
        if self.index.usable.pictures:
            return
        are_named = self.index.pictures and all(picture.label for picture in self.index.pictures)
        mend = "put them into folders named A to Z, del, nothing, space, or by other signs"
        if shape := shape_of(self.index.root):
            mend = f"it is {shape}, of which `fingerspell data arrange` makes class folders"
        elif are_named:
            mend = "run `data check` to see why"
        sentences = [sentence for each in self.passed_over if (sentence := each.sentence())]
        why = f" ({'; '.join(sentences)})" if sentences else ""
        what = "usable images" if self.index.pictures else "images"
        raise DataError(f"{self.index.root} holds no {what}: {mend}{why}.")


@dataclass(frozen=True)
class _Reading:
    picture: Picture
    remark: Remark | None = None


def scan(root: Path, stage: Stage = silent) -> Scan:
    """Index the pictures below `root`: layout, size, mode, hashes, and what is wrong with each.

    Args:
        root: folder of pictures in class folders, however deep; see `layout`.
        stage: announces the reading of the pictures.

    Raises:
        DataError: `root` is no folder, or holds no pictures.
    """
    names, remarks, n_ignored = walk(root)
    placed = list(zip(names, places_of(names), strict=True))
    portions = [placed[start : start + _PORTION] for start in range(0, len(names), _PORTION)]
    pictures: list[Picture] = []
    advance = stage("reading images", len(names))
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for readings in pool.map(partial(_read_portion, root), portions):
            for reading in readings:
                pictures.append(reading.picture)
                if reading.remark:
                    remarks[reading.remark].append(reading.picture.path)
            advance(len(readings))
    return _scan(Index(root, tuple(pictures)), remarks, n_ignored)


def look(root: Path) -> Scan:
    """What the names in a folder say, of which no file is opened: no sizes, no hashes, no damage.

    Raises:
        DataError: `root` is no folder, or holds no pictures.
    """
    names, remarks, n_ignored = walk(root)
    pictures = []
    for name, place in zip(names, places_of(names), strict=True):
        problem = "" if place.label else Problem.UNKNOWN_CLASS
        pictures.append(Picture(name, place.label, place.group, place.split, problem=problem))
    return _scan(Index(root, tuple(pictures)), remarks, n_ignored)


def remembered(index: Index) -> Scan:
    """What a folder holds, of which all pictures are indexed already."""
    _, remarks, n_ignored = walk(index.root)
    return _scan(index, remarks, n_ignored)


def _scan(index: Index, remarks: Mapping[Remark, Iterable[str]], n_ignored: int) -> Scan:
    return Scan(index, {k: names for k, v in remarks.items() if (names := tuple(sorted(v)))}, n_ignored)


def walk(root: Path) -> tuple[list[str], dict[Remark, list[str]], int]:
    """Paths of files named as pictures, remarks about the others, and how many were ignored.

    Raises:
        DataError: `root` is no folder, or holds no pictures.
    """
    if not root.is_dir():
        raise DataError(f"{root} is not a folder: give the folder of a data set.")
    names: list[str] = []
    remarks: dict[Remark, list[str]] = defaultdict(list)
    n_ignored = 0
    for folder, subfolders, files in os.walk(root, onerror=_refuse):
        here = Path(folder)
        n_ignored += sum(map(_is_hidden, subfolders + files))
        subfolders[:] = [name for name in subfolders if not _is_hidden(name)]
        paths = {(here / name).relative_to(root).as_posix() for name in files if not _is_hidden(name)}
        pictures = {path for path in paths if Path(path).suffix.lower() in PICTURE_SUFFIXES}
        names += pictures
        remarks[Remark.OTHER_FILE] += paths - pictures - {INDEX_NAME}
        links = [here / name for name in subfolders if (here / name).is_symlink()]
        remarks[Remark.FOLDER_LINK] += [link.relative_to(root).as_posix() for link in links]
        if label_of(here.name) and here != root and not pictures and not subfolders:
            remarks[Remark.EMPTY_FOLDER].append(here.relative_to(root).as_posix())
    if not names:
        _scan(Index(root, ()), remarks, n_ignored).refuse_without_pictures()
    return sorted(names), remarks, n_ignored


def _refuse(error: OSError) -> None:
    raise DataError(f"{error.filename} cannot be listed ({error.strerror}): change its permissions.")


def _is_hidden(name: str) -> bool:
    return name.startswith(".") or name.lower() in _SYSTEM_NAMES


def _read_portion(root: Path, placed: Iterable[tuple[str, Place]]) -> list[_Reading]:
    """Read some pictures, and hash them together."""
    thumbnails: dict[int, NDArray[np.uint8]] = {}
    readings: list[_Reading] = []
    for name, place in placed:
        reading, thumbnail = _read(root, name, place)
        if thumbnail is not None:
            thumbnails[len(readings)] = thumbnail
        readings.append(reading)
    if thumbnails:
        hashes = perceptual_hashes(np.stack(list(thumbnails.values())))
        for position, phash in zip(thumbnails, hashes.tolist(), strict=True):
            reading = readings[position]
            readings[position] = replace(
                reading, picture=replace(reading.picture, phash=f"{phash:016x}")
            )
    return readings


def _read(root: Path, name: str, place: Place) -> tuple[_Reading, NDArray[np.uint8] | None]:
    """Everything about one picture but its perceptual hash, and the thumbnail to make that of."""
    picture = Picture(name, place.label, place.group, place.split)
    content, problem = _content(root, root / name)
    if problem:
        return _Reading(replace(picture, problem=problem)), None
    picture = replace(picture, n_bytes=len(content), sha256=hashlib.sha256(content).hexdigest())
    picture_format = format_of(content[:HEAD_BYTES])
    is_right = not picture_format or Path(name).suffix.lower() in SUFFIXES_OF[picture_format]
    remark = None if is_right else Remark.WRONG_SUFFIX
    if len(durations(content)) > 1:
        return _Reading(replace(picture, problem=Problem.SEVERAL), remark), None
    thumbnail = None
    try:
        with opened(content, name) as image:
            width, height = image.size
            picture = replace(picture, width=width, height=height, mode=image.mode)
            check_size(name, image, shrinks=True)
            thumbnail = _thumbnail(image)
    except PictureError as error:
        return _Reading(replace(picture, problem=Problem(error.fault)), remark), None
    if not picture.label:
        picture = replace(picture, problem=Problem.UNKNOWN_CLASS)
    return _Reading(picture, remark), thumbnail


def _content(root: Path, path: Path) -> tuple[bytes, Problem | None]:
    """The bytes of a file, or why they are not to be had."""
    try:
        if path.is_symlink():
            if not path.exists():
                return b"", Problem.BROKEN_LINK
            if not path.resolve().is_relative_to(root.resolve()):
                return b"", Problem.OUTSIDE_LINK
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):  # reading a pipe would wait for ever
            return b"", Problem.UNREADABLE
        if status.st_size > MAX_BYTES:
            return b"", Problem.TOO_LARGE
        content = path.read_bytes()
    except (OSError, RuntimeError):  # RuntimeError: links that go round in circles, before Python 3.13
        return b"", Problem.UNREADABLE
    return content, None if content else Problem.EMPTY


def _thumbnail(image: ImageFile) -> NDArray[np.uint8]:
    """Decode the whole picture to a grey of 32x32 pixels, uint8 [32, 32].

    JPEG is decoded at a fraction of its size, which reads every byte all the same.
    """
    side = (THUMBNAIL_PX, THUMBNAIL_PX)
    image.draft("L", side)
    return np.asarray(in_8_bits(image).convert("L").resize(side, Image.Resampling.BOX))
