"""The report as files, and as a browser shows it."""

import json
import re
import subprocess
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from tests.conftest import CHROMIUM
from tests.runs import write_run

from fingerspell.errors import DataError
from fingerspell.evaluation.evaluate import EvaluationOptions, SetEvaluation, evaluate
from fingerspell.evaluation.pictures import Protocol, open_pictures
from fingerspell.evaluation.predict import Predictions
from fingerspell.evaluation.report import write_report
from fingerspell.evaluation.report.galleries import BAND_PX, SIDE_PX, captioned, worst_mistakes

OPTIONS = EvaluationOptions(mirrored=True, robustness=1, speed=False)


class Page(HTMLParser):
    """Collects what a browser would load, and counts tags and classes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.sources: list[str] = []
        self.tags: Counter[str] = Counter()
        self.classes: Counter[str] = Counter()
        self.sorted_by: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags[tag] += 1
        self.sources += [value for name, value in attrs if name in ("src", "href")]
        self.classes.update(value for name, value in attrs if name == "class")
        self.sorted_by += [value for name, value in attrs if name == "aria-sort"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("report")


@pytest.fixture(scope="module")
def written(folder):
    """A report on the bundled reader and on a network that knows nothing, over two sets."""
    samples = open_pictures(Path(__file__).parents[2] / "samples", Protocol.STRANGERS).sample(20)
    own = replace(samples, name="own", protocol=Protocol.GIVEN).sample(8)
    models = ["default", str(write_run(folder / "untrained"))]
    return write_report([evaluate(model, [own, samples], OPTIONS) for model in models], folder / "out")


@pytest.fixture(scope="module")
def html(written):
    return written.page.read_text()


def test_the_page_loads_nothing_from_the_network(html):
    page = Page(html)
    assert page.sources
    assert all(source.startswith("data:image/") for source in page.sources)
    assert page.tags["details"] == 4 + html.count("<summary>What changed: ")
    assert "<summary>What changed: " in html  # of two models, after all else
    assert '<meta name="viewport" content="width=device-width' in html


def test_protocols_stand_side_by_side_unseen_signers_first(html):
    headings = re.findall(r"<button>([^<]*)</button>", html)
    assert headings[:5] == ["model", "unseen signers", "block split", "random split", "in-corpus"]
    assert "not measured" in html
    assert html.index("100.0% (83.9 to 100.0)") < html.index("in-corpus")
    summaries = re.findall(r"<summary>([^<]*)</summary>", html)
    assert summaries[0] == "fingerspell-reader 0.14.0 on samples (unseen signers)"


def test_galleries_show_what_is_wrong(html):
    page = Page(html)
    assert page.classes["gallery"] >= 2  # worst mistakes, and where the network looked
    assert page.classes["pair"] >= 1
    assert "Where it looked" in html
    assert "McNemar" in html


def test_images_and_figures_are_written(written, folder):
    assert all(path.is_file() for path in written.files)
    names = {path.stem for path in written.files if path.suffix == ".png"}
    assert names == {
        *("confusion_counts", "confusion_rates", "one_vs_rest", "f1", "curves", "calibration"),
        *("robustness", "mistakes", "confused_pairs", "looked_at"),
    }
    documents = json.loads((folder / "out" / "report.json").read_text(), parse_constant=pytest.fail)
    assert [each["model"] for each in documents] == ["fingerspell-reader 0.14.0", "tiny (untrained)"]
    assert written.metrics["fingerspell-reader-0.14.0/strangers/samples/accuracy"] == 1.0


def test_mistakes_are_the_surest_first(stills):
    probabilities = np.zeros((58, 29), np.float32)
    probabilities[np.arange(58), stills.labels] = 1
    for place, sure in ((3, 0.6), (40, 0.9), (17, 0.7)):
        probabilities[place] = 0
        probabilities[place, (stills.labels[place] + 1) % 29] = sure
    on_set = SetEvaluation(stills, Predictions.of(stills.labels, probabilities))
    assert worst_mistakes(on_set, 2).tolist() == [40, 17]
    assert worst_mistakes(on_set, 9).tolist() == [40, 17, 3]


def test_words_are_drawn_below_the_picture():
    drawn = captioned(np.full((50, 80, 3), 200, np.uint8), "U as R, 97%", right=False)
    assert drawn.shape == (SIDE_PX + BAND_PX, SIDE_PX, 3)
    band = drawn[SIDE_PX:]
    assert (band == 255).all(2).any()  # letters in white
    assert tuple(band[0, 0]) == (0x8F, 0x2F, 0x22)


def test_a_folder_that_cannot_be_made(stills, tmp_path):
    (tmp_path / "file").touch()
    evaluated = evaluate("default", [stills.sample(2)], EvaluationOptions(speed=False))
    with pytest.raises(DataError, match="choose another folder with --report"):
        write_report([evaluated], tmp_path / "file" / "out")


@pytest.mark.skipif(not CHROMIUM, reason="no Chromium is installed to open the page with")
def test_a_browser_draws_the_charts_and_sorts_the_tables(written, tmp_path):
    """The page after a tap on the heading `recall`, and one on what is folded up next."""
    taps = (
        "<script>[...document.querySelectorAll('details[open] th button')]"
        ".find(button => button.textContent === 'recall').click();"
        "document.querySelectorAll('summary')[1].click()</script></body>"
    )
    tapped = tmp_path / "tapped.html"
    tapped.write_text(written.page.read_text().replace("</body>", taps))
    dom = Page(browse(tapped, tmp_path / "profile"))
    # The overview has one chart, each part 12: 6 of them of robustness. Two parts stay folded up.
    assert (dom.classes["chart js-plotly-plot"], dom.classes["chart"]) == (1 + 2 * 12, 2 * 12)
    assert dom.tags["svg"] >= 25
    assert dom.sorted_by == ["ascending"]


def browse(page: Path, profile: Path) -> str:
    """The document after its scripts have run."""
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync"]
    quiet = ["--disable-background-networking", "--disable-component-update", "--disable-quic"]
    result = subprocess.run(
        [
            *(CHROMIUM, *options, *quiet, f"--user-data-dir={profile}", "--virtual-time-budget=5000"),
            *("--window-size=1280,800", "--dump-dom", page.as_uri()),
        ],
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )
    return result.stdout
