"""The training images, decoded once and kept in memory, with what is known of each."""

from collections.abc import Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from fingerspell.core.alphabet import CLASSES, NOTHING
from fingerspell.core.types import N_JOINTS
from fingerspell.errors import DataError
from fingerspell.pictures.still import read_picture
from fingerspell.progress import Advance, Stage
from fingerspell.training.hand_reader.sources import (
    HANDLESS,
    SOURCES,
    Source,
    is_left_out,
    origin_of,
    read_archive,
    shown_in,
)

PACKED_PX = 256  # images are kept as squares of this side, so hands keep the pixels they have
MASK_PX = PACKED_PX // 2  # as `DATA/hands` has them
N_PLACES = 3  # of each image without a hand


@dataclass(frozen=True)
class Samples:
    """N training samples; an image with two hands is two samples.

    Attributes:
        pictures: uint8 RGB [N, 3, 256, 256], the image at the top left of a black square.
        size: width and height of the image in its square, pixels [N, 2].
        joints: [N, 21, 2] x and y in pixels of the square; zeros where not `found`.
        found: bool [N], the landmarks are known.
        label: class index [N], or `UNKNOWN`.
        trust: weight of the letter's loss [N].
        weight: how often each is drawn [N].
        mask: uint8 [N, 1, 128, 128], 255 where the hand is in the image at half the size.
        cut_out_share: share of its views [N] in which the hand is before another background.
        rooms: indices of the images without hands or people.
        people: indices of the images of people without hands.
        places: [N, 3, 2, 2], lower and upper end of what the reader takes for a hand in images
            without one, x and y in pixels of the square; zeros in others.
        source: index in `source_names` of each [N].
        source_names: the sources; each person of `PEOPLE` is one.
    """

    pictures: Tensor
    size: Tensor
    joints: Tensor
    found: Tensor
    label: Tensor
    trust: Tensor
    weight: Tensor
    mask: Tensor
    cut_out_share: Tensor
    rooms: Tensor
    people: Tensor
    places: Tensor
    source: Tensor
    source_names: tuple[str, ...]

    def to(self, device: torch.device) -> "Samples":
        """The same on a device."""
        parts: dict[str, Any] = {each.name: getattr(self, each.name) for each in fields(self)}
        there = {name: part.to(device) for name, part in parts.items() if isinstance(part, Tensor)}
        return Samples(**parts | there)


@dataclass(frozen=True)
class _Row:
    path: Path
    source: str
    joints: np.ndarray  # [21, 2], fractions of the image
    found: bool
    label: int
    trust: float = 1.0
    mask: np.ndarray | None = None  # [128, 16], rows of bits
    cut_out_share: float = 0.0
    places: np.ndarray = field(default_factory=lambda: np.zeros((N_PLACES, 2, 2), np.float32))


def load_samples(data: Path, leave_out: Collection[str], stage: Stage) -> Samples:
    """Decode every training image under `data`, but for the sets and people in `leave_out`.

    Args:
        data: as `sources` describes it.
        leave_out: as `left_out_of` gives them.
        stage: announces the decoding of the images.

    Raises:
        DataError: something is missing or damaged, or nothing is left.
        MediaError: an image is damaged.
    """
    rows: list[_Row] = []
    weights: list[float] = []
    rooms: list[int] = []
    people: list[int] = []
    for name, source in SOURCES.items():
        found = () if is_left_out(name, leave_out) else _rows_of(data, name, source)
        set_rows = [row for row in found if not is_left_out(row.source, leave_out)]
        if source.empty:
            empty = people if name.startswith(HANDLESS) else rooms
            empty += range(len(rows), len(rows) + len(set_rows))
        rows += set_rows
        weights += [source.share(row.label, found=row.found, n=len(set_rows)) for row in set_rows]
    if not rows:
        raise DataError(f"every set of {data} is left out: leave something to learn from.")
    pictures, mask, size = _decoded(rows, stage("reading images", len(rows)))
    names = tuple(dict.fromkeys(row.source for row in rows))
    return Samples(
        pictures=torch.from_numpy(pictures),
        size=torch.from_numpy(size),
        joints=torch.from_numpy(np.stack([row.joints for row in rows]) * size[:, None]),
        found=torch.tensor([row.found for row in rows]),
        label=torch.tensor([row.label for row in rows]),
        trust=torch.tensor([row.trust for row in rows]),
        weight=torch.tensor(weights),
        mask=torch.from_numpy(mask),
        cut_out_share=torch.tensor([row.cut_out_share for row in rows]),
        rooms=torch.tensor(rooms),
        people=torch.tensor(people),
        places=torch.from_numpy(np.stack([row.places for row in rows]) * size[:, None, None]),
        source=torch.tensor([names.index(row.source) for row in rows]),
        source_names=names,
    )


def _decoded(
    rows: list[_Row], advance: Advance
) -> tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.float32]]:
    """Images, masks and sizes of rows, as `Samples` has them."""
    pictures = np.zeros((len(rows), 3, PACKED_PX, PACKED_PX), np.uint8)
    mask = np.zeros((len(rows), 1, MASK_PX, MASK_PX), np.uint8)
    size = np.zeros((len(rows), 2), np.float32)

    def decode(i: int) -> None:
        picture = Image.fromarray(read_picture(rows[i].path))
        scale = PACKED_PX / max(picture.size)
        width, height = (max(1, round(side * scale)) for side in picture.size)
        resized = np.asarray(picture.resize((width, height), Image.Resampling.BILINEAR))
        pictures[i, :, :height, :width] = resized.transpose(2, 0, 1)
        size[i] = width, height
        if (bits := rows[i].mask) is not None:
            mask[i, 0] = 255 * np.unpackbits(bits, axis=1)

    with ThreadPoolExecutor() as pool:
        for _ in pool.map(decode, range(len(rows))):
            advance(1)
    return pictures, mask, size


def _rows_of(data: Path, name: str, source: Source) -> Iterator[_Row]:
    if source.empty:
        yield from _empty_rows_of(data, name)
        return
    labelled, masks = read_archive(data, "joints", name), read_archive(data, "hands", name)["masks"]
    by_folder: dict[str, list[int]] = {}
    for i, path in enumerate(labelled["paths"]):
        if sign := shown_in(path, source):
            by_folder.setdefault(sign, []).append(i)
    for folder, members in by_folder.items():
        step = max(1, len(members) // source.most_per_folder)
        label, trust = source.label(folder), source.trust(folder)
        for i in members[::step][: source.most_per_folder]:
            found = labelled["found"][i] > 0
            hands = np.flatnonzero(found)
            if source.classes is None and found.all():  # the signing hand is the raised one
                hands = labelled["joints"][i][:, :, 1].mean(1).argmin(keepdims=True)
            path = data / name / labelled["paths"][i]
            origin = origin_of(labelled["paths"][i], name)
            for hand in hands:
                joints, mask = labelled["joints"][i][hand], masks[i, hand]
                yield _Row(path, origin, joints, True, label, trust, mask, source.cut_out_share)
            if not len(hands):
                yield _Row(path, origin, np.zeros((N_JOINTS, 2), np.float32), False, label, trust)


def _empty_rows_of(data: Path, name: str) -> Iterator[_Row]:
    searched = read_archive(data, "searched", name)
    parts = (searched[part] for part in ("paths", "places", "presence"))
    for path, places, presence in zip(*parts, strict=True):
        hand_left = name.startswith(HANDLESS) and presence.max() > 0  # not painted over
        if not hand_left:
            no_joints, nothing = np.zeros((N_JOINTS, 2), np.float32), CLASSES.index(NOTHING)
            yield _Row(data / name / path, name, no_joints, False, nothing, places=places)
