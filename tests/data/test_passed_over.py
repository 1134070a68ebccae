"""What of a folder is passed over is said, with the right numbers, by every command that takes one."""

import io
import json

import numpy as np
import pytest
from PIL import Image
from tests.data.defects import scene, write
from typer.testing import CliRunner

from fingerspell.cli import app
from fingerspell.data.passed_over import told
from fingerspell.data.remember import remembered_scan
from fingerspell.data.scan import look, scan
from fingerspell.errors import DataError

NO_CLASS = "56 of 112 images are in no class folder: more/0, more/1, more/2, more/3"
LINKS = "1 linked folder is not followed: C; copy what is in them there"
KINDS = "3 files are of kinds not read here: 2 .tiff, 1 .mp4; save images as JPEG"


@pytest.fixture(scope="module")
def mixed(tmp_path_factory):
    """28 pictures each of A and B, 14 each of four digits, a linked class, TIFF, a clip, text."""
    root = tmp_path_factory.mktemp("data") / "mixed"
    for number in range(56):
        write(root / "AB"[number % 2] / f"{number}.png", scene(number))
        write(root / "more" / "0123"[number % 4] / f"{number}.png", scene(100 + number))
    write(root.parent / "elsewhere" / "1.png", scene(999))
    (root / "C").symlink_to(root.parent / "elsewhere", target_is_directory=True)
    for name in ("A/1.TIFF", "B/2.tiff", "clip.mp4", "README.md", ".hidden"):
        (root / name).write_bytes(b"x")
    return root


def test_the_numbers_and_the_sentences(mixed, tmp_path):
    expected = {
        "in no class folder": (56, {f"more/{digit}": 14 for digit in "0123"}),
        "linked folder": (1, {"C": 1}),
        "of a kind that is not read": (3, {".tiff": 2, ".mp4": 1}),
        "text": (1, {".md": 1}),
        "hidden or system file": (1, {}),
    }
    remembered_scan(mixed, tmp_path)
    for found in (scan(mixed), look(mixed), remembered_scan(mixed, tmp_path)):
        assert {p.reason: (p.n, dict(p.names)) for p in found.passed_over} == expected
        assert told(mixed, found.passed_over) == [f"{mixed}: {s}" for s in (NO_CLASS, LINKS, KINDS)]


@pytest.mark.parametrize("command", ["check", "split", "pack", "explore", "synthesise"])
def test_every_data_command_says_so(mixed, tmp_path, command):
    arguments = {
        "check": (mixed,),
        "split": (mixed, "--by", "random"),
        "pack": (mixed, "-o", tmp_path / "packs"),
        "explore": (mixed, "-o", tmp_path / "out"),
        "synthesise": ("AB", mixed, "-o", tmp_path / "clip.mp4"),
    }[command]
    result = CliRunner().invoke(app, ["data", command, *map(str, arguments)])
    for sentence in (NO_CLASS, LINKS, KINDS):
        if command == "check":  # which lists them as findings
            continue
        assert f"note: {mixed}: {sentence}\n" in result.stderr
    if command == "synthesise":
        return
    document = json.loads(
        CliRunner().invoke(app, ["data", command, *map(str, arguments), "--json"]).stdout
    )
    reasons = {each["reason"]: each["n"] for each in document["passed_over"]}
    assert reasons["in no class folder"] == 56
    assert reasons["linked folder"] == 1


def test_evaluate_says_so(mixed):
    arguments = ["evaluate", "default", "--data", str(mixed), "--no-speed", "--json"]
    result = CliRunner().invoke(app, arguments)
    assert NO_CLASS in result.stderr
    document = json.loads(result.stdout)
    assert (document["n"], document["passed_over"][0]["n"]) == (56, 56)


@pytest.mark.parametrize("names", [["A/1.tiff", "B/1.tiff"], ["A/1.mp4"]])
def test_a_folder_of_other_kinds_only_is_refused_by_their_name(tmp_path, names):
    for name in names:
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_bytes(b"x")
    suffix = names[0][-5:].lstrip("1")
    with pytest.raises(DataError, match=rf"holds no images: .* \({len(names)} files? .*{suffix}"):
        scan(tmp_path)


def test_linked_class_folders_only_are_named(tmp_path):
    write(tmp_path / "far" / "A" / "1.png", scene(0))
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "A").symlink_to(tmp_path / "far" / "A", target_is_directory=True)
    with pytest.raises(DataError, match="1 linked folder is not followed: A; copy what is in them"):
        scan(tmp_path / "set")


def test_names_of_jpegs_by_other_programs_are_read(tmp_path):
    content = io.BytesIO()
    Image.fromarray(scene(0)).save(content, "JPEG")
    for label, name in zip("LAWA", ("0.jpg", "1.jfif", "2.jpe", "3.JPEG"), strict=True):
        (tmp_path / label).mkdir(exist_ok=True)
        (tmp_path / label / name).write_bytes(content.getvalue())
    found = scan(tmp_path)
    assert [p.label for p in found.index.usable.pictures] == ["A", "A", "L", "W"]
    assert not found.remarks


def test_damage_is_counted_apart(tmp_path):
    write(tmp_path / "A" / "good.png", scene(0))
    (tmp_path / "A" / "empty.png").touch()
    (tmp_path / "A" / "tiny.png").write_bytes(b"")
    write(tmp_path / "A" / "small.png", np.zeros((9, 9, 3), np.uint8))
    assert told(tmp_path, scan(tmp_path).passed_over) == [
        f"{tmp_path}: 2 of 4 images are left out (empty file): A/empty.png, A/tiny.png",
        f"{tmp_path}: 1 of 4 images is left out (too small): A/small.png",
    ]
