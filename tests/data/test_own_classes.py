"""Folders of any names: own signs, digits and other alphabets, from a folder to an exported model."""

import json

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from fingerspell.cli import app
from fingerspell.core.alphabet import ASL, Alphabet
from fingerspell.data.check import check
from fingerspell.data.index import Index
from fingerspell.data.layout import places_of
from fingerspell.data.scan import scan
from fingerspell.runtime.onnx_classifier import OnnxClassifier

SHADES = {"hello": 20, "thank-you": 120, "7": 220}


def plant(root, shades=SHADES, n=8):
    """Class folders of grey images, each class with a grey of its own."""
    for label, grey in shades.items():
        (root / label).mkdir(parents=True)
        for number in range(n):
            noise = np.random.default_rng(number + grey).integers(-9, 10, (24, 24, 3))
            pixels = np.clip(grey + noise, 0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(root / label / f"{number}.png")
    return root


@pytest.mark.parametrize(
    ("paths", "labels", "groups"),
    [
        (["A/1.png", "ILY/1.png", "0/1.png"], ["A", "ILY", "0"], ["", "", ""]),
        (["train/A/1.png", "train/ILY/1.png"], ["A", "ILY"], ["", ""]),
        (["A/anna/1.png", "ILY/anna/1.png"], ["A", "ILY"], ["anna", "anna"]),
        (["hello/1.png", "thanks/1.png"], ["hello", "thanks"], ["", ""]),
        # Characters joined by + are one letter, in capitals; a name is its letters, however encoded.
        (["A/1.png", "c+h/1.png", "S+C+H/1.png"], ["A", "C+H", "S+C+H"], ["", "", ""]),
        (["A/1.png", "A\u0308/1.png"], ["A", "\u00c4"], ["", ""]),
        # No classes: a lone folder, what lies beside a set, and images in no folder.
        (["wall/1.png", "wall/2.png"], ["", ""], ["wall", "wall"]),
        (["set/A/1.png", "notes/1.png"], ["A", ""], ["set", "notes"]),
        (["A/1.png", "more/7/1.png"], ["A", ""], None),
        (["set/A/1.png", "set/1.png", "1.png"], ["A", "", ""], None),
        # A letter's folder is the class, whatever is within it.
        (["A/3/1.png", "A/4/1.png"], ["A", "A"], ["3", "4"]),
    ],
)
def test_which_folders_are_classes(paths, labels, groups):
    places = places_of(paths)
    assert [place.label for place in places] == labels
    if groups is not None:
        assert [place.group for place in places] == groups


def test_letters_alone_are_of_the_29_whatever_is_missing(tmp_path):
    assert scan(plant(tmp_path / "set", {"A": 20, "B": 120})).index.alphabet == ASL


def test_an_index_holds_its_classes(tmp_path):
    found = scan(plant(tmp_path / "set"))
    assert found.index.alphabet == Alphabet.of(("hello", "thank-you", "7"))
    found.index.save(tmp_path / "index.csv")
    assert Index.load(tmp_path / "index.csv", found.index.root) == found.index
    report = check(found)
    assert report.classes == {"hello": 8, "thank-you": 8, "7": 8}
    [own] = [finding for finding in report.findings if finding.kind == "own sign"]
    assert own.examples == (("hello", "8"), ("thank-you", "8"))


def test_a_model_of_letters_passes_over_the_others(tmp_path):
    told = scan(plant(tmp_path / "set", {"A": 20, "7": 120})).told_by(ASL)
    assert {row.label for row in told.index.pictures} == {"A", ""}
    [passed] = told.passed_over
    assert (passed.reason, passed.n) == ("in no class folder", 8)


@pytest.mark.slow
def test_from_folders_of_any_names_to_a_model_that_reads_them(tmp_path):
    """By hand: three greys are told apart by any network that has learned anything."""
    shades = {"hello": 20, "c+h": 120, "thank-you": 220}
    data, run = plant(tmp_path / "set", shades, n=24), tmp_path / "runs" / "own"
    options = ["--epochs", "8", "--batch-size", "8", "--augment", "none", "--tracking", "none"]
    weights = ["--class-weights", "thank-you=2,C+H=2"]
    given(["train", "--recipe", "tiny", "--data", str(data), "-o", str(run), *options, *weights])
    model = tmp_path / "own.onnx"
    given(["export", str(run), "-o", str(model)])
    classifier = OnnxClassifier(model)
    assert classifier.alphabet.classes == ("C+H", "hello", "thank-you")
    assert classifier.alphabet.letters == ("C+H",)
    arguments = ["evaluate", str(model), "--external", str(data), "--no-speed", "--json"]
    document = json.loads(given(arguments))
    assert document["classes"] == ["C+H", "hello", "thank-you"]
    assert np.shape(document["confusion"]) == (3, 3)
    assert document["n"] == 72
    assert document["accuracy"] > 0.9
    assert set(given(["read", str(data / "hello"), "--model", str(model)]).split()) == {"HELLO"}
    assert given(["read", str(data / "c+h"), "--model", str(model)]) == "CH" * 24 + "\n"  # one word

    more, wider = plant(tmp_path / "more", {"L+L": 70, "hello": 20}), tmp_path / "wider.onnx"
    taught = ["train-reader", str(more), "--model", str(model), "-o", str(wider), "--only-new"]
    given([*taught, "--copies", "1"])
    assert OnnxClassifier(wider).alphabet.letters == ("C+H", "L+L")
    assert given(["read", str(more / "L+L" / "0.png"), "--model", str(wider)]) == "LL\n"


def given(arguments):
    """What a command prints, which goes well."""
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    return result.stdout
