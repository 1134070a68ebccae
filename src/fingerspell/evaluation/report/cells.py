"""Figures as cells of tables."""

import math

from fingerspell.evaluation.metrics import Share
from fingerspell.html_page import Cell

Row = list[str | Cell]


def share_cell(share: Share, unknown: str = "not measured") -> Cell:
    """A share with its interval, sorted by its value."""
    return Cell(str(share), share.value) if share.n else Cell(unknown, None)


def number(value: float | None, form: str) -> Cell:
    """A number in a format; empty where it is not known."""
    if value is None or math.isnan(value):
        return Cell("", None)
    return Cell(format(value, form), value)
