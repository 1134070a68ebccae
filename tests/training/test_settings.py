import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fingerspell.errors import TrainingError
from fingerspell.training.options import Optimizer, Schedule, TrainOptions
from fingerspell.training.settings import as_flat, read_yaml, settings, with_settings


def test_names_are_unique_and_documented():
    names = [setting.name for setting in settings()]
    assert len(names) == len(set(names)) > 40
    assert all(setting.doc.endswith(".") for setting in settings())


def test_values_arrive_in_their_groups():
    options = with_settings(
        TrainOptions(), {"model": "tiny", "lr": 1, "optimizer": "sgd", "schedule": "cosine"}, "test"
    )
    assert options.model.model == "tiny"
    assert options.learning.lr == 1.0
    assert type(options.learning.lr) is float
    assert options.learning.optimizer is Optimizer.SGD
    assert options.learning.schedule is Schedule.COSINE


def test_what_yaml_reads_as_text_is_still_a_number():
    assert with_settings(TrainOptions(), {"lr": "1e-3"}, "test").learning.lr == 0.001


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (
            {"bach_size": 3},
            "x.yaml sets 'bach_size', which is not an option: did you mean 'batch_size'?",
        ),
        ({"optimizer": "adamm"}, "optimizer = 'adamm', which is not a choice: did you mean 'adam'?"),
        ({"epochs": 1.5}, "epochs = 1.5, which is not a whole number: Times every training image"),
        ({"epochs": True}, "epochs = True, which is not a whole number"),
        ({"lr": "fast"}, "lr = 'fast', which is not a number"),
        ({"compile": 1}, "compile = 1, which is not true or false"),
        ({"epochs": 0}, "epochs = 0 cannot be: give 1 to 100000. Times every training image"),
        ({"share": 0.0}, "share = 0.0 cannot be: give 0.0001 to 1. Share of each class's images"),
        ({"batch_size": 4, "accumulate": 5}, "a batch of 4 images has no 5 parts"),
        ({"strategy": "single", "devices": 2}, "strategy single is for one device"),
    ],
)
def test_wrong_names_and_values_are_refused_with_the_right_ones(values, message):
    with pytest.raises(TrainingError, match=re.escape(message)):
        with_settings(TrainOptions(), values, "x.yaml")


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "epochs": st.integers(1, 500),
            "lr": st.floats(1e-6, 1),
            "optimizer": st.sampled_from([choice.value for choice in Optimizer]),
            "squash": st.booleans(),
            "augment": st.text(),
        },
    )
)
def test_options_survive_the_journey_through_a_flat_list(values):
    options = with_settings(TrainOptions(), values, "test")
    assert with_settings(TrainOptions(), as_flat(options), "test") == options


@pytest.mark.parametrize(
    ("content", "message"),
    [("- 1\n", "is not a list of options"), ("a: [", "is no YAML"), (None, "cannot be read")],
)
def test_files_that_hold_no_options(tmp_path, content, message):
    path = tmp_path / "x.yaml"
    if content:
        path.write_text(content)
    with pytest.raises(TrainingError, match=message):
        read_yaml(path)
