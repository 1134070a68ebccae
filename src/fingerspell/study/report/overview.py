"""The top of the page: the answer, then time, memory and accuracy over devices and batch size."""

from collections.abc import Sequence
from datetime import UTC, datetime
from html import escape

from fingerspell import page
from fingerspell.evaluation.report.cells import Row, number
from fingerspell.page import Cell
from fingerspell.study.observations import Observation
from fingerspell.study.report import charts
from fingerspell.study.report.headline import explanations, headline
from fingerspell.study.report.material import MEASURES, Material, Measure, Panel, of_figure
from fingerspell.study.results import Result

TITLE = "What do more devices and larger batches buy, and why?"


def answer(material: Material) -> str:
    """The headline, and why."""
    return page.section(
        TITLE,
        f'<p class="headline">{escape(headline(material))}</p>',
        f"{material.name}: {len(material.results)} runs, {len(material.observations)} cells done, "
        f"{len(material.failed)} runs failed. {datetime.now(UTC):%Y-%m-%d}, fingerspell study.",
        *explanations(material),
        level=1,
    )


def shares(material: Material) -> str:
    """What a step's time goes to."""
    parts = []
    for panel in material.panels:
        known = [each for each in panel.observations if each.has_shares]
        if known:
            chart = page.chart(charts.shares(panel), 110 + 34 * len(known))
            parts.append(page.section(_name(panel, material), chart, level=3))
    if not parts:
        return ""
    text = (
        "Data: a process waits for images. Compute: forwards, backwards and the new weights. "
        "Communication: devices exchange gradients. Mean over repeats; epochs after the first, which "
        "warms up."
    )
    return page.section("Where the time of a step goes", text, *parts)


def measures(material: Material) -> list[str]:
    """A part for each measure: heat maps, and lines over batch size and devices."""
    return [_measure(material, each, opened=each is MEASURES[0]) for each in MEASURES]


def _measure(material: Material, measure: Measure, opened: bool) -> str:
    parts = []
    for panel in material.panels:
        if not any(measure.values(each, panel.observations) for each in panel.observations):
            continue
        n_rows = len({panel.label(each.cell, "batch_size") for each in panel.observations})
        drawn = [page.chart(charts.heat_map(panel, measure), 90 + 64 * n_rows)]
        drawn += [
            page.chart(charts.lines(panel, measure, over), charts.lines_height(panel, over))
            for over in ("batch_size", "devices")
            if len({getattr(each.cell, over) for each in panel.observations}) > 1
        ]
        parts.append(page.section(_name(panel, material), *drawn, level=3))
    heading = measure.title[0].upper() + measure.title[1:]
    return (
        page.details(heading, "Mean ± standard deviation over repeats.", *parts, opened=opened)
        if parts
        else ""
    )


def _name(panel: Panel, material: Material) -> str:
    several = len({each.hardware for each in material.panels}) > 1
    return f"{panel.model}, {panel.hardware}" if several else panel.model


_HEADINGS = (
    *("network", "strategy", "devices", "batch", "precision", "loading", "workers", "runs"),
    *("s an epoch", "images/s", "data", "compute", "communication", "MB", "busy"),
    *("train", "validation", "test", "on"),
)


def cells(material: Material) -> str:
    """Every cell that is done, repeats together."""
    rows = [_row(each, material.observations) for each in material.observations]
    return page.details(
        "All cells", "Mean ± standard deviation over repeats.", page.table(_HEADINGS, rows)
    )


def _row(observation: Observation, among: Sequence[Observation]) -> Row:
    cell = observation.cell
    names = (
        *("seconds_per_epoch", "images_per_s", "data_share", "compute_share", "communication_share"),
        *("memory_mb", "utilisation", "train_accuracy", "validation_accuracy", "test_accuracy"),
    )
    figures = []
    for name in names:
        measure = of_figure(name)
        found = measure.mean(observation, among)
        figures.append(Cell(measure.write(found), None if found is None else found[0]))
    return [
        cell.model,
        cell.strategy,
        number(cell.devices, "d"),
        number(cell.batch_size, "d"),
        cell.precision,
        cell.loading.value,
        number(cell.workers, "d"),
        number(len(observation.results), "d"),
        *figures,
        observation.results[0].hardware,
    ]


def failures(results: Sequence[Result]) -> str:
    """Cells that did not come to their end."""
    if not results:
        return ""
    rows = [[each.cell.key, each.status.value, each.message] for each in results]
    return page.section("Cells that failed", page.table(("cell", "how", "message"), rows))
