"""`fingerspell data` as a user meets it: exit codes, both streams, and the files it leaves."""

import json
import os
import subprocess
import sys

import pytest
from tests.data.defects import plant, scene, write
from typer.testing import CliRunner

from fingerspell.cli import app
from fingerspell.data.index import Index
from fingerspell.data.split_file import load_split


@pytest.fixture
def run():
    return lambda *args: CliRunner().invoke(app, ["data", *(str(a) for a in args)])


@pytest.fixture
def sound(tmp_path):
    """Three classes of 40 pictures, in two sources."""
    root = tmp_path / "sound"
    for number in range(120):
        write(root / f"s{number % 2}" / "ABC"[number % 3] / f"{number // 3}.png", scene(number))
    return root


@pytest.fixture
def planted(tmp_path):
    root = tmp_path / "set"
    plant(root, tmp_path / "outside")
    return root


def test_check_of_a_sound_set(run, sound):
    result = run("check", sound)
    assert (result.exit_code, result.stderr) == (0, "")
    assert "nothing wrong" in result.stdout
    assert "3, of 40 images" in result.stdout


def test_check_of_a_bad_set(run, planted):
    before = sorted(planted.rglob("*"))
    result = run("check", planted)
    assert (result.exit_code, result.stderr) == (1, "")
    assert "error: damaged or truncated, 3: copy it again" in result.stdout
    assert "    train/A/cut.jpg\n" in result.stdout
    assert sorted(planted.rglob("*")) == before


def test_check_json(run, planted):
    result = run("check", planted, "--json")
    document = json.loads(result.stdout)
    assert (result.exit_code, document["has_errors"]) == (1, True)
    assert {finding["kind"] for finding in document["findings"]} >= {"empty file", "not RGB"}


def test_fix_writes_an_index_and_deletes_nothing(run, planted):
    before = set(planted.rglob("*"))
    result = run("check", planted, "--fix")
    assert result.exit_code == 0
    assert result.stderr.strip().endswith("index.csv")
    assert set(planted.rglob("*")) - before == {planted / "index.csv"}
    assert before <= set(planted.rglob("*"))
    index = Index.load(planted / "index.csv", planted)
    assert index.usable == index
    assert "train/A/cut.jpg" not in {p.path for p in index.pictures}


def test_fix_elsewhere(run, planted, tmp_path):
    assert run("check", planted, "--fix", "-o", tmp_path / "new" / "i.csv").exit_code == 0
    assert (tmp_path / "new" / "i.csv").exists()
    assert not (planted / "index.csv").exists()


@pytest.mark.parametrize("by", ["random", "block", "source", "signer", "r2", "r3"])
def test_split(run, sound, tmp_path, by):
    result = run("split", sound, "--by", by, "--gap", 1, "-o", tmp_path / "split.csv")
    assert result.exit_code == 0, result.stderr
    assert "test near train" in result.stdout
    index = Index.load(_index(run, sound), sound)
    folds = load_split(tmp_path / "split.csv", index)
    report = json.loads((tmp_path / "split.json").read_text())
    assert [fold.name for fold in folds] == [fold["name"] for fold in report["folds"]]
    assert report["by"] == by


def _index(run, folder):
    run("check", folder, "--fix")
    return folder / "index.csv"


def test_split_json_of_an_index_with_own_groups(run, sound):
    index = _index(run, sound)
    index.write_text(index.read_text().replace(",s0,", ",Ann,").replace(",s1,", ",Bob,"))
    result = run("split", sound, "--by", "signer", "--index", index, "--json")
    assert [fold["name"] for fold in json.loads(result.stdout)["folds"]] == ["Ann", "Bob"]


def test_split_by_name_pattern_in_folds(run, sound):
    result = run(
        "split", sound, "--by", "signer", "--group-pattern", r"(\d)\.png", "--folds", 5, "--json"
    )
    folds = json.loads(result.stdout)["folds"]
    assert [fold["test"] for fold in folds] == [24] * 5


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("check", "{none}"), "is not a folder"),
        (("split", "{none}", "--by", "random"), "is not a folder"),
        (("split", "{sound}", "--by", "random", "--validation", 0.6, "--test", 0.6), "no shares"),
        (("split", "{sound}", "--by", "random", "--folds", 1), "2 or more"),
        (("split", "{sound}", "--by", "block", "--gap", 999), "smaller gap"),
        (("split", "{sound}", "--by", "random", "--index", "{none}"), "cannot be read as an index"),
        (("check", "{sound}", "--fix", "-o", "{sound}/s0/A/0.png/index.csv"), "choose another file"),
    ],
)
def test_failures_are_one_sentence(run, sound, tmp_path, args, message):
    places = {"none": tmp_path / "none", "sound": sound}
    result = run(*(str(arg).format(**places) for arg in args))
    assert (result.exit_code, len(result.stderr.splitlines())) == (1, 1)
    assert result.stderr.startswith("error: ")
    assert message in result.stderr


@pytest.mark.parametrize(
    "args",
    [
        (),
        ("check",),
        ("check", ".", "-o", "x.csv"),
        ("split", ".", "--by", "luck"),
        ("split", ".", "--by", "random", "-o", "split.json"),
        ("fetch", "imagenet"),
    ],
)
def test_wrong_usage_is_exit_code_2(run, args):
    assert run(*args).exit_code == 2


def _run_alone(*args, **environment):
    command = [sys.executable, "-m", "fingerspell", "data", *args]
    environment = {**os.environ, **environment}
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment)


def test_fetch_without_a_connection(tmp_path):
    result = _run_alone(
        "fetch",
        "asl-alphabet-test",
        "--json",
        http_proxy="http://127.0.0.1:9",  # where nobody listens
        KAGGLE_API_ENVIRONMENT="LOCALHOST",
        KAGGLEHUB_CACHE=str(tmp_path),
        HOME=str(tmp_path),
        no_proxy="",
    )
    assert (result.returncode, result.stdout) == (1, "")
    citation, licence, error = result.stderr.splitlines()
    assert "Dan Rasband" in citation
    assert "CC0" in licence
    assert error.startswith("error: Kaggle cannot be reached")


@pytest.mark.parametrize("command", ["fetch asl-alphabet", "split . --by random"])
def test_a_missing_extra_is_named(tmp_path, command):
    """Without the packages of the extra: modules of their names that cannot be imported."""
    for name in ("kagglehub", "sklearn"):
        (tmp_path / f"{name}.py").write_text(f"raise ModuleNotFoundError({name!r}, name={name!r})")
    path = os.pathsep.join([str(tmp_path), *filter(None, sys.path)])
    result = _run_alone(*command.split(), PYTHONPATH=path)
    assert (result.returncode, result.stdout) == (1, "")
    assert "pip install 'fingerspell[train]'" in result.stderr
    assert "Traceback" not in result.stderr


def test_help_needs_no_extra_and_imports_none():
    code = (
        "import sys, fingerspell.cli;"
        "print([m for m in ('sklearn', 'scipy', 'kagglehub', 'torch') if m in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
