"""Tables that scroll by themselves where a screen is too narrow."""

from collections.abc import Iterable, Sequence
from html import escape

import streamlit as st


def show_table(label: str, head: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Show a table; numbers, and texts that begin with one, stand right.

    Args:
        label: what the table is, for screen readers.
        head: of the columns; the first one names the rows.
        rows: as many cells each; nothing in them is taken for HTML.
    """
    cells = [[str(cell) for cell in row] for row in rows]
    body = "".join(
        f'<tr><th scope="row">{escape(first)}</th>{"".join(map(_cell, others))}</tr>'
        for first, *others in cells
    )
    heads = "".join(f'<th scope="col">{escape(text)}</th>' for text in head)
    st.html(
        f'<div class="wide" role="region" tabindex="0" aria-label="{escape(label)}">'
        f"<table><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _cell(text: str) -> str:
    number = ' class="number"' if text[:1].isdigit() else ""
    return f"<td{number}>{escape(text)}</td>"
