"""Results go to the disk and come back as they were."""

import csv
import json
from dataclasses import replace
from statistics import stdev

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fingerspell.errors import StudyError
from fingerspell.study.results import (
    Cell,
    Result,
    Status,
    load_hypotheses,
    load_results,
    row_of,
    summaries,
    write_tables,
)
from fingerspell.training.options import Loading

RESULT = Result(
    Cell("tiny", "ddp", 2, 64, loading=Loading.REPORTS, workers=1, repeat=2),
    Status.DONE,
    epochs=2,
    epoch_s=(2.5, 1.25),
    allocated_mb=(10.0, 11.5),
    test_accuracy=0.5,
)


@settings(max_examples=25, deadline=None)
@given(st.from_type(Result))
def test_any_result_survives_json(result):
    # Compared as texts, since no NaN equals another.
    assert repr(Result.from_json(json.loads(json.dumps(result.to_json())))) == repr(result)


def write_study(folder, text="models: [tiny]\n"):
    (folder / "cells").mkdir()
    (folder / "study.yaml").write_text(text)
    (folder / "cells" / f"{RESULT.cell.key}.json").write_text(json.dumps(RESULT.to_json()))


def test_a_folder_of_results(tmp_path):
    with pytest.raises(StudyError, match="holds no study"):
        load_results(tmp_path)
    write_study(tmp_path)
    assert load_results(tmp_path) == [RESULT]
    assert RESULT.seconds_per_epoch == 1.25
    (tmp_path / "cells" / "z.json").write_text('{"cell": {}}')
    with pytest.raises(StudyError, match=r"z.json is damaged: remove it"):
        load_results(tmp_path)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("models: [tiny]\n", []), ("hypotheses:\n- name: H9\n", [{"name": "H9"}])],
)
def test_hypotheses_as_they_were_written(tmp_path, text, expected):
    write_study(tmp_path, text)
    assert load_hypotheses(tmp_path) == expected


def test_hypotheses_that_are_no_list(tmp_path):
    write_study(tmp_path, "hypotheses: H1\n")
    with pytest.raises(StudyError, match="begin each with a dash"):
        load_hypotheses(tmp_path)


CELL = Cell("tiny", "ddp", 2, 64, loading=Loading.REPORTS)


def result(repeat=0, status=Status.DONE, **figures):
    return Result(replace(CELL, repeat=repeat), status, **figures)


DONE = {"epoch_s": (9.0, 2.0, 4.0), "allocated_mb": (10.0, 20.0), "test_accuracy": 0.5}


def test_a_row_is_flat_and_names_units():
    row = row_of(result(**DONE))
    assert (row["first_epoch_s"], row["seconds_per_epoch"]) == (9.0, 3.0)
    assert (row["allocated_mb_device_0"], row["allocated_mb_device_1"]) == (10.0, 20.0)
    assert not any(isinstance(value, tuple | list | dict) for value in row.values())
    unitless = {"data_share", "compute_share", "communication_share", "images_per_s", "total_s"}
    assert unitless <= row.keys()


def test_the_files_hold_a_row_a_cell(tmp_path):
    failed = result(1, Status.FAILED, message="it broke, alas")
    write_tables(tmp_path, [result(**DONE), failed])
    first, second = csv.DictReader((tmp_path / "cells.csv").read_text().splitlines())
    assert first["key"] == "tiny-ddp2-b64-fp32-reports-w0-r0"
    assert (first["allocated_mb_device_1"], second["allocated_mb_device_1"]) == ("20.0", "")
    assert (second["status"], second["message"]) == ("failed", "it broke, alas")
    lines = (tmp_path / "cells.jsonl").read_text().splitlines()
    assert [Result.from_json(json.loads(line)) for line in lines] == [result(**DONE), failed]


def test_mean_and_spread_over_repeats_that_are_done():
    accuracies = (0.5, 0.75, 0.7)
    group = [result(n, epoch_s=(1.0,), test_accuracy=a) for n, a in enumerate(accuracies)]
    group.append(result(3, Status.OUT_OF_MEMORY, message="too little"))
    [summary] = summaries(group)
    assert (summary["repeats"], summary["done"], summary["messages"]) == (4, 3, ["too little"])
    accuracy = summary["test_accuracy"]
    assert accuracy == {"mean": pytest.approx(0.65), "std": pytest.approx(stdev(accuracies)), "n": 3}
    assert "validation_accuracy" not in summary
    [alone] = summaries([result(**DONE)])
    assert alone["test_accuracy"] == {"mean": 0.5, "std": None, "n": 1}
    assert alone["allocated_mb"]["mean"] == 15.0
