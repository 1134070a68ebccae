"""One version, wherever it is said."""

import re
import tomllib
from pathlib import Path

import fingerspell

REPOSITORY = Path(__file__).parent.parent
VERSION = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]["version"]


def test_the_installed_package_is_that_of_the_checkout():
    """Where it is not: scripts/setup installs it anew."""
    assert fingerspell.__version__ == VERSION


def test_the_newest_release_of_the_changelog_is_the_package():
    headings = re.findall(
        r"^## \[(\d[^\]]*)\]", (REPOSITORY / "CHANGELOG.md").read_text(), re.MULTILINE
    )
    assert headings[0] == VERSION
