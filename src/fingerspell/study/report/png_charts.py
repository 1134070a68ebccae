"""The main charts as PNG, for documents and experiment trackers: Matplotlib, without a display."""

import io
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from fingerspell.evaluation.report.plotly_charts import COLOURS
from fingerspell.evaluation.report.png_charts import DPI
from fingerspell.html_page import BAR, INK
from fingerspell.study.advise import Curve, predicted_curves
from fingerspell.study.costs import Part
from fingerspell.study.fit import Fit
from fingerspell.study.report.findings import (
    MEASURES,
    EpochTable,
    Findings,
    Measure,
    Panel,
    questions,
    tables_by_epoch,
)
from fingerspell.study.report.plotly_charts import PART_COLOURS


def images(findings: Findings) -> Iterator[tuple[str, bytes]]:
    """Names and contents of the PNGs."""
    panels = findings.panels
    for measure in _measured(panels):
        yield f"{measure.name}_heat", _png(_heat_maps(panels, measure))
        yield f"{measure.name}_lines", _png(_lines(panels, measure))
    if any(each.has_shares for each in findings.observations):
        yield "shares", _png(_shares(panels))
    if tables := tables_by_epoch(findings):
        yield "epochs", _png(_epochs(tables))
    for place, (hardware, fitted) in enumerate(findings.fits.items(), 1):
        name = "scaling" if len(findings.fits) == 1 else f"scaling_{place}"
        yield name, _png(_scaling(fitted, _curves(fitted), hardware))
    yield "scaling_r1", _png(_scaling(findings.r1, _curves(findings.r1), "R1's published cells"))


def n_images(findings: Findings) -> int:
    """How many there will be."""
    shares = any(each.has_shares for each in findings.observations)
    epochs = bool(tables_by_epoch(findings))
    return 2 * len(_measured(findings.panels)) + shares + epochs + len(findings.fits) + 1


def _measured(panels: Sequence[Panel]) -> list[Measure]:
    return [
        measure
        for measure in MEASURES
        if any(measure.values(o, panel.observations) for panel in panels for o in panel.observations)
    ]


def _curves(fitted: Fit) -> list[Curve]:
    asked = questions(fitted, {})
    return [
        curve for label, each in asked.items() for curve in predicted_curves(fitted.model, each, label)
    ]


def _png(figure: Figure) -> bytes:
    content = io.BytesIO()
    figure.savefig(content, format="png", dpi=DPI)
    return content.getvalue()


def _panels(panels: Sequence[Panel], height: float) -> tuple[Figure, list[Axes]]:
    """One pair of axes a panel, one below the other."""
    figure = Figure((9, height * len(panels)), layout="constrained")
    axes = figure.subplots(len(panels), squeeze=False)[:, 0].tolist()
    for each, panel in zip(axes, panels, strict=True):
        each.set_title(f"{panel.model}, {panel.hardware}", loc="left")
    return figure, axes


def _heat_maps(panels: Sequence[Panel], measure: Measure) -> Figure:
    figure, all_axes = _panels(panels, 3.2)
    for axes, panel in zip(all_axes, panels, strict=True):
        batches = sorted({each.cell.batch_size for each in panel.observations})
        rows = list(dict.fromkeys(panel.label(each.cell, "batch_size") for each in panel.observations))
        values = np.full((len(rows), len(batches)), np.nan)
        for each in panel.observations:
            place = (
                rows.index(panel.label(each.cell, "batch_size")),
                batches.index(each.cell.batch_size),
            )
            if found := measure.mean(each, panel.observations):
                values[place] = found[0]
                axes.text(place[1], place[0], measure.write(found), ha="center", va="center", color=INK)
        known = np.nan_to_num(values[np.isfinite(values)])
        ends = (known.min(), known.min() + 2 * (np.ptp(known) or 1)) if known.size else (0, 1)
        axes.imshow(values, cmap="Blues", aspect="auto", vmin=ends[0], vmax=ends[1])
        axes.set_xticks(range(len(batches)), [str(batch) for batch in batches])
        axes.set_yticks(range(len(rows)), rows)
        axes.set(xlabel="batch size")
    figure.suptitle(measure.title)
    return figure


def _lines(panels: Sequence[Panel], measure: Measure) -> Figure:
    figure, all_axes = _panels(panels, 4)
    for axes, panel in zip(all_axes, panels, strict=True):
        labels = dict.fromkeys(panel.label(each.cell, "batch_size") for each in panel.observations)
        for label, colour in zip(labels, COLOURS * (1 + len(labels) // len(COLOURS)), strict=False):
            points = [
                (each.cell.batch_size, *found)
                for each in panel.observations
                if panel.label(each.cell, "batch_size") == label
                and (found := measure.mean(each, panel.observations))
            ]
            if points:
                x, y, deviation = zip(*sorted(points), strict=True)
                bars = [each or 0.0 for each in deviation]
                axes.errorbar(x, y, bars, label=label, color=colour, marker="o", capsize=2)
        axes.set_xscale("log", base=2)
        axes.set(xlabel="batch size", ylabel=measure.title)
        axes.legend(fontsize=8)
    return figure


def _shares(panels: Sequence[Panel]) -> Figure:
    most = max(len(panel.observations) for panel in panels)
    figure, all_axes = _panels(panels, 1 + 0.28 * most)
    for axes, panel in zip(all_axes, panels, strict=True):
        known = [each for each in panel.observations if each.has_shares]
        names = [panel.label(each.cell) for each in known]
        left = np.zeros(len(known))
        for part in Part:
            widths = np.array([each.shares[part] for each in known])
            axes.barh(names, widths, left=left, color=PART_COLOURS[part], label=part.value)
            left += widths
        axes.invert_yaxis()
        axes.set(xlim=(0, 1), xlabel="share of a step")
        axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.12), ncols=3)
    return figure


def _epochs(tables: Mapping[str, Sequence[EpochTable]]) -> Figure:
    """Three pairs of axes a row: accuracy, loss and seconds of one group of cells."""
    flat = [(name, table) for name, of_panel in tables.items() for table in of_panel]
    figure = Figure((13, 3.2 * (len(flat) // 3)), layout="constrained")
    all_axes = figure.subplots(len(flat) // 3, 3, squeeze=False).ravel().tolist()
    for axes, (name, table) in zip(all_axes, flat, strict=True):
        for place, column in enumerate(table.columns):
            values = [row[place] for row in table.rows]
            known = [(epoch, value) for epoch, value in enumerate(values, 1) if value is not None]
            if known:
                axes.plot(*zip(*known, strict=True), marker=".", label=column)
                axes.legend(fontsize=7)
        axes.set(xlabel="epoch", ylabel=table.title)
        axes.set_title(f"{name.partition(',')[0]}, {table.of}", fontsize=8)
    return figure


def _scaling(fitted: Fit, curves: Sequence[Curve], title: str) -> Figure:
    """Predicted over measured, then time and efficiency over devices."""
    figure = Figure((13, 5.5), layout="constrained")
    points, times, efficiencies = figure.subplots(1, 3)
    measured = np.array([each.seconds_per_epoch for each in fitted.observations])
    points.plot(measured, measured * (1 + fitted.errors), "o", color=BAR, label="fitted to all cells")
    points.plot(
        measured, measured * (1 + fitted.errors_left_out), "x", color=COLOURS[1], label="left out"
    )
    points.plot([measured.min(), measured.max()], [measured.min(), measured.max()], ":", color=INK)
    points.set(xlabel="measured, s an epoch", ylabel="predicted", title=title)
    points.legend(fontsize=8)
    labels = list(dict.fromkeys(curve.label for curve in curves))
    for curve in curves:
        colour = COLOURS[labels.index(curve.label) % len(COLOURS)]
        style = {
            "color": colour,
            "ls": "-" if curve.grows else ":",
            "label": f"{curve.label}, {curve.kind}",
        }
        devices = [each.devices for each in curve.points]
        times.plot(devices, [each.seconds for each in curve.points], **style)
        efficiencies.plot(devices, [each.efficiency for each in curve.points], **style)
    times.set(xscale="log", yscale="log", xlabel="devices", ylabel="s for a million images")
    efficiencies.set(xscale="log", xlabel="devices", ylabel="efficiency", ylim=(0, None))
    handles, names = times.get_legend_handles_labels()
    figure.legend(handles, names, loc="outside lower center", ncols=2, fontsize=8)
    return figure
