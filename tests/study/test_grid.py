"""Grids: which cells there are, in which order, and what is refused."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fingerspell.errors import FingerspellError, StudyError
from fingerspell.study.grid import StudyOptions, differences, load_study, make_study
from fingerspell.study.results import Cell
from fingerspell.training.options import Loading, Precision, Strategy


def made(**values):
    return make_study({"data": "set", "models": "tiny", **values}, "the test")


def test_a_grid_worked_by_hand():
    study = made(devices="1,2", loading="reports,packed", workers=[0, 2], strategy="dp,ddp", repeats=2)
    keys = [cell.key.removeprefix("tiny-").removesuffix("-r0") for cell in study.cells()]
    assert keys[: len(keys) // 2] == [
        *("single1-b64-fp32-reports-w0", "dp2-b64-fp32-reports-w0", "ddp2-b64-fp32-reports-w0"),
        *("single1-b64-fp32-reports-w2", "dp2-b64-fp32-reports-w2", "ddp2-b64-fp32-reports-w2"),
        *("single1-b64-fp32-packed-w0", "dp2-b64-fp32-packed-w0", "ddp2-b64-fp32-packed-w0"),
    ]
    assert [cell.repeat for cell in study.cells()] == [0] * 9 + [1] * 9


def lists_of(values):
    return st.lists(values, min_size=1, max_size=3, unique=True).map(tuple)


STUDIES = st.builds(
    StudyOptions,
    data=st.just(Path("set")),
    models=st.just(("tiny", "aslnet")),
    devices=lists_of(st.integers(1, 8)),
    strategy=lists_of(st.sampled_from([Strategy.DP, Strategy.DDP])),
    batch_size=lists_of(st.integers(1, 512)),
    precision=lists_of(st.sampled_from(sorted(set(Precision) - {Precision.AUTO}))),
    loading=lists_of(st.sampled_from(Loading)),
    workers=lists_of(st.integers(0, 4)),
    repeats=st.integers(1, 3),
    options=st.dictionaries(st.sampled_from(["epochs", "size_px"]), st.integers(1, 99)),
    hypotheses=st.just(({"name": "H9", "over": ["batch_size"]},)),
)


@settings(max_examples=30, deadline=None)
@given(study=STUDIES)
def test_every_cell_has_a_name_of_its_own_and_repeats_are_alike(study):
    cells = study.cells()
    assert len({cell.key for cell in cells}) == len(cells)
    assert len(cells) % study.repeats == 0
    assert all((cell.strategy == "single") == (cell.devices == 1) for cell in cells)
    assert all(cell.workers == 0 for cell in cells if cell.loading != "reports")


def test_a_saved_study_still_overrides_a_recipe_with_nothing(tmp_path):
    """`--freeze ""` thaws what the recipe freezes, in each cell's own process, too."""
    study = make_study({"data": "set", "recipe": "mobilenet-v2", "freeze": ""}, "the test")
    study.save(tmp_path)
    again = load_study(tmp_path)
    [cell, *_] = again.cells()
    assert again.plan(cell, tmp_path).options.model.freeze == ""
    assert differences(study, again) == []


@settings(max_examples=20, deadline=None)
@given(study=STUDIES)
def test_a_study_comes_back_from_its_folder(study, tmp_path_factory):
    folder = tmp_path_factory.mktemp("study")
    study.save(folder)
    again = load_study(folder)
    assert differences(study, again) == []
    assert again.cells() == study.cells()
    assert (again.options, again.hypotheses) == (study.options, study.hypotheses)


def test_a_cell_is_a_run_with_its_values(tmp_path):
    study = make_study({"data": "set", "recipe": "aslnet-25", "epochs": 2, "devices": 2}, "the test")
    [*_, cell] = study.cells()
    plan = study.plan(cell, tmp_path)
    assert cell == Cell("aslnet", "ddp", 2, 64, loading=Loading.PACKED)
    learning, device = plan.options.learning, plan.options.device
    assert (learning.epochs, learning.batch_size, learning.optimizer) == (2, 64, "adam")
    assert (device.devices, device.strategy, plan.recipe) == (2, "ddp", "aslnet-25")
    assert plan.packs == tmp_path / "runs" / "packs"
    assert study.plan(Cell("aslnet", "single", 1, 8, repeat=3), tmp_path).options.learning.seed == 3


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (
            {"bach_size": 3},
            "sets 'bach_size', which is not an option of a study: did you mean 'batch_size'?",
        ),
        ({"seed": 3}, "'seed', which is the number of the repeat in a study: leave it out"),
        ({"epochs": "two"}, "'two', which is not a whole number"),
        ({"batch_size": "32,many"}, "batch_size = 'many', which is not a whole number"),
        ({"loading": "pakced"}, "which is not a choice: did you mean 'packed'?"),
        ({"devices": "0"}, "cells of 1 or more devices"),
        ({"devices": "1,1"}, "devices = 1,1 cannot be: give each value once"),
        ({"batch_size": []}, "batch_size = nothing cannot be"),
        ({"strategy": "fsdp"}, "strategy fsdp is not studied"),
        ({"strategy": "single", "devices": 2}, "strategy single is for one device"),
        ({"repeats": 0}, "1 or more repeats"),
        ({"repeats": "3"}, "repeats = '3', which is not a whole number"),
        ({"models": ""}, "a study needs networks"),
        ({"data": ""}, "names no images"),
        ({"hypotheses": "H1"}, "hypotheses is not a list"),
        ({"epochs": 0}, "epochs = 0 cannot be"),
    ],
)
def test_what_cannot_be_is_told_in_a_sentence(values, message):
    with pytest.raises(FingerspellError) as caught:
        made(**values)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_network_is_studied_once():
    with pytest.raises(StudyError, match="a network is named twice"):
        made(recipe="tiny").cells()


def test_differences_are_named_but_for_hypotheses():
    other = made(batch_size=32, epochs=3, hypotheses=["x"])
    assert differences(made(), other) == ["batch_size", "epochs"]
