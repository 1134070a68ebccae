"""The page and the pictures, as files."""

import json
import re
from collections import Counter
from html.parser import HTMLParser

import numpy as np
import pytest
from PIL import Image

from fingerspell.core.alphabet import CLASSES
from fingerspell.data.explore import explore, pick_samples
from fingerspell.data.pack import pack
from fingerspell.errors import DataError


class Page(HTMLParser):
    """Collects what a browser would load, and the text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.sources: list[str] = []
        self.tags: Counter[str] = Counter()
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags[tag] += 1
        self.sources += [value for name, value in attrs if name in ("src", "href")]


@pytest.fixture
def explored(make_set, tmp_path):
    packed = pack(make_set(90, (64, 64)), tmp_path / "cache")
    explore(packed, tmp_path / "out")
    return tmp_path / "out"


def test_the_page_loads_nothing_from_the_network(explored):
    page = Page((explored / "explore.html").read_text())
    assert page.sources
    assert all(source.startswith("data:image/png;base64,") for source in page.sources)
    assert page.tags["img"] == 72 + 2 * 12
    html = (explored / "explore.html").read_text()
    assert html.count('class="chart"') == 3
    assert '<meta name="viewport" content="width=device-width' in html


def test_the_images_are_drawn(explored):
    names = {path.stem for path in explored.glob("*.png")}
    assert names == {"classes", "samples", "brightness", "sizes", "look_alikes"}
    with Image.open(explored / "samples.png") as samples:
        assert len(np.unique(np.asarray(samples).reshape(-1, 3), axis=0)) > 1000


def test_the_numbers_are_json(explored):
    facts = json.loads((explored / "facts.json").read_text())
    assert facts["n"] == 90
    assert list(facts["classes"]) == list(CLASSES)
    assert len(facts["colours"]["mean"]) == len(facts["colours"]["std_error"]) == 3
    assert re.fullmatch(r"\w+/\d+\.jpg", facts["look_alikes"][0]["path"])


def test_names_cannot_write_html(make_set, tmp_path):
    packed = pack(make_set(3), tmp_path / "cache")
    folder = tmp_path / "<script>alert(1)</script>"
    object.__setattr__(packed.index, "root", folder)
    explore(packed, tmp_path / "out")
    assert "<script>alert" not in (tmp_path / "out" / "explore.html").read_text()


def test_a_single_picture_can_be_explored(make_set, tmp_path):
    explore(pack(make_set(1), tmp_path / "cache"), tmp_path / "out")
    facts = json.loads((tmp_path / "out" / "facts.json").read_text(), parse_constant=pytest.fail)
    assert facts["look_alikes"] == []


def test_samples_are_even_over_the_classes():
    labels = np.repeat([0, 1, 2], [100, 10, 1])
    counts = Counter(labels[pick_samples(labels, 12)].tolist())
    assert counts in ({0: 6, 1: 5, 2: 1}, {0: 5, 1: 6, 2: 1})
    assert sorted(pick_samples(labels, 999)) == list(range(111))


def test_a_folder_that_cannot_be_made(make_set, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match="choose another folder"):
        explore(pack(make_set(1), tmp_path / "cache"), tmp_path / "file" / "out")
