"""What to run, as `config.yaml` holds it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml

from fingerspell.core.alphabet import CLASSES
from fingerspell.core.preprocess import PreprocessSpec
from fingerspell.errors import TrainingError
from fingerspell.files import write_atomically
from fingerspell.models.registry import architecture
from fingerspell.training.options import TrainOptions
from fingerspell.training.settings import as_flat, read_yaml, with_settings

CONFIG = "config.yaml"
MAY_CHANGE = ("accelerator", "devices", "nodes", "strategy")  # when a run goes on
Colours = tuple[tuple[float, float, float], tuple[float, float, float]]
_TEXTS = ("data", "recipe", "tracking", "experiment")  # of `config.yaml`, besides the options


@dataclass(frozen=True)
class Plan:
    """What to run; small enough to be sent to every process.

    Attributes:
        folder: the run's.
        data: the data set's folder, as it was given.
        options: all of them.
        recipe: its name, or empty.
        tracking: `local`, `none`, an MLflow address, or dagshub://user/repository.
        experiment: the run's experiment there.
        run_name: the run's name there; the folder's where none is given.
        tags: of the run there, besides those that every run has.
        colours: mean and standard deviation of R, G and B by which inputs are normalised, once they
            are measured; None: the network's own. They are no option, and `config.yaml` has none.
        classes: what the network is to tell apart, once the data are known; no option either.
        is_trial: some batches only are tried, so that no more than these need be prepared; no option.
        is_timed: of a trial, only the time counts, so that what it learns from may be blank; no option.
    """

    folder: Path
    data: Path
    options: TrainOptions
    recipe: str = ""
    tracking: str = "none"
    experiment: str = "fingerspell"
    run_name: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    colours: Colours | None = None
    classes: tuple[str, ...] = CLASSES
    is_trial: bool = False
    is_timed: bool = False

    @property
    def spec(self) -> PreprocessSpec:
        """The network's input."""
        spec = architecture(self.options.model.model).spec
        size_px = self.options.model.size_px or spec.size_px
        mean, std = self.colours or (spec.mean, spec.std)
        return replace(
            spec, size_px=size_px, mean=mean, std=std, keep_aspect=not self.options.data.squash
        )

    @property
    def packs(self) -> Path:
        """Folder of packed images, which the runs beside this one share."""
        return self.folder.parent / "packs"

    def save(self) -> None:
        """Write `config.yaml`."""
        self.folder.mkdir(parents=True, exist_ok=True)
        text = yaml.safe_dump(self._as_saved(), sort_keys=False, allow_unicode=True)
        write_atomically(self.folder / CONFIG, text.encode())

    def differences(self, other: "Plan") -> list[str]:
        """Names of what differs in `config.yaml`, but for what may change as a run goes on."""
        ours, theirs = self._as_saved(), other._as_saved()
        return [name for name in ours if ours[name] != theirs[name] and name not in MAY_CHANGE]

    def _as_saved(self) -> dict[str, Any]:
        """What `config.yaml` holds; the path of the data in full, so that it goes on from anywhere."""
        texts = {name: str(getattr(self, name)) for name in _TEXTS}
        names = {"run_name": self.run_name, "tags": dict(self.tags)}
        return texts | {"data": str(self.data.absolute())} | names | as_flat(self.options)

    @classmethod
    def load(cls, folder: Path) -> "Plan":
        """Read `config.yaml` of a run that has begun.

        Raises:
            TrainingError: there is none, or it is damaged.
        """
        path = folder / CONFIG
        if folder.is_dir() and not path.exists():
            raise TrainingError(
                f"{folder} has no {CONFIG}, so no run there had begun to learn: give the command that "
                "began it again, or check the path."
            )
        values = read_yaml(path)
        missing = [name for name in _TEXTS if name not in values]
        if missing:
            raise TrainingError(f"{path} does not say {missing[0]}: start a new run.")
        texts = {name: str(values.pop(name)) for name in _TEXTS}
        run_name, tags = values.pop("run_name", ""), values.pop("tags", {})  # older files lack them
        options = with_settings(TrainOptions(), values, str(path))
        data, recipe, tracking, experiment = (texts[name] for name in _TEXTS)
        return cls(folder, Path(data), options, recipe, tracking, experiment, run_name, tags)
