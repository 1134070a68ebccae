"""`fingerspell train` as a user meets it: exit codes, both streams, and the files it leaves."""

import json
import os
import shutil
import signal
import subprocess
import sys

import pytest
from filelock import FileLock
from tests.training.conftest import write_pictures
from typer.testing import CliRunner

from fingerspell.cli import app
from fingerspell.training.plan import Plan
from fingerspell.training.settings import settings

QUICK = ("--recipe", "tiny", "--pack-px", "32", "--tracking", "none", "--accelerator", "cpu")


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return lambda *args: CliRunner().invoke(app, ["train", *(str(a) for a in args)])


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return write_pictures(tmp_path_factory.mktemp("data") / "set", "ABCD", 30)


def test_a_recipe_with_changes(run, data, tmp_path):
    result = run(*QUICK, "--data", data, "--epochs", 2, "-o", "run", "--json")
    assert result.exit_code == 0, result.stderr
    summary = json.loads(result.stdout)
    assert (summary["recipe"], summary["epochs"], summary["model"]) == ("tiny", 2, "tiny")
    lines = result.stderr.splitlines()
    assert len([line for line in lines if "best" not in line]) == 3  # a header, and a row an epoch
    assert lines[2].strip().startswith("validation loss: new best ")
    assert (tmp_path / "run" / "checkpoints" / "best.safetensors").exists()


def test_the_folder_is_what_is_printed_and_has_a_name_of_its_own(run, data, tmp_path):
    result = run(*QUICK, "--data", data, "--epochs", 1)
    assert result.exit_code == 0
    [folder] = [p for p in (tmp_path / "runs").iterdir() if p.name.startswith("tiny-")]
    assert result.stdout.strip() == str(folder.relative_to(tmp_path))
    assert "fingerspell evaluate" in result.stderr
    again = run("--resume", folder)
    assert again.exit_code == 0
    assert "(n = " in again.stderr


def test_a_dry_run_and_a_range_test_write_no_run(run, data, tmp_path):
    result = run(*QUICK, "--data", data, "--dry-run", "--json")
    assert result.exit_code == 0
    assert json.loads(result.stdout)["steps_per_epoch"] == 2
    result = run(*QUICK, "--data", data, "--lr-range-test", "lr.png")
    assert (result.exit_code, (tmp_path / "lr.png").exists()) == (0, True)
    assert 0 < float(result.stdout) < 1
    assert [p.name for p in (tmp_path / "runs").iterdir()] == ["packs"]
    result = run(*QUICK, "--data", data, "--lr-range-test", "lr.png/lr.png")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "error: lr.png/lr.png cannot be written (File exists)" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        ((), 2, "give --data DIR for a new run, or --resume RUN"),
        (("--data", "x", "--bach-size", 3), 2, "--batch-size"),
        (("--data", "x", "--optimizer", "adamm"), 2, "'sgd', 'adam', 'adamw'"),
        (("--data", "nowhere"), 1, "error: nowhere is not a folder"),
        (
            ("--data", "x", "--recipe", "dexnt"),
            1,
            "error: 'dexnt' is not a recipe: did you mean 'dexnet'?",
        ),
        (("--data", "x", "--model", "dexnt"), 1, "did you mean dexnet?"),
        (("--data", "x", "--epochs", 0), 1, "error: epochs = 0 cannot be: give 1 to 100000"),
        (("--resume", "nowhere"), 1, "error: nowhere/config.yaml cannot be read"),
        (("--data", "x", "--weights", "nowhere.pth"), 1, "nowhere.pth"),
    ],
)
def test_what_cannot_be_is_told_in_a_sentence(run, arguments, code, message):
    result = run(*arguments)
    text = " ".join(result.stderr.replace("│", " ").split())
    assert (result.exit_code, result.stdout) == (code, "")
    assert message in text
    assert "Traceback" not in text


def test_a_run_is_neither_overwritten_nor_changed(run, data, tmp_path):
    assert run(*QUICK, "--data", data, "--epochs", 1, "-o", "run").exit_code == 0
    assert (
        "run holds a run: go on with it by --resume run"
        in run(*QUICK, "--data", data, "-o", "run").stderr
    )
    assert "epochs cannot change within a run" in run("--resume", "run", "--epochs", 5).stderr
    assert "A holds no usable images" in run("--resume", "run", "--data", data / "A").stderr
    others = write_pictures(tmp_path / "others", "ABC", 30)
    assert "the images are not those" in run("--resume", "run", "--data", others).stderr
    assert "experiment cannot change" in run("--resume", "run", "--experiment", "other").stderr
    assert run("--resume", "run", "--recipe", "dexnet").exit_code == 2


def test_two_runs_in_one_folder_are_refused(run, data, tmp_path):
    (tmp_path / "run").mkdir()
    with FileLock(tmp_path / "run" / ".lock"):
        result = run(*QUICK, "--data", data, "--epochs", 1, "-o", "run")
    assert (result.exit_code, result.stdout) == (1, "")
    assert (
        "another run is at work in run: wait for it to end, or choose another folder" in result.stderr
    )
    assert [path.name for path in (tmp_path / "run").iterdir()] == [".lock"]


def test_a_run_goes_on_from_another_folder(run, data, tmp_path, monkeypatch):
    """What was named by relative paths, pictures and weights, is found again, or named anew."""
    data.rename(tmp_path / "set")
    quick = (*QUICK, "--epochs", 1)
    try:
        assert run(*quick, "--data", "set", "-o", "first").exit_code == 0
        weights = ("--weights", "first/checkpoints/best.safetensors")
        assert run(*quick, *weights, "--data", "set", "-o", "run").exit_code == 0
        (tmp_path / "run" / "summary.json").unlink()
        (tmp_path / "elsewhere").mkdir()
        monkeypatch.chdir(tmp_path / "elsewhere")
        assert run("--resume", "../run").exit_code == 0
        (tmp_path / "set").rename(tmp_path / "moved")
        result = run("--resume", "../run")
        assert (result.exit_code, result.stdout) == (1, "")
        assert f"{tmp_path / 'set'}, where the images of ../run were" in result.stderr
        assert "say where they are with --data DIR" in result.stderr
        assert run("--resume", "../run", "--data", "../moved").exit_code == 0
    finally:
        for name in ("set", "moved"):
            if (tmp_path / name).exists():
                (tmp_path / name).rename(data)


def test_processes_from_outside_do_not_overwrite_a_run(run, data, tmp_path, monkeypatch):
    assert run(*QUICK, "--data", data, "--epochs", 1, "-o", "run").exit_code == 0
    before = (tmp_path / "run" / "config.yaml").read_bytes()
    monkeypatch.setenv("TORCHELASTIC_RUN_ID", "none")
    result = run(*QUICK, "--data", data, "--epochs", 2, "-o", "run")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "run holds a run that differs in epochs: choose another folder with -o" in result.stderr
    assert (tmp_path / "run" / "config.yaml").read_bytes() == before


@pytest.mark.slow
def test_a_run_goes_on_with_other_devices_and_tracked_elsewhere(run, data, tmp_path, empty_store):
    tracked = tuple(argument for argument in QUICK if argument not in ("--tracking", "none"))
    shutil.copy(empty_store, tmp_path / "mlflow.db")
    assert run(*tracked, "--data", data, "--epochs", 1, "-o", "run").exit_code == 0
    (tmp_path / "run" / "summary.json").unlink()
    result = run("--resume", "run", "--strategy", "ddp")
    assert result.exit_code == 0, result.stderr
    (tmp_path / "run" / "summary.json").unlink()
    (tmp_path / "mlflow.db").rename(tmp_path / "gone.db")
    assert run("--resume", "run", "--tracking", "none").exit_code == 0
    assert not (tmp_path / "mlflow.db").exists()


def test_names_for_mlflow_are_kept_and_stay(run, data, tmp_path):
    """They change only together with the place; older runs have none."""
    named = ("--run-name", "evening", "--tag", "room=dark", "--tag", "light=a=b")
    assert run(*QUICK, "--data", data, "--epochs", 1, "-o", "run", *named).exit_code == 0
    config = tmp_path / "run" / "config.yaml"
    plan = Plan.load(config.parent)
    assert (plan.run_name, plan.tags) == ("evening", {"room": "dark", "light": "a=b"})
    assert run("--resume", "run", *named).exit_code == 0
    result = run("--resume", "run", "--run-name", "morning")
    assert result.exit_code == 1
    assert "run_name cannot change within a run" in result.stderr
    lines = config.read_text().splitlines()
    own = ("run_name", "tags", "  ")
    config.write_text("\n".join(line for line in lines if not line.startswith(own)))
    assert (Plan.load(config.parent).run_name, Plan.load(config.parent).tags) == ("", {})
    assert run(*QUICK, "--data", data, "-o", "new", "--tag", "room").exit_code == 2


def test_help_documents_every_option(run):
    text = run("--help").stdout
    for setting in settings():
        assert f"--{setting.name.replace('_', '-')}" in text
    for title in ("Network", "Pictures", "Learning", "Devices"):
        assert title in text


def command(*arguments):
    return [sys.executable, "-m", "fingerspell", "train", *(str(a) for a in arguments)]


def test_ctrl_c_saves_and_the_run_goes_on(data, tmp_path):
    """Stopped by a real signal after its first epoch, with more to come than anybody waits for."""
    arguments = (*QUICK, "--data", data, "--epochs", 100_000, "-o", "run")
    process = subprocess.Popen(
        command(*arguments), stderr=subprocess.PIPE, text=True, cwd=tmp_path, env=os.environ
    )
    assert process.stderr
    said = [line for line, _ in zip(process.stderr, range(3), strict=False)]
    process.send_signal(signal.SIGINT)
    said += process.communicate(timeout=120)[1].splitlines()
    assert process.returncode == 130, said
    assert any("saved; go on with: fingerspell train --resume run" in line for line in said)
    assert not (tmp_path / "run" / "summary.json").exists()
    assert (tmp_path / "run" / "checkpoints" / "state.pt").exists()


@pytest.mark.slow
@pytest.mark.parametrize("nodes", [1, 2])
def test_torchrun_on_one_node_and_on_two(data, tmp_path, nodes):
    """Two processes, on one machine or as two machines; the result is that of one process."""
    arguments = (*QUICK, "--data", data, "--epochs", 2, "--nodes", nodes)
    torchrun = [sys.executable, "-m", "torch.distributed.run", f"--nnodes={nodes}"]
    torchrun += [f"--nproc-per-node={2 // nodes}", "--master-addr=127.0.0.1", "--master-port=29533"]
    whole = (*arguments, "--devices", 2 // nodes, "-o", "together")
    processes = [
        subprocess.Popen(
            [*torchrun, f"--node-rank={rank}", "-m", "fingerspell", "train", *(str(a) for a in whole)],
            cwd=tmp_path,
        )
        for rank in range(nodes)
    ]
    assert [process.wait(300) for process in processes] == [0] * nodes
    subprocess.run(
        command(*QUICK, "--data", data, "--epochs", 2, "-o", "alone"),
        cwd=tmp_path,
        check=True,
        timeout=300,
    )
    together, alone = (
        json.loads((tmp_path / name / "summary.json").read_bytes()) for name in ("together", "alone")
    )
    assert together["processes"] == 2
    assert together["test"]["loss"] == pytest.approx(alone["test"]["loss"], rel=1e-3)
