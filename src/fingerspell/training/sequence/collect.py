"""What a sequence reader learns from, out of folders of images and landmark files."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fingerspell.core.alphabet import CLASSES, MOVING_LETTERS, NOTHING, parse_class
from fingerspell.core.ticks import HAND
from fingerspell.errors import ClassNameError, DataError
from fingerspell.evaluation.observed import Observer
from fingerspell.pictures.formats import is_named_as_picture
from fingerspell.progress import Stage
from fingerspell.runtime.media.picture_frames import pictures_in
from fingerspell.training.sequence.forms import (
    Form,
    Joints,
    forms_of_pictures,
    load_landmarks,
    uprightness,
)

LANDMARKS = ".npz"
LEAST_SURE = 1e-6  # a probability of which the logarithm is taken


@dataclass(frozen=True)
class Sources:
    """Where the material is.

    Attributes:
        stills: folders of images in class folders, `CLASS/<person>_<number>.jpg`.
        quiet: folders, however deep, of images in which no letter is signed.
        landmarks: landmark files, or folders of them.
        most_stills: of each person and class, at most so many images are looked at.
        most_quiet: and of each folder of `quiet`.
    """

    stills: tuple[Path, ...] = ()
    quiet: tuple[Path, ...] = ()
    landmarks: tuple[Path, ...] = ()
    most_stills: int = 3
    most_quiet: int = 400


@dataclass(frozen=True)
class SequenceMaterial:
    """What is learned from.

    Attributes:
        forms: how people show the signs, and what hands do that sign nothing.
        joints: float32 [N, 21, 2] of hands that the frame reader saw.
        evidence: float32 [N, 29], logarithms of what it said of them.
        absent: float32 [M, 29], the same where it saw no hand.
        pictures: that it looked at.
    """

    forms: tuple[Form, ...]
    joints: Joints
    evidence: NDArray[np.float32]
    absent: NDArray[np.float32]
    pictures: int


def collect(observer: Observer, sources: Sources, stage: Stage) -> SequenceMaterial:
    """Look at all images and read all landmark files.

    Raises:
        DataError: a folder holds nothing of what it should, or the cache cannot be written to.
        MediaError: an image is damaged.
    """
    for folder in (*sources.stills, *sources.quiet):
        if not folder.is_dir():
            raise DataError(f"{folder} is not a folder: give the folder of a data set.")
    paths, labels, people = _listed(sources)
    if not paths:
        raise DataError("there are no images to learn from: give folders with --stills.")
    sight = observer.pictures(paths, stage("looking at images", len(paths)))
    told = [CLASSES[best] for best in sight.probabilities.argmax(1)]
    shown = [i for i, label in enumerate(labels) if label not in MOVING_LETTERS or label == told[i]]
    forms = forms_of_pictures(
        sight[np.array(shown)], [labels[i] for i in shown], [people[i] for i in shown]
    )
    upright = uprightness(sight, labels)
    files = _landmark_files(sources.landmarks)
    advance = stage("reading landmarks", len(files))
    for path in files:
        forms += load_landmarks(path, upright)
        advance(1)
    seen = (sight.hand >= HAND) & np.isfinite(sight.joints).all((1, 2))
    evidence = np.log(np.maximum(sight.probabilities, LEAST_SURE))
    absent = np.concatenate([evidence[~seen], _nothing()])
    return SequenceMaterial(tuple(forms), sight.joints[seen], evidence[seen], absent, len(paths))


def _listed(sources: Sources) -> tuple[list[Path], list[str], list[str]]:
    """Images, their classes, and who is in them."""
    paths: list[Path] = []
    labels: list[str] = []
    people: list[str] = []
    for folder in sources.stills:
        for of_class in sorted(each for each in folder.iterdir() if each.is_dir()):
            try:
                label = parse_class(of_class.name)
            except ClassNameError:
                continue
            for person, own in groupby(pictures_in(of_class), key=_person):
                found = list(own)
                found = found[:: -(-len(found) // sources.most_stills)]
                paths += found
                labels += [label] * len(found)
                people += [f"{folder.name}/{person}"] * len(found)
    for folder in sources.quiet:
        found = sorted(path for path in folder.rglob("*") if is_named_as_picture(path))
        found = found[:: -(-len(found) // sources.most_quiet) or 1]
        paths += found
        labels += [NOTHING] * len(found)
        people += [folder.name] * len(found)
    return paths, labels, people


def _person(path: Path) -> str:
    return path.stem.rpartition("_")[0]


def _landmark_files(places: Sequence[Path]) -> list[Path]:
    files: list[Path] = []
    for place in places:
        found = sorted(place.glob(f"*{LANDMARKS}")) if place.is_dir() else [place]
        if not found:
            raise DataError(f"{place} holds no landmark files ({LANDMARKS}): check the path.")
        files += found
    return files


def _nothing(n: int = 200, seed: int = 0) -> NDArray[np.float32]:
    """What frame readers say of images without a hand: surely nothing, seldom something."""
    rng = np.random.default_rng(seed)
    said = rng.dirichlet(np.full(len(CLASSES), 0.3), n)
    quiet = CLASSES.index(NOTHING)
    said[:, quiet] = 0
    sure, unsure = 10 ** -rng.uniform(1.5, 4.5, n), rng.uniform(0.3, 0.8, n)
    rest = np.where(np.arange(n) % 8, sure, unsure)
    said *= (rest / said.sum(1))[:, None]
    said[:, quiet] = 1 - rest
    return np.asarray(np.log(np.maximum(said, LEAST_SURE)), np.float32)
