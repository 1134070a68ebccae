"""How Sphinx makes the site of these documents; `scripts/docs` runs it."""

import sys
from importlib.metadata import version as installed
from pathlib import Path

from sphinx.application import Sphinx

sys.path.insert(0, str(Path(__file__).parent))
from command_line import command_pages

project = "fingerspell"
author = "the authors of fingerspell"
version = release = installed("fingerspell")
html_title = f"fingerspell {release}"
html_theme = "furo"
html_show_copyright = False
html_show_sphinx = False

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns: list[str] = []
myst_heading_anchors = 3
myst_enable_extensions = ["attrs_inline"]
suppress_warnings = ["misc.highlighting_failure"]  # shapes of JSON with `...` in them

default_role = "code"  # docstrings mark names as Markdown does
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
napoleon_use_ivar = True
# What is not ours, and names of ours that no page describes.
nitpick_ignore_regex = [
    ("py:.*", r"(numpy|NDArray|np|collections|pathlib|typing|Path|Callable|Iterator|Iterable)\b.*"),
    ("py:.*", r"fingerspell\.(core|runtime)\..*|Word"),
]


def _add_commands(_app: Sphinx, docname: str, source: list[str]) -> None:
    if docname == "command-line":
        source[0] += command_pages()


def setup(app: Sphinx) -> None:
    """Let the page of commands hold what `--help` says."""
    app.connect("source-read", _add_commands)
