"""What a model's last layer is fed by a person's pictures, and by those that must not be forgotten.

Pictures go through the whole model, once as they are and some times changed at random, as other light,
distances and turns of the hand would change them.
"""

from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray

from fingerspell.core.alphabet import Alphabet
from fingerspell.core.preprocess import PreprocessSpec
from fingerspell.data.augment import Augmentation
from fingerspell.data.decode import PackSpec, decode_square, read_square
from fingerspell.data.index import Index
from fingerspell.data.presets import PRESETS
from fingerspell.export.last_layer import Floats, LastLayer
from fingerspell.pictures.still import read_picture
from fingerspell.progress import Stage
from fingerspell.runtime.hand_pictures import hand_pictures

SIDE_PX = 320  # of the squares that are changed: twice what the reader's first look sees
BATCH = 16
N_BLANK = 40
COPIES = 4  # of each picture, changed at random; 8 teach no better
REMINDER_COPIES, REMINDER_PX = 8, 224
CHANGES = Augmentation(
    rotation_deg=15,
    scale=(0.8, 1.25),
    translation=0.08,
    shear_deg=5,
    perspective=0.1,
    mirror=0.5,
    blur=0.3,
    brightness=(0.6, 1.4),
    contrast=(0.6, 1.4),
    saturation=(0.5, 1.3),
    tint=0.1,
    noise=0.2,
    noise_std=(0.0, 0.05),
    jpeg=0.3,
)
# Hands any way up, near and far: whatever the model says of them, it is to go on saying.
REMINDER_CHANGES = replace(PRESETS["strong"], rotation_deg=180, scale=(0.4, 1.3))


@dataclass(frozen=True)
class Views:
    """Features of N pictures.

    Attributes:
        as_read: of the pictures as the reader decodes them, float32 [N, K].
        changed: of changed copies of each, float32 [N, copies, K].
        labels: class indices, int64 [N].
    """

    as_read: Floats
    changed: Floats
    labels: NDArray[np.int64]

    def take(self, rows: NDArray[np.bool_]) -> "Views":
        """Some of the pictures, by a mask [N]."""
        return Views(self.as_read[rows], self.changed[rows], self.labels[rows])


def view_pictures(
    layer: LastLayer,
    index: Index,
    alphabet: Alphabet,
    spec: PreprocessSpec,
    seed: int,
    stage: Stage,
    copies: int = COPIES,
) -> Views:
    """Show a model the pictures of an index, and changed copies of each.

    Args:
        layer: the model's last layer.
        index: all usable.
        alphabet: the classes, theirs among them.
        spec: the model's preprocessing.
        seed: of the changes.
        stage: announces the work.
        copies: of each picture, changed at random.

    Raises:
        DataError, MediaError: a picture is damaged, or is another than when it was indexed.
    """
    advance = stage("looking at images", len(index.pictures))
    generator = torch.Generator().manual_seed(seed)
    square = PackSpec(SIDE_PX, spec.keep_aspect)
    as_read, changed = [], []
    for start in range(0, len(index.pictures), BATCH):
        rows = index.pictures[start : start + BATCH]
        as_read += [layer.features(read_picture(index.root / row.path)[None]) for row in rows]
        squares = np.stack([read_square(index.root, row, square) for row in rows])
        changed.append(_show_changed(layer, squares, CHANGES, copies, generator))
        advance(len(rows))
    labels = np.array([alphabet.index(row.label) for row in index.pictures], np.int64)
    return Views(np.concatenate(as_read), np.concatenate(changed), labels)


def view_reminders(layer: LastLayer, seed: int, stage: Stage) -> Floats:
    """Features [M, K] of pictures that are to be read as before: another person's hand, and no hand.

    The hands are those of the app's lessons (A to Z), turned any way and changed more than a person's
    own pictures are; the others are colours that run into one another or meet at edges, with some
    noise. A model that is shown nothing without a hand soon sees hands in bare walls: of 25 pictures of
    one, it then took 22 for letters.
    """
    generator = torch.Generator().manual_seed(seed)
    letters = np.stack([decode_square(content, PackSpec(REMINDER_PX)) for content in hand_pictures()])
    advance, shown = stage("looking at other hands", len(letters)), []
    for start in range(0, len(letters), BATCH):
        squares = letters[start : start + BATCH]
        shown.append(_show_changed(layer, squares, REMINDER_CHANGES, REMINDER_COPIES, generator))
        advance(len(squares))
    blank = layer.features(_blank_pictures(seed))
    return np.concatenate([*(each.reshape(-1, each.shape[2]) for each in shown), blank])


def view_others(layer: LastLayer, index: Index, stage: Stage) -> Floats:
    """Features [N, K] of the pictures of an index, as the reader decodes them.

    Raises:
        MediaError: a picture is damaged.
    """
    advance, shown = stage("looking at what to remember", len(index.pictures)), []
    for row in index.pictures:
        shown.append(layer.features(read_picture(index.root / row.path)[None]))
        advance(1)
    return np.concatenate(shown)


def _show_changed(
    layer: LastLayer,
    squares: NDArray[np.uint8],
    change: Augmentation,
    copies: int,
    generator: torch.Generator,
) -> Floats:
    """Features [N, copies, K] of changed copies of pictures uint8 [N, S, S, 3]."""
    pictures = torch.from_numpy(squares).permute(0, 3, 1, 2)
    features = []
    for _ in range(copies):
        changed = change(pictures, generator).mul(255).round().byte()
        features.append(layer.features(changed.permute(0, 2, 3, 1).contiguous().numpy()))
    return np.stack(features, 1)


def _blank_pictures(seed: int) -> NDArray[np.uint8]:
    """Pictures without anything, uint8 [40, 224, 224, 3]."""
    random, side = np.random.default_rng(seed), REMINDER_PX
    pictures = []
    for number in range(N_BLANK):
        colours = torch.from_numpy(random.uniform(0, 255, (1, 3, *random.integers(1, 5, 2))))
        mode = ("nearest", "bilinear")[number % 2]
        large = torch.nn.functional.interpolate(colours, (side, side), mode=mode)[0]
        pictures.append(large.permute(1, 2, 0).numpy() + random.normal(0, 6, (side, side, 3)))
    return np.clip(np.rint(pictures), 0, 255).astype(np.uint8)
