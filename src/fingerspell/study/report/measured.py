"""What was measured: the answer, figures over devices, batches and epochs, and the reports' beside."""

from collections.abc import Sequence
from datetime import UTC, datetime
from html import escape

from fingerspell import html_page as page
from fingerspell.evaluation.metrics import Share
from fingerspell.evaluation.report.cells import Row, number
from fingerspell.html_page import Cell
from fingerspell.study.costs import Observation
from fingerspell.study.published import (
    PublishedReport,
    PublishedRun,
    Run,
    beside,
    differences,
    of_observation,
    published,
)
from fingerspell.study.report import plotly_charts as charts
from fingerspell.study.report.findings import (
    MEASURES,
    EpochTable,
    Findings,
    Measure,
    Panel,
    of_figure,
    tables_by_epoch,
)
from fingerspell.study.report.headline import explanations, headline
from fingerspell.study.results import Result

_CHART_PX = 300
TITLE = "What do more devices and larger batches buy, and why?"


def answer(findings: Findings) -> str:
    """The headline, and why."""
    return page.section(
        TITLE,
        f'<p class="headline">{escape(headline(findings))}</p>',
        f"{findings.name}: {len(findings.results)} runs, {len(findings.observations)} cells done, "
        f"{len(findings.failed)} runs failed. {datetime.now(UTC):%Y-%m-%d}, fingerspell study.",
        *explanations(findings),
        level=1,
    )


def shares(findings: Findings) -> str:
    """What a step's time goes to."""
    parts = []
    for panel in findings.panels:
        known = [each for each in panel.observations if each.has_shares]
        if known:
            chart = page.chart(charts.shares(panel), 110 + 34 * len(known))
            parts.append(page.section(_name(panel, findings), chart, level=3))
    if not parts:
        return ""
    text = (
        "Data: a process waits for images. Compute: forwards, backwards and the new weights. "
        "Communication: devices exchange gradients. Mean over repeats; epochs after the first, which "
        "warms up."
    )
    return page.section("Where the time of a step goes", text, *parts)


def measures(findings: Findings) -> list[str]:
    """A part for each measure: heat maps, and lines over batch size and devices."""
    return [_measure(findings, each, opened=each is MEASURES[0]) for each in MEASURES]


def _measure(findings: Findings, measure: Measure, opened: bool) -> str:
    parts = []
    for panel in findings.panels:
        if not any(measure.values(each, panel.observations) for each in panel.observations):
            continue
        n_rows = len({panel.label(each.cell, "batch_size") for each in panel.observations})
        drawn = [page.chart(charts.heat_map(panel, measure), 90 + 64 * n_rows)]
        drawn += [
            page.chart(charts.lines(panel, measure, over), charts.lines_height(panel, over))
            for over in ("batch_size", "devices")
            if len({getattr(each.cell, over) for each in panel.observations}) > 1
        ]
        parts.append(page.section(_name(panel, findings), *drawn, level=3))
    heading = measure.title[0].upper() + measure.title[1:]
    return (
        page.details(heading, "Mean ± standard deviation over repeats.", *parts, opened=opened)
        if parts
        else ""
    )


def _name(panel: Panel, findings: Findings) -> str:
    several = len({each.hardware for each in findings.panels}) > 1
    return f"{panel.model}, {panel.hardware}" if several else panel.model


_CELLS = (
    *("network", "strategy", "devices", "batch", "precision", "loading", "workers", "runs"),
    *("s an epoch", "images/s", "data", "compute", "communication", "MB", "busy"),
    *("train", "validation", "test", "on"),
)


def cells(findings: Findings) -> str:
    """Every cell that is done, repeats together."""
    rows = [_row(each, findings.observations) for each in findings.observations]
    return page.details(
        "All cells", "Mean ± standard deviation over repeats.", page.table(_CELLS, rows)
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


def epochs(findings: Findings) -> str:
    """Three charts and three tables for each group of cells that differ in their devices alone."""
    parts = [
        page.section(_heading(name, group), *_group(group), level=3)
        for name, tables in tables_by_epoch(findings).items()
        for group in _groups(tables)
    ]
    if not parts:
        return ""
    text = (
        "Mean over repeats. The first epoch warms up, and counts in no other figure of time. All runs "
        "are in epochs.csv."
    )
    return page.details("Epoch by epoch, by number of devices", text, *parts)


def _groups(tables: Sequence[EpochTable]) -> list[list[EpochTable]]:
    groups: dict[str, list[EpochTable]] = {}
    for table in tables:
        groups.setdefault(table.of, []).append(table)
    return list(groups.values())


def _heading(name: str, group: Sequence[EpochTable]) -> str:
    return f"{name}, {group[0].of}" if group[0].of != "all cells" else name


def _group(tables: Sequence[EpochTable]) -> list[str]:
    parts = []
    for table in tables:
        parts.append(page.chart(charts.over_epochs(table), _CHART_PX + charts.LINE_PX))
        parts.append(page.table((f"{table.title}: epoch", *table.columns), _rows(table)))
    return parts


def _rows(table: EpochTable) -> list[Row]:
    return [
        [number(epoch, "d"), *(_cell(value, table.form) for value in values)]
        for epoch, values in enumerate(table.rows, 1)
    ]


def _cell(value: float | None, form: str) -> Cell:
    return Cell("", None) if value is None else number(value, form)


_RUNS = (
    *("run", "who", "images/s", "s an epoch", "s in all, at the report's epochs", "GB a device"),
    *("train", "validation", "test", "n test", "images an epoch", "epochs", "how"),
)


def reproduction(findings: Findings) -> str:
    """A table for each report."""
    runs = [*map(of_observation, findings.observations), *findings.runs]
    text = (
        "Rows of the reports, and under each what was measured here with the same recipe, devices and "
        "batch, in the same units. In brackets the 95 % interval (Wilson) of a test accuracy, where "
        "the number of images is known. A random split of video frames says nothing about unseen "
        "signers: see `fingerspell evaluate`."
    )
    parts = [_report(report, runs) for report in published().values()]
    return page.section("The reports R0 to R4 beside this study", text, *parts)


def _report(report: PublishedReport, runs: Sequence[Run]) -> str:
    pairs = beside(report, runs)
    rows: list[Row] = []
    unlike: dict[str, None] = {}
    for row, ours in pairs:
        rows.append(_published(report.report, row))
        for run in ours:
            rows.append(_measured(row, run))
            unlike |= dict.fromkeys(differences(report, row, run))
    missing = [row.name for row, ours in pairs if not ours]
    measured = [f"Not measured here: {', '.join(missing)}."] if missing else []
    why = [_items("Why they differ", list(unlike))] if unlike else []
    return page.details(
        f"{report.report}: {report.title}",
        page.table(_RUNS, rows),
        *measured,
        *_by_epoch(pairs),
        *why,
        _items("Of the report", report.notes),
        opened=bool(unlike),
    )


def _items(heading: str, sentences: Sequence[str]) -> str:
    return page.section(heading, *sentences, level=3)


def _published(report: str, row: PublishedRun) -> Row:
    rate = row.n_train / row.epoch_s if row.n_train and row.epoch_s else None
    memory = ", ".join(f"{gb:.3f}" for gb in row.memory_gb)
    return [
        row.name,
        f"report {report}",
        number(rate, ",.0f"),
        number(row.epoch_s, ",.1f"),
        number(row.total_s, ",.2f"),
        Cell(memory, max(row.memory_gb, default=None)),
        number(row.train_accuracy, ".2%"),
        number(row.validation_accuracy, ".2%"),
        _accuracy(row.test_accuracy, row.n_test or 0),
        number(row.n_test, ",d"),
        number(row.n_train, ",d"),
        number(row.epochs, "d"),
        "",
    ]


def _measured(row: PublishedRun, run: Run) -> Row:
    rate = run.n_train / run.seconds_per_epoch if run.seconds_per_epoch else None
    in_all = run.seconds_per_epoch * row.epochs if row.epochs else None
    return [
        row.name,
        f"here: {run.name}",
        number(rate, ",.0f"),
        number(run.seconds_per_epoch, ",.1f"),
        number(in_all, ",.2f"),
        number(run.memory_gb or None, ".3f"),
        number(run.train_accuracy, ".2%"),
        number(run.validation_accuracy, ".2%"),
        _accuracy(run.test_accuracy, run.n_test),
        number(run.n_test or None, ",d"),
        number(run.n_train, ",d"),
        number(run.epochs, "d"),
        f"{run.how}; {run.hardware}",
    ]


def _accuracy(accuracy: float | None, n: int) -> Cell:
    if accuracy is None:
        return Cell("", None)
    return Cell(str(Share.of(round(accuracy * n), n)) if n else f"{accuracy:.2%}", accuracy)


def _by_epoch(pairs: Sequence[tuple[PublishedRun, list[Run]]]) -> list[str]:
    """Test accuracy of every epoch, where a report gives it."""
    rows: list[Row] = []
    for row, ours in pairs:
        lines = [("report", row.test_accuracy_by_epoch)]
        lines += [(f"here: {run.name}", run.test_accuracy_by_epoch) for run in ours]
        for who, accuracies in lines:
            if row.test_accuracy_by_epoch and accuracies:
                n = len(row.test_accuracy_by_epoch)
                shown = [number(each, ".1%") for each in accuracies[:n]]
                losses = f"{row.first_loss} to {row.last_loss}" if who == "report" else ""
                rows.append([row.name, who, *shown, *[Cell("", None)] * (n - len(shown)), losses])
    if not rows:
        return []
    epochs = [f"epoch {number_}" for number_ in range(1, len(rows[0]) - 2)]
    table = page.table(("run", "who", *epochs, "loss, first to last"), rows)
    return [page.section("Test accuracy by epoch", table, level=3)]
