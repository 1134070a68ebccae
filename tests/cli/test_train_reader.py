"""From a folder of pictures to a letter read otherwise, by the real command line."""

import json
import shutil
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageEnhance
from typer.testing import CliRunner

from fingerspell.cli import app
from fingerspell.core.alphabet import CLASSES
from fingerspell.pictures.still import read_picture
from fingerspell.runtime.onnx_classifier import OnnxClassifier
from fingerspell.training.personal.train_reader import train_reader

ODD = "L"  # lying on its side, as by a camera that was turned: the bundled reader takes it for G


def run(*arguments: object):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def odd_sign(samples: Path, brightness: float) -> Image.Image:
    [still, *_] = sorted((samples / ODD).glob("*.jpg"))
    with Image.open(still) as picture:
        turned = picture.transpose(Image.Transpose.ROTATE_90)
        return ImageEnhance.Brightness(turned).enhance(brightness)


@pytest.fixture(scope="module")
def own(tmp_path_factory) -> Path:
    """Five pictures of an odd sign and a damaged one; three of A and of G, and a copy of one."""
    folder = tmp_path_factory.mktemp("own")
    samples = Path(__file__).parents[1] / "samples"
    for name in (ODD, "a", "G"):
        (folder / name).mkdir()
    for number in range(5):
        odd_sign(samples, 0.8 + number / 10).save(folder / ODD / f"{number}.png")
    (folder / ODD / "5.png").write_bytes(b"\x89PNG\r\n\x1a\n no more")
    for name in ("a", "G"):
        [still, *_] = sorted((samples / name.upper()).glob("*.jpg"))
        with Image.open(still) as picture:
            for number in range(3):
                picture.rotate(5 * number).save(folder / name / f"{number}.png")
    shutil.copy(folder / "a" / "1.png", folder / "a" / "copy.png")
    return folder


@pytest.fixture(scope="module")
def taught(own, tmp_path_factory) -> tuple[Path, dict]:
    """A taught model and what was said of it; a quarter of the usual reminders are enough here."""
    model = tmp_path_factory.mktemp("models") / "mine.onnx"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("fingerspell.training.personal.views.REMINDER_COPIES", 2)
        result = run("train-reader", own, "-o", model, "--json")
    assert result.exit_code == 0, result.stderr
    return model, json.loads(result.stdout)


def test_an_odd_sign_is_learned(taught, samples, tmp_path):
    model, document = taught
    assert document["path"] == str(model)
    assert document["pictures"] == {"A": 3, "G": 3, ODD: 5}
    assert (document["n"], document["n_unusable"]) == (11, 2)
    assert document["right_before"] == {"A": 3, "G": 3, ODD: 0}
    assert document["right_after"] == {"A": 3, "G": 3, ODD: 5}
    assert (document["accuracy_before"], document["accuracy_after"]) == (6 / 11, 1)
    new = tmp_path / "new.jpg"  # of a brightness that was not taught
    odd_sign(samples, 0.95).save(new)
    assert run("read", new).stdout.strip() != ODD
    result = run("read", new, "--model", model, "--moving-letters", "--json")
    read = json.loads(result.stdout)
    assert (read["text"], read["model"]) == (ODD, document["name"])
    [prediction] = OnnxClassifier(model).classify(read_picture(new)[None])
    for name, probability in zip(CLASSES, prediction.probabilities, strict=True):
        assert read["probabilities"][name] == pytest.approx(float(probability), abs=1e-5)


def test_other_signs_are_read_as_before(taught, samples):
    readers = OnnxClassifier(), OnnxClassifier(taught[0])
    stills = sorted(samples.glob("*/*.jpg"))[::2]  # one of each class
    pixels = np.stack([read_picture(still) for still in stills])
    before, after = (
        np.array([said.probabilities.argmax() for said in reader.classify(pixels)])
        for reader in readers
    )
    labels = np.array([CLASSES.index(still.parent.name) for still in stills])
    assert (after == labels).sum() >= (before == labels).sum() - 1
    assert (after != before).sum() <= 2


def test_the_file_says_what_it_is(taught):
    model, document = taught
    metadata, bundled = OnnxClassifier(model).metadata, OnnxClassifier()
    assert metadata["personal"] == {"base": document["base"], "pictures": document["pictures"]}
    assert document["base"]["name"] == bundled.metadata["name"]
    assert metadata["name"] == bundled.metadata["name"] + "-personal"
    assert metadata["version"] == bundled.metadata["version"]
    assert metadata["training_data"][:-1] == bundled.metadata["training_data"]
    assert metadata["training_data"][-1].startswith("own")
    assert metadata["preprocess"] == bundled.metadata["preprocess"]


@pytest.mark.slow
def test_where_nothing_is_gained_nothing_is_written(samples, tmp_path):
    folder, model = tmp_path / "known", tmp_path / "m.onnx"
    for name in "AB":
        shutil.copytree(samples / name, folder / name)
        [still, *_] = sorted(folder.glob(f"{name}/*.jpg"))
        with Image.open(still) as picture:
            picture.rotate(3).save(folder / name / "turned.png")
    model.write_bytes(b"old")
    result = run("train-reader", folder, "-o", model)
    assert (result.exit_code, result.stdout) == (1, "")
    assert "of these 6 images 6 are already recognised" in result.stderr
    assert model.read_bytes() == b"old"
    result = run("train-reader", folder, "-o", model, "--force")
    assert result.exit_code == 0
    assert result.stdout.strip() == str(model)
    assert "100.0% before, 100.0% after" in result.stderr
    assert OnnxClassifier(model).metadata["personal"]["pictures"] == {"A": 3, "B": 3}


def test_ctrl_c_leaves_nothing(own, tmp_path):
    def stage(what: str, _n: int):
        if what == "looking at images":
            raise KeyboardInterrupt
        return lambda _n: None

    with pytest.raises(KeyboardInterrupt):
        train_reader(own, tmp_path / "m.onnx", "default", stage)
    assert not list(tmp_path.iterdir())


def folder_of(kind: str, folder: Path) -> Path:
    """A folder that cannot teach."""
    if kind == "none":
        return folder
    (folder / ("thumbs up" if kind == "unknown" else "B")).mkdir(parents=True)
    [place] = folder.iterdir()
    if kind == "few":
        (folder / "C").mkdir()
        for number in range(3):
            Image.new("RGB", (32, 32), (99, number, 0)).save(folder / "C" / f"{number}.png")
    for number in range({"unknown": 3, "few": 2, "one": 3, "damaged": 3, "empty": 0}[kind]):
        path = place / f"{number}.png"
        Image.new("RGB", (32, 32), (number, 0, 0)).save(path)
        if kind == "damaged":
            path.write_bytes(path.read_bytes()[:40])
    return folder


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("none", "is not a folder"),
        ("empty", "holds no images"),
        ("unknown", "0.png is in no class folder: name the folders A to Z"),
        ("few", "holds too few usable images of B: take at least 3"),
        ("one", "holds images of B only: add a second class"),
        ("damaged", "holds no usable images: run `data check`"),
    ],
)
def test_pictures_that_cannot_teach(kind, message, tmp_path):
    result = run("train-reader", folder_of(kind, tmp_path / "own"), "-o", tmp_path / "m.onnx")
    assert (result.exit_code, result.stdout) == (1, "")
    assert message in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1
    assert not (tmp_path / "m.onnx").exists()


@pytest.mark.parametrize(
    ("output", "model", "message"),
    [
        ("m.onnx", "none.onnx", "none.onnx is not a model"),
        ("m.onnx", "damaged.onnx", "is not an ONNX model that can be run"),
        ("m.bin", "default", "m.bin has to end in .onnx"),
        ("none/m.onnx", "default", "cannot be written: give a file in an existing folder"),
    ],
)
def test_models_and_places_that_cannot_be_used(own, output, model, message, tmp_path):
    bundled = files("fingerspell") / "assets" / "reader.onnx"
    (tmp_path / "damaged.onnx").write_bytes(bundled.read_bytes()[:-1000])
    place = model if model == "default" else tmp_path / model
    result = run("train-reader", own, "-o", tmp_path / output, "--model", place)
    assert (result.exit_code, result.stdout) == (1, "")
    assert message in result.stderr


def test_wrong_usage(own):
    assert run("train-reader", own).exit_code == 2


@pytest.mark.slow
def test_an_own_sign_is_added_and_typed_as_a_word(own, tmp_path):
    """The odd sign, by a name that the reader does not know."""
    folder, model = tmp_path / "signs", tmp_path / "m.onnx"
    shutil.copytree(own, folder)
    (folder / ODD).rename(folder / "thank-you")
    result = run("train-reader", folder, "-o", model, "--only-new")
    assert result.exit_code == 0, result.stderr
    before, after = OnnxClassifier(), OnnxClassifier(model)
    assert after.known.classes == (*before.known.classes, "thank-you")
    still = folder / "thank-you" / "2.png"
    assert run("read", still, "--model", model).stdout == "THANK-YOU\n"
    assert run("train-reader", own, "-o", model, "--only-new").exit_code == 1  # nothing is new
    again = run("train-reader", folder, "-o", model, "--model", model, "--only-new")
    assert again.exit_code == 1
    assert "holds no class that the model lacks: leave out --only-new, or let it" in again.stderr
    anew = ("--only-new", "--anew", "--copies", "1")
    assert run("train-reader", folder, "-o", model, "--model", model, *anew).exit_code == 0
    assert OnnxClassifier(model).known == after.known
    assert run("read", still, "--model", model).stdout == "THANK-YOU\n"
