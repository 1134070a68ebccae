"""The page of one run: how it learned, what it says of test images, and how well."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from fingerspell import html_page as page
from fingerspell.data.pack import Packed
from fingerspell.evaluation.metrics import Share
from fingerspell.evaluation.predict import Predictions
from fingerspell.evaluation.report import plotly_charts as charts
from fingerspell.evaluation.report.classes import EXPLAINED, report_table
from fingerspell.evaluation.report.galleries import captioned
from fingerspell.files import write_atomically
from fingerspell.training.record import Row

SHOWN = 24  # test images
_PARTS = {"train": charts.COLOURS[0], "validation": charts.COLOURS[1], "test": charts.COLOURS[2]}
_FIGURES = {"loss": "Loss", "accuracy": "Accuracy", "macro_f1": "Macro F1"}
_CHART_PX = 320
_EACH_IS_NAMED = 12  # as many epochs at most have a number each on the axis


@dataclass(frozen=True)
class Outcome:
    """What the network of the best epoch says of the test part.

    Attributes:
        packed: the images; None where they are not kept.
        rows: of the test part in it, int64 [N].
        predictions: of these.
    """

    packed: Packed | None
    rows: NDArray[np.int64]
    predictions: Predictions


def write_page(
    path: Path, name: str, summary: dict[str, Any], rows: Sequence[Row], tested: Outcome
) -> None:
    """Write the page of a run, whole or not at all.

    It holds images of the test part: show it only to those who may see them.

    Args:
        path: of the page.
        name: of the run.
        summary: as `summary.json` holds it.
        rows: of its epochs.
        tested: what it says of the test part.
    """
    parts = [_answer(name, summary), _curves(rows, summary["best_epoch"])]
    if len(tested.rows):
        counts = tested.predictions.counts
        parts += [
            *_images(tested, summary["data"]["seed"]),
            page.section(
                "Who is taken for whom",
                charts.CONFUSION_EXPLAINED,
                page.chart(charts.confusion_heatmap(counts), 620),
            ),
            page.section("Report by class", EXPLAINED, report_table(counts)),
        ]
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, page.document(name, *parts).encode())


def _answer(name: str, summary: dict[str, Any]) -> str:
    test, data = summary["test"], summary["data"]
    share = Share.of(round(test["accuracy"] * test["n"]), test["n"])
    headline = f"{share} of {test['n']:,} test images read rightly" if test["n"] else "no test images"
    recipe = f", recipe {summary['recipe']}" if summary["recipe"] else ""
    return page.section(
        name,
        f'<p class="headline">{escape(headline)}</p>',
        f"{summary['model']} ({summary['parameters']:,} parameters){recipe}, {summary['epochs']} "
        f"epochs, best epoch {summary['best_epoch']}; {data['n']:,} images of {data['name']}, split "
        f"{data['split']}. {datetime.now(UTC):%Y-%m-%d}, fingerspell train.",
        *_near(summary),
        "In brackets: the 95 % interval. These are the data set's own images: they do not tell how "
        "well it reads unseen signers.",
        '<p>To learn that: fingerspell evaluate RUN <span class="unbroken">--external DIR</span></p>',
        level=1,
    )


def _near(summary: dict[str, Any]) -> Iterator[str]:
    share = summary["test_near_train_share"]
    if share is not None and summary["test"]["n"]:
        yield (
            f"{share:.1%} of the test images have a near-duplicate in training: such images are "
            "remembered rather than read."
            if share
            else "No near-duplicate of a test image was found in training."
        )


def _curves(rows: Sequence[Row], best: int) -> str:
    """Loss, accuracy, F1, learning rate and seconds of each epoch, the best of which is marked."""
    epochs = [row["epoch"] for row in rows]
    axis = {
        "xaxis": {"title": "epoch", "dtick": 1 if len(epochs) <= _EACH_IS_NAMED else None},
        "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom"},
        "shapes": [_line_at(best)],
    }
    drawn = [
        page.section(title, page.chart(_of_parts(rows, name, axis), _CHART_PX), level=3)
        for name, title in _FIGURES.items()
    ]
    rate = go.Scatter(
        x=epochs, y=[row["lr"] for row in rows], mode="lines+markers", line={"color": page.BAR}
    )
    waited = [row["train_seconds"] * row["data_wait_share"] for row in rows]
    learned = [row["train_seconds"] - s for row, s in zip(rows, waited, strict=True)]
    evaluated = [row["validation_seconds"] for row in rows]
    bars = [
        go.Bar(name=label, x=epochs, y=seconds, marker_color=colour)
        for label, seconds, colour in (
            ("training", learned, charts.COLOURS[0]),
            ("waiting for images", waited, charts.COLOURS[1]),
            ("validation", evaluated, charts.COLOURS[2]),
        )
    ]
    rates = go.Figure([rate], {**axis, "yaxis": {"exponentformat": "power", "rangemode": "tozero"}})
    seconds = go.Figure(bars, {**axis, "barmode": "stack", "yaxis": {"title": "seconds"}})
    drawn.append(page.section("Learning rate", page.chart(rates, _CHART_PX), level=3))
    drawn.append(page.section("Seconds", page.chart(seconds, _CHART_PX), level=3))
    told = f"The dotted line marks epoch {best}, whose weights were kept and tested."
    return page.section("By epoch", told, *drawn)


def _line_at(epoch: int) -> dict[str, Any]:
    """An upright line through a chart."""
    line = {"color": page.INK, "dash": "dot", "width": 1}
    return {"type": "line", "x0": epoch, "x1": epoch, "yref": "paper", "y0": 0, "y1": 1, "line": line}


def _of_parts(rows: Sequence[Row], figure: str, axis: dict[str, Any]) -> go.Figure:
    traces = []
    for part, colour in _PARTS.items():
        points = [(row["epoch"], row[f"{part}_{figure}"]) for row in rows if f"{part}_{figure}" in row]
        if points:
            x, y = zip(*points, strict=True)
            traces.append(go.Scatter(name=part, x=x, y=y, mode="lines+markers", line={"color": colour}))
    scale = {"rangemode": "tozero"} if figure == "loss" else charts.PERCENT
    return go.Figure(traces, {**axis, "yaxis": scale, "showlegend": True})


def _images(tested: Outcome, seed: int) -> Iterator[str]:
    if tested.packed is None:
        return
    text = (
        "Drawn at random: rightly read ones are green, wrongly read ones red. On each stand the truth, "
        "what it was read as if that is another, and the probability of that; below it, its file."
    )
    yield page.section("Test images", text, page.grid("gallery", _figures(tested, tested.packed, seed)))


def _figures(tested: Outcome, packed: Packed, seed: int) -> Iterator[str]:
    predictions = tested.predictions
    places = np.random.default_rng(seed).permutation(len(tested.rows))[:SHOWN]
    for place in places.tolist():
        truth, read = (
            predictions.alphabet.classes[each[place]]
            for each in (predictions.labels, predictions.predicted)
        )
        said = truth if truth == read else f"{truth} as {read}"
        text = f"{said}, {predictions.confidence[place]:.0%}"
        row = tested.rows[place]
        path = packed.index.pictures[row].path
        shown = captioned(np.asarray(packed.images[row]), text, truth == read)
        yield page.figure(page.image(shown, f"{path}: {text}", "JPEG"), path)
