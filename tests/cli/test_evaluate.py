"""`fingerspell evaluate` as a user meets it."""

import json
import shutil
import socket
import subprocess
import sys

import mlflow
import numpy as np
import pytest
from tests.runs import write_run
from typer.testing import CliRunner

from fingerspell.cli import app
from fingerspell.core.alphabet import CLASSES
from fingerspell.data.decode import PackSpec
from fingerspell.data.pack import pack
from fingerspell.data.scan import scan
from fingerspell.runtime.onnx_classifier import bundled_file


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


def test_the_table_has_unseen_signers_first(run, few, samples, tmp_path):
    for name in "CLW":
        shutil.copytree(samples / name, tmp_path / "others" / name)
    arguments = ("--data", few, "--external", tmp_path / "others", "--no-speed", "--mirrored")
    result = run("default", *arguments, "--cache", tmp_path / "cache")
    assert (result.exit_code, result.stderr) == (0, "")
    first, second = [line for line in result.stdout.splitlines() if line.startswith(("unseen", "in-"))]
    assert first.split()[:4] == ["unseen", "signers", "others", "6"]
    assert second.split()[:3] == ["in-corpus", "few", "4"]
    assert "95 % interval" in result.stdout


def test_pairs_that_are_often_confused_are_named(run, few, tmp_path):
    """Of a network of random weights; reference: the confusion matrix of the JSON document."""
    arguments = (write_run(tmp_path / "run"), "--external", few, "--no-speed")
    confusion = np.array(json.loads(run(*arguments, "--json").stdout)["confusion"])
    wrong = confusion * (1 - np.eye(len(CLASSES), dtype=int))
    pairs = [(wrong[t, p], f"{CLASSES[t]} as {CLASSES[p]}") for t, p in np.argwhere(wrong)]
    assert pairs
    said = run(*arguments, "--pairs-at-least", 1).stdout
    for n, pair in pairs:
        assert f"{pair} {n} ({n / 2:.1%})" in said
    assert "few, read wrongly 5 times or more: no pair of classes\n" in run(*arguments).stdout
    assert "read wrongly" not in run(*arguments, "--pairs-at-least", 0).stdout


def test_a_report_of_two_models_with_video(run, few, clip, tmp_path):
    known = tmp_path / "known.json"
    known.write_text(json.dumps({"source": str(clip), "text": "HE"}))
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


@pytest.mark.parametrize(
    ("text", "missed"),
    [("HE", "nothing"), ("H", "E put in 1"), ("HOT", "O as E 1, T left out 1")],
)
def test_what_is_missed_is_named(run, clip, tmp_path, text, missed):
    known = tmp_path / "truth.csv"
    known.write_text(f"file,text\n{clip},{text}\n")
    result = run("default", "--videos", known)
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.endswith(f"missed: {missed}\n")


def test_two_models_and_a_list_of_labels_to_mend(run, few, tmp_path):
    """An A that lies among the B is told by the bundled reader; a network of random weights is not."""
    (few / "A" / "wrong.jpg").write_bytes(next((few / "B").iterdir()).read_bytes())
    network, mended = write_run(tmp_path / "run"), tmp_path / "mended.csv"
    options = ("--external", few, "--no-speed", "--write-corrections", mended, "--surely", 0.8)
    result = run("default", network, *options, "--relabel")
    assert result.exit_code == 0
    said = " ".join(result.stdout.split())
    assert f"default and {network} on few, n = 5: only the first is right 4 times" in said
    assert "not known" in said  # which share has a near-duplicate in training
    assert f"wrote {mended}: 1 images to relabel; look at them" in result.stderr
    again = run("default", "--external", few, "--no-speed", "--corrections", mended, "--json")
    assert json.loads(again.stdout)["accuracy"] == 1.0


@pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SADeprecationWarning")
@pytest.mark.filterwarnings("ignore:.*type hint is inferred:UserWarning")
@pytest.mark.slow
def test_an_evaluation_is_a_run_of_mlflow(run, few, tmp_path):
    """Its figures, its charts, a name and tags of one's own."""
    arguments = ("default", "--external", few, "--no-speed", "--report", tmp_path / "out")
    log = ("--tracking", "local", "--run-name", "evening", "--tag", "room=dark", "--tag", "n=1=2")
    result = run(*arguments, *log)
    assert (result.exit_code, result.stderr) == (0, f"wrote {tmp_path / 'out' / 'report.html'}\n")
    client = mlflow.MlflowClient(f"sqlite:///{tmp_path / 'mlflow.db'}")
    [found] = client.search_runs([client.get_experiment_by_name("evaluation").experiment_id])
    assert (found.info.status, found.info.run_name) == ("FINISHED", "evening")
    tags = {name: found.data.tags.get(name) for name in ("kind", "room", "n")}
    assert tags == {"kind": "evaluation", "room": "dark", "n": "1=2"}
    assert found.data.metrics["strangers/few/accuracy"] == 1.0
    assert found.data.params["n_few"] == "4"
    files = {file.path for file in client.list_artifacts(found.info.run_id)}
    [folder] = files - {"report.html", "report.json"}
    charts = {file.path for file in client.list_artifacts(found.info.run_id, f"{folder}/few")}
    assert f"{folder}/few/confusion_counts.png" in charts


def test_a_server_that_does_not_answer_is_known_before_the_work(run, few, tmp_path):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{closed.getsockname()[1]}"
        result = run("default", "--data", few, "--report", tmp_path / "out", "--tracking", address)
    assert result.exit_code == 1
    assert "does not take the run" in result.stderr
    assert not (tmp_path / "out").exists()


def test_only_the_test_part_of_a_split_is_evaluated(run, samples, tmp_path):
    split = tmp_path / "split.csv"
    arguments = ["data", "split", str(samples), "--by", "random", "--test", "0.5", "--validation", "0"]
    assert CliRunner().invoke(app, [*arguments, "-o", str(split)]).exit_code == 0
    options = ("--data", samples, "--split", split, "--no-speed", "--json")
    document = json.loads(run("default", *options).stdout)
    assert (document["n"], document["protocol"]) == (29, "random split")
    [fold] = json.loads(split.with_suffix(".json").read_text())["folds"]
    assert document["near_training_share"] == fold["leakage"]["test_near_train"] / 29
    result = run("default", *options, "--fold", "9")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "has no fold '9'" in result.stderr


@pytest.fixture
def signers(samples, tmp_path):
    """Images of two people, as (set, people file); an A of Paul lies among the B."""
    shown = {"A/maria_0": "A", "B/maria_0": "B", "J/maria_0": "J", "A/paul_0": "A", "B/paul_0": "A"}
    folder = tmp_path / "signers"
    for n, (name, sign) in enumerate(shown.items()):
        source = sorted((samples / sign).iterdir())[n % 2]
        target = folder / f"{name}{source.suffix}"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(source.read_bytes())
    people = tmp_path / "people.csv"
    people.write_text("person,skin_tone\nmaria,brown\npaul,light\n")
    return folder, people


def test_figures_by_person(run, signers, tmp_path):
    folder, people = signers
    out = tmp_path / "out"
    options = ("--external", folder, "--people", people, "--no-speed", "--report", out)
    document = json.loads(run("default", *options, "--json").stdout)
    figures = document["people"]
    assert (document["n"], figures["people"], figures["images"], figures["mean"]) == (5, 2, 4, 0.75)
    assert figures["worst_tenth"] == {"mean": 0.5, "people": 1}
    assert (figures["share_at_least_90"], figures["share_at_least_95"]) == (0.5, 0.5)
    assert figures["by_person"]["paul"]["mistakes"] == [{"letter": "B", "read_as": "A", "images": 1}]
    assert figures["by_person"]["maria"]["j_z"]["images"] == 1
    assert {tone: each["mean"] for tone, each in figures["by_column"]["skin_tone"].items()} == {
        "brown": 1.0,
        "light": 0.5,
    }
    assert figures["by_column"]["skin_tone"]["light"]["interval"] == [None, None]
    assert 0 <= figures["by_column"]["skin_tone"]["light"]["calibration_error"] <= 1
    assert set(figures["j_z"]) == {"J"}
    html = (out / "report.html").read_text()
    assert "By person" in html
    assert "By skin_tone" in html
    assert "B as A 1" in html


def test_labels_are_corrected_by_a_list(run, signers, tmp_path):
    folder, people = signers
    rows = tmp_path / "fixes.csv"
    names = [path.relative_to(folder).as_posix() for path in sorted(folder.glob("*/*"))]
    wrong, motion = next(n for n in names if "B/paul" in n), next(n for n in names if "J/" in n)
    options = ("--external", folder, "--people", people, "--no-speed", "--corrections", rows)
    rows.write_text("path,label,reason\nQ/paul_0.jpg,,a fist\n")
    assert "names Q/paul_0.jpg, which is not in" in " ".join(run("default", *options).stderr.split())
    rows.write_text(f"path,label,reason\n{wrong},A,shows A\n{motion},,a motion\n")
    result = run("default", *options)
    text = " ".join(result.stdout.split())
    assert "1 images were relabelled and 1 left out by fixes.csv" in text
    assert "mean over people 100.0%" in text
    assert "by skin_tone people images mean over people" in text
    document = json.loads(run("default", *options, "--json").stdout)
    assert (document["n"], document["accuracy"], document["left_out"]) == (4, 1.0, 0)
    assert document["corrections"] == {
        "file": str(rows),
        "relabelled": 1,
        "left_out": 1,
        "reasons": {"shows A": 1, "a motion": 1},
    }


def test_two_models_by_person(run, signers, tmp_path):
    folder, _ = signers
    untrained = write_run(tmp_path / "untrained")
    options = ("--external", folder, "--person-pattern", r"(?P<person>[a-z]+)_\d", "--no-speed")
    first, second = json.loads(run("default", untrained, *options, "--json").stdout)
    [pair] = first["people_compared"]
    assert (pair["first"], pair["second"], pair["data"]) == ("default", str(untrained), "signers")
    expected = first["people"]["mean"] - second["people"]["mean"]
    assert pair["difference"]["mean"] == pytest.approx(expected)
    assert "people_compared" not in second
    assert "over people:" in " ".join(run("default", untrained, *options).stdout.split())


def test_people_left_out_in_turn_are_put_together(run, signers, tmp_path):
    folder, people = signers
    split = tmp_path / "folds.csv"
    arguments = ["data", "split", folder, "--by", "person", "--people", people, "--folds", "2"]
    arguments += ["--validation", "0", "-o", split]
    assert CliRunner().invoke(app, list(map(str, arguments))).exit_code == 0
    report = json.loads(split.with_suffix(".json").read_text())
    assert [fold["held_out"] for fold in report["folds"]] == [["maria"], ["paul"]]
    copy = tmp_path / "copy.onnx"
    copy.write_bytes(bundled_file().read_bytes())
    options = ("--data", folder, "--split", split, "--people", people, "--no-speed", "--json")
    first, second = json.loads(run("default", copy, *options, "--fold", 1, "--fold", 2).stdout)
    assert (first["protocol"], first["people"]["people"], first["people"]["mean"]) == (
        "strangers",
        1,
        1,
    )
    assert (second["people"]["people"], second["people"]["mean"]) == (1, 0.5)
    assert first["people_over_folds"] == second["people_over_folds"]
    assert first["people_over_folds"]["mean"] == 0.75
    assert run("default", copy, *options, *["--fold", 1] * 3).exit_code == 2


def test_errors_are_one_sentence(run, few, tmp_path):
    (tmp_path / "file.json").write_text("{}")
    for arguments, says in [
        (("nowhere", "--data", few), "nowhere is not a model"),
        (("default", "--data", tmp_path / "missing"), "is not a folder"),
        (("default", "--data", few, "--videos", tmp_path / "file.json"), "does not say what is signed"),
        (("default", "--data", few, "--group-pattern", "("), "is not a regular expression"),
        (("default", "--data", few, "--person-pattern", "hand7"), "shows none of a person by 'hand7'"),
        (("default", "--data", few, "--people", tmp_path / "none.csv"), "check the path"),
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
        ("default", "--data", "x", "--group-pattern", "a", "--person-pattern", "b"),
        ("default", "--data", "x", "--tracking", "local"),
        ("default", "--data", "x", "--external", "y", "--write-corrections", "c.csv"),
        ("default", "--data", "x", "--report", "out", "--tracking", "local", "--tag", "none"),
    ],
)
def test_wrong_usage(run, arguments):
    assert run(*arguments).exit_code == 2
