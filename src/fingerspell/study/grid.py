"""What a study asks for: the axes of its grid, and what stays the same in every cell."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields
from enum import StrEnum
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fingerspell.errors import StudyError
from fingerspell.files import write_atomically
from fingerspell.study.results import HYPOTHESES, STUDY, Cell
from fingerspell.texts import shown
from fingerspell.training.options import Loading, Precision, Strategy, TrainOptions
from fingerspell.training.recipes import Recipe, load_recipe
from fingerspell.training.settings import (
    Setting,
    coerced,
    nearest,
    read_yaml,
    settings,
    with_settings,
)

if TYPE_CHECKING:
    from fingerspell.training.plan import Plan

AXES = ("devices", "strategy", "batch_size", "precision", "loading", "workers")
FIXED = {"model", "seed", "folds", "nodes", *AXES}  # training options that a study sets by itself
RUNS = "runs"  # in a study's folder: the cells' runs, and the packs that they share
_STRATEGIES = (Strategy.SINGLE, Strategy.DP, Strategy.DDP)


@dataclass(frozen=True)
class StudyOptions:
    """A study; fields are the keys of `study.yaml`, beside which stand any training options.

    Attributes:
        data: folder of the images.
        models: networks, trained with the options' defaults.
        recipe: recipes, each trained as it says with its network; one for a network.
        devices: how many share the work; 1 or more.
        strategy: how several do: `ddp`, `dp`; one device is `single` whatever stands here.
        batch_size: images a step, over all devices together.
        precision: `fp32`, `bf16`, `fp16`.
        loading: where images come from.
        workers: processes that decode beside each training process, where loading is `reports`.
        repeats: runs of every cell; the n-th has the seed n.
        options: training options that hold for all cells, by name.
        hypotheses: what the user wants decided, as it stands in the file.
    """

    data: Path
    models: tuple[str, ...] = ()
    recipe: tuple[str, ...] = ()
    devices: tuple[int, ...] = (1,)
    strategy: tuple[Strategy, ...] = (Strategy.DDP,)
    batch_size: tuple[int, ...] = (64,)
    precision: tuple[Precision, ...] = (Precision.FP32,)
    loading: tuple[Loading, ...] = (Loading.REPORTS, Loading.PACKED)
    workers: tuple[int, ...] = (0,)
    repeats: int = 1
    options: Mapping[str, Any] = field(default_factory=dict)
    hypotheses: tuple[Any, ...] = ()

    def __post_init__(self) -> None:
        if not self.models and not self.recipe:
            raise StudyError(
                "a study needs networks: name some with --models, or recipes with --recipe."
            )
        for name in ("models", "recipe", *AXES):
            values = getattr(self, name)
            if (not values and name in AXES) or len(set(values)) < len(values):
                raise StudyError(f"{name} = {_text(values)} cannot be: give each value once.")
        if min(self.batch_size) < 1:
            raise StudyError("a study compares batch sizes: name numbers instead of auto.")
        if self.repeats < 1 or min(self.devices) < 1:
            raise StudyError("a study needs 1 or more repeats, and cells of 1 or more devices.")
        if wrong := [value for value in self.strategy if value not in _STRATEGIES]:
            raise StudyError(f"strategy {wrong[0]} is not studied: give ddp, dp or both.")
        if Precision.AUTO in self.precision:
            raise StudyError("a study compares precisions: name fp32, bf16 or fp16 instead of auto.")
        if max(self.devices) > 1 and set(self.strategy) == {Strategy.SINGLE}:
            raise StudyError("strategy single is for one device: add ddp, or study --devices 1.")

    def bases(self) -> dict[str, Recipe]:
        """By network, what it is trained with before a cell's values: its recipe, or the defaults.

        Raises:
            StudyError: a network is named twice.
            TrainingError: a recipe does not exist.
        """
        recipes = [load_recipe(name) for name in self.recipe]
        recipes += [Recipe("", "", _of_model(name)) for name in self.models]
        bases = {recipe.options.model.model: recipe for recipe in recipes}
        if len(bases) < len(recipes):
            raise StudyError("a network is named twice: give one recipe for each, or its name alone.")
        return bases

    def cells(self) -> list[Cell]:
        """All cells, every repeat of the grid after the one before it.

        What cannot be is left out: several strategies of one device, workers where nothing is decoded.
        """
        return [
            Cell(model, strategy, devices, batch_size, precision, loading, workers, repeat)
            for repeat, model, batch_size, precision in product(
                range(self.repeats), self.bases(), self.batch_size, self.precision
            )
            for loading in self.loading
            for workers in (self.workers if loading == Loading.REPORTS else (0,))
            for devices in self.devices
            for strategy in self._strategies(devices)
        ]

    def _strategies(self, devices: int) -> Iterator[Strategy]:
        if devices == 1:
            yield Strategy.SINGLE
        else:
            yield from (strategy for strategy in self.strategy if strategy != Strategy.SINGLE)

    def plan(self, cell: Cell, folder: Path) -> "Plan":
        """The run that a cell of the study in this folder is.

        Raises:
            TrainingError: its options cannot be.
        """
        from fingerspell.training.plan import Plan  # noqa: PLC0415  (needs PyTorch; the options do not)

        base = self.bases()[cell.model]
        values = dict(self.options) | {name: getattr(cell, name) for name in AXES}
        values |= {"seed": cell.repeat, "folds": 0, "nodes": 1}
        options = with_settings(base.options, values, f"cell {cell.key}")
        return Plan(folder / RUNS / cell.key, self.data, options, base.name)

    def save(self, folder: Path) -> None:
        """Write `study.yaml`, which `read_study` reads.

        Raises:
            StudyError: the folder cannot be written to.
        """
        import yaml  # noqa: PLC0415  (comes with the extra `train`; the command's help works without)

        text = yaml.safe_dump(as_flat(self), sort_keys=False, allow_unicode=True)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            write_atomically(folder / STUDY, text.encode())
        except OSError as error:
            raise StudyError(
                f"{folder} cannot be written to ({error.strerror}): choose another folder with -o."
            ) from error


def load_study(folder: Path) -> StudyOptions:
    """The study of a folder.

    Raises:
        StudyError: it holds none, or none that this version understands.
        TrainingError: likewise.
    """
    path = folder / STUDY
    if not path.exists():
        raise StudyError(
            f"{folder} holds no study: begin one with `fingerspell study --data DIR -o {folder}`."
        )
    return make_study(read_yaml(path), str(path))


def make_study(values: Mapping[str, Any], source: str) -> StudyOptions:
    """A study from flat values: fields of `StudyOptions` and training options by name.

    Lists may be single values, or texts with commas.

    Raises:
        StudyError: a key or value is wrong; the message names the nearest right one.
        TrainingError: likewise, of a training option.
    """
    if not values.get("data"):
        raise StudyError(f"{source} names no images: give a data set's folder with --data.")
    known = {setting.name: setting for setting in settings()}
    own = {f.name for f in fields(StudyOptions)} - {"options"}
    chosen: dict[str, Any] = {}
    options: dict[str, Any] = {}
    for name, value in values.items():
        if name in AXES:
            chosen[name] = tuple(coerced(known[name], v, source) for v in _listed(value, known[name]))
        elif name in ("models", "recipe"):
            chosen[name] = tuple(v if isinstance(v, str) else shown(v) for v in _listed(value))
        elif name in own:
            chosen[name] = _own(name, value, source)
        elif name in known and name not in FIXED:
            options[name] = coerced(known[name], value, source)
        else:
            raise StudyError(f"{source} sets {name!r}, {_mend(name, own | (known.keys() - FIXED))}")
    with_settings(TrainOptions(), options, source)  # errors now, not in every cell
    return StudyOptions(**chosen, options=options)


def differences(ours: StudyOptions, theirs: StudyOptions) -> list[str]:
    """Keys in which two studies would measure something else; hypotheses are no part of it."""
    one, other = as_flat(ours), as_flat(theirs)
    keys = [*one, *(key for key in other if key not in one)]
    return [key for key in keys if one.get(key) != other.get(key) and key != HYPOTHESES]


def _own(name: str, value: Any, source: str) -> Any:
    """A value of the study's own that is no list of the grid."""
    if name == "data":
        return Path(value if isinstance(value, str | Path) else shown(value))
    if name == HYPOTHESES:
        if not isinstance(value, list | tuple):
            raise StudyError(f"{source}: {HYPOTHESES} is not a list: begin each with a dash.")
        return tuple(value)
    if type(value) is not int:
        raise StudyError(f"{source} sets {name} = {shown(value)}, which is not a whole number.")
    return value


def _mend(name: str, known: set[str]) -> str:
    if name in ("seed", "model", "folds", "nodes"):
        why = {
            "seed": "the number of the repeat",
            "model": "an axis, models",
            "folds": "0",
            "nodes": "1",
        }
        return f"which is {why[name]} in a study: leave it out."
    return f"which is not an option of a study: {nearest(name, sorted(known))}"


def _listed(value: Any, setting: Setting | None = None) -> list[Any]:
    """The values of an axis; numbers in a text become numbers where the axis has them."""
    if isinstance(value, str):
        texts = [part.strip() for part in value.split(",") if part.strip()]
        if setting is not None and setting.type is int:
            return [int(part) if part.isdecimal() else part for part in texts]
        return list(texts)
    return list(value) if isinstance(value, list | tuple) else [value]


def as_flat(study: StudyOptions) -> dict[str, Any]:
    """As YAML holds it: flat, without empty lists of names; an empty option overrides a recipe's."""
    values = asdict(study)
    options = values.pop("options")
    values = {name: _plain_value(value) for name, value in (values | options).items()}
    return {name: value for name, value in values.items() if value != []}


def _plain_value(value: Any) -> Any:
    if isinstance(value, Path):
        return str(value.resolve())
    if isinstance(value, StrEnum):
        return value.value
    return [_plain_value(part) for part in value] if isinstance(value, tuple) else value


def _of_model(name: str) -> TrainOptions:
    return with_settings(TrainOptions(), {"model": name}, "the study")


def _text(values: tuple[Any, ...]) -> str:
    return ",".join(str(value) for value in values) or "nothing"
