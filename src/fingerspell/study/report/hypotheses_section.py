"""The part on hypotheses: verdicts, and the plot that shows each."""

from collections.abc import Sequence
from dataclasses import replace
from math import isfinite

from fingerspell import page
from fingerspell.evaluation.report.cells import Row, number
from fingerspell.page import Cell
from fingerspell.study.claims import holds
from fingerspell.study.decision import Decision, Plot
from fingerspell.study.published import published
from fingerspell.study.report import charts
from fingerspell.study.report.material import Material, Panel, of_figure

EXPLAINED = (
    "Accepted or rejected where the two-sided p value, adjusted for the number of hypotheses decided "
    "together (Holm), is below 5 %; else undecided. Intervals are 95 % each, not adjusted."
)
_HEADINGS = ("hypothesis", "claim", "verdict", "effect", "95 % interval", "n", "p, adjusted")


def hypotheses(material: Material) -> str:
    """Verdicts, then tests, notes and plots, one hypothesis after the other."""
    theirs = published()["R1"].verdicts
    of_r1 = {each.name: each for each in material.r1_decisions}
    rows = [
        [*_row(each), theirs.get(each.name, ""), of_r1[each.name].verdict if each.name in of_r1 else ""]
        for each in material.decisions
    ]
    headings = (*_HEADINGS, "R1 says", "R1's figures, tested alike, say")
    return page.section(
        "Hypotheses",
        EXPLAINED,
        page.table(headings, rows),
        *(_shown(each, material.panels) for each in material.decisions),
        page.details(
            "R1's hypotheses, tested on its published figures",
            "The same tests on the report's twelve cells, which were run once each.",
            page.table(_HEADINGS, [_row(each) for each in material.r1_decisions]),
            *(f"{each.name}. {each.note}" for each in material.r1_decisions),
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
