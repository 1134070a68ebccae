"""The training pictures, decoded once and kept in memory, with what is known of each."""

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from fingerspell.core.alphabet import CLASSES, NOTHING, parse_class

PACKED_PX = 256  # pictures are kept as squares of this side, so hands keep the pixels they have
UNKNOWN = -1  # label of hands that are no letter, or might be one


@dataclass(frozen=True)
class Source:
    """A training set.

    Attributes:
        weight: how often it is drawn.
        classes: class of each folder that has one; None where folders are named by their classes.
        unusual: letters signed in a way few others use, to be trusted less.
        most_per_folder: pictures taken of a folder.
    """

    weight: float
    classes: Mapping[str, str] | None = None
    unusual: str = ""
    most_per_folder: int = 10_000


# Weights are near the square root of each set's size, more for sets with more people and rooms.
SOURCES = {
    "aslalphabets": Source(100),
    "roboflow_letters": Source(65),
    "kaggle64": Source(60, unusual="MNTX", most_per_folder=200),
    "meyyappan": Source(55),
    "massey": Source(45),
    "t32": Source(35),
    "digits218": Source(60, classes={"0": "O", "2": "V", "6": "W", "9": "F"}),
    "rps_webcam": Source(30, classes={}),
    "upper_bodies": Source(30, classes={}),
    "backgrounds": Source(20),
}
UNUSUAL_TRUST = 0.2  # weight of the letter's loss where the sign is an unusual one
CUT_OUTS = "massey"  # hands on black, to be put before other backgrounds


@dataclass(frozen=True)
class Samples:
    """N training samples; a picture with two hands is two samples.

    Attributes:
        pictures: uint8 RGB [N, 3, 256, 256], the picture at the top left of a black square.
        halved: the same at half the size, [N, 3, 128, 128].
        size: width and height of the picture in its square, pixels [N, 2].
        joints: [N, 21, 2] x and y in pixels of the square; zeros where not `found`.
        found: bool [N], the joints are known.
        label: class index [N], or `UNKNOWN`.
        trust: weight of the letter's loss [N].
        weight: how often each is drawn [N].
        cut_out: bool [N], a hand on black.
        backgrounds: indices of the pictures without hands.
    """

    pictures: Tensor
    halved: Tensor
    size: Tensor
    joints: Tensor
    found: Tensor
    label: Tensor
    trust: Tensor
    weight: Tensor
    cut_out: Tensor
    backgrounds: Tensor


@dataclass(frozen=True)
class _Row:
    path: Path
    joints: np.ndarray  # [21, 2], fractions of the picture
    found: bool
    label: int
    trust: float = 1.0


def load_samples(data: Path, leave_out: set[str]) -> Samples:
    """Decode every training picture under `data`, but for the sets in `leave_out`."""
    rows: list[_Row] = []
    weights: list[float] = []
    cut_out: list[bool] = []
    for name, source in SOURCES.items():
        if name not in leave_out:
            set_rows = list(_rows_of(data, name, source))
            rows += set_rows
            weights += [source.weight / len(set_rows)] * len(set_rows)
            cut_out += [name == CUT_OUTS] * len(set_rows)
    pictures = np.zeros((len(rows), 3, PACKED_PX, PACKED_PX), np.uint8)
    halved = np.zeros((len(rows), 3, PACKED_PX // 2, PACKED_PX // 2), np.uint8)
    size = np.zeros((len(rows), 2), np.float32)

    def pack(i: int) -> None:
        with Image.open(rows[i].path) as picture:
            scale = PACKED_PX / max(picture.size)
            width, height = (max(1, round(side * scale)) for side in picture.size)
            resized = picture.convert("RGB").resize((width, height), Image.Resampling.BILINEAR)
        pictures[i, :, :height, :width] = np.asarray(resized).transpose(2, 0, 1)
        quads = pictures[i].reshape(3, PACKED_PX // 2, 2, PACKED_PX // 2, 2)
        halved[i] = quads.mean((2, 4), dtype=np.float32)
        size[i] = width, height

    with ThreadPoolExecutor() as pool:
        list(pool.map(pack, range(len(rows))))
    return Samples(
        pictures=torch.from_numpy(pictures),
        halved=torch.from_numpy(halved),
        size=torch.from_numpy(size),
        joints=torch.from_numpy(np.stack([row.joints for row in rows]) * size[:, None]),
        found=torch.tensor([row.found for row in rows]),
        label=torch.tensor([row.label for row in rows]),
        trust=torch.tensor([row.trust for row in rows]),
        weight=torch.tensor(weights),
        cut_out=torch.tensor(cut_out),
        backgrounds=torch.tensor([i for i, r in enumerate(rows) if "backgrounds" in r.path.parts]),
    )


def _rows_of(data: Path, name: str, source: Source) -> Iterator[_Row]:
    if name == "backgrounds":
        for path in sorted((data / name).rglob("*.jpg")):
            yield _Row(path, np.zeros((21, 2), np.float32), False, CLASSES.index(NOTHING))
        return
    with np.load(data / "joints" / f"{name}.npz") as archive:
        labelled = dict(archive)  # an open archive would be decompressed again at every look
    by_folder: dict[str, list[int]] = {}
    for i, path in enumerate(labelled["paths"]):
        by_folder.setdefault(path.split("/")[0], []).append(i)
    for folder, members in by_folder.items():
        step = max(1, len(members) // source.most_per_folder)
        sign = folder if source.classes is None else source.classes.get(folder)
        label = UNKNOWN if sign is None else CLASSES.index(parse_class(sign))
        trust = UNUSUAL_TRUST if folder in source.unusual else 1.0
        for i in members[::step][: source.most_per_folder]:
            joints, found = labelled["joints"][i], labelled["found"][i] > 0
            if source.classes is None and found.all():  # the signing hand is the raised one
                joints, found = joints[[joints[:, :, 1].mean(1).argmin()]], found[:1]
            for hand in range(max(1, int(found.sum()))):
                path = data / name / labelled["paths"][i]
                yield _Row(path, joints[hand], bool(found[hand]), label, trust)
