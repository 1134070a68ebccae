"""Corrections of labels, of predictions given by hand."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from fingerspell.core.alphabet import CLASSES
from fingerspell.data.corrections import Correction, Corrections
from fingerspell.errors import DataError
from fingerspell.evaluation.cleaning import Cleaning, proposed, write_corrections
from fingerspell.evaluation.evaluate import Evaluation, SetEvaluation
from fingerspell.evaluation.pictures import Protocol
from fingerspell.evaluation.predict import Predictions


def evaluation_of(stills, read, name="a model", protocol=Protocol.STRANGERS):
    """A model that reads the images of `read` as given, with a probability, and all others rightly."""
    probabilities = np.zeros((len(stills), len(CLASSES)), np.float32)
    probabilities[np.arange(len(stills)), stills.labels] = 0.9
    for path, (label, probability) in read.items():
        place = [picture.path for picture in stills.index.pictures].index(path)
        probabilities[place] = (1 - probability) / 28
        probabilities[place, CLASSES.index(label)] = probability
    pictures = replace(stills, protocol=protocol)
    on_set = SetEvaluation(pictures, Predictions.of(stills.labels, probabilities))
    return Evaluation(SimpleNamespace(name=name, model=name), (on_set,))


@pytest.fixture
def paths(stills):
    """The first image of a class."""
    found = {}
    for picture in stills.index.pictures:
        found.setdefault(picture.label, picture.path)
    return found


def test_what_is_surely_another_is_left_out(stills, paths):
    """U as R counts, K as V is not sure enough, and a still of J may look like an I."""
    read = {paths["U"]: ("R", 0.97), paths["K"]: ("V", 0.9), paths["J"]: ("I", 0.99)}
    rows = proposed([evaluation_of(stills, read)], Cleaning(), {})
    assert rows == {paths["U"]: Correction("", "a model reads U as R with 0.97")}
    rows = proposed([evaluation_of(stills, read)], Cleaning(0.85, relabels=True), {})
    assert {path: row.label for path, row in rows.items()} == {paths["U"]: "R", paths["K"]: "V"}


def test_the_surest_of_several_models_counts_and_known_rows_stay(stills, paths):
    first = evaluation_of(stills, {paths["U"]: ("R", 0.96)}, "first")
    second = evaluation_of(stills, {paths["U"]: ("V", 0.99)}, "second")
    known = {"other.jpg": Correction("", "no hand")}
    rows = proposed([first, second], Cleaning(relabels=True), known)
    assert rows == known | {paths["U"]: Correction("V", "second reads U as V with 0.99")}


def test_a_model_cannot_clean_what_it_learned_from(stills, paths):
    learned = evaluation_of(stills, {paths["U"]: ("R", 0.99)}, protocol=Protocol.SEEN)
    with pytest.raises(DataError, match="learned from all of these images"):
        proposed([learned], Cleaning(), {})
    fair = evaluation_of(stills, {})
    assert proposed([learned, fair], Cleaning(), {}) == {}


def test_what_is_written_is_read_as_corrections(stills, paths, tmp_path):
    rows = proposed([evaluation_of(stills, {paths["U"]: ("R", 0.97)})], Cleaning(relabels=True), {})
    write_corrections(rows, tmp_path / "new" / "c.csv")
    assert Corrections.load(tmp_path / "new" / "c.csv").rows == rows
    corrected = Corrections.load(tmp_path / "new" / "c.csv").applied(stills.index)
    assert (corrected.relabelled, corrected.left_out) == (1, 0)
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match="choose another file for the corrections"):
        write_corrections(rows, tmp_path / "file" / "c.csv")
