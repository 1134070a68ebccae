"""`data pack` and `data explore` as a user meets them."""

import json

import pytest
from PIL import Image
from typer.testing import CliRunner

from fingerspell.cli import app
from fingerspell.data.pack import open_packed


@pytest.fixture
def run():
    return lambda *args: CliRunner().invoke(app, ["data", *(str(a) for a in args)])


def test_packing_prints_the_folder(run, samples, tmp_path):
    result = run("pack", samples, "-o", tmp_path / "packs", "--size", 32)
    assert (result.exit_code, result.stderr) == (0, "packed 58 images, 0 MB\n")
    packed = open_packed(tmp_path / "packs" / result.stdout.strip().rpartition("/")[2])
    assert packed.images.shape == (58, 32, 32, 3)
    again = run("pack", samples, "-o", tmp_path / "packs", "--size", 32)
    assert (again.stdout, again.stderr) == (result.stdout, "all packed already, 0 MB\n")


def test_packing_as_json(run, samples, tmp_path):
    first = json.loads(run("pack", samples, "-o", tmp_path, "--json").stdout)
    second = json.loads(run("pack", samples, "-o", tmp_path, "--json").stdout)
    assert (first["n"], first["decoded"], second["decoded"]) == (58, 58, 0)
    assert first["path"] == second["path"]
    assert set(first["classes"].values()) == {2}


def test_squashed_pictures_are_another_pack(run, samples, tmp_path):
    plain = run("pack", samples, "-o", tmp_path).stdout
    squashed = run("pack", samples, "-o", tmp_path, "--squash").stdout
    assert plain != squashed


def test_packing_by_an_index(run, samples, tmp_path):
    run("check", samples, "--fix", "-o", tmp_path / "index.csv")
    result = run("pack", samples, "-o", tmp_path, "--index", tmp_path / "index.csv", "--json")
    assert json.loads(result.stdout)["n"] == 58


def test_bad_pictures_are_left_out(run, tmp_path):
    folder = tmp_path / "set" / "A"
    folder.mkdir(parents=True)
    Image.new("RGB", (40, 40)).save(folder / "good.png")
    (folder / "bad.jpg").write_text("no picture")
    assert json.loads(run("pack", tmp_path / "set", "-o", tmp_path, "--json").stdout)["n"] == 1


def test_exploring_a_data_set_and_its_pack(run, samples, tmp_path):
    result = run("explore", samples, "-o", tmp_path / "out")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.strip() == str(tmp_path / "out" / "explore.html")
    assert {path.suffix for path in (tmp_path / "out").iterdir()} == {".html", ".json", ".png"}
    packed = run("pack", samples, "-o", tmp_path / "packs").stdout.strip()
    facts = json.loads(run("explore", packed, "-o", tmp_path / "out2", "--json").stdout)
    assert facts.pop("passed_over") == []
    assert facts == json.loads((tmp_path / "out" / "facts.json").read_text())


@pytest.mark.parametrize("command", ["pack", "explore"])
def test_errors_are_one_sentence(run, samples, tmp_path, command):
    (tmp_path / "file").touch()
    for arguments, says in [
        ((tmp_path / "missing", "-o", tmp_path / "out"), "is not a folder"),
        ((samples, "-o", tmp_path / "file"), "choose another folder with -o"),
        ((samples, "-o", tmp_path / "out", "--index", tmp_path / "file"), "is not an index"),
    ]:
        result = run(command, *arguments)
        assert (result.exit_code, result.stdout) == (1, "")
        assert result.stderr.startswith("error: ")
        assert says in " ".join(result.stderr.split())


@pytest.mark.parametrize(
    "arguments", [("pack", "x"), ("explore", "x"), ("pack", "x", "-o", "y", "--size", 0)]
)
def test_wrong_usage(run, arguments):
    assert run(*arguments).exit_code == 2
