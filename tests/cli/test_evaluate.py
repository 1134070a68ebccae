"""`fingerspell evaluate` as a user meets it."""

import json
import subprocess
import sys

import numpy as np
import pytest
from typer.testing import CliRunner

from fingerspell.cli import app
from fingerspell.core.alphabet import CLASSES
from fingerspell.data.decode import PackSpec
from fingerspell.data.pack import pack
from fingerspell.data.scan import scan


@pytest.fixture
def run():
    return lambda *args: CliRunner().invoke(app, ["evaluate", *(str(a) for a in args)])


@pytest.fixture
def few(samples, tmp_path):
    """Two classes of the samples, packed."""
    folder = tmp_path / "few"
    for name in "AB":
        (folder / name).mkdir(parents=True)
        for path in (samples / name).iterdir():
            (folder / name / path.name).write_bytes(path.read_bytes())
    return folder


def test_the_fixed_shape_through_the_real_command_line(few):
    command = [sys.executable, "-m", "fingerspell", "evaluate", "default", "--json"]
    result = subprocess.run(
        [*command, "--data", few, "--no-speed"], capture_output=True, text=True, check=True
    )
    assert result.stderr == ""
    document = json.loads(result.stdout)
    assert (document["n"], document["accuracy"]) == (4, 1.0)
    assert document["data"] == str(few)
    assert document["classes"] == list(CLASSES)
    assert document["per_class"]["A"] == {
        "precision": 1.0,
        "recall": 1.0,
        "f1": 1.0,
        "support": 2,
        "false_positives": 0,
        "false_negatives": 0,
    }
    assert np.trace(document["confusion"]) == 4
    assert document["latency_ms"] == {"median": None, "p95": None}


def test_the_table_has_strangers_first(run, few, samples, tmp_path):
    arguments = ("--data", few, "--external", samples, "--no-speed", "--mirrored")
    result = run("default", *arguments, "--cache", tmp_path / "cache")
    assert (result.exit_code, result.stderr) == (0, "")
    first, second = [line for line in result.stdout.splitlines() if line.startswith(("str", "in-"))]
    assert first.split()[:3] == ["strangers", "samples", "58"]
    assert second.split()[:3] == ["in-corpus", "few", "4"]
    assert "95 % interval" in result.stdout


def test_a_report_of_two_models_with_video(run, few, examples, tmp_path):
    known = tmp_path / "known.json"
    clip = {"source": str(examples / "hello.mp4"), "text": "HELLO WORLD"}
    known.write_text(json.dumps(clip))
    packed = pack(scan(few).index, tmp_path / "packs", PackSpec(128)).folder
    out = tmp_path / "out"
    options = ("--external", packed, "--no-speed", "--json", "--report", out, "--videos", known)
    result = run("default", "default", *options)
    assert result.exit_code == 0, result.stderr
    assert result.stderr == f"wrote {out / 'report.html'}\n"
    document = json.loads(result.stdout)  # the same model twice is one model
    assert document["video"]["character_error_rate"] == 0
    assert document["protocol"] == "strangers"
    assert json.loads((out / "report.json").read_text()) == [document]


def test_only_the_test_part_of_a_split_is_judged(run, samples, tmp_path):
    split = tmp_path / "split.csv"
    arguments = ["data", "split", str(samples), "--by", "random", "--test", "0.5", "--validation", "0"]
    assert CliRunner().invoke(app, [*arguments, "-o", str(split)]).exit_code == 0
    options = ("--data", samples, "--split", split, "--no-speed", "--json")
    document = json.loads(run("default", *options).stdout)
    assert (document["n"], document["protocol"]) == (29, "random split")
    result = run("default", *options, "--fold", "9")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "has no fold '9'" in result.stderr


def test_errors_are_one_sentence(run, few, tmp_path):
    (tmp_path / "file.json").write_text("{}")
    for arguments, says in [
        (("nowhere", "--data", few), "nowhere is no model"),
        (("default", "--data", tmp_path / "missing"), "is no folder"),
        (("default", "--data", few, "--videos", tmp_path / "file.json"), "does not say what is signed"),
        (("default", "--data", few, "--group-pattern", "("), "is no regular expression"),
    ]:
        result = run(*arguments, "--no-speed")
        assert (result.exit_code, result.stdout) == (1, "")
        assert result.stderr.startswith("error: ")
        assert says in " ".join(result.stderr.split())


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("default",),
        ("default", "--data", "x", "--processes", "0"),
        ("default", "--external", "x", "--split", "s.csv"),
        ("default", "--data", "x", "--data", "y", "--split", "s.csv"),
        ("default", "--data", "x", "--fold", "2"),
    ],
)
def test_wrong_usage(run, arguments):
    assert run(*arguments).exit_code == 2
