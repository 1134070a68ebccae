"""A run from beginning to end: prepare, launch, train every fold, judge the best, sum up."""

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from statistics import mean, stdev
from typing import Any

import torch
import yaml
from lightning_fabric import Fabric
from safetensors.torch import load_file

import fingerspell
from fingerspell.core.alphabet import CLASSES
from fingerspell.core.preprocess import PreprocessSpec
from fingerspell.data.leakage import Part
from fingerspell.data.loader import Batches, LoaderOptions
from fingerspell.errors import TrainingError
from fingerspell.models.checkpoint import CheckpointInfo, save_checkpoint
from fingerspell.models.registry import architecture, create
from fingerspell.training.curves import draw_curves
from fingerspell.training.environment import environment
from fingerspell.training.launch import is_first_process, launch, make_fabric
from fingerspell.training.learner import Learner
from fingerspell.training.loop import Loop, Stopped, Watcher
from fingerspell.training.material import Material, Report, prepare
from fingerspell.training.memory import too_large
from fingerspell.training.options import TrainOptions
from fingerspell.training.record import CONFIG, ENVIRONMENT, Record, Row, save_json
from fingerspell.training.settings import as_flat, read_yaml, with_settings

Summary = dict[str, Any]


@dataclass(frozen=True)
class Plan:
    """What to run; small enough to be sent to every process.

    Attributes:
        folder: the run's.
        data: the data set's folder, as it was given.
        recipe: its name, or empty.
        options: all of them.
        tracking: where the run is tracked: an MLflow address, or empty.
        experiment: its name there.
    """

    folder: Path
    data: Path
    recipe: str
    options: TrainOptions
    tracking: str = ""
    experiment: str = "fingerspell"

    @property
    def spec(self) -> PreprocessSpec:
        """The network's input."""
        spec = architecture(self.options.model.model).spec
        size_px = self.options.model.size_px or spec.size_px
        return replace(spec, size_px=size_px, keep_aspect=not self.options.data.squash)

    @property
    def packs(self) -> Path:
        """Folder of packed pictures, which the runs beside this one share."""
        return self.folder.parent / "packs"

    def save(self) -> None:
        """Write `config.yaml`."""
        ours = {name: str(getattr(self, name)) for name in _PLAN}
        text = yaml.safe_dump(ours | as_flat(self.options), sort_keys=False)
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / CONFIG).write_text(text, "utf-8")

    @classmethod
    def load(cls, folder: Path) -> "Plan":
        """Read `config.yaml` of a run that has begun.

        Raises:
            TrainingError: there is none, or it is damaged.
        """
        path = folder / CONFIG
        values = read_yaml(path)
        missing = [name for name in _PLAN if name not in values]
        if missing:
            raise TrainingError(f"{path} does not say {missing[0]}: start a new run.")
        ours = {name: str(values.pop(name)) for name in _PLAN}
        options = with_settings(TrainOptions(), values, str(path))
        return cls(folder, Path(ours.pop("data")), options=options, **ours)


_PLAN = ("data", "recipe", "tracking", "experiment")


def train(plan: Plan, report: Report, watcher: Callable[[Plan], Watcher] | None = None) -> Summary | None:
    """Train what is planned, or go on with what has begun.

    Args:
        plan: what to run.
        report: told of the preparations, in this process.
        watcher: makes who is told of batches and epochs; called in the first process, to which it
            must be possible to send it.

    Returns:
        What `summary.json` holds; None if the run was stopped and can go on.

    Raises:
        TrainingError: options, devices and pictures do not go together, or a process died.
        FingerspellError: the pictures or the weights cannot be used.
    """
    if plan.options.learning.monitor is None:
        raise TrainingError("nothing is monitored.")
    material = begin(plan, report)
    fabric = make_fabric(plan.options.device)
    summary: Summary | None = launch(fabric, _work, plan, material, watcher)
    return summary


def begin(plan: Plan, report: Report) -> Material:
    """Make the run's folder and prepare its pictures; weights are downloaded, where they are needed."""
    report("making the network", 0, None)
    create(plan.options.model.model, plan.options.model.weights)  # errors now, not in every process
    if is_first_process():
        plan.save()
        save_json(environment(), plan.folder / ENVIRONMENT)
    size_px = round(plan.spec.size_px / plan.spec.crop_share)
    seed = plan.options.learning.seed
    plan.folder.mkdir(parents=True, exist_ok=True)
    return prepare(plan.data, plan.folder, plan.packs, plan.options.data, seed, size_px, report)


def make_learner(fabric: Fabric, plan: Plan, steps: int) -> Learner:
    """The network at its start, the same in every process."""
    if plan.options.device.deterministic:
        torch.use_deterministic_algorithms(True, warn_only=True)
        torch.backends.cudnn.benchmark = False
    torch.manual_seed(plan.options.learning.seed)
    module = create(plan.options.model.model, plan.options.model.weights)
    return Learner(fabric, module, plan.spec, plan.options, steps)


def make_batches(fabric: Fabric, plan: Plan, material: Material, fold: str) -> dict[Part, Batches]:
    """Batches of this process for each part of a fold."""
    packed, rows = material.open(fold)
    shard = (fabric.global_rank, fabric.world_size)
    learning, resident = plan.options.learning, plan.options.data.resident
    common = {"batch_size": learning.batch_size, "seed": learning.seed, "shard": shard}
    return {
        part: Batches(
            packed,
            rows[part],
            LoaderOptions(**common, shuffle=part == Part.TRAIN, resident=resident),
            fabric.device,
        )
        for part in (Part.TRAIN, Part.VALIDATION, Part.TEST)
    }


def _work(
    fabric: Fabric, plan: Plan, material: Material, watcher: Callable[[Plan], Watcher] | None
) -> Summary | None:
    """All folds, in one of the run's processes."""
    watchers = [watcher(plan)] if watcher and fabric.is_global_zero else []
    summaries = []
    for fold in material.folds:
        folder = plan.folder / f"fold-{fold}" if len(material.folds) > 1 else plan.folder
        record = Record(folder)
        if not record.is_done:
            try:
                summary = _train_fold(fabric, plan, material, fold, record, watchers)
            except Stopped:
                return None
            except RuntimeError as error:
                learning = plan.options.learning
                known = too_large(error, learning.batch_size, learning.accumulate)
                raise known or error from error
            if fabric.is_global_zero:
                record.save_summary(summary)
            fabric.barrier()
        summaries.append(record.load_summary())
    if len(summaries) == 1:
        return summaries[0]
    over_folds = _over_folds(summaries)
    if fabric.is_global_zero:
        Record(plan.folder).save_summary(over_folds)
    return over_folds


def _train_fold(
    fabric: Fabric,
    plan: Plan,
    material: Material,
    fold: str,
    record: Record,
    watchers: list[Watcher],
) -> Summary:
    parts = make_batches(fabric, plan, material, fold)
    learner = make_learner(fabric, plan, len(parts[Part.TRAIN]))
    keep = partial(_keep, fabric, learner, record, plan, material, fold)
    began = time.perf_counter()
    loop = Loop(fabric, learner, parts, plan.options.learning, record, keep, watchers)
    rows = loop.run()
    best = _best(rows, record)
    _load_best(learner, record)
    test = learner.judge(parts[Part.TEST].epoch(0))
    if fabric.is_global_zero:
        (record.folder / "report").mkdir(exist_ok=True)
        draw_curves(rows, record.folder / "report" / "curves.png", f"{plan.options.model.model}")
    return {
        "run": str(record.folder),
        "model": plan.options.model.model,
        "recipe": plan.recipe,
        "data": material.fingerprint,
        "fold": fold,
        "parameters": sum(p.numel() for p in learner.module.parameters()),
        "epochs": len(rows),
        "best_epoch": best["epoch"],
        "at_best": best,
        "test": asdict(test),
        "train_seconds": sum(row["train_seconds"] for row in rows),
        "session_seconds": time.perf_counter() - began,
        "processes": fabric.world_size,
        "accelerator": fabric.device.type,
    }


def _keep(
    fabric: Fabric,
    learner: Learner,
    record: Record,
    plan: Plan,
    material: Material,
    fold: str,
    name: str,
    row: Row,
) -> None:
    """Write a checkpoint; sharded weights are gathered, so every process comes here."""
    weights = learner.weights()
    if not fabric.is_global_zero:
        return
    info = CheckpointInfo(
        model=plan.options.model.model,
        spec=plan.spec,
        classes=CLASSES,
        config={"recipe": plan.recipe, **as_flat(plan.options)},
        metrics=row,
        data={**material.fingerprint, "fold": fold},
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        version=fingerspell.__version__,
    )
    record.checkpoints.mkdir(parents=True, exist_ok=True)
    save_checkpoint(record.checkpoints / f"{name}.safetensors", weights, info)


def _best(rows: list[Row], record: Record) -> Row:
    """The row of the epoch whose weights are `best.safetensors`; the last where nothing is monitored."""
    state = record.load_state()
    return rows[state.best_epoch if state and state.best is not None else -1]


def _load_best(learner: Learner, record: Record) -> None:
    path = record.checkpoints / "best.safetensors"
    if path.exists() and not learner.is_sharded:
        learner.judged.load_state_dict(load_file(path, str(learner.fabric.device)))


def _over_folds(summaries: list[Summary]) -> Summary:
    """Mean and standard deviation of the folds' figures."""
    figures = {
        name: [summary["test"][name] for summary in summaries] for name in ("loss", "accuracy", "macro_f1")
    }
    first = summaries[0]
    return {
        **{name: first[name] for name in ("model", "recipe", "data", "parameters")},
        "run": str(Path(first["run"]).parent),
        "folds": summaries,
        "test": {name: mean(values) for name, values in figures.items()},
        "test_std": {name: stdev(values) for name, values in figures.items()},
    }
