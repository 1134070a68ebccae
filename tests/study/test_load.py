"""Results go to the disk and come back as they were."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fingerspell.errors import StudyError
from fingerspell.study.load import load_hypotheses, load_results
from fingerspell.study.results import Cell, Loading, Result, Status

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
