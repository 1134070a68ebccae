"""The part on single epochs: accuracy, loss and time, a column for each number of devices."""

from collections.abc import Sequence

from fingerspell import page
from fingerspell.evaluation.report.cells import Row, number
from fingerspell.page import Cell
from fingerspell.study.epochs import EpochTable
from fingerspell.study.report import charts
from fingerspell.study.report.material import Material, tables_by_epoch

_CHART_PX = 300


def epochs(material: Material) -> str:
    """Three charts and three tables for each group of cells that differ in their devices alone."""
    parts = [
        page.section(_heading(name, group), *_group(group), level=3)
        for name, tables in tables_by_epoch(material).items()
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
