"""The same charts as PNG, for documents and experiment trackers: Matplotlib, without a display."""

import io
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import PowerNorm
from matplotlib.figure import Figure
from numpy.typing import NDArray
from PIL import Image

from fingerspell.evaluation.calibration import HISTOGRAM_EDGES, Calibration
from fingerspell.evaluation.counts import Counts
from fingerspell.evaluation.evaluate import SetEvaluation
from fingerspell.evaluation.metrics import ClassCurves, ClassFigures, Share, curves_of
from fingerspell.evaluation.report.galleries import Drawn, Galleries, contact_sheet
from fingerspell.evaluation.report.plotly_charts import WRONG, rates_of
from fingerspell.html_page import BAR, INK

DPI = 110


def images(on_set: SetEvaluation, galleries: Galleries) -> Iterator[tuple[str, bytes]]:
    """Names and contents of the PNGs of one model on one set."""
    counts = on_set.predictions.counts
    classes = counts.alphabet.classes
    yield "confusion_counts", _png(_confusion(counts.confusion, classes, "pictures", "d"))
    yield (
        "confusion_rates",
        _png(_confusion(rates_of(counts) * 100, classes, "% of the true class", ".0f")),
    )
    yield "one_vs_rest", _png(_one_vs_rest(on_set.metrics.per_class))
    yield "f1", _png(_f1(on_set.metrics.per_class))
    yield "curves", _png(_curves(curves_of(on_set.predictions)))
    yield "calibration", _png(_calibration(on_set.calibration))
    if on_set.robustness:
        yield "robustness", _png(_robustness(on_set.robustness))
    pairs = [each for pair in galleries.pairs for each in (pair.mistaken, pair.meant) if each]
    for name, drawn in (
        ("mistakes", galleries.mistakes),
        ("confused_pairs", pairs),
        ("looked_at", galleries.looks),
    ):
        if drawn:
            yield name, _sheet(drawn)


def _sheet(drawn: Sequence[Drawn]) -> bytes:
    return _encoded(contact_sheet(drawn, columns=8))


def _encoded(image: Image.Image) -> bytes:
    content = io.BytesIO()
    image.save(content, "PNG")
    return content.getvalue()


def _png(figure: Figure) -> bytes:
    content = io.BytesIO()
    figure.savefig(content, format="png", dpi=DPI)
    return content.getvalue()


def _figure(width: float, height: float) -> Figure:
    """A figure of so many inches."""
    return Figure((width, height), layout="constrained")


def _confusion(values: NDArray[Any], classes: Sequence[str], title: str, form: str) -> Figure:
    figure = _figure(11, 10)
    axes = figure.add_subplot()
    # The root shows single mistakes beside hundreds of right images.
    axes.imshow(values, cmap="Blues", norm=PowerNorm(0.4, vmin=0, vmax=max(1, values.max())))
    places = range(len(classes))
    axes.set_xticks(places, classes, rotation=90)
    axes.set_yticks(places, classes)
    axes.set(xlabel="read as", ylabel="truth", title=f"Confusion matrix, {title}")
    for truth, predicted in np.argwhere(values.round() > 0).tolist():
        value = values[truth, predicted]
        colour = "white" if value > 0.3 * values.max() else INK
        axes.text(
            predicted, truth, format(value, form), color=colour, fontsize=6, ha="center", va="center"
        )
    return figure


def _one_vs_rest(per_class: dict[str, ClassFigures]) -> Figure:
    """Of each class, a table of four; all on one pair of axes, since 30 pairs take seconds to draw."""
    columns = 6
    mosaic = np.full((15, 3 * columns), np.nan)
    figure = _figure(11, 9)
    axes = figure.add_subplot()
    for number, (name, figures) in enumerate(per_class.items()):
        top, left = 3 * (number // columns) + 1, 3 * (number % columns)
        counts = [
            [figures.true_negatives, figures.false_positives],
            [figures.false_negatives, figures.true_positives],
        ]
        table = np.array(counts)
        rates = table / np.maximum(table.sum(1, keepdims=True), 1)
        mosaic[top : top + 2, left : left + 2] = rates
        axes.text(left + 0.5, top - 0.8, name, ha="center", va="center", weight="bold")
        for (row, column), count in np.ndenumerate(table):
            place = (left + column, top + row)
            axes.text(*place, f"{count:,}", ha="center", va="center", fontsize=8, color=INK)
    axes.imshow(mosaic, cmap="Blues", vmin=0, vmax=1.6, aspect="auto")
    axes.set_axis_off()
    axes.set_title(
        "Each class against the rest. Above: images of others, not taken for it, and taken for it.\n"
        "Below: images of the class, missed, and read."
    )
    return figure


def _f1(per_class: dict[str, ClassFigures]) -> Figure:
    figure = _figure(11, 4)
    axes = figure.add_subplot()
    held = {name: figures.f1 for name, figures in per_class.items() if figures.support}
    axes.bar(list(held), list(held.values()), color=BAR)
    axes.set(ylim=(0, 1), ylabel="F1", title="F1 of each class that the data holds")
    return figure


def _curves(curves: dict[str, ClassCurves]) -> Figure:
    figure = _figure(11, 5)
    left, right = figure.subplots(1, 2)
    for curve in curves.values():
        left.plot(curve.recall, curve.precision, lw=1, drawstyle="steps-post")
        right.plot(curve.false_positive_rate, curve.true_positive_rate, lw=1)
    mean_ap = np.mean([curve.average_precision for curve in curves.values()]) if curves else np.nan
    mean_area = np.mean([curve.roc_area for curve in curves.values()]) if curves else np.nan
    left.set(xlabel="recall", ylabel="precision", title=f"Mean average precision {mean_ap:.4f}")
    right.set(
        xlabel="false positive rate",
        ylabel="true positive rate",
        title=f"ROC, mean area {mean_area:.4f}",
    )
    return figure


def _calibration(calibration: Calibration) -> Figure:
    figure = _figure(11, 5)
    left, right = figure.subplots(1, 2)
    left.plot([0, 1], [0, 1], ":", color=INK)
    left.plot(calibration.confidence, calibration.accuracy, "o-", color=BAR)
    left.set(
        xlabel="confidence",
        ylabel="right",
        title=f"Expected calibration error {calibration.error:.3f}",
        xlim=(0, 1),
        ylim=(0, 1),
    )
    right.stairs(calibration.n_right, HISTOGRAM_EDGES, color=BAR, fill=True, alpha=0.7, label="right")
    right.stairs(calibration.n_wrong, HISTOGRAM_EDGES, color=WRONG, fill=True, alpha=0.7, label="wrong")
    right.set(xlabel="confidence", ylabel="pictures", title="How sure the model was")
    right.legend()
    return figure


def _robustness(robustness: dict[str, dict[float, Counts]]) -> Figure:
    figure = _figure(11, 6)
    for axes, (kind, levels) in zip(figure.subplots(2, 3).flat, robustness.items(), strict=True):
        _robustness_line(axes, kind, levels)
    return figure


def _robustness_line(axes: Axes, kind: str, levels: dict[float, Counts]) -> None:
    shares = [Share.of(counts.right, counts.n) for counts in levels.values()]
    values = [share.value for share in shares]
    below = [share.value - share.low for share in shares]
    above = [share.high - share.value for share in shares]
    labels = [f"{level:g}" for level in levels]
    axes.errorbar(labels, values, (below, above), color=BAR, marker="o", capsize=2)
    axes.set(xlabel=kind, ylabel="right", ylim=(0, 1.02))
