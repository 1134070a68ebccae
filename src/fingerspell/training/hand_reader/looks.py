"""The looks that the reader itself has at a hand it found, as training and evaluation see them.

Random views are turned, lit and blurred. These are the reader's two looks at a hand: around the
landmarks, and once more in a mirror. Training learns from both (docs/experiments/41c-deeper-layers.md),
and people left out of it are evaluated on by both. With them come the two looks of the network for
small hands: at the hand, and at the whole image.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from fingerspell.core.resample import crop
from fingerspell.models.reader import HandReader
from fingerspell.pictures.still import read_picture
from fingerspell.training.hand_reader.features import BATCH, SMALL, See, Seen
from fingerspell.training.hand_reader.small_views import WHOLE_TRUST
from fingerspell.training.hand_reader.sources import (
    SOURCES,
    Source,
    origin_of,
    read_archive,
    shown_in,
)

N_LOOKS = 2  # at each hand
_LABELLED = ("paths", "joints", "found", "size_wh")  # of an archive of landmarks
_PER_HAND = ("label", "trust", "source")


@dataclass(frozen=True)
class Hands:
    """The signing hand of each of N images of a set: of two, the raised one.

    Attributes:
        paths: of the images.
        joints: float32 [N, 21, 2], fractions of the image.
        size: width and height of the images, float32 [N, 2].
        label: class index [N], or `UNKNOWN`.
        trust: weight of the letter's loss [N].
        source: index in `source_names` [N].
        source_names: the sources; each person is one.
    """

    paths: tuple[Path, ...]
    joints: np.ndarray
    size: Tensor
    label: Tensor
    trust: Tensor
    source: Tensor
    source_names: tuple[str, ...]

    @classmethod
    def load(cls, data: Path, names: Collection[str]) -> "Hands":
        """Those of sets whose landmarks are known and which show a sign.

        Raises:
            DataError: the landmarks have not been found yet.
        """
        paths: list[Path] = []
        joints, sizes, labels, trust, origins = [], [], list[int](), list[float](), list[str]()
        for name in names:
            source, labelled = SOURCES.get(name, Source(1)), read_archive(data, "joints", name)
            for path, hands, found, size in zip(*(labelled[kind] for kind in _LABELLED), strict=True):
                sign = shown_in(path, source)
                if sign and (found > 0).any():
                    heights = np.where(found > 0, hands[:, :, 1].mean(1), np.inf)
                    paths.append(data / name / path)
                    joints.append(hands[heights.argmin()])
                    sizes.append(size)
                    labels.append(source.label(sign))
                    trust.append(source.trust(sign))
                    origins.append(origin_of(path, name))
        source_names = tuple(dict.fromkeys(origins))
        number = {name: i for i, name in enumerate(source_names)}
        return cls(
            tuple(paths),
            np.array(joints, np.float32).reshape(-1, 21, 2),
            torch.tensor(np.array(sizes, np.float32).reshape(-1, 2)),
            torch.tensor(labels),
            torch.tensor(trust),
            torch.tensor([number[origin] for origin in origins]),
            source_names,
        )


def look(hands: Hands, reader: HandReader) -> See:
    """Looks at batches of hands, twice at each."""

    def see(batch: int) -> Seen:
        of_batch = range(len(hands.paths))[batch * BATCH // N_LOOKS : (batch + 1) * BATCH // N_LOOKS]
        arrays, facts = [], []
        for i in of_batch:
            picture = read_picture(hands.paths[i])
            joints = torch.from_numpy(hands.joints[i]) * torch.tensor(picture.shape[1::-1])
            for upright, small in zip(
                looks_at(reader, picture, joints), small_looks_at(reader, picture, joints), strict=True
            ):
                arrays.append({"middle": upright[0], "small": small[0]})
                facts.append(upright[1] | small[1])
        own = {name: getattr(hands, name)[of_batch.start : of_batch.stop] for name in _PER_HAND}
        n = len(of_batch)
        own |= {"found": torch.ones(n, dtype=torch.bool), "hand": torch.ones(n)}
        own |= {f"{SMALL}{name}": own[name] for name in ("label", "found", "hand")}
        own = {name: value.repeat_interleave(N_LOOKS, 0) for name, value in own.items()}
        own[f"{SMALL}trust"] = own["trust"] * torch.tensor([1.0, WHOLE_TRUST]).repeat(n)
        return _stacked(arrays), _stacked(facts) | own

    return see


def looks_at(
    reader: HandReader, picture: np.ndarray, joints: Tensor
) -> Iterator[tuple[Tensor, dict[str, Tensor]]]:
    """Features [14, 14, 112] of the two looks at a hand of landmarks [21, 2] in pixels, and facts."""
    shown = torch.tensor(picture)[None]
    squares = (reader.around_joints(joints[None]), reader.again(joints[None]).mirrored())
    for square in squares:
        (top, left), (bottom, right), within = reader.part(shown, square)
        part = shown[:, top:bottom, left:right]
        is_large = square.side > reader.rules.halved_from_px
        view = (reader.view_of_half if is_large else reader.view_of_full)(part, within)
        middle = reader.trunk.middle((view / 255).to(memory_format=torch.channels_last))
        from_picture = torch.linalg.inv(square.sides[0]).T
        in_view = (joints - square.middle) @ from_picture / square.side + 0.5
        yield middle[0].permute(1, 2, 0), {"turn": square.turn[0], "joints": in_view}


def small_looks_at(
    reader: HandReader, picture: np.ndarray, joints: Tensor
) -> Iterator[tuple[Tensor, dict[str, Tensor]]]:
    """What `HandNet` sees of a hand of landmarks [21, 2] in pixels: the hand, and the whole image.

    Views are of 0..255, [112, 112, 3].
    """
    shown, spec = torch.tensor(picture)[None], reader.small_spec
    for box in (reader.small_box(shown, joints[None]), spec.whole_picture(shown, torch)):
        [view] = crop(shown, box, spec.size_px, torch, spec.kernel, max(picture.shape[:2]) + 1)
        in_view = (joints - box[0, :2]) / (box[0, 2:] - box[0, :2])
        yield view.permute(1, 2, 0).round(), {f"{SMALL}joints": in_view}


def _stacked(rows: Sequence[Mapping[str, Tensor]]) -> dict[str, Tensor]:
    return {name: torch.stack([row[name] for row in rows]) for name in rows[0]}
