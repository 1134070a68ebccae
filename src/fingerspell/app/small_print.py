"""Small print, and text that is not ours."""

import re

import streamlit as st

_MARKS = re.compile(r"([!-/:-@\[-`{-~])")  # all of ASCII's punctuation, any of which Markdown may use


def small(text: str) -> None:
    """Show a note in small letters of full contrast; `st.caption` is too pale for some eyes.

    Args:
        text: Markdown; what is not ours comes through `escaped`.
    """
    st.markdown(f":small[{text}]")


def escaped(text: str) -> str:
    r"""Text from outside (names of files, models, runs) as Markdown that shows it as it is.

    >>> escaped("![x](http://y)")
    '\\!\\[x\\]\\(http\\:\\/\\/y\\)'
    """
    return _MARKS.sub(r"\\\1", " ".join(text.split()))
