"""What Streamlit components are made of: files in the folders `static`."""

from functools import cache
from importlib.resources import files
from typing import Any


@cache
def component(name: str, package: str, html: str, css: str, *scripts: str) -> Any:
    """A component of a package's files, which is made known to Streamlit once."""
    import streamlit as st  # noqa: PLC0415 - who builds the static site takes the texts alone

    return st.components.v2.component(
        f"fingerspell_{name}",
        html=text_of(package, html),
        css=styles_of(package, css),
        js=text_of(package, *scripts),
    )


def text_of(package: str, *names: str) -> str:
    """The texts of files of a package's folder `static`, one after the other."""
    folder = files(package) / "static"
    return "\n".join((folder / name).read_text("utf-8") for name in names)


def styles_of(package: str, name: str) -> str:
    """A component's own styles, after those that all buttons have."""
    return f"{text_of('fingerspell.app', 'buttons.css')}\n{text_of(package, name)}"
