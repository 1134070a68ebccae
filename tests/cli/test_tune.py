"""`fingerspell tune` as a user meets it."""

import json

import pytest
from tests.training.conftest import write_pictures
from typer.testing import CliRunner

from fingerspell.cli import app

QUICK = ("--recipe", "tiny", "--pack-px", "32", "--accelerator", "cpu", "--epochs", "1")


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    data = write_pictures(tmp_path / "set", "ABCD", 30)
    return lambda *args: CliRunner().invoke(app, ["tune", "--data", str(data), *(str(a) for a in args)])


def test_the_recipe_is_printed_and_the_same_command_goes_on(run, tmp_path):
    result = run(*QUICK, "--vary", "lr=1e-4..1e-1", "--trials", 2, "-o", "tuned")
    assert result.exit_code == 0, result.stderr
    assert result.stdout.strip() == "tuned/best.yaml"
    assert (tmp_path / "tuned" / "best.yaml").exists()
    assert "lr = " in result.stderr
    again = run(*QUICK, "--vary", "lr=1e-4..1e-1", "--trials", 2, "-o", "tuned", "--json")
    assert again.exit_code == 0, again.stderr
    document = json.loads(again.stdout)
    assert document["trials"] == 2
    assert document["best"] == "tuned/best.yaml"


@pytest.mark.parametrize(
    "wrong",
    [
        (),
        ("--vary", "epochs=1,2"),
        ("--vary", "rate=1..2"),
        ("--vary", "lr=1e-3..1e-1", "--devices", 2),
    ],
)
def test_errors_are_one_sentence(run, wrong):
    result = run(*QUICK, *wrong, "-o", "tuned")
    assert result.exit_code == 1
    assert result.stderr.startswith("error: ")
    assert len(result.stderr.splitlines()) == 1
