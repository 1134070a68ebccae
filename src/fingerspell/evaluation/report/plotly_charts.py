"""The charts of the page, as Plotly figures."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from fingerspell.evaluation.calibration import HISTOGRAM_EDGES, Calibration
from fingerspell.evaluation.counts import Counts
from fingerspell.evaluation.evaluate import Evaluation
from fingerspell.evaluation.metrics import ClassCurves, Share
from fingerspell.html_page import BAR, INK, RULE

WRONG = "#b3402f"
COLOURS = (BAR, "#c47f17", "#2e6b3f", WRONG, "#6d4c9f", "#4f5d6b")
PERCENT = {"tickformat": ".0%"}
CONFUSION_EXPLAINED = (
    "Rows are true classes, columns what their images were read as. Classes that are neither are left "
    "out."
)


def protocol_bars(evaluations: Sequence[Evaluation]) -> go.Figure:
    """Accuracy of every model on every set, with its interval, unseen signers on top."""
    traces = []
    for evaluation, colour in zip(evaluations, _colours(len(evaluations)), strict=True):
        on_sets = evaluation.strangest_first
        shares = [on_set.metrics.accuracy for on_set in on_sets]
        traces.append(
            go.Bar(
                name=evaluation.facts.name,
                x=[share.value for share in shares],
                y=[f"{each.pictures.name}<br>{each.pictures.protocol.heading}" for each in on_sets],
                error_x=_errors(shares),
                orientation="h",
                marker_color=colour,
            )
        )
    layout = {
        "xaxis": {**PERCENT, "range": [0, 1.02], "title": "right"},
        "yaxis": {"autorange": "reversed"},
        "showlegend": len(evaluations) > 1,
        "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom"},
    }
    return go.Figure(traces, layout)


def source_bars(shares: dict[str, Share]) -> go.Figure:
    """Accuracy by source or signer, with its interval, the worst on top."""
    order = sorted(shares, key=lambda name: shares[name].value)
    bars = go.Bar(
        x=[shares[name].value for name in order],
        y=order,
        error_x=_errors([shares[name] for name in order]),
        orientation="h",
        marker_color=BAR,
    )
    return go.Figure(
        bars,
        {
            "xaxis": {**PERCENT, "range": [0, 1.02], "title": "right"},
            "yaxis": {"type": "category", "autorange": "reversed", "dtick": 1},
        },
    )


def person_bars(accuracies: dict[str, float]) -> go.Figure:
    """Accuracy of each person, in the order given."""
    bars = go.Bar(x=list(accuracies.values()), y=list(accuracies), orientation="h", marker_color=BAR)
    return go.Figure(
        bars,
        {
            "xaxis": {**PERCENT, "range": [0, 1.02], "title": "right"},
            "yaxis": {"type": "category", "autorange": "reversed", "dtick": 1},
        },
    )


def confusion_heatmap(counts: Counts) -> go.Figure:
    """Who was taken for whom, of classes that occur; two buttons choose between rates and counts."""
    occur = np.flatnonzero(counts.confusion.sum(0) + counts.confusion.sum(1))
    names = [counts.alphabet.classes[place] for place in occur.tolist()]
    images, rates = (values[np.ix_(occur, occur)] for values in (counts.confusion, rates_of(counts)))
    hover = "%{y} read as %{x}: %{customdata} images, %{text}<extra></extra>"
    heatmap = go.Heatmap(
        x=names,
        y=names,
        z=rates,
        customdata=images,
        text=[[f"{rate:.1%}" for rate in row] for row in rates.tolist()],
        hovertemplate=hover,
        colorscale=[[0, "#ffffff"], [0.02, "#f6d9c4"], [0.3, "#d98a5f"], [1, BAR]],
        showscale=False,
        xgap=1,
        ygap=1,
    )
    buttons = [
        {"label": label, "method": "restyle", "args": [{"z": [values]}]}
        for label, values in (("rates", rates), ("counts", images))
    ]
    tick = {"dtick": 1, "tickfont": {"size": 9}, "type": "category"}
    return go.Figure(
        heatmap,
        {
            "xaxis": {**tick, "title": "read as"},
            "yaxis": {**tick, "title": "truth", "autorange": "reversed"},
            "plot_bgcolor": RULE,
            "margin": {"t": 50},
            "updatemenus": [
                {
                    "type": "buttons",
                    "direction": "right",
                    "buttons": buttons,
                    "x": 0,
                    "xanchor": "left",
                    "y": 1,
                    "yanchor": "bottom",
                    "pad": {"b": 6},
                }
            ],
        },
    )


def rates_of(counts: Counts) -> NDArray[np.float64]:
    """The confusion matrix as shares of each true class, [C, C]; 0 where there is no image."""
    support = counts.confusion.sum(1, keepdims=True)
    rates: NDArray[np.float64] = counts.confusion / np.maximum(support, 1)
    return rates


def curve_lines(curves: dict[str, ClassCurves], kind: str) -> go.Figure:
    """Precision against recall ("pr"), or true against false positives ("roc"), a line a class."""
    traces = []
    for name, curve in curves.items():
        x, y = curve.recall, curve.precision
        area = f"{name}, average precision {curve.average_precision:.3f}"
        if kind == "roc":
            x, y = curve.false_positive_rate, curve.true_positive_rate
            area = f"{name}, area {curve.roc_area:.4f}"
        traces.append(
            go.Scatter(
                x=np.round(x, 4),
                y=np.round(y, 4),
                name=area,
                mode="lines",
                line={"width": 1.2, "shape": "hv"},
                opacity=0.75,
                hovertemplate="%{fullData.name}<extra></extra>",
            )
        )
    titles = ("recall", "precision") if kind == "pr" else ("false positive rate", "true positive rate")
    return go.Figure(
        traces,
        {
            "xaxis": {**PERCENT, "title": titles[0], "range": [-0.01, 1.01]},
            "yaxis": {**PERCENT, "title": titles[1], "range": [-0.01, 1.01]},
            "showlegend": False,
        },
    )


def reliability_lines(calibration: Calibration) -> go.Figure:
    """The share that is right against what the model says; the dotted line is a perfect model."""
    traces = [
        go.Scatter(
            x=[0, 1], y=[0, 1], mode="lines", line={"dash": "dot", "color": INK}, hoverinfo="skip"
        ),
        go.Scatter(
            x=calibration.confidence, y=calibration.accuracy, mode="lines+markers", line={"color": BAR}
        ),
    ]
    axes = {
        "xaxis": {**PERCENT, "title": "confidence", "range": [0, 1.01]},
        "yaxis": {**PERCENT, "title": "right", "range": [0, 1.01]},
    }
    return go.Figure(traces, {**axes, "showlegend": False})


def confidence_bars(calibration: Calibration) -> go.Figure:
    """How sure the model was where it was right, and where it was wrong."""
    middles = (HISTOGRAM_EDGES[1:] + HISTOGRAM_EDGES[:-1]) / 2
    traces = [
        go.Bar(name="right", x=middles, y=calibration.n_right, marker_color=BAR),
        go.Bar(name="wrong", x=middles, y=calibration.n_wrong, marker_color=WRONG),
    ]
    return go.Figure(
        traces,
        {
            "barmode": "stack",
            "bargap": 0.05,
            "xaxis": {**PERCENT, "title": "confidence"},
            "yaxis": {"title": "pictures"},
            "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom"},
        },
    )


def class_bars(counts: Counts) -> go.Figure:
    """False positives and false negatives of each class."""
    right = np.diag(counts.confusion)
    classes = list(counts.alphabet.classes)
    positives, negatives = counts.confusion.sum(0) - right, counts.confusion.sum(1) - right
    traces = [
        go.Bar(name="read, but not there", x=positives, y=classes, orientation="h"),
        go.Bar(name="there, but not read", x=negatives, y=classes, orientation="h"),
    ]
    for trace, colour in zip(traces, ("#c47f17", WRONG), strict=True):
        trace.marker.color = colour
    return go.Figure(
        traces,
        {
            "barmode": "stack",
            "xaxis": {"title": "pictures"},
            "yaxis": {
                "type": "category",
                "autorange": "reversed",
                "dtick": 1,
                "tickfont": {"size": 11},
            },
            "legend": {"orientation": "h", "y": 1.01, "yanchor": "bottom"},
        },
    )


def robustness_lines(levels: dict[float, Counts], kind: str) -> go.Figure:
    """Accuracy as one thing is changed; bars are the 95 % interval."""
    shares = [Share.of(counts.right, counts.n) for counts in levels.values()]
    line = go.Scatter(
        x=[f"{level:g}" for level in levels],
        y=[share.value for share in shares],
        error_y=_errors(shares),
        mode="lines+markers",
        line={"color": BAR},
    )
    return go.Figure(
        line,
        {
            "xaxis": {"title": kind, "type": "category"},
            "yaxis": {**PERCENT, "title": "right", "range": [0, 1.02]},
        },
    )


def cost_points(evaluations: Sequence[Evaluation]) -> go.Figure:
    """The headline accuracy against latency; the area of a point is the number of parameters."""
    timed = [each for each in evaluations if each.speed]
    most = max((each.facts.parameters for each in timed), default=1)
    points = go.Scatter(
        x=[each.speed.latency_ms for each in timed if each.speed],
        y=[each.headline.metrics.accuracy.value for each in timed],
        text=[f"{each.facts.name}<br>{each.facts.parameters / 1e6:.2f} M" for each in timed],
        mode="markers+text",
        textposition="bottom center",
        marker={
            "size": [each.facts.parameters for each in timed],
            "sizemode": "area",
            "sizeref": 2 * most / 40**2,
            "sizemin": 5,
            "color": BAR,
        },
    )
    return go.Figure(
        points,
        {
            "xaxis": {"title": "ms from file to letter", "rangemode": "tozero"},
            "yaxis": {**PERCENT, "title": "right", "range": [0, 1.02]},
        },
    )


def _errors(shares: Sequence[Share]) -> dict[str, Any]:
    """Error bars of the 95 % intervals."""
    return {
        "array": [share.high - share.value for share in shares],
        "arrayminus": [share.value - share.low for share in shares],
        "color": INK,
        "thickness": 1,
    }


def _colours(n: int) -> list[str]:
    return [COLOURS[number % len(COLOURS)] for number in range(n)]
