"""Look at a data set before learning from it: one HTML page, the same as PNGs, and the numbers."""

import io
import json
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from fingerspell.data.drawing import bar_chart, picture_grid
from fingerspell.data.explore_page import brightness_bars, build_page, size_bars
from fingerspell.data.facts import TWIN_LEVELS, Facts, Neighbours, measure
from fingerspell.data.pack import Packed
from fingerspell.errors import DataError
from fingerspell.files import write_atomically

ROWS, COLUMNS = 6, 12  # of the sample grid, as in report R3
PAIRS = 12  # look-alikes shown


def explore(packed: Packed, folder: Path, seed: int = 0) -> Facts:
    """Measure a packed data set and draw it.

    Args:
        packed: the data set.
        folder: gets `explore.html`, `facts.json` and five PNGs; made where it is missing.
        seed: of the samples.

    Raises:
        DataError: the folder cannot be written to.
    """
    facts = measure(packed, seed)
    samples = pick_samples(packed.labels, ROWS * COLUMNS, seed)
    pairs = pick_pairs(packed, facts.neighbours)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, image in _images(packed, facts, samples, pairs):
            content = io.BytesIO()
            image.save(content, "PNG")
            write_atomically(folder / f"{name}.png", content.getvalue())
        write_atomically(folder / "facts.json", json.dumps(facts_as_dict(facts, packed)).encode())
        page = build_page(packed, facts, samples, pairs)
        write_atomically(folder / "explore.html", page.encode())
    except OSError as error:
        raise DataError(
            f"{folder} cannot be written to ({error.strerror}): choose another folder with -o."
        ) from error
    return facts


def facts_as_dict(facts: Facts, packed: Packed) -> dict[str, Any]:
    """The numbers, for JSON; rows of the index become paths."""
    pictures = packed.index.pictures
    return {
        "data": str(packed.index.root),
        "n": facts.n,
        "size_px": facts.size_px,
        "classes": facts.classes,
        "sizes": [
            {"width": width, "height": height, "n": n} for (width, height), n in facts.sizes.items()
        ],
        "colours": asdict(facts.colours),
        "brightness": {"edges": "0 to 256 in equal bins", "n": facts.brightness.tolist()},
        "twins": {
            "below_levels": TWIN_LEVELS,
            "share": facts.share_of_twins,
            "n": len(facts.neighbours),
        },
        "look_alikes": [
            {
                "path": pictures[pair.row].path,
                "other": pictures[pair.other].path,
                "levels": round(pair.levels, 2),
            }
            for pair in pick_pairs(packed, facts.neighbours)
        ],
    }


def pick_samples(labels: NDArray[np.int64], n: int, seed: int = 0) -> list[int]:
    """Rows to show, at most `n`: as evenly over the classes as may be, in order of class."""
    random = np.random.default_rng(seed)
    shuffled = random.permutation(len(labels))
    classes = labels[shuffled]
    turn = np.empty(len(labels), np.int64)  # a row is its class's turn-th
    for label in np.unique(classes):
        turn[classes == label] = np.arange((classes == label).sum())
    chosen = shuffled[np.argsort(turn, kind="stable")[:n]]
    return sorted(chosen.tolist(), key=lambda row: int(labels[row]))


def pick_pairs(packed: Packed, neighbours: Iterable[Neighbours]) -> list[Neighbours]:
    """The closest pairs, one of each class at most."""
    pairs: dict[str, Neighbours] = {}
    for pair in neighbours:
        pairs.setdefault(packed.index.pictures[pair.row].label, pair)
    return list(pairs.values())[:PAIRS]


def _images(
    packed: Packed, facts: Facts, samples: list[int], pairs: list[Neighbours]
) -> Iterable[tuple[str, Image.Image]]:
    pictures = packed.index.pictures
    labels = [pictures[row].label for row in samples]
    yield "classes", bar_chart("Images of each class", facts.classes)
    yield "samples", picture_grid("Samples", packed.images[samples], labels, COLUMNS)
    yield "brightness", bar_chart("Images by mean luma, 0 to 255", brightness_bars(facts))
    yield "sizes", bar_chart("Images by width x height as stored", size_bars(facts))
    if pairs:
        rows = [row for pair in pairs for row in (pair.row, pair.other)]
        captions = [pictures[row].label for row in rows]
        yield "look_alikes", picture_grid("Look-alikes, in pairs", packed.images[rows], captions, 8)
