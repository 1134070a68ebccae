"""The bundled model's figures are said in one place, and repeated truly elsewhere."""

import re

import pytest
from tests.conftest import REPOSITORY

from fingerspell.models.reader import HandReader
from fingerspell.runtime.figures import bundled_model


def test_strangers_come_first():
    assert [figure.people for figure in bundled_model().figures][:2] == ["strangers", "in-corpus"]
    assert bundled_model().parameters == sum(p.numel() for p in HandReader().parameters())


def test_the_card_says_the_same():
    lines = (REPOSITORY / "docs/model-card.md").read_text().splitlines()
    for figure in bundled_model().figures:
        [row] = [line for line in lines if line.startswith("|") and f"`{figure.data}`" in line]
        assert f"{figure.n:,}" in row
        assert f"{figure.letters:.1%}".replace("%", " %") in row
        assert f"({100 * figure.low:.1f}–{100 * figure.high:.1f})" in row  # noqa: RUF001
        assert f"{figure.mirrored:.1%}".replace("%", " %") in row


@pytest.mark.parametrize("document", ["README.md", "docs/model-card.md"])
def test_people_left_out_are_the_headline(document):
    people, text = bundled_model().people, (REPOSITORY / document).read_text()
    assert f"**{100 * people.mean:.1f} %** ({100 * people.low:.1f}–{100 * people.high:.1f})" in text  # noqa: RUF001
    assert f"{100 * people.worst_tenth:.1f} %" in text
    assert re.search(rf"{people.n} (\*\*)?people", text)
