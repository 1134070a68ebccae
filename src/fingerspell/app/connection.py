"""A note on every page for when the server has stopped; Streamlit's own is for its developers."""

from functools import cache
from typing import Any

import streamlit as st

from fingerspell.app import settings
from fingerspell.app.component_parts import text_of

STARTED_HERE = (
    "fingerspell has stopped. Start it again with \u201cfingerspell app\u201d; this page then goes "
    "on by itself."
)
ELSEWHERE = "The connection to fingerspell is lost. Trying again\N{HORIZONTAL ELLIPSIS}"
CSS = """.gone { margin: 0; padding: 0.6rem 1rem; border: 2px solid; border-radius: 0.5rem; }
.gone:empty { display: none; }"""


def watch_connection() -> None:
    """Show the note where and when it is needed."""
    sentence = STARTED_HERE if settings.current().is_local else ELSEWHERE
    _component()(key="connection", data={"sentence": sentence})


@cache
def _component() -> Any:
    script = text_of("fingerspell.app", "connection.js")
    html = '<p class="gone" role="alert"></p>'
    return st.components.v2.component("fingerspell_connection", html=html, css=CSS, js=script)
