"""Charts: lines and bars whose axes and marks can be read, also by screen readers."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

HEIGHT_PX = 280
Table = Mapping[str, Sequence[Any]]


def line_chart(table: Table, x: str, y: str, color: str, says: str) -> None:
    """Lines through points, so that one point shows, too.

    Args:
        table: columns of equal length.
        x: column of whole numbers.
        y: column of measured values.
        color: column that tells the lines apart.
        says: what the chart shows, in a sentence.
    """
    _show(
        table,
        says,
        mark={"type": "line", "point": {"size": 60}},
        encoding={
            "x": {"field": x, "type": "quantitative", "axis": {"format": "d", "tickMinStep": 1}},
            "y": {
                "field": y,
                "type": "quantitative",
                "scale": {"zero": False},
                "axis": {"format": "~g"},
            },
            "color": {"field": color, "type": "nominal", "legend": {"orient": "bottom", "columns": 1}},
        },
    )


def bar_chart(table: Table, x: str, y: str, says: str, highest: float | None = None) -> None:
    """Bars of whole numbers.

    Args:
        table: columns of equal length.
        x: column of names, in order.
        y: column of numbers.
        says: what the chart shows, in a sentence.
        highest: where the axis ends; None ends it with the largest.
    """
    scale = {} if highest is None else {"domain": [0, highest]}
    _show(
        table,
        says,
        mark={"type": "bar"},
        encoding={
            "x": {"field": x, "type": "nominal", "sort": None, "axis": {"labelAngle": 0}},
            "y": {
                "field": y,
                "type": "quantitative",
                "scale": scale,
                "axis": {"format": "d", "tickMinStep": 1},
            },
        },
    )


def _show(table: Table, says: str, **spec: Any) -> None:
    rows = [dict(zip(table, row, strict=True)) for row in zip(*table.values(), strict=True)]
    st.vega_lite_chart(
        {"description": says, "height": HEIGHT_PX, "data": {"values": rows}, **spec}, width="stretch"
    )
