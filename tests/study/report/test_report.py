"""The report of a study as files, and in a browser at the widths of a desk and of a phone."""

import json
import re

import pytest
import yaml
from tests.one_file_pages import needs_chromium, opened
from tests.study.worlds import COSTS, grid, measure, model_of, study

from fingerspell.errors import StudyError
from fingerspell.study.costs import observe
from fingerspell.study.report import write_report
from fingerspell.study.report.findings import Findings, fit_all, memories_of
from fingerspell.study.report.headline import explanations, headline
from fingerspell.study.results import CELLS, STUDY
from fingerspell.training.record import save_json

HYPOTHESIS = {
    "name": "packing pays",
    "compare": "data_share",
    "of": {"loading": "packed"},
    "with": {"loading": "reports"},
    "expect": "less",
}
SUMMARY = {
    "recipe": "dexnet",
    "data": {"split": "r3", "name": "kaggle64"},
    "epochs": 2,
    "train_seconds": 360.0,
    "processes": 1,
    "best": {
        "train_n": 100,
        "train_accuracy": 0.5,
        "validation_accuracy": 0.4,
        "memory_mb_device_0": 1500.0,
    },
    "test": {"n": 40, "accuracy": 0.25},
}

EPOCH = {"epoch": 1, "train_loss": 2.5, "validation_accuracy": 0.125, "train_seconds": 3.0}


def write_study(folder, results, hypotheses=()):
    (folder / CELLS).mkdir(parents=True)
    (folder / STUDY).write_text(yaml.safe_dump({"hypotheses": list(hypotheses)}))
    for each in results:
        (folder / CELLS / f"{each.cell.key}.json").write_text(json.dumps(each.to_json()))
    return folder


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """What `fingerspell train` leaves."""
    folder = tmp_path_factory.mktemp("run")
    save_json(SUMMARY, folder / "summary.json")
    save_json({"gpus": [], "cores": 2, "processor": "AMD EPYC"}, folder / "environment.json")
    (folder / "config.yaml").write_text("batch_size: 64\nprecision: bf16\n")
    return folder


@pytest.fixture(scope="module")
def written(tmp_path_factory, run):
    results = study()
    folder = write_study(tmp_path_factory.mktemp("study") / "mine", results, [HYPOTHESIS])
    for each in results[:2]:
        (folder / "runs" / each.cell.key).mkdir(parents=True)
        (folder / "runs" / each.cell.key / "metrics.jsonl").write_text(json.dumps(EPOCH) + "\n")
    return write_report(folder, [run])


def test_files(written):
    document = json.loads((written.parent / "report.json").read_text(), parse_constant=pytest.fail)
    assert len(document["cells"]) == 24
    assert {each["status"] for each in document["failed"]} == {"out of memory", "failed"}
    assert [each["name"] for each in document["hypotheses"]] == ["H1", "H2", "H3", "H4", "packing pays"]
    assert document["hypotheses"][-1]["verdict"] == "accepted"
    curve = document["scaling"]["a machine of the tests"]["curves"][0]
    assert curve["points"][-1]["devices"] == 4096
    pictures = {path.stem for path in written.parent.glob("*.png")}
    measures = {"seconds_per_epoch", "images_per_s", "efficiency", "memory_mb", "test_accuracy"}
    drawn = {f"{name}_{kind}" for name in measures for kind in ("heat", "lines")}
    assert pictures == drawn | {"shares", "epochs", "scaling", "scaling_r1"}


def test_the_page_answers_the_question(written):
    html = written.read_text()
    headline = re.search(r'class="headline">([^<]*)<', html)[1]
    assert "from 1 to 2 devices saves" in headline
    assert "of its time computing" in headline
    for words in (
        "loaded as the reports did",
        "Why they differ",
        "R1 says",
        "128 on 2",
        "AMD EPYC, 2 cores",
        "Epoch by epoch, by number of devices",
        "12.50%",
    ):
        assert words in html


@pytest.mark.slow
@needs_chromium
def test_a_browser_shows_all_of_it(written):
    for page in opened(written, charts=41):
        page.get_by_role("button", name="verdict").first.click()
        assert page.locator("th[aria-sort=ascending]").count() == 1


def test_a_study_of_one_cell(tmp_path):
    """Nothing to compare, and a report all the same."""
    page = write_report(write_study(tmp_path / "one", study()[:1]))
    assert "nothing to compare yet" in page.read_text()


def test_the_answer_says_nothing_of_more_devices_than_one_number_measured():
    """One number of devices cannot tell what a further one costs."""
    results = [measure(cell, model_of(COSTS)) for cell in grid(devices=(2,))]
    said = " ".join(explanations(findings_of(results)))
    assert "waiting for images" in said
    assert "efficient" not in said
    assert "devices" not in headline(findings_of(results))
    results += [measure(cell, model_of(COSTS)) for cell in grid(devices=(1,))]
    assert "4,096 devices" in " ".join(explanations(findings_of(results)))
    assert "from 1 to 2 devices" in headline(findings_of(results))


def findings_of(results):
    fits = fit_all(results)
    return Findings(
        name="mine",
        results=tuple(results),
        observations=tuple(observe(results)),
        fits=fits,
        memories=memories_of(fits),
        decisions=(),
        r1=next(iter(fits.values())),
        r1_decisions=(),
        runs=(),
        epochs={},
    )


def test_what_cannot_be_reported(tmp_path, written, run):
    with pytest.raises(StudyError, match="so there is nothing to report"):
        write_report(write_study(tmp_path / "none", study()[-2:]))
    with pytest.raises(StudyError, match="holds no finished run"):
        write_report(written.parent, [tmp_path])
