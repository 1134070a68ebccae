"""HTML pages that are one file: Plotly inside, nothing from the network, readable on a phone.

A page is made of strings of HTML: `section`s of `chart`s, `table`s and `image`s. Charts in what is
folded up are drawn when it is opened, so that a page of a hundred opens at once. Tables are sorted by a
tap on a heading.
This module knows nothing of what the pages are about.
"""

import base64
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from string import Template
from typing import Literal

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray
from PIL import Image
from plotly.offline import get_plotlyjs

INK, PAPER, BAR, RULE = "#1f2933", "#ffffff", "#2f6f9f", "#d5dbe1"

_PAGE = Template("""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>$title</title>
<style>
body { margin: 0 auto; padding: 1rem; max-width: 70rem; color: $ink; background: $paper; }
body { font: 1rem/1.5 system-ui, sans-serif; }
h1 { font-size: 1.6rem; margin: 0 0 .25rem; overflow-wrap: anywhere; }
h2 { font-size: 1.2rem; margin: 2.5rem 0 .5rem; overflow-wrap: anywhere; }
h3 { font-size: 1rem; margin: 1.75rem 0 .25rem; }
p { margin: .25rem 0 .75rem; max-width: 45rem; overflow-wrap: anywhere; }
.wide { overflow-x: auto; max-width: 100%; margin-bottom: .75rem; }
table { border-collapse: collapse; font-size: .9rem; font-variant-numeric: tabular-nums; }
th, td { padding: .25rem .9rem .25rem 0; text-align: right; border-bottom: 1px solid $rule; }
th { vertical-align: bottom; }
td { white-space: nowrap; vertical-align: top; }
.words { text-align: left; }
.unbroken { white-space: nowrap; }
th button { all: unset; cursor: pointer; font-weight: 600; }
th button:focus-visible { outline: 2px solid $bar; }
th[aria-sort=ascending] button::after { content: " \\2191"; }
th[aria-sort=descending] button::after { content: " \\2193"; }
details { margin: 2rem 0 0; border-top: 1px solid $rule; }
summary { cursor: pointer; font-size: 1.2rem; font-weight: 600; padding: .75rem 0; }
figure { margin: 0; }
figure img { width: 100%; display: block; border-radius: 4px; }
figcaption { font-size: .8rem; text-align: center; overflow-wrap: anywhere; line-height: 1.3; }
.grid { display: grid; grid-template-columns: repeat(12, 1fr); gap: .5rem; }
.gallery { display: grid; grid-template-columns: repeat(8, 1fr); gap: .5rem; }
.pairs { display: grid; grid-template-columns: repeat(4, 1fr); gap: 1rem; }
.pair { display: grid; grid-template-columns: 1fr 1fr; gap: 2px; align-content: start; }
.pair figcaption { grid-column: span 2; }
.headline { font-size: 2rem; font-weight: 600; margin: .5rem 0 0; line-height: 1.2; }
@media (max-width: 50rem) {
  .grid { grid-template-columns: repeat(6, 1fr); gap: .35rem; }
  .gallery { grid-template-columns: repeat(3, 1fr); gap: .35rem; }
  .pairs { grid-template-columns: repeat(2, 1fr); }
  .headline { font-size: 1.5rem; }
  table { font-size: .85rem; }
  th, td { padding-right: .5rem; }
  th:last-child, td:last-child { padding-right: 0; }
}
</style>
<script>$plotly</script>
</head>
<body>
$body
<script>
function draw(part) {
  for (const chart of part.querySelectorAll(".chart:not(.js-plotly-plot)")) {
    if (chart.closest("details:not([open])")) continue;
    const figure = JSON.parse(chart.nextElementSibling.textContent);
    Plotly.newPlot(chart, figure.data, figure.layout, {responsive: true, displayModeBar: false});
  }
}
draw(document);
document.addEventListener("toggle", event => draw(event.target), true);

function sortBy(heading) {
  const table = heading.closest("table"), place = heading.cellIndex;
  const sign = heading.getAttribute("aria-sort") === "ascending" ? -1 : 1;
  const value = row => row.cells[place].dataset.value;
  const rows = [...table.tBodies[0].rows].sort((a, b) => {
    const x = value(a), y = value(b);
    if (x === "" || y === "") return (x === "") - (y === "");
    return sign * (isNaN(x) || isNaN(y) ? x.localeCompare(y) : x - y);
  });
  table.querySelectorAll("th").forEach(th => th.removeAttribute("aria-sort"));
  heading.setAttribute("aria-sort", sign === 1 ? "ascending" : "descending");
  table.tBodies[0].append(...rows);
}
document.querySelectorAll("th button").forEach(button =>
  button.addEventListener("click", () => sortBy(button.parentElement)));
</script>
</body>
</html>
""")


@dataclass(frozen=True)
class Cell:
    """What a cell of a table shows, and what it is sorted by; None, the unknown, comes last."""

    text: str
    value: float | str | None


def document(title: str, *parts: str) -> str:
    """A whole page under a heading, of ready-made HTML."""
    return _PAGE.substitute(
        title=escape(title),
        ink=INK,
        paper=PAPER,
        rule=RULE,
        bar=BAR,
        plotly=get_plotlyjs(),
        body="\n".join(parts),
    )


def section(heading: str, *parts: str, level: int = 2) -> str:
    """A heading, then paragraphs (plain text) and ready-made HTML (what begins with "<")."""
    return f"<section><h{level}>{escape(heading)}</h{level}>\n{_body(parts)}</section>"


def details(heading: str, *parts: str, opened: bool = False) -> str:
    """Like `section`, but folded up until it is tapped."""
    state = " open" if opened else ""
    return f"<details{state}><summary>{escape(heading)}</summary>\n{_body(parts)}</details>"


def _body(parts: Iterable[str]) -> str:
    return "\n".join(part if part.startswith("<") else f"<p>{escape(part)}</p>" for part in parts)


def table(headings: Sequence[str], rows: Iterable[Sequence[str | Cell]]) -> str:
    """A table that is sorted by the column whose heading is tapped; words stand left, numbers right."""
    cells = [[_as_cell(content) for content in row] for row in rows]
    kinds = [_kind(column) for column in zip(*cells, strict=True)] or [""] * len(headings)
    head = "".join(
        f'<th scope="col"{kind}><button>{escape(text)}</button></th>'
        for text, kind in zip(headings, kinds, strict=True)
    )
    body = "".join(f"<tr>{''.join(map(_cell, row, kinds))}</tr>\n" for row in cells)
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def _as_cell(content: str | Cell) -> Cell:
    return content if isinstance(content, Cell) else Cell(content, content)


def _kind(column: Sequence[Cell]) -> str:
    return ' class="words"' if any(isinstance(cell.value, str) for cell in column) else ""


def _cell(cell: Cell, kind: str) -> str:
    value = "" if cell.value is None else str(cell.value)
    return f'<td{kind} data-value="{escape(value)}">{escape(cell.text)}</td>'


def chart(figure: go.Figure, height_px: int) -> str:
    """A chart as wide as the page, drawn once it is not folded up."""
    figure.update_layout(
        template="plotly_white",
        margin={"l": 10, "r": 10, "t": figure.layout.margin.t or 10, "b": 10},
        font={"color": INK, "size": 13},
        dragmode=False,  # a finger on a chart scrolls the page
    )
    figure.update_xaxes(automargin=True, fixedrange=True)
    figure.update_yaxes(automargin=True, fixedrange=True)
    content = figure.to_json().replace("</", "<\\/")
    return (
        f'<div class="chart" style="height:{height_px}px"></div>'
        f'<script type="application/json">{content}</script>'
    )


def image(pixels: NDArray[np.uint8], alt: str, kind: Literal["PNG", "JPEG", "WEBP"] = "PNG") -> str:
    """An image inside the page.

    Args:
        pixels: RGB uint8 [H, W, 3].
        alt: what it shows.
        kind: JPEG for photographs of more than a thumbnail's size, WEBP for very many of them.
    """
    content = io.BytesIO()
    Image.fromarray(np.asarray(pixels)).save(content, kind)
    encoded = base64.b64encode(content.getvalue()).decode()
    source = f"data:image/{kind.lower()};base64,{encoded}"
    return f'<img src="{source}" alt="{escape(alt)}" loading="lazy">'


def figure(images: str, *lines: str, kind: str = "") -> str:
    """Images with a caption below, a line of it for each of `lines`."""
    caption = "<br>".join(map(escape, lines))
    name = f' class="{kind}"' if kind else ""
    return f"<figure{name}>{images}<figcaption>{caption}</figcaption></figure>"


def grid(kind: Literal["grid", "gallery", "pairs"], figures: Iterable[str]) -> str:
    """Figures in rows: `grid` 12 thumbnails a row, `gallery` 8 pictures, `pairs` 4 pairs."""
    return f'<div class="{kind}">{"".join(figures)}</div>'
