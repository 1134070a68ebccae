"""The charts of the page, as Plotly figures."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Literal

import numpy as np
import plotly.graph_objects as go

from fingerspell.evaluation.report.plotly_charts import COLOURS, PERCENT
from fingerspell.html_page import BAR, INK, RULE
from fingerspell.study.advise import Curve
from fingerspell.study.costs import Observation, Part
from fingerspell.study.fit import Fit
from fingerspell.study.report.findings import EpochTable, Measure, Panel
from fingerspell.study.results import Cell

Factor = Literal["batch_size", "devices", "workers"]
TITLES = {"batch_size": "batch size", "devices": "devices", "workers": "workers"}
PART_COLOURS = dict(zip(Part, COLOURS[1::-1] + COLOURS[2:3], strict=True))
BELOW = {"orientation": "h", "y": -0.2, "yanchor": "top"}
DASHES = ("solid", "dash", "dot", "dashdot")
LINE_PX = 24  # of a legend's entry, on a phone one to a line


def heat_map(panel: Panel, measure: Measure) -> go.Figure:
    """A measure over batch sizes (across) and all else that varies (down), mean ± spread."""
    batches = sorted({each.cell.batch_size for each in panel.observations})
    rows = list(dict.fromkeys(panel.label(each.cell, "batch_size") for each in panel.observations))
    values = np.full((len(rows), len(batches)), np.nan)
    texts = np.full(values.shape, "", object)
    for each in panel.observations:
        place = rows.index(panel.label(each.cell, "batch_size")), batches.index(each.cell.batch_size)
        found = measure.mean(each, panel.observations)
        values[place] = np.nan if found is None else found[0]
        texts[place] = measure.write(found).replace(" ± ", "<br>± ")
    heatmap = go.Heatmap(
        x=[str(batch) for batch in batches],
        y=[row.replace(" · ", "<br>") for row in rows],
        z=values,
        text=texts,
        texttemplate="%{text}",
        hovertemplate=f"%{{y}}, batch %{{x}}: %{{text}}<extra>{measure.title}</extra>",
        colorscale=[[0, "#ffffff"], [1, "#8fb8d6"]],  # dark ink stays readable on it
        showscale=False,
        xgap=2,
        ygap=2,
    )
    return go.Figure(
        heatmap,
        {
            "xaxis": {"type": "category", "title": "batch size"},
            "yaxis": {"type": "category", "autorange": "reversed"},
            "plot_bgcolor": RULE,
        },
    )


def lines(panel: Panel, measure: Measure, over: Factor) -> go.Figure:
    """A measure over a factor, a line for each of the rest, with the spread over repeats."""
    traces = []
    for place, (label, group) in enumerate(_series(panel, over).items()):
        points = [(getattr(o.cell, over), measure.mean(o, panel.observations)) for o in group]
        known = sorted((x, found) for x, found in points if found is not None)
        if not known:
            continue
        spreads = [found[1] or 0.0 for _, found in known]
        traces.append(
            go.Scatter(
                name=label,
                x=[x for x, _ in known],
                y=[found[0] for _, found in known],
                error_y={"type": "data", "array": spreads, "visible": any(spreads)},
                mode="lines+markers",
                line={
                    "color": COLOURS[place % len(COLOURS)],
                    "dash": DASHES[place // len(COLOURS) % len(DASHES)],
                },
            )
        )
    ticks = sorted({getattr(each.cell, over) for each in panel.observations})
    axis = {"title": TITLES[over], "tickvals": ticks, "ticktext": [str(tick) for tick in ticks]}
    axis |= {} if over == "workers" else {"type": "log"}
    return go.Figure(
        traces, {"xaxis": axis, "yaxis": _axis(measure), "legend": BELOW, "showlegend": True}
    )


def lines_height(panel: Panel, over: Factor) -> int:
    """Of such a chart, with its legend, in pixels."""
    return 340 + LINE_PX * len(_series(panel, over))


def _series(panel: Panel, over: Factor) -> dict[str, list[Observation]]:
    """Cells by the label of all but the factor; one device goes with each strategy for several."""
    return _grouped(panel.observations, lambda cell: panel.label(cell, over))


def _grouped(
    observations: Iterable[Observation], label: Callable[[Cell], str]
) -> dict[str, list[Observation]]:
    groups: dict[str, list[Observation]] = {}
    for each in observations:
        groups.setdefault(label(each.cell), []).append(each)
    return groups


def _axis(measure: Measure) -> dict[str, Any]:
    words = measure.title.replace(" over this time", "<br>over this time")
    return {"title": words, **(PERCENT if measure.is_share else {"rangemode": "tozero"})}


def shares(panel: Panel) -> go.Figure:
    """What a step's time goes to, a bar for each cell."""
    known = [each for each in panel.observations if each.has_shares]
    bars = [
        go.Bar(
            name=part.value,
            y=[_two_lines(panel.label(each.cell)) for each in known],
            x=[each.shares[part] for each in known],
            orientation="h",
            marker_color=PART_COLOURS[part],
            hovertemplate="%{y}: %{x:.1%}<extra>" + part.value + "</extra>",
        )
        for part in Part
    ]
    return go.Figure(
        bars,
        {
            "barmode": "stack",
            "xaxis": {**PERCENT, "range": [0, 1]},
            "yaxis": {
                "type": "category",
                "autorange": "reversed",
                "tickfont": {"size": 10},
                "dtick": 1,
            },
            "legend": {"orientation": "h", "y": 1.01, "yanchor": "bottom"},
            "margin": {"t": 40},
        },
    )


def _two_lines(label: str) -> str:
    """A label that leaves a phone room for the bar beside it."""
    words = label.split(" · ")
    half = (len(words) + 1) // 2
    return "<br>".join(" · ".join(part) for part in (words[:half], words[half:]) if part)


def fitted_points(fitted: Fit) -> go.Figure:
    """Predicted over measured time of each cell; left out of the fit, and in it."""
    measured = [each.seconds_per_epoch for each in fitted.observations]
    names = [each.cell.key.rpartition("-r")[0] for each in fitted.observations]
    traces: list[Any] = [
        go.Scatter(
            name=name,
            x=measured,
            y=[second * (1 + error) for second, error in zip(measured, errors.tolist(), strict=True)],
            text=names,
            mode="markers",
            marker={"color": colour, "symbol": symbol, "size": 8},
            hovertemplate="%{text}: %{x:.1f} s measured, %{y:.1f} s predicted<extra></extra>",
        )
        for name, errors, colour, symbol in (
            ("fitted to all cells", fitted.errors, BAR, "circle"),
            ("fitted without this cell", fitted.errors_left_out, COLOURS[1], "x-thin-open"),
        )
    ]
    ends = [min(measured) * 0.9, max(measured) * 1.1]
    equal = {"color": INK, "dash": "dot"}
    traces.append(
        go.Scatter(x=ends, y=ends, mode="lines", line=equal, showlegend=False, hoverinfo="skip")
    )
    kind = "log" if max(measured) > 4 * min(measured) else "linear"
    axis = {"type": kind, "nticks": 6}
    return go.Figure(
        traces,
        {
            "xaxis": {**axis, "title": "measured, s an epoch"},
            "yaxis": {**axis, "title": "predicted"},
            "legend": BELOW,
        },
    )


def curves(drawn: Sequence[Curve], value: Literal["seconds", "efficiency"]) -> go.Figure:
    """Predicted time for a million images, or efficiency, over devices."""
    traces = []
    colours = {
        label: COLOURS[place % len(COLOURS)] for place, label in enumerate({c.label: 0 for c in drawn})
    }
    for curve in drawn:
        points = curve.points
        traces.append(
            go.Scatter(
                name=f"{curve.label}, {curve.kind}",
                x=[each.devices for each in points],
                y=[getattr(each, value) for each in points],
                text=[f"bottleneck: {each.bottleneck}" for each in points],
                mode="lines+markers",
                marker={"size": 4},
                line={"color": colours[curve.label], "dash": "solid" if curve.grows else "dot"},
                hovertemplate="%{x} devices: %{y:.3g}<br>%{text}<extra></extra>",
            )
        )
    scale: dict[str, Any] = {**PERCENT, "title": "efficiency", "rangemode": "tozero"}
    if value == "seconds":
        scale = {"type": "log", "title": "seconds for a million images", "nticks": 8}
    ticks = [4**power for power in range(7)]
    return go.Figure(
        traces,
        {
            "xaxis": {
                "type": "log",
                "title": "devices",
                "tickvals": ticks,
                "ticktext": [f"{t:,}" for t in ticks],
            },
            "yaxis": scale,
            "legend": BELOW,
            "showlegend": True,
        },
    )


def over_epochs(table: EpochTable) -> go.Figure:
    """One figure over epochs, a line for each number of devices."""
    traces = [
        go.Scatter(
            name=name,
            x=list(range(1, len(table.rows) + 1)),
            y=[row[place] for row in table.rows],
            mode="lines+markers",
            line={"color": COLOURS[place % len(COLOURS)]},
        )
        for place, name in enumerate(table.columns)
    ]
    scale = {"title": table.title, **(PERCENT if table.form.endswith("%") else {})}
    axis = {"title": "epoch", "dtick": max(1, len(table.rows) // 10)}
    return go.Figure(traces, {"xaxis": axis, "yaxis": scale, "legend": BELOW, "showlegend": True})


def over_batches(observations: Sequence[Observation], label: Callable[[Cell], str]) -> go.Figure:
    """Time over the number of batches, at fixed devices."""
    traces = []
    for place, (name, group) in enumerate(_grouped(observations, label).items()):
        points = sorted((each.job.steps, each.seconds_per_epoch) for each in group)
        traces.append(
            go.Scatter(
                name=name,
                x=[x for x, _ in points],
                y=[y for _, y in points],
                mode="lines+markers",
                line={
                    "color": COLOURS[place % len(COLOURS)],
                    "dash": DASHES[place // len(COLOURS) % 4],
                },
            )
        )
    axes = {"xaxis": {"title": "batches an epoch", "rangemode": "tozero"}}
    scale = {"title": "seconds an epoch", "rangemode": "tozero"}
    return go.Figure(traces, {**axes, "yaxis": scale, "legend": BELOW, "showlegend": True})
