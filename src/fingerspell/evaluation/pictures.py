"""What a model is evaluated on: images with their classes, and how strange they are to the model."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.lib.format import open_memmap
from numpy.typing import NDArray

from fingerspell.core.alphabet import ASL, Alphabet
from fingerspell.data.corrections import Corrected, Corrections
from fingerspell.data.groups import People, with_groups, with_people
from fingerspell.data.index import Index
from fingerspell.data.pack import IMAGES, is_packed, open_packed
from fingerspell.data.passed_over import PassedOver
from fingerspell.data.remember import remembered_scan
from fingerspell.data.scan import Problem, Scan, scan
from fingerspell.errors import DataError
from fingerspell.pictures.still import read_picture
from fingerspell.progress import Advance, unheard

Pixels = NDArray[np.uint8]
Rows = NDArray[np.int64]

BATCH = 32  # images; larger batches are no faster on a CPU
BATCH_PIXELS = 4_000_000  # 48 MB as floats


class Protocol(StrEnum):
    """How strange the images are to the model, the strangest first."""

    STRANGERS = "strangers"
    BLOCK = "block split"
    RANDOM = "random split"
    GIVEN = "in-corpus"  # however it was split
    SEEN = "trained on"

    @property
    def heading(self) -> str:
        """What tables and charts call it; the value is what files hold."""
        return "unseen signers" if self is Protocol.STRANGERS else self.value


@dataclass(frozen=True)
class Batch:
    """A few images of about one size, small enough to be sent to another process.

    Attributes:
        places: among those evaluated on, [B].
        paths: their files; empty where they are packed.
        array: the packed array.
        rows: their rows in it, [B].
    """

    places: Rows
    paths: tuple[Path, ...] = ()
    array: Path | None = None
    rows: Rows | None = None

    def read(self) -> list[tuple[Rows, Pixels]]:
        """The images, RGB uint8 [n, H, W, 3] with their places [n], stacked by size.

        Raises:
            MediaError: an image is damaged.
        """
        if self.array is not None and self.rows is not None:
            return [(self.places, np.take(open_memmap(self.array, "r"), self.rows, axis=0))]
        by_shape: dict[tuple[int, ...], list[tuple[int, Pixels]]] = defaultdict(list)
        for place, path in zip(self.places.tolist(), self.paths, strict=True):
            pixels = read_picture(path)
            by_shape[pixels.shape].append((place, pixels))
        return [
            (np.array([place for place, _ in group]), np.stack([pixels for _, pixels in group]))
            for group in by_shape.values()
        ]


@dataclass(frozen=True)
class Pictures:
    """Images to evaluate on.

    Attributes:
        name: of the set, short.
        protocol: how strange they are to the model.
        index: their rows, all usable.
        packed: the folder of the pack they are in; None for files.
        rows: their rows in the pack, [N].
        n_unusable: damaged or unnamed images that were left out.
        note: what a reader of the figures should know of them.
        left_out_source: the source they are all of, where the model was trained on the others.
        people: what is known of the people whom the groups name; None where groups are no people.
        corrected: labels that were corrected by hand; None for none.
        passed_over: what of the folder is not among them, and why.
        is_own_test_part_meant: whether models that did not learn them are to be evaluated on the part
            alone that the data set's own folders name for testing.
        near_training: share that has a near-duplicate among the images that the model learned from, 0
            to 1; None where it is not known.
        alphabet: the classes that a model of them tells apart; it has all of theirs.
    """

    name: str
    protocol: Protocol
    index: Index
    packed: Path | None = None
    rows: Rows | None = None
    n_unusable: int = 0
    note: str = ""
    left_out_source: str = ""
    people: People | None = None
    corrected: Corrected | None = None
    passed_over: tuple[PassedOver, ...] = ()
    is_own_test_part_meant: bool = False
    near_training: float | None = None
    alphabet: Alphabet = ASL

    def __len__(self) -> int:
        return len(self.index.pictures)

    @cached_property
    def labels(self) -> Rows:
        """The place of each image's class in the alphabet, [N]."""
        places = self.alphabet.places
        return np.array([places[picture.label] for picture in self.index.pictures], np.int64)

    @property
    def groups(self) -> NDArray[np.str_]:
        """The source or signer of each image, [N]; empty strings where none is known."""
        return np.array([picture.group for picture in self.index.pictures])

    @property
    def notes(self) -> list[str]:
        """What a reader of the figures should know of them, in sentences."""
        return [*filter(None, [self.note]), *([str(self.corrected)] if self.corrected else [])]

    @property
    def sha256(self) -> str:
        """A fingerprint of the images and their labels, and of where they are packed."""
        return hashlib.sha256(f"{self.packed or ''}\0{self.index.sha256}".encode()).hexdigest()

    def take(self, places: Rows) -> "Pictures":
        """Some of the images."""
        chosen = tuple(self.index.pictures[place] for place in places.tolist())
        rows = None if self.rows is None else self.rows[places]
        return replace(self, index=Index(self.index.root, chosen), rows=rows)

    def sample(self, n: int, seed: int = 0) -> "Pictures":
        """At most `n` images, drawn at random."""
        if n >= len(self):
            return self
        return self.take(np.sort(np.random.default_rng(seed).permutation(len(self))[:n]))

    def batches(self) -> list[Batch]:
        """All images, in batches that do not depend on who reads them."""
        batches = []
        for places in self._chunks():
            if self.packed is not None and self.rows is not None:
                batches.append(Batch(places, array=self.packed / IMAGES, rows=self.rows[places]))
            else:
                paths = (self.index.root / self.index.pictures[place].path for place in places.tolist())
                batches.append(Batch(places, tuple(paths)))
        return batches

    def read(self, place: int) -> Pixels:
        """One image, RGB uint8 [H, W, 3]."""
        [batch] = self.take(np.array([place])).batches()
        [(_, pixels)] = batch.read()
        picture: Pixels = pixels[0]
        return picture

    def _chunks(self) -> Iterator[Rows]:
        """Places [B] of batches, those of one size together."""
        sizes = [(picture.height, picture.width) for picture in self.index.pictures]
        by_size: dict[tuple[int, int], list[int]] = defaultdict(list)
        for place, size in enumerate(sizes):
            by_size[size if self.packed is None else (0, 0)].append(place)
        for (height, width), places in sorted(by_size.items()):
            n = max(1, min(BATCH, BATCH_PIXELS // max(1, height * width)))
            for start in range(0, len(places), n):
                yield np.array(places[start : start + n], np.int64)


def open_pictures(
    folder: Path,
    protocol: Protocol,
    group_pattern: str = "",
    cache: Path | None = None,
    advance: Advance = unheard,
    corrections: Corrections | None = None,
    alphabet: Alphabet = ASL,
) -> Pictures:
    """The images of a folder in class folders, or of what `data pack` made of one.

    Args:
        folder: an ImageFolder, however deep, or a packed data set.
        protocol: how strange the images are to the models.
        group_pattern: names the source or signer of an image by its path; see `data.groups`.
        cache: remembers what is in the folder; None reads every image.
        advance: called as images are read, with how many more.
        corrections: of labels; rows of other sets change nothing.
        alphabet: the classes that the models tell apart; pictures of others are passed over.

    Raises:
        DataError: the folder holds no usable images.
    """
    packed = is_packed(folder)
    if packed:
        found = Scan(open_packed(folder).index, {}, 0)
    else:

        def stage(_what: str, _length: int) -> Advance:
            return advance

        found = remembered_scan(folder, cache, stage) if cache else scan(folder, stage)
    passed = () if packed else found.told_by(alphabet).passed_over
    corrected = corrections.applied(found.index, alphabet.classes) if corrections else None
    if corrected:
        found = replace(found, index=corrected.index)
    found = found.told_by(alphabet)
    if not packed:
        found.refuse_without_pictures()
    index = found.index
    usable = index.usable
    if group_pattern:
        usable = with_groups(usable, group_pattern)
    return Pictures(
        name=index.root.resolve().name,
        protocol=protocol,
        index=usable,
        packed=folder if packed else None,
        rows=np.flatnonzero([p.label and not p.problem for p in index.pictures]) if packed else None,
        n_unusable=_n_unusable(index),
        corrected=corrected,
        passed_over=passed,
        alphabet=alphabet,
    )


def _n_unusable(index: Index) -> int:
    """Images that are damaged or unnamed; not those that a correction left out."""
    usable = (p.problem == Problem.LEFT_OUT or (p.label and not p.problem) for p in index.pictures)
    return len(index.pictures) - sum(map(bool, usable))


def of_people(sets: Sequence[Pictures], people: People, pattern: str = "") -> list[Pictures]:
    """The sets with the person of each image as its group; those of other people as they are.

    Args:
        sets: of images.
        people: what is known of them; empty to take every name that the pattern finds.
        pattern: names the person of an image by its path; see `data.groups.with_people`.

    Raises:
        DataError: none of the sets is of these people.
    """
    indices = [with_people(each.index, people, pattern) for each in sets]
    if not any(indices):
        roots = ", ".join(str(each.index.root) for each in sets)
        who = f"the people of {people.file}" if people.file else f"a person by {pattern!r}"
        raise DataError(f"{roots} shows none of {who}: change --person-pattern.")
    return [
        replace(each, index=index, people=people) if index else each
        for each, index in zip(sets, indices, strict=True)
    ]


def with_distinct_names(sets: Sequence[Pictures]) -> list[Pictures]:
    """The same sets, those of one name under their folders' names as well."""
    times = Counter(pictures.name for pictures in sets)
    distinct = []
    for pictures in sets:
        parent = pictures.index.root.resolve().parent.name
        name = f"{parent}/{pictures.name}" if times[pictures.name] > 1 else pictures.name
        distinct.append(replace(pictures, name=name))
    return distinct
