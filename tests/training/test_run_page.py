"""The page of a run: what is on it, and that a real run writes it."""

import html
import json
import re

import numpy as np
import pytest
from tests.one_file_pages import needs_chromium, opened

from fingerspell.core.alphabet import CLASSES
from fingerspell.data.decode import PackSpec
from fingerspell.data.pack import pack
from fingerspell.data.scan import scan
from fingerspell.evaluation.predict import Predictions
from fingerspell.progress import silent
from fingerspell.training.run import train
from fingerspell.training.run_page import SHOWN, Outcome, write_page

SUMMARY = {
    "model": "tiny",
    "recipe": "",
    "parameters": 8893,
    "epochs": 2,
    "best_epoch": 2,
    "data": {"name": "set", "n": 180, "split": "random", "seed": 0},
    "test": {"n": 30, "accuracy": 0.8},
    "test_near_train_share": 0.25,
}
ROWS = [
    {
        "epoch": epoch,
        "lr": 0.1 / epoch,
        "train_loss": 3 / epoch,
        "validation_loss": 4 / epoch,
        "train_accuracy": 0.25,
        "train_macro_f1": 0.5,
        "validation_macro_f1": 0.125,
        "train_seconds": 8.0,
        "data_wait_share": 0.25,
        "validation_seconds": 1.0,
    }
    for epoch in (1, 2)
]


@pytest.fixture
def tested(pictures, tmp_path):
    """30 images of A and B; A is read as A with 0.75, six of the B as A with 0.5."""
    packed = pack(scan(pictures).index, tmp_path, PackSpec(32))
    rows = np.flatnonzero(np.isin(packed.labels, (0, 1)))[15:45]
    probabilities = np.zeros((30, len(CLASSES)), np.float32)
    probabilities[:, 0], probabilities[15:, 1] = 0.75, 0.875
    probabilities[24:, :2] = (0.5, 0.25)
    return Outcome(packed, rows, Predictions.of(packed.labels[rows], probabilities))


def charts_of(page: str) -> list[dict]:
    return [json.loads(text) for text in re.findall(r'application/json">(.*?)</script>', page)]


def test_what_is_on_the_page(tested, tmp_path):
    write_page(tmp_path / "new" / "run.html", "a <run>", SUMMARY, ROWS, tested)
    text = (tmp_path / "new" / "run.html").read_text()
    assert "<h1>a &lt;run&gt;</h1>" in text
    assert re.search(
        r'class="headline">80.0% \(\d+\.\d to \d+\.\d\) of 30 test images read rightly', text
    )
    loss, accuracy, f1, rate, seconds, confusion = charts_of(text)
    assert [trace["name"] for trace in loss["data"]] == ["train", "validation"]
    assert [trace["name"] for trace in accuracy["data"]] == ["train"]
    assert [trace["y"] for trace in f1["data"]] == [[0.5, 0.5], [0.125, 0.125]]
    assert rate["data"][0]["y"] == [0.1, 0.05]
    assert {bar["name"]: bar["y"] for bar in seconds["data"]} == {
        "training": [6.0, 6.0],
        "waiting for images": [2.0, 2.0],
        "validation": [1.0, 1.0],
    }
    for chart in (loss, accuracy, f1, rate, seconds):
        [best] = chart["layout"]["shapes"]
        assert (best["x0"], best["x1"]) == (2, 2)
        assert chart["layout"]["xaxis"]["dtick"] == 1
    assert confusion["data"][0]["type"] == "heatmap"
    assert (confusion["data"][0]["x"], confusion["data"][0]["y"]) == (["A", "B"], ["A", "B"])
    assert "25.0% of the test images have a near-duplicate in training" in text


def test_no_near_duplicates(tested, tmp_path):
    write_page(tmp_path / "run.html", "run", SUMMARY | {"test_near_train_share": 0.0}, ROWS, tested)
    assert ">0.0%" not in (tmp_path / "run.html").read_text()


@pytest.mark.slow
@needs_chromium
def test_a_browser_shows_all_of_it(tested, tmp_path):
    write_page(tmp_path / "run.html", "run", SUMMARY, ROWS, tested)
    for page in opened(tmp_path / "run.html", charts=6):
        assert page.evaluate(
            "[...document.images].every(each => { each.loading = 'eager'; return each.alt; })"
        )
        page.wait_for_function("[...document.images].every(each => each.naturalWidth > 0)")
        assert page.locator("img").count() == SHOWN
        page.get_by_text("counts", exact=True).click()
        page.get_by_role("button", name="recall").click()
        assert page.locator("tbody tr").first.inner_text().startswith("B")


def test_images_are_drawn_with_truth_and_probability(tested, tmp_path):
    write_page(tmp_path / "run.html", "run", SUMMARY, ROWS, tested)
    said = re.findall(r'alt="[AB]/\d+\.png: ([^"]*)"', (tmp_path / "run.html").read_text())
    assert len(said) == SHOWN
    assert set(said) == {"A, 75%", "B, 88%", "B as A, 50%"}


def test_the_report_by_class_worked_by_hand(tested, tmp_path):
    """A: 15 of 15, and 6 others; B: 9 of 15."""
    write_page(tmp_path / "run.html", "run", SUMMARY, ROWS, tested)
    text = html.unescape((tmp_path / "run.html").read_text())
    [body] = re.findall(r"<tbody>(.*?)</tbody>", text, re.DOTALL)
    rows = [re.findall(r">([^<>]*)</td>", row) for row in body.strip().splitlines()]
    assert rows == [
        ["A", "0.7143", "1.0000", "0.8333", "15"],
        ["B", "1.0000", "0.6000", "0.7500", "15"],
        ["accuracy", "", "", "0.8000", "30"],
        ["macro avg", "0.8571", "0.8000", "0.7917", "30"],
        ["weighted avg", "0.8571", "0.8000", "0.7917", "30"],
    ]


def test_a_run_without_test_images_has_its_curves(tested, tmp_path):
    none = Outcome(tested.packed, tested.rows[:0], Predictions.of(tested.rows[:0], np.zeros((0, 29))))
    write_page(tmp_path / "run.html", "run", SUMMARY | {"test": {"n": 0, "accuracy": 0.0}}, ROWS, none)
    text = (tmp_path / "run.html").read_text()
    assert "no test images" in text
    assert len(charts_of(text)) == 5


@pytest.mark.parametrize("devices", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_the_page_of_a_run_has_the_images_of_all_processes(plan_of, devices):
    plan = plan_of("run", epochs=1, devices=devices, strategy="ddp" if devices > 1 else "auto")
    summary = train(plan, silent)
    text = (plan.folder / "report" / "run.html").read_text()
    right = summary["test"]["accuracy"]
    assert f"{right:.1%}" in text
    assert f">{right:.4f}</td>" in text  # from probabilities of each image, not from the tally
    assert f'data-value="{summary["test"]["n"]}">' in text
