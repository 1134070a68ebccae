"""Pages that are one file."""

import numpy as np
import plotly.graph_objects as go

from fingerspell import html_page as page
from fingerspell.html_page import Cell


def test_words_cannot_write_html():
    evil = "<script>alert(1)</script>"
    parts = [
        page.section(evil, f"a {evil}"),
        page.details(evil, "text"),
        page.table([evil], [[evil], [Cell(evil, 1)]]),
        page.figure(page.image(np.zeros((2, 2, 3), np.uint8), evil), evil),
        page.chart(go.Figure(go.Bar(x=[evil], y=[1])), 100),
    ]
    document = page.document(evil, *parts)
    assert "<script>alert" not in document
    assert "&lt;script&gt;alert" in document


def test_tables_are_sorted_by_values_not_by_words():
    table = page.table(("n", "name"), [[Cell("1,000", 1000), "b"], [Cell("not measured", None), "a"]])
    assert 'data-value="1000"' in table
    assert 'data-value=""' in table
    assert table.count('class="words"') == 3  # the heading and the cells of names
    assert "<tbody></tbody>" in page.table(("n", "name"), [])


def test_charts_are_left_to_the_pages_script():
    chart = page.chart(go.Figure(go.Bar(x=[1], y=[2])), 123)
    assert '<div class="chart" style="height:123px"></div>' in chart
    assert "newPlot" not in chart
