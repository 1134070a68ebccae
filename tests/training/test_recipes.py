from dataclasses import fields

import pytest

from fingerspell.data.split_options import Method
from fingerspell.errors import TrainingError
from fingerspell.training.options import LearningOptions, Optimizer, Strategy, TrainOptions
from fingerspell.training.recipes import load_recipe, recipe_names

# Report, network, epochs, batch, optimiser, learning rate; None where the report does not say.
FACTS = {
    "mobilenet-v2": ("R0", "mobilenet_v2", 6, 512, Optimizer.ADAM, None),
    "mobilenet-v2-unfrozen": ("R0", "mobilenet_v2", 6, 512, Optimizer.ADAM, None),
    "compact-net": ("R1", "compact-net", 25, 128, Optimizer.SGD, 0.005),
    "aslnet-10": ("R2", "aslnet", 10, 32, Optimizer.ADAM, None),
    "aslnet-25": ("R2", "aslnet", 25, 32, Optimizer.ADAM, None),
    "aslnet-50": ("R2", "aslnet", 50, 32, Optimizer.ADAM, None),
    "aslnet-75": ("R2", "aslnet", 75, 32, Optimizer.ADAM, None),
    "dexnet": ("R3", "dexnet", 10, 64, Optimizer.SGD, 0.008),
    "dexnet-v2": ("R3", "dexnet-v2", 12, 64, Optimizer.SGD, 0.008),
    "dexnet-half": ("R3", "dexnet", 17, 64, Optimizer.SGD, 0.008),
    "efficientnet-b0": ("R4", "efficientnet_b0", 10, 64, None, 0.001),
}


@pytest.mark.parametrize("name", FACTS)
def test_recipes_say_what_the_reports_say(name):
    report, model, epochs, batch_size, optimizer, lr = FACTS[name]
    recipe = load_recipe(name)
    learning = recipe.options.learning
    assert recipe.description.startswith(report)
    assert recipe.options.model.model == model
    assert (learning.epochs, learning.batch_size) == (epochs, batch_size)
    assert optimizer in (None, learning.optimizer)
    assert lr in (None, learning.lr)


def test_splits_and_strategies_of_the_reports():
    splits = {
        name: load_recipe(name).options.data.split for name in ("compact-net", "aslnet-10", "dexnet")
    }
    assert splits == {"compact-net": Method.R1, "aslnet-10": Method.R2, "dexnet": Method.R3}
    assert load_recipe("mobilenet-v2").options.device.strategy == Strategy.DP
    assert load_recipe("mobilenet-v2").options.model.freeze == "features"
    assert load_recipe("efficientnet-b0").options.learning.patience > 0


def test_every_recipe_loads_and_is_described():
    assert set(FACTS) < set(recipe_names())
    assert all(load_recipe(name).description for name in recipe_names())


def test_a_recipe_of_ones_own(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text("epochs: 7\n")
    recipe = load_recipe(str(path))
    assert (recipe.name, recipe.options.learning) == ("mine", LearningOptions(epochs=7))
    untouched = [field.name for field in fields(TrainOptions) if field.name != "learning"]
    assert all(getattr(recipe.options, name) == getattr(TrainOptions(), name) for name in untouched)


def test_wrong_names_are_answered_with_the_nearest():
    with pytest.raises(TrainingError, match="'dexnt' is not a recipe: did you mean 'dexnet'"):
        load_recipe("dexnt")
