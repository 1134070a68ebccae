"""Class folders of data sets that have none: right pictures under right names, and a hint of it."""

import json

import numpy as np
import pytest
from PIL import Image
from tests.data.defects import scene, write
from typer.testing import CliRunner

from fingerspell.cli import app
from fingerspell.data.arrange import Shape, arrange, shape_of
from fingerspell.data.scan import scan
from fingerspell.errors import DataError


@pytest.fixture
def flat(tmp_path):
    for number, name in enumerate(("A_1.png", "A_2.png", "b3.png", "space (4).png", "README.png")):
        write(tmp_path / "flat" / name, scene(number))
    return tmp_path / "flat"


@pytest.fixture
def mnist(tmp_path):
    """Two pictures to train on, C and K, and one to test on; there is no J and no Z."""
    folder = tmp_path / "mnist"
    folder.mkdir()
    header = "label," + ",".join(f"pixel{n}" for n in range(1, 785))
    rows = {2: 10, 10: 20, 24: 30}
    lines = [f"{label}," + ",".join([str(grey)] * 783 + ["255"]) for label, grey in rows.items()]
    (folder / "sign_mnist_train.csv").write_text("\r\n".join([header, *lines[:2]]) + "\r\n")
    (folder / "sign_mnist_test.csv").write_text("\n".join([header, lines[2]]) + "\n")
    return folder


@pytest.fixture
def yolo(tmp_path):
    """A white hand of 20x20 at (30, 20) in a black scene of 100x60, called B; and one of a digit."""
    folder = tmp_path / "yolo"
    pixels = np.zeros((60, 100, 3), np.uint8)
    pixels[20:40, 30:50] = 255
    write(folder / "valid" / "images" / "one.png", pixels)
    (folder / "valid" / "labels").mkdir()
    boxes = "1 0.4 0.5 0.2 0.333333\n0 0.4 0.5 0.2 0.333333\n"
    (folder / "valid" / "labels" / "one.txt").write_text(boxes)
    (folder / "data.yaml").write_text("nc: 2\nnames: ['7', 'B']\n")
    return folder


def test_flat_names(flat, tmp_path):
    arranged = arrange(flat, tmp_path / "new")
    assert arranged.classes == {"A": 2, "B": 1, "space": 1}
    assert (arranged.shape, arranged.n_left_out) == (Shape.FLAT, 1)
    assert (tmp_path / "new" / "A" / "A_2.png").read_bytes() == (flat / "A_2.png").read_bytes()


def test_sign_language_mnist(mnist, tmp_path):
    assert arrange(mnist, tmp_path / "new").classes == {"C": 1, "K": 1, "Y": 1}
    index = scan(tmp_path / "new").index
    assert {(p.label, p.split) for p in index.usable.pictures} == {
        *(("C", "train"), ("K", "train"), ("Y", "test"))
    }
    pixels = np.asarray(Image.open(tmp_path / "new" / "test" / "Y" / "sign_mnist_test-1.png"))
    assert (pixels.shape, pixels[0, 0], pixels[-1, -1]) == ((28, 28), 30, 255)


def test_a_yolo_export(yolo, tmp_path):
    arranged = arrange(yolo, tmp_path / "new")
    assert (arranged.classes, arranged.n_left_out) == ({"B": 1}, 1)
    pixels = np.asarray(Image.open(tmp_path / "new" / "valid" / "B" / "one-0.png"))
    assert pixels.shape == (28, 28, 3)  # 20 and a fifth of it on each side
    assert (pixels[4:24, 4:24] == 255).all()
    assert pixels[:4].max() == 0


@pytest.mark.parametrize("kind", ["flat", "mnist", "yolo"])
def test_commands_name_the_shape_and_the_step_that_mends(kind, request, tmp_path):
    folder = request.getfixturevalue(kind)
    run = CliRunner().invoke
    result = run(app, ["data", "split", str(folder)])
    assert result.exit_code == 1
    text = " ".join(result.stderr.split())
    assert f"it is {shape_of(folder)}, of which `fingerspell data arrange` makes class folders" in text
    new = tmp_path / "new"
    result = run(app, ["data", "arrange", str(folder), "-o", str(new), "--json"])
    assert result.exit_code == 0, result.stderr
    assert json.loads(result.stdout)["n"] == len(scan(new).index.usable.pictures)
    result = run(app, ["data", "arrange", str(folder), "-o", str(new)])
    assert (result.exit_code, "is not empty: give a new folder" in result.stderr) == (1, True)


def test_images_are_cut_out_as_they_are_read_everywhere(yolo, tmp_path):
    """Grey of 12 bits in 16, which would be white if it were cut off at 255; and a damaged one."""
    grey = np.full((60, 100), 1024, np.uint16)
    grey[20:40, 30:50] = 4095
    Image.fromarray(grey).save(yolo / "valid" / "images" / "one.png")
    arrange(yolo, tmp_path / "new")
    [path] = (tmp_path / "new").rglob("*.png")
    with Image.open(path) as cut:
        assert cut.getextrema() == ((64, 255),) * 3  # the highest 8 of the 12 bits
    (yolo / "valid" / "images" / "one.png").write_bytes(b"damaged")
    with pytest.raises(DataError, match=r"one\.png cannot be decoded \(no picture inside\)"):
        arrange(yolo, tmp_path / "again")


@pytest.mark.parametrize("row", ["2," + ",".join(["1"] * 783), "99" + ",1" * 784, "x" + ",1" * 784])
def test_a_damaged_table(mnist, tmp_path, row):
    with (mnist / "sign_mnist_train.csv").open("a") as file:
        file.write(row + "\n")
    with pytest.raises(DataError, match="is damaged in row 3"):
        arrange(mnist, tmp_path / "new")


def test_other_folders_are_refused(tmp_path):
    write(tmp_path / "set" / "IMG_0001.png", scene(0))
    assert shape_of(tmp_path / "set") is None
    with pytest.raises(DataError, match="put its images into folders named A to Z"):
        arrange(tmp_path / "set", tmp_path / "new")
