"""One run of the loop: its images, its network, its checkpoints, its figures."""

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

import numpy as np
import torch
from lightning_fabric import Fabric
from safetensors.torch import load_file

import fingerspell
from fingerspell.core.alphabet import Alphabet
from fingerspell.data.leakage import Part
from fingerspell.data.split_file import near_training_share
from fingerspell.evaluation.predict import Predictions
from fingerspell.models.checkpoint import CheckpointInfo, name_of_run, save_checkpoint
from fingerspell.training.curves import draw_curves
from fingerspell.training.learner import Learner, Said
from fingerspell.training.loop import Loop, Watcher
from fingerspell.training.plan import Plan
from fingerspell.training.record import Record, Row
from fingerspell.training.run_images import SPLIT_REPORT
from fingerspell.training.sensors import energy_j
from fingerspell.training.settings import as_flat
from fingerspell.training.tasks.base import Batches, Material
from fingerspell.training.tasks.choose import task_of

Summary = dict[str, Any]
CURVES, PAGE = "report/curves.png", "report/run.html"
BEST = "checkpoints/best.safetensors"


def make_learner(fabric: Fabric, plan: Plan, steps: int, training: Batches | None = None) -> Learner:
    """The network at its start, the same in every process.

    Args:
        fabric: devices, launched.
        plan: what to run.
        steps: batches an epoch.
        training: batches of what is trained on, if the loss is to know them.
    """
    if plan.options.device.deterministic:
        torch.use_deterministic_algorithms(True, warn_only=True)
        torch.backends.cudnn.benchmark = False
    torch.manual_seed(plan.options.learning.seed)
    task = task_of(plan)
    objective = task.objective(fabric, plan, training)
    n_classes = len(plan.classes)
    return Learner(fabric, task.network(plan, training), objective, plan.options, steps, n_classes)


def open_fold(
    fabric: Fabric, plan: Plan, material: Material, fold: str
) -> tuple[Plan, dict[Part, Batches], Learner]:
    """What a fold begins with: the plan as its material settles it, batches, and the learner."""
    task = task_of(plan)
    plan = task.settled(plan, material, fold)
    parts = task.batches(fabric, plan, material, fold)
    training = parts[Part.TRAIN]
    return plan, parts, make_learner(fabric, plan, len(training), training)


@dataclass
class FoldRun:
    """One fold in one of the run's processes.

    Attributes:
        is_stop_wished: whether the run is to stop, once this fold, which was at its end, is done.
        said: what the network says of the test part, at the end; of all processes' shares.
    """

    fabric: Fabric
    plan: Plan
    material: Material
    fold: str
    record: Record
    is_stop_wished: bool = False
    said: list[Said] = field(default_factory=list)

    def train(self, watchers: Sequence[Watcher]) -> Summary:
        """Train to the end, evaluate the best epoch's weights on the test part, and sum up.

        Raises:
            Stopped: somebody wished it; the state is saved.
        """
        began = time.perf_counter()
        self.plan, self.parts, self.learner = open_fold(
            self.fabric, self.plan, self.material, self.fold
        )
        learning = self.plan.options.learning
        loop = Loop(self.fabric, self.learner, self.parts, learning, self.record, self._keep, watchers)
        rows, best = loop.run()
        self.is_stop_wished = loop.is_stop_wished
        self._load_best()
        test = self.learner.evaluate(self.parts[Part.TEST].epoch(0), self.said)
        self._share_what_was_said()
        if self.fabric.is_global_zero:
            draw_curves(rows, self.record.folder / CURVES, self.plan.folder.name)
        joules = energy_j(rows)
        near = near_training_share(self.plan.folder / SPLIT_REPORT, self.fold)
        return {
            "run": str(self.record.folder),
            "model": self.plan.options.model.model,
            "recipe": self.plan.recipe,
            "data": {**self.material.fingerprint, "fold": self.fold},
            "parameters": sum(p.numel() for p in self.learner.module.parameters()),
            "epochs": len(rows),
            "best_epoch": rows[best]["epoch"],
            "best": rows[best],
            "test": asdict(test),
            "test_near_train_share": near,
            "train_seconds": sum(row["train_seconds"] for row in rows),
            **({} if joules is None else {"energy_j": joules}),
            "seconds_since_start": time.perf_counter() - began,
            "processes": self.fabric.world_size,
            "accelerator": self.fabric.device.type,
        }

    def _share_what_was_said(self) -> None:
        if self.fabric.world_size > 1:
            everybody: list[Any] = [None] * self.fabric.world_size
            torch.distributed.all_gather_object(everybody, self.said)
            self.said = [said for process in everybody for said in process]

    def write_page(self, summary: Summary) -> None:
        """Write the page of the fold, once it is trained."""
        from fingerspell.training.run_page import Outcome, write_page  # noqa: PLC0415  (draws)

        labels, packed = task_of(self.plan).known(self.material, self.fold)
        rows = np.concatenate([np.zeros(0, np.int64), *(each.rows for each in self.said)])
        said = [
            np.zeros((0, len(self.plan.classes)), np.float32),
            *(each.probabilities for each in self.said),
        ]
        order = np.argsort(rows)
        order = order[labels[rows[order]] >= 0]  # what has no label is no test
        predictions = Predictions.of(
            labels[rows[order]], np.concatenate(said)[order], Alphabet.of(self.plan.classes)
        )
        tested = Outcome(packed, rows[order], predictions)
        name = name_of_run(self.record.folder)
        write_page(self.record.folder / PAGE, name, summary, self.record.load_rows(), tested)

    def _keep(self, name: str, row: Row) -> None:
        """Write a checkpoint; sharded weights are gathered, so every process comes here."""
        weights = self.learner.weights()
        if not self.fabric.is_global_zero:
            return
        info = CheckpointInfo(
            model=self.plan.options.model.model,
            spec=self.plan.spec,
            classes=self.plan.classes,
            config={"recipe": self.plan.recipe, **as_flat(self.plan.options)},
            metrics=dict(row),
            data={**self.material.fingerprint, "fold": self.fold},
            created=datetime.now(UTC).isoformat(timespec="seconds"),
            version=fingerspell.__version__,
        )
        self.record.checkpoints.mkdir(parents=True, exist_ok=True)
        save_checkpoint(self.record.checkpoints / f"{name}.safetensors", weights, info)

    def _load_best(self) -> None:
        """Go back to the best epoch's weights; those of the last stay where nothing was monitored."""
        path = self.record.checkpoints / "best.safetensors"
        if path.exists():
            self.learner.load_weights(load_file(path, str(self.fabric.device)))
