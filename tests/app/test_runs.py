"""Runs in a folder: real ones, unfinished ones and damaged ones."""

import json

import pytest

from fingerspell.app.results.runs import (
    Evaluated,
    curves,
    find_models,
    find_pages,
    find_reports,
    find_runs,
    read_evaluation,
)


@pytest.fixture
def folder(tmp_path):
    files = {
        "one/metrics.csv": "epoch,validation_accuracy,note\n1,0.5,a\n2,0.75,b\n",
        "one/summary.json": json.dumps({"model": "compact-net"}),
        "one/report/curves.png": "picture",
        "one/report/facts.txt": "text",
        "one/model.onnx": "model",
        "deep/er/two/metrics.csv": "epoch,train_loss\n1,3.25\n",
        "study/report.html": "page",
        "study/report.json": json.dumps({"of": "a study"}),
        "eval/report.html": "page",
        "eval/report.json": json.dumps([{"model": "m", "data": "d", "n": 7, "accuracy": 0.5}]),
        "mlflow-artifacts/1/report.html": "a copy",
        "mlflow-artifacts/1/metrics.csv": "epoch,validation_accuracy\n1,0.5\n",
        "study/images_per_s.png": "picture",
        "damaged/metrics.csv": "",
        "cut/metrics.csv": "epoch,validation_accuracy\n1,0.25\n2,",
        "cut/summary.json": '{"model": ',
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def test_runs_are_found_by_name(folder):
    runs = find_runs(folder)
    assert [run.name for run in runs] == ["cut", "deep/er/two", "one"]
    assert [run.is_done for run in runs] == [False, False, True]
    assert runs[2].metrics == ("validation_accuracy",)
    assert runs[2].rows[1] == {"epoch": 2.0, "validation_accuracy": 0.75}


def test_curves_hold_what_was_measured(folder):
    assert curves(find_runs(folder), "validation_accuracy") == {
        "run": ["cut", "one", "one"],
        "epoch": [1.0, 1.0, 2.0],
        "validation_accuracy": [0.25, 0.5, 0.75],
    }


def test_reports_and_models(folder):
    assert [path.name for path in find_reports(folder / "one" / "report")] == ["curves.png"]
    assert find_pages(folder) == [folder / "eval" / "report.html", folder / "study" / "report.html"]
    assert [path.name for path in find_reports(folder / "study")] == ["images_per_s.png", "report.html"]
    assert read_evaluation(folder / "eval") == [Evaluated("m", "d", 7, 0.5)]
    assert read_evaluation(folder / "study") == read_evaluation(folder / "one") == []
    assert [path.name for path in find_models(folder)] == ["model.onnx"]


def test_a_folder_that_is_not_there(tmp_path):
    assert find_runs(tmp_path / "none") == []
    assert find_models(tmp_path / "none") == []
