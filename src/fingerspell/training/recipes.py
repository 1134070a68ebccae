"""Recipes: named options, one YAML file each, in the package's folder `recipes`."""

from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

from fingerspell.errors import TrainingError
from fingerspell.training.options import TrainOptions
from fingerspell.training.settings import nearest, read_yaml, with_settings

DESCRIPTION = "description"


@dataclass(frozen=True)
class Recipe:
    """Options under a name.

    Attributes:
        name: of the recipe: the file's, without its ending.
        description: what it reproduces, in one line.
        options: all options, those not named in the file at their defaults.
    """

    name: str
    description: str
    options: TrainOptions


def recipe_names() -> list[str]:
    """Names of the recipes that come with the package."""
    folder = files("fingerspell") / "recipes"
    return sorted(file.name.removesuffix(".yaml") for file in folder.iterdir() if ".yaml" in file.name)


def load_recipe(name: str) -> Recipe:
    """A recipe that comes with the package by its name, or any YAML file by its path.

    Raises:
        TrainingError: there is none of this name, or the file sets what is no option.
    """
    if name.endswith((".yaml", ".yml")):
        return _read(Path(name))
    if name not in recipe_names():
        raise TrainingError(f"{name!r} is not a recipe: {nearest(name, recipe_names())}")
    with as_file(files("fingerspell") / "recipes" / f"{name}.yaml") as path:
        return _read(path)


def recipe_options(name: str) -> TrainOptions:
    """The options of a recipe; the defaults where none is named.

    Raises:
        TrainingError: there is none of this name, or the file sets what is no option.
    """
    return load_recipe(name).options if name else TrainOptions()


def _read(path: Path) -> Recipe:
    values: dict[str, Any] = read_yaml(path)
    description = values.pop(DESCRIPTION, "")
    return Recipe(path.stem, str(description), with_settings(TrainOptions(), values, str(path)))
