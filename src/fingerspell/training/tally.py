"""Loss, accuracy and macro F1 of the images seen, as sums and counts.

Sums and counts are added up over processes, never averages, so that the result does not depend on how
many processes there were or how unequal their parts.
"""

from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torchmetrics import MeanMetric
from torchmetrics.classification import MulticlassConfusionMatrix

from fingerspell.core.alphabet import CLASSES
from fingerspell.errors import TrainingError
from fingerspell.evaluation.counts import macro_f1

_NO_CLASS = -1


@dataclass(frozen=True)
class Scores:
    """Figures of one part of the data.

    Attributes:
        loss: mean over the images.
        accuracy: share of the images whose class was the most probable, 0 to 1.
        macro_f1: mean F1 of the classes that the part holds, as `evaluate` has it, 0 to 1.
        n: images.
    """

    loss: float
    accuracy: float
    macro_f1: float
    n: int

    def named(self, part: str) -> dict[str, float | int]:
        """The figures with the part's name before theirs, as columns of a table."""
        return {f"{part}_{name}": value for name, value in asdict(self).items()}


class Tally(nn.Module):
    """Adds up batches; `scores` adds up processes. Its state dict is what this process counted.

    Args:
        n_classes: how many classes there are.
    """

    def __init__(self, n_classes: int = len(CLASSES)) -> None:
        super().__init__()
        self.loss = MeanMetric(nan_strategy="disable").set_dtype(torch.float64)
        self.confusion = MulticlassConfusionMatrix(n_classes, ignore_index=_NO_CLASS)
        for metric in (self.loss, self.confusion):
            metric.persistent(True)
        # torchmetrics warns where a process was given nothing to count, as may well happen.
        nothing = torch.full((1,), _NO_CLASS)
        self.confusion.update(nothing, nothing)
        self.loss.update(torch.zeros(0))

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from a state dict.

        Raises:
            TrainingError: it is of an older version, which counted otherwise.
        """
        try:
            self.load_state_dict(state)
        except RuntimeError as error:
            raise TrainingError(
                "the run was stopped within an epoch by an older version, which counted differently: "
                "start a new run."
            ) from error

    def add(self, losses: Tensor, outputs: Tensor, labels: Tensor) -> None:
        """Count a batch.

        Args:
            losses: of each image, [B].
            outputs: logits or log-probabilities [B, C].
            labels: classes int64 [B].
        """
        if not len(labels):
            return
        self.loss.update(losses.double())
        self.confusion.update(outputs.argmax(1), labels)

    def scores(self) -> Scores:
        """The figures over all processes; every process must ask, and gets the same."""
        loss, confusion = self.loss.compute().item(), self.confusion.compute().cpu().numpy()
        n = int(confusion.sum())
        right = int(confusion.trace())
        return Scores(loss, right / n if n else 0.0, macro_f1(confusion), n)
