"""One HTML page about a data set: Plotly inside, nothing from the network, readable on a phone."""

import base64
import io
from collections.abc import Iterable, Mapping
from html import escape
from string import Template
from typing import Any

import numpy as np
import plotly.graph_objects as go
from PIL import Image
from plotly.offline import get_plotlyjs

from fingerspell.data.decode import Pixels
from fingerspell.data.drawing import BAR, INK
from fingerspell.data.facts import TWIN_LEVELS, ColourStatistics, Facts, Neighbours
from fingerspell.data.pack import Packed

_PAGE = Template("""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>$title</title>
<style>
body { margin: 0 auto; padding: 1rem; max-width: 70rem; color: $ink; }
body { font: 1rem/1.5 system-ui, sans-serif; }
h1 { font-size: 1.6rem; margin: 0 0 .25rem; overflow-wrap: anywhere; }
h2 { font-size: 1.2rem; margin: 2.5rem 0 .5rem; }
p { margin: .25rem 0 .75rem; max-width: 45rem; }
td { white-space: nowrap; }
table { border-collapse: collapse; }
th, td { padding: .25rem .75rem .25rem 0; text-align: right; border-bottom: 1px solid #d5dbe1; }
th:first-child { text-align: left; }
figure { margin: 0; }
figure img { width: 100%; display: block; border-radius: 4px; }
figcaption { font-size: .8rem; text-align: center; overflow-wrap: anywhere; line-height: 1.3; }
.grid { display: grid; grid-template-columns: repeat(12, 1fr); gap: .5rem; }
.pairs { display: grid; grid-template-columns: repeat(4, 1fr); gap: 1rem; }
.pair { display: grid; grid-template-columns: 1fr 1fr; gap: 2px; align-content: start; }
.pair figcaption { grid-column: span 2; }
@media (max-width: 50rem) {
  .grid { grid-template-columns: repeat(6, 1fr); gap: .35rem; }
  .pairs { grid-template-columns: repeat(2, 1fr); }
}
</style>
<script>$plotly</script>
</head>
<body>
<h1>$title</h1>
<p>$summary</p>
$sections
</body>
</html>
""")


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
    title = escape(packed.index.root.name or str(packed.index.root))
    found = sum(count > 0 for count in facts.classes.values())
    sections = (
        _section("Pictures of each class", _rows(facts.classes)),
        _section(
            "Samples",
            f"Packed to {facts.size_px} pixels a side, drawn evenly from the classes.",
            _grid(packed, samples),
        ),
        _section("Colours", *_colours(facts.colours, facts.size_px)),
        _section(
            "Brightness",
            "Mean luma of each picture, 0 (black) to 255 (white).",
            _columns(brightness_bars(facts), "luma"),
        ),
        _section("Sizes as stored", "Width x height in pixels.", _rows(size_bars(facts))),
        _section(
            "Look-alikes",
            f"Of {len(facts.neighbours):,} pictures drawn at random, {facts.share_of_twins:.1%} have "
            f"another in the data that differs by less than {TWIN_LEVELS:g} of 255 grey levels. Where "
            "such pairs fall on both sides of a split, a test on it measures memory. Shown are the "
            "closest pair of each class; a pair of two classes may be a wrong label.",
            _pairs(packed, pairs),
        ),
    )
    return _PAGE.substitute(
        title=title,
        ink=INK,
        plotly=get_plotlyjs(),
        summary=f"{facts.n:,} pictures of {found} of {len(facts.classes)} classes.",
        sections="\n".join(sections),
    )


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


def _section(heading: str, *parts: str) -> str:
    """A heading, then paragraphs and ready-made HTML."""
    body = (part if part.startswith("<") else f"<p>{part}</p>" for part in parts)
    return f"<section><h2>{heading}</h2>\n{''.join(body)}</section>"


def _rows(values: Mapping[str, int]) -> str:
    """A chart with a row for each label, which a phone has room for."""
    bars = go.Bar(x=list(values.values()), y=list(values), orientation="h", marker_color=BAR)
    axes = {
        "xaxis": {"title": "pictures", "fixedrange": True},
        "yaxis": {"type": "category", "autorange": "reversed", "dtick": 1, "fixedrange": True},
    }
    return _chart(bars, axes, height_px=80 + 22 * len(values))


def _columns(values: Mapping[str, int], x_title: str) -> str:
    """A histogram."""
    bars = go.Bar(x=list(values), y=list(values.values()), marker_color=BAR)
    axes = {
        "xaxis": {"type": "category", "title": x_title, "fixedrange": True},
        "yaxis": {"title": "pictures", "fixedrange": True},
    }
    return _chart(bars, axes, height_px=320)


def _chart(bars: go.Bar, axes: dict[str, dict[str, Any]], height_px: int) -> str:
    figure = go.Figure(bars)
    figure.update_layout(
        template="plotly_white",
        height=height_px,
        margin={"l": 10, "r": 10, "t": 10, "b": 10},
        font={"color": INK, "size": 13},
        bargap=0.15,
        **axes,
    )
    figure.update_xaxes(automargin=True)
    figure.update_yaxes(automargin=True)
    html: str = figure.to_html(
        full_html=False,
        include_plotlyjs=False,
        config={"responsive": True, "displayModeBar": False},
    )
    return html.strip()


def _colours(colours: ColourStatistics, size_px: int) -> tuple[str, str]:
    note = (
        f"Over all pixels of {colours.n:,} pictures drawn at random, at {size_px} pixels a side, "
        "from 0 to 1; ± one standard error."
    )
    names = ("red", "green", "blue")
    means = _with_errors(colours.mean, colours.mean_error)
    stds = _with_errors(colours.std, colours.std_error)
    rows = "".join(
        f"<tr><th>{name}</th><td>{mean}</td><td>{std}</td></tr>"
        for name, mean, std in zip(names, means, stds, strict=True)
    )
    return note, f"<table><tr><th></th><th>mean</th><th>std. deviation</th></tr>{rows}</table>"


def _with_errors(values: tuple[float, ...], errors: tuple[float, ...] | None) -> list[str]:
    if errors is None:
        return [f"{value:.4f}" for value in values]
    return [f"{value:.4f} ± {error:.4f}" for value, error in zip(values, errors, strict=True)]


def _grid(packed: Packed, rows: Iterable[int]) -> str:
    pictures = packed.index.pictures
    cells = (
        f"<figure>{_image(packed.images[row], pictures[row].label)}"
        f"<figcaption>{escape(pictures[row].label)}</figcaption></figure>"
        for row in rows
    )
    return f'<div class="grid">{"".join(cells)}</div>'


def _pairs(packed: Packed, pairs: Iterable[Neighbours]) -> str:
    cells = []
    for pair in pairs:
        two = [packed.index.pictures[row] for row in (pair.row, pair.other)]
        images = "".join(
            _image(packed.images[row], picture.path)
            for row, picture in zip((pair.row, pair.other), two, strict=True)
        )
        paths = "<br>".join(escape(picture.path) for picture in two)
        cells.append(
            f'<figure class="pair">{images}<figcaption>{pair.levels:.1f} levels apart<br>{paths}'
            "</figcaption></figure>"
        )
    return f'<div class="pairs">{"".join(cells)}</div>'


def _image(pixels: Pixels, alt: str) -> str:
    """An image of its own inside the page."""
    content = io.BytesIO()
    Image.fromarray(np.asarray(pixels)).save(content, "PNG")
    encoded = base64.b64encode(content.getvalue()).decode()
    return f'<img src="data:image/png;base64,{encoded}" alt="{escape(alt)}" loading="lazy">'
