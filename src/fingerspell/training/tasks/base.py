"""What a task says of itself; the loop, the learner and the record know the rest.

A task prepares its material, makes batches of it and the network, and has an objective: what the
network is shown of a batch, and what it gets wrong.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from lightning_fabric import Fabric
from numpy.typing import NDArray
from torch import Tensor, nn

from fingerspell.data.leakage import Part
from fingerspell.data.loader import Batch
from fingerspell.data.pack import Packed
from fingerspell.data.passed_over import PassedOver
from fingerspell.progress import Stage
from fingerspell.training.plan import Plan

LABEL = "label"  # of targets: classes int64 [B]; -1 of what has none


@dataclass(frozen=True)
class Examples:
    """What a network is shown of B images, and what is to be said of them.

    Attributes:
        inputs: tensors [B, ...] that the network takes.
        targets: tensors [B, ...] that the loss takes, by name; `LABEL` is one of them.
    """

    inputs: tuple[Tensor, ...]
    targets: Mapping[str, Tensor]

    def __len__(self) -> int:
        return len(self.inputs[0])

    def part(self, which: slice) -> "Examples":
        """Some of them."""
        targets = {name: value[which] for name, value in self.targets.items()}
        return Examples(tuple(value[which] for value in self.inputs), targets)

    def blank(self) -> tuple[Tensor, ...]:
        """Inputs of two blank images: a batch norm has no variance to take of one."""
        return tuple(value.new_zeros(2, *value.shape[1:]) for value in self.inputs)


class Objective(Protocol):
    """What the network is shown, and what it gets wrong."""

    def to_learn(self, batch: Batch) -> Examples:
        """What is shown in training, with chance: seeded by PyTorch's own generators."""

    def to_evaluate(self, batch: Batch) -> Examples:
        """What is shown in an evaluation."""

    def learning_losses(self, outputs: Any, targets: Mapping[str, Tensor]) -> tuple[Tensor, Tensor]:
        """Logits or log-probabilities [B, 29], and the losses [B] that training lowers."""

    def evaluation_losses(self, outputs: Any, targets: Mapping[str, Tensor]) -> tuple[Tensor, Tensor]:
        """The same of an evaluation."""


class Batches(Protocol):
    """The batches of one part of the material."""

    @property
    def sizes(self) -> list[int]:
        """Images in each batch of an epoch, over all processes together."""

    def __len__(self) -> int:
        """Batches an epoch."""

    def epoch(self, number: int, start: int = 0) -> Iterator[Batch]:
        """This process's share of an epoch's batches, from batch `start`."""


class Material(Protocol):
    """What a run learns from; small enough to be sent to every process.

    Attributes:
        folds: names of the folds; one for a single split.
        fingerprint: what the data are, as checkpoints hold it: `sha256`, and `folds`, with the number
            of images in each part of each fold.
        passed_over: what of the data set's folder is not among them.
        spared_s: seconds by which preparing would have taken longer if the plan were no trial.
    """

    @property
    def folds(self) -> tuple[str, ...]:
        """See above."""

    @property
    def fingerprint(self) -> dict[str, Any]:
        """See above."""

    @property
    def passed_over(self) -> tuple[PassedOver, ...]:
        """See above."""

    @property
    def spared_s(self) -> float:
        """See above."""


class Task(Protocol):
    """What is learned."""

    def check(self, plan: Plan) -> None:
        """Refuse what cannot be, before anything is written.

        Raises:
            FingerspellError: the options do not go together, or the weights cannot be had.
        """

    def noise(self, plan: Plan, n: int) -> Batch | None:
        """A batch of n images of noise, to time steps with; None where steps need the data."""

    def prepare(self, plan: Plan, stage: Stage) -> Material:
        """Make ready what is learned from, as far as that is not done already.

        Raises:
            FingerspellError: the data do not allow it, or are not those that the run began with.
        """

    def settled(self, plan: Plan, material: Any, fold: str) -> Plan:
        """The plan with what the material of a fold decides."""

    def batches(self, fabric: Fabric, plan: Plan, material: Any, fold: str) -> dict[Part, Any]:
        """Batches of this process for each part of a fold."""

    def known(self, material: Any, fold: str) -> tuple[NDArray[np.int64], Packed | None]:
        """Classes of all rows [N], -1 where there is none; and their images, where these are packed."""

    def network(self, plan: Plan, training: Any) -> nn.Module:
        """The network at its start, which may see batches of `training`; PyTorch has been seeded."""

    def objective(self, fabric: Fabric, plan: Plan, training: Any) -> Objective:
        """What the network is shown of batches of `training`, and what it gets wrong."""
