"""Nobody is evaluated on what was learned, and the protocol says how strange the pictures are."""

import json
from dataclasses import replace

import numpy as np
import pytest
from typer.testing import CliRunner

from fingerspell.cli import app
from fingerspell.data.index import Index
from fingerspell.errors import DataError
from fingerspell.evaluation.classifiers import ModelFacts, describe
from fingerspell.evaluation.pictures import Protocol, with_distinct_names
from fingerspell.evaluation.protocols import as_evaluated, held_out, with_own_parts

from .conftest import write_split


def facts(**changes) -> ModelFacts:
    return ModelFacts("m.onnx", "m 1", "", 0, 0, **changes)


def half_split(stills):
    """Every other picture is tested."""
    paths = [picture.path for picture in stills.index.pictures]
    return {path: "test" if n % 2 else "train" for n, path in enumerate(paths)}


def test_strangers_stay_strangers(stills):
    assert as_evaluated(stills, facts(trained_on=("others",))) is stills


def test_a_set_that_was_trained_on_is_no_stranger(stills):
    evaluated = as_evaluated(stills, facts(trained_on=("samples",)))
    assert evaluated.protocol is Protocol.SEEN
    assert "samples is among the sets that m 1 was trained on" in evaluated.note


def test_nor_is_one_of_two_sets_of_that_name(stills):
    for each in with_distinct_names([stills, stills]):
        assert as_evaluated(each, facts(trained_on=("samples",))).protocol is Protocol.SEEN


@pytest.mark.parametrize(
    ("by", "protocol"),
    [("random", "RANDOM"), ("r3", "RANDOM"), ("block", "BLOCK"), ("source", "STRANGERS")],
)
def test_a_run_is_evaluated_on_the_test_part_of_its_own_split(stills, make_run, by, protocol):
    run = make_run(data={"sha256": stills.index.sha256, "fold": "1", "name": "samples"})
    write_split(run / "split.csv", half_split(stills), by)
    evaluated = as_evaluated(stills, describe(str(run)))
    assert evaluated.protocol is Protocol[protocol]
    expected = [picture.path for picture in stills.index.pictures][1::2]
    assert [picture.path for picture in evaluated.index.pictures] == expected
    assert evaluated.left_out_source == ("1" if by == "source" else "")


def test_the_folder_tells_that_a_thinned_out_set_was_learned(stills, make_run):
    run = make_run(data={"root": str(stills.index.root.resolve()), "sha256": "of fewer images"})
    rows = dict(list(half_split(stills).items())[:10])
    write_split(run / "split.csv", rows)
    assert len(as_evaluated(stills, describe(str(run)))) == 5


def test_a_run_without_its_split_is_evaluated_on_what_it_learned(stills, make_run):
    evaluated = as_evaluated(stills, describe(str(make_run(data={"sha256": stills.index.sha256}))))
    assert evaluated.protocol is Protocol.SEEN


def test_splits_of_the_command_line(stills, samples, tmp_path):
    path = tmp_path / "split.csv"
    arguments = ["data", "split", str(samples), "--by", "random", "--test", "0.5", "--validation", "0"]
    assert CliRunner().invoke(app, [*arguments, "-o", str(path)]).exit_code == 0
    evaluated = held_out(stills, path)
    assert evaluated.protocol is Protocol.RANDOM
    assert len(evaluated) == json.loads(path.with_suffix(".json").read_text())["folds"][0]["test"]
    assert np.bincount(evaluated.labels).max() == 1
    with pytest.raises(DataError, match="has no fold '7': choose one of 1"):
        held_out(stills, path, "7")
    path.with_suffix(".json").unlink()
    with pytest.raises(DataError, match="does not say how"):
        held_out(stills, path)


def test_a_split_of_other_pictures(stills, tmp_path):
    write_split(tmp_path / "split.csv", {"A/other.jpg": "test"})
    with pytest.raises(DataError, match="is a split of other images"):
        held_out(stills, tmp_path / "split.csv")


def with_folders(stills, words):
    """The stills as though they lay in folders of parts, in turn."""
    pictures = tuple(
        replace(picture, path=f"{words[n % len(words)]}/{picture.path}", split=words[n % len(words)])
        for n, picture in enumerate(stills.index.pictures)
    )
    index = Index(stills.index.root, pictures)
    return replace(stills, protocol=Protocol.GIVEN, index=index)


@pytest.mark.parametrize(
    ("words", "tested"),
    [(("train", "validation", "test"), "test"), (("train", "validation"), "validation")],
)
def test_a_corpus_with_its_own_parts_is_evaluated_on_its_test_part(stills, words, tested):
    [meant] = with_own_parts([with_folders(stills, words)], is_asked=False)
    evaluated = as_evaluated(meant, facts())
    assert {picture.split for picture in evaluated.index.pictures} == {tested}
    assert evaluated.protocol is Protocol.GIVEN
    assert (
        f"only its own test part is evaluated, {len(evaluated)} of {len(stills)} images"
        in evaluated.note
    )


def test_strangers_and_sets_without_parts_are_evaluated_whole(stills):
    strangers = replace(with_folders(stills, ("train", "test")), protocol=Protocol.STRANGERS)
    plain = replace(stills, protocol=Protocol.GIVEN)
    for each in with_own_parts([strangers, plain], is_asked=False):
        assert len(as_evaluated(each, facts())) == len(stills)
    with pytest.raises(DataError, match="has no parts of its own: name folders train, valid and test"):
        with_own_parts([plain], is_asked=True)
