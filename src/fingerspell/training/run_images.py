"""The images of a run: indexed, split and packed, and the rows of every part of every fold."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fingerspell.core.alphabet import CLASSES
from fingerspell.data.decode import PackSpec
from fingerspell.data.facts import colour_statistics
from fingerspell.data.leakage import Part
from fingerspell.data.pack import Packed, is_packed, open_packed, pack
from fingerspell.data.passed_over import PassedOver
from fingerspell.data.remember import remembered_scan
from fingerspell.data.split_file import (
    SPLIT_FILE,
    load_split,
    report_split,
    save_report,
    save_split,
)
from fingerspell.data.splits import Fold, split
from fingerspell.data.thin import thinned
from fingerspell.errors import DataError, TrainingError
from fingerspell.progress import Stage
from fingerspell.training.options import DataOptions
from fingerspell.training.plan import Colours
from fingerspell.training.record import load_json, save_json

DATA, SPLIT_REPORT = "data.json", "split.json"
MOST_MEASURED = 2000  # images whose colours are measured: means are then known to some thousandths
LEAST_STD = 1 / 255  # a step of a pixel: images of one colour are not divided by 0


@dataclass(frozen=True)
class Packs:
    """Where the images of a run lie; small enough to be sent to every process.

    Attributes:
        pack: folder of the packed images.
        split: CSV file with a row a packed image and a column a fold.
        folds: names of the folds; one for a single split.
        fingerprint: what the data are, as checkpoints hold it.
        passed_over: what of the data set's folder is not among them; of a pack, nothing.
        classes: of the pictures, in the order of the network's outputs.
        features: file of what frozen layers say of the packed images, if it is to be learned from.
        spared_s: seconds by which computing these would have taken longer if the plan were no trial.
    """

    pack: Path
    split: Path
    folds: tuple[str, ...]
    fingerprint: dict[str, Any]
    passed_over: tuple[PassedOver, ...] = ()
    classes: tuple[str, ...] = CLASSES
    features: Path | None = None
    spared_s: float = 0.0

    def open(self, fold: str) -> tuple[Packed, dict[Part, NDArray[np.int64]]]:
        """The packed images, and the rows of each part of a fold."""
        packed = open_packed(self.pack)
        [parts] = [f.parts for f in load_split(self.split, packed.index) if f.name == fold]
        return packed, {part: np.flatnonzero(parts == part) for part in Part}

    def colours(self, fold: str) -> Colours:
        """Mean and standard deviation of R, G and B in a fold's training images, or in many."""
        packed, rows = self.open(fold)
        chosen = rows[Part.TRAIN]
        step = -(-len(chosen) // MOST_MEASURED)
        measured = colour_statistics(packed.images[chosen[::step]])
        (r, g, b), std = measured.mean, [max(value, LEAST_STD) for value in measured.std]
        return (r, g, b), (std[0], std[1], std[2])


def prepare(
    folder: Path, run: Path, packs: Path, options: DataOptions, seed: int, size_px: int, stage: Stage
) -> Packs:
    """Index, thin out, pack and split a data set, as far as that is not done already.

    Args:
        folder: a data set, or what `data pack` made of one.
        run: the run's folder, which gets `split.csv` and `split.json`.
        packs: folder of packs.
        options: which images, and how they are split.
        seed: of the split and of what is thinned out.
        size_px: side of the packed images where the options name none.
        stage: announces each piece of work.

    Raises:
        DataError: the images do not allow it.
        TrainingError: the run began with other images.
    """
    packed, passed = _packed(folder, packs, options, seed, size_px, stage)
    check_same(run / DATA, packed.index.sha256)
    path = run / SPLIT_FILE
    if not path.exists():  # else the run is resumed, or another process of it was here first
        stage("splitting", 0)
        made = split(packed.index, options.split_options(seed))
        save_report(report_split(made), run / SPLIT_REPORT)
        save_split(made, path)
    folds = load_split(path, packed.index)
    return Packs(
        packed.folder,
        path,
        tuple(fold.name for fold in folds),
        {
            "name": packed.index.root.resolve().name,
            "root": str(packed.index.root.resolve()),
            "n": len(packed.index.pictures),
            "sha256": packed.index.sha256,
            "pack_px": packed.spec.size_px,
            "split": load_json(run / SPLIT_REPORT).get("by", options.split.value),
            "seed": seed,
            "folds": {fold.name: _sizes(fold) for fold in folds},
            "passed_over": {each.reason: each.n for each in passed},
        },
        passed,
        packed.alphabet.classes,
    )


def check_same(path: Path, sha256: str) -> None:
    """See that a run goes on with the images it began with."""
    if not path.exists():
        save_json({"sha256": sha256}, path)
    elif load_json(path).get("sha256") != sha256:
        raise TrainingError(
            f"the images are not those that {path.parent} began with: start a new run with these."
        )


def _packed(
    folder: Path, packs: Path, options: DataOptions, seed: int, size_px: int, stage: Stage
) -> tuple[Packed, tuple[PassedOver, ...]]:
    if is_packed(folder):
        packed = open_packed(folder)
        _check_pack(packed, options)
        return packed, ()
    found = remembered_scan(folder, packs, stage)
    found.refuse_without_pictures()
    index = thinned(found.index.usable, options.share, seed)
    spec = PackSpec(options.pack_px or size_px, keep_aspect=not options.squash)
    advance = stage("packing", len(index.pictures))
    return pack(index, packs, spec, advance=advance), found.passed_over


def _check_pack(packed: Packed, options: DataOptions) -> None:
    """See that images packed already are what the options ask for."""
    folder, spec = packed.folder, packed.spec
    if options.share < 1:
        raise DataError(f"{folder} is packed already: --share works on the images themselves.")
    if options.pack_px not in (0, spec.size_px):
        raise DataError(
            f"{folder} is packed at {spec.size_px} pixels, not at {options.pack_px}: leave out "
            "--pack-px, or pack it again."
        )
    is_square = all(picture.width == picture.height for picture in packed.index.pictures)
    if options.squash == spec.keep_aspect and not is_square:
        how, mend = ("with black borders", "with") if spec.keep_aspect else ("squashed", "without")
        raise DataError(
            f"{folder} is packed {how}, unlike what this training asks for: pack it again {mend} "
            "--squash."
        )


def _sizes(fold: Fold) -> dict[str, int]:
    return {part.name.lower(): int(np.count_nonzero(fold.parts == part)) for part in Part}
