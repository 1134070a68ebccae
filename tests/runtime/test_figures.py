"""The bundled model's figures are said in one place, and repeated truly elsewhere."""

import pytest
from tests.conftest import REPOSITORY

from fingerspell.models.reader import HandReader
from fingerspell.runtime.figures import bundled_model


def test_strangers_come_first():
    assert [figure.people for figure in bundled_model().figures][:2] == ["strangers", "in-corpus"]
    assert bundled_model().parameters == sum(p.numel() for p in HandReader().parameters())


@pytest.mark.parametrize("document", ["README.md", "docs/model-card.md"])
def test_documents_say_the_same(document):
    lines = (REPOSITORY / document).read_text().splitlines()
    for figure in bundled_model().figures:
        [row] = [line for line in lines if line.startswith("|") and f"`{figure.data}`" in line]
        assert f"{figure.n:,}" in row
        assert f"{figure.letters:.1%}".replace("%", " %") in row
        assert f"({100 * figure.low:.1f}–{100 * figure.high:.1f})" in row  # noqa: RUF001
        assert f"{figure.mirrored:.1%}".replace("%", " %") in row
