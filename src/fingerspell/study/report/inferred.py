"""What follows from the cells: the scaling model with its predictions and plans, and the hypotheses."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import isfinite

import numpy as np

from fingerspell import html_page as page
from fingerspell.errors import StudyError
from fingerspell.evaluation.report.cells import Row, number
from fingerspell.html_page import Cell
from fingerspell.study.advise import WISHES, Curve, Plan, Question, predicted_curves, recommend
from fingerspell.study.claims import holds
from fingerspell.study.costs import Cluster, Part
from fingerspell.study.decide import Decision, Plot
from fingerspell.study.fit import Cost, Fit, Floats, MemoryModel, fit_memory
from fingerspell.study.published import published
from fingerspell.study.report import plotly_charts as charts
from fingerspell.study.report.findings import Findings, Panel, of_figure, questions

_MODEL_EXPLAINED = (
    "The time of an epoch is what it asks for (images, steps, messages, bytes) times what each "
    "costs; costs are fitted to the cells' times and shares by least squares, and none is negative. "
    "Left out: the error of a cell's time as predicted by a model that was fitted without it."
)
Memories = Mapping[tuple[str, str, str], MemoryModel]


def scaling(findings: Findings) -> list[str]:
    """A part for each hardware, and one for R1's published cells."""
    parts = [
        _part(f"Scaling model: {hardware}", fitted, findings.memories[hardware], opened=True)
        for hardware, fitted in findings.fits.items()
    ]
    memories = fit_memory(findings.r1.observations)
    return [
        *parts,
        _part("Scaling model: R1's twelve published cells", findings.r1, memories, opened=True),
    ]


def _part(heading: str, fitted: Fit, memories: Memories, opened: bool) -> str:
    asked = questions(fitted, memories)
    drawn = [
        curve for label, each in asked.items() for curve in predicted_curves(fitted.model, each, label)
    ]
    height = 340 + charts.LINE_PX * len(drawn)
    n = len(fitted.observations)
    return page.details(
        heading,
        f"Error of the time of an epoch over {n} cells: {errors(fitted.errors)}; left out: "
        f"{errors(fitted.errors_left_out)}.",
        _limits(fitted),
        _MODEL_EXPLAINED,
        page.chart(charts.fitted_points(fitted), 420),
        page.section("What each thing costs", page.table(_COSTS, map(_cost, _told(fitted))), level=3),
        _not_told(fitted),
        page.section(
            "Devices that were not measured",
            _extrapolated(fitted),
            _cluster(fitted.model.cluster),
            page.chart(charts.curves(drawn, "seconds"), height),
            page.chart(charts.curves(drawn, "efficiency"), height),
            page.table(_POINTS, [row for curve in drawn for row in _points(curve)]),
            level=3,
        ),
        _plans(fitted, asked),
        _memory(memories),
        opened=opened,
    )


def _limits(fitted: Fit) -> str:
    """What the time of the cells goes to, by the model."""
    predictions = [fitted.model.predict(each.job) for each in fitted.observations]
    shares = {part: [each.share(part) for each in predictions] for part in Part}
    said = [f"{part} {min(values):.0%} to {max(values):.0%}" for part, values in shares.items()]
    bound = Counter(each.bottleneck.value for each in predictions).most_common()
    most = ", ".join(f"{n} by {part}" for part, n in bound)
    return f"Of the time of these cells, by the model: {', '.join(said)}. Bound: {most}."


def errors(values: Floats) -> str:
    """Median and largest, in percent, signs left out."""
    known = np.abs(values[np.isfinite(values)])
    if not known.size:
        return "not known"
    unknown = len(values) - known.size
    text = f"median {np.median(known):.1%}, largest {known.max():.1%}"
    return text + (f" ({unknown} cells cannot be predicted from the others)" if unknown else "")


_COSTS = ("of", "cost", "standard error", "unit", "a second")


def _told(fitted: Fit) -> list[Cost]:
    return [cost for cost in fitted.model.costs.values() if cost.is_fitted]


def _cost(cost: Cost) -> Row:
    """A cost and its inverse, a rate; of a cost below its error, what the rate is at least."""
    error = cost.error or 0.0
    rate = 1 / cost.value if cost.value > error else None
    return [
        cost.name,
        Cell(f"{cost.value:.3g}", cost.value),
        Cell(f"{error:.2g}", error),
        cost.unit,
        Cell(f"{rate:,.4g}" if rate else f"at least {1 / (cost.value + 2 * error):,.3g}", rate),
    ]


def _not_told(fitted: Fit) -> str:
    if not fitted.assumed:
        return "The cells tell every cost."
    names = "; ".join(f"{name} ({fitted.model.costs[name].value:.2g})" for name in fitted.assumed)
    return (
        "These cells do not tell the following costs from others, or do not incur them; they are "
        f"assumed, nothing where no figure is sensible: {names}."
    )


def _extrapolated(fitted: Fit) -> str:
    """How far what follows is from what was measured."""
    n, most = len(fitted.observations), max(each.job.cell.devices for each in fitted.observations)
    return (
        f"Everything in this part is extrapolated from {n} cell{'s' * (n != 1)} with at most {most} "
        f"device{'s' * (most != 1)}. The further from these, the less it says."
    )


def _cluster(cluster: Cluster) -> str:
    within, between = cluster.within, cluster.between
    return (
        f"Assumed: {cluster.devices_per_node} devices a node; between nodes "
        f"{between.bytes_per_s / 1e9:g} GB/s and {between.latency_s * 1e6:g} µs a message; within a "
        f"node, where the cells do not tell, {within.bytes_per_s / 1e9:g} GB/s and "
        f"{within.latency_s * 1e6:g} µs. All-reduce between nodes by ring or tree, whichever is "
        "faster, not hidden behind computing. DataParallel (dp) stays one process with one loader."
    )


_POINTS = ("of", "batch", "devices", "s a million images", "efficiency", "bottleneck")


def _points(curve: Curve) -> list[Row]:
    """1, 16, 256 and 4,096 devices, and the last of a curve that ends before."""
    return [
        [
            curve.label,
            Cell(curve.kind, point.batch_size),
            number(point.devices, ",d"),
            _seconds(point.seconds),
            number(point.efficiency, ".1%"),
            point.bottleneck.value,
        ]
        for point in (*curve.points[:-1:4], curve.points[-1])
    ]


def _seconds(value: float) -> Cell:
    """To three digits."""
    return number(value, ",.3g" if value < 100 else ",.0f")  # noqa: PLR2004


_PLANS = (
    "of",
    "wish",
    "devices",
    "batch",
    "s an epoch",
    "device-seconds",
    "efficiency",
    "bottleneck",
    "MB a device",
)


def _plans(fitted: Fit, asked: Mapping[str, Question]) -> str:
    rows: list[Row] = []
    for label, question in asked.items():
        for wish in WISHES:
            try:
                rows.append([label, wish, *_plan(recommend(fitted.model, question, wish))])
            except StudyError as error:
                rows.append([label, wish, *[Cell("", None)] * 5, str(error), Cell("", None)])
    text = (
        "Shortest time and cheapest choose from the batch sizes that were measured, since the accuracy "
        "of others is not known, and from 1 to 4,096 devices; of plans within 2 %, the one with fewer "
        "devices. The last wish fills 90 % of a device's memory, whatever that does to accuracy."
    )
    return page.section("Recommendations", text, page.table(_PLANS, rows), level=3)


def _plan(made: Plan) -> Row:
    return [
        number(made.devices, ",d"),
        number(made.batch_size, ",d"),
        _seconds(made.seconds_per_epoch),
        number(made.device_seconds, ",.0f"),
        number(made.efficiency, ".1%"),
        made.bottleneck.value,
        number(made.memory_mb, ",.0f"),
    ]


def _memory(memories: Memories) -> str:
    if not memories:
        return "The cells do not tell how memory goes with the batch."
    rows: list[Row] = [
        [
            " · ".join(key),
            number(each.fixed_mb, ",.0f"),
            number(each.picture_mb, ".3g"),
            number(each.error, ".1%"),
            number(each.n, "d"),
        ]
        for key, each in memories.items()
    ]
    headings = ("of", "MB always", "MB an image", "median error", "n")
    text = "A line in the images a step of each device, by the fullest device."
    return page.section("Memory of a device", text, page.table(headings, rows), level=3)


_TESTS_EXPLAINED = (
    "Accepted or rejected where the two-sided p value, adjusted for the number of hypotheses decided "
    "together (Holm), is below 5 %; else undecided. Intervals are 95 % each, not adjusted."
)
_DECISIONS = ("hypothesis", "claim", "verdict", "effect", "95 % interval", "n", "p, adjusted")


def hypotheses(findings: Findings) -> str:
    """Verdicts, then tests, notes and plots, one hypothesis after the other."""
    theirs = published()["R1"].verdicts
    of_r1 = {each.name: each for each in findings.r1_decisions}
    rows = [
        [*_row(each), theirs.get(each.name, ""), of_r1[each.name].verdict if each.name in of_r1 else ""]
        for each in findings.decisions
    ]
    headings = (*_DECISIONS, "R1 says", "R1's figures, tested alike, say")
    return page.section(
        "Hypotheses",
        _TESTS_EXPLAINED,
        page.table(headings, rows),
        *(_shown(each, findings.panels) for each in findings.decisions),
        page.details(
            "R1's hypotheses, tested on its published figures",
            "The same tests on the report's twelve cells, which were run once each.",
            page.table(_DECISIONS, [_row(each) for each in findings.r1_decisions]),
            *(f"{each.name}. {each.note}" for each in findings.r1_decisions),
        ),
    )


def _row(decision: Decision) -> Row:
    return [
        decision.name,
        decision.claim,
        decision.verdict.value,
        Cell(f"{effect(decision, decision.effect)} {decision.effect_unit}", decision.effect)
        if isfinite(decision.effect)
        else Cell("", None),
        interval(decision),
        number(decision.n, "d"),
        number(decision.p_adjusted, ".2g"),
    ]


def effect(decision: Decision, value: float) -> str:
    """In the effect's own form."""
    if decision.effect_unit.startswith("points"):
        return f"{value:+.2f}"
    return f"{value:.1%}" if decision.effect_unit == "share" else f"{value:.3f}"


def interval(decision: Decision) -> str:
    """Low to high; nothing where the spread is not known."""
    if not (isfinite(decision.low) and isfinite(decision.high)):
        return ""
    return f"{effect(decision, decision.low)} to {effect(decision, decision.high)}"


def _shown(decision: Decision, panels: Sequence[Panel]) -> str:
    heading = f"{decision.name}: {decision.claim}, {decision.verdict}"
    drawn = []
    for each in panels:
        meant = tuple(o for o in each.observations if holds(decision.where, o.cell))
        if not meant:
            continue
        panel = replace(each, observations=meant)
        name = f"{panel.model}, {panel.hardware}"
        drawn += [page.section(name, chart, level=3) for chart in _charts(decision, panel)]
    note = [decision.note] if decision.note else []
    return page.details(heading, f"Test: {decision.test}.", *note, *drawn)


def _charts(decision: Decision, panel: Panel) -> list[str]:
    """The plot that shows what the test looked at."""
    if decision.plot is Plot.BATCHES:
        drawn = charts.over_batches(panel.observations, lambda cell: panel.label(cell, "batch_size"))
        return [page.chart(drawn, charts.lines_height(panel, "batch_size"))]
    measure = of_figure(decision.figure)
    if not any(measure.values(each, panel.observations) for each in panel.observations):
        return []
    over: charts.Factor = "batch_size"
    if decision.plot in {Plot.DEVICES, Plot.WORKERS}:
        over = "devices" if decision.plot is Plot.DEVICES else "workers"
    return [page.chart(charts.lines(panel, measure, over), charts.lines_height(panel, over))]
