"""One HTML page about a data set."""

from collections.abc import Iterable, Mapping
from typing import Any

import plotly.graph_objects as go

from fingerspell import html_page as page
from fingerspell.data.facts import TWIN_LEVELS, ColourStatistics, Facts, Neighbours
from fingerspell.data.pack import Packed


def build_page(
    packed: Packed, facts: Facts, samples: Iterable[int], pairs: Iterable[Neighbours]
) -> str:
    """The page, as HTML.

    Args:
        packed: where the pictures are.
        facts: what was measured on them.
        samples: rows to show.
        pairs: look-alikes to show.
    """
    found = sum(count > 0 for count in facts.classes.values())
    sections = (
        page.section("Images of each class", _rows(facts.classes)),
        page.section(
            "Samples",
            f"Packed to {facts.size_px} pixels a side, drawn evenly from the classes.",
            _grid(packed, samples),
        ),
        page.section("Colours", *_colours(facts.colours, facts.size_px)),
        page.section(
            "Brightness",
            "Mean luma of each image, 0 (black) to 255 (white).",
            _columns(brightness_bars(facts), "luma"),
        ),
        page.section("Sizes as stored", "Width x height in pixels.", _rows(size_bars(facts))),
        page.section(
            "Look-alikes",
            f"Of {len(facts.neighbours):,} images drawn at random, {facts.share_of_twins:.1%} have "
            f"another in the data that differs by less than {TWIN_LEVELS:g} of 255 grey levels. Where "
            "such pairs fall on both sides of a split, a test on it measures memory. Shown are the "
            "closest pair of each class; a pair of two classes may be a wrong label.",
            _pairs(packed, pairs),
        ),
    )
    name = packed.index.root.name or str(packed.index.root)
    summary = f"{facts.n:,} images of {found} of {len(facts.classes)} classes."
    return page.document(name, page.section(name, summary, level=1), *sections)


def brightness_bars(facts: Facts) -> dict[str, int]:
    """Pictures by the lower end of their bin."""
    width = 256 // len(facts.brightness)
    return {str(place * width): int(count) for place, count in enumerate(facts.brightness)}


def size_bars(facts: Facts, most: int = 10) -> dict[str, int]:
    """Pictures of the most frequent sizes, and of all others together."""
    bars = {f"{width}x{height}": count for (width, height), count in facts.sizes.items()}
    shown = dict(list(bars.items())[:most])
    rest = sum(bars.values()) - sum(shown.values())
    return {**shown, "others": rest} if rest else shown


def _rows(values: Mapping[str, int]) -> str:
    """A chart with a row for each label, which a phone has room for."""
    bars = go.Bar(x=list(values.values()), y=list(values), orientation="h", marker_color=page.BAR)
    axes: dict[str, Any] = {
        "xaxis": {"title": "pictures"},
        "yaxis": {"type": "category", "autorange": "reversed", "dtick": 1},
    }
    return _chart(bars, axes, height_px=80 + 22 * len(values))


def _columns(values: Mapping[str, int], x_title: str) -> str:
    """A histogram."""
    bars = go.Bar(x=list(values), y=list(values.values()), marker_color=page.BAR)
    axes: dict[str, Any] = {
        "xaxis": {"type": "category", "title": x_title},
        "yaxis": {"title": "pictures"},
    }
    return _chart(bars, axes, height_px=320)


def _chart(bars: go.Bar, axes: dict[str, Any], height_px: int) -> str:
    return page.chart(go.Figure(bars, {"bargap": 0.15, **axes}), height_px)


def _colours(colours: ColourStatistics, size_px: int) -> tuple[str, str]:
    note = (
        f"Over all pixels of {colours.n:,} images drawn at random, at {size_px} pixels a side, "
        "from 0 to 1; ± one standard error."
    )
    names = ("red", "green", "blue")
    means = _with_errors(colours.mean, colours.mean_error)
    stds = _with_errors(colours.std, colours.std_error)
    return note, page.table(("", "mean", "std. deviation"), zip(names, means, stds, strict=True))


def _with_errors(values: tuple[float, ...], errors: tuple[float, ...] | None) -> list[str]:
    if errors is None:
        return [f"{value:.4f}" for value in values]
    return [f"{value:.4f} ± {error:.4f}" for value, error in zip(values, errors, strict=True)]


def _grid(packed: Packed, rows: Iterable[int]) -> str:
    labels = [picture.label for picture in packed.index.pictures]
    return page.grid(
        "grid",
        (page.figure(page.image(packed.images[row], labels[row]), labels[row]) for row in rows),
    )


def _pairs(packed: Packed, pairs: Iterable[Neighbours]) -> str:
    figures = []
    for pair in pairs:
        paths = {row: packed.index.pictures[row].path for row in (pair.row, pair.other)}
        images = "".join(page.image(packed.images[row], path) for row, path in paths.items())
        distance = f"{pair.levels:.1f} levels apart"
        figures.append(page.figure(images, distance, *paths.values(), kind="pair"))
    return page.grid("pairs", figures)
