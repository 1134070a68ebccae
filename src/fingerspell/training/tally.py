"""Loss, accuracy and macro F1 of the pictures seen, as sums and counts.

Sums and counts are added up over processes, never averages, so that the result does not depend on how
many processes there were or how unequal their parts.
"""

from dataclasses import asdict, dataclass

import torch
from torch import Tensor, nn
from torchmetrics import MeanMetric, SumMetric
from torchmetrics.classification import MulticlassAccuracy, MulticlassF1Score

from fingerspell.core.alphabet import CLASSES

_NO_CLASS = -1


@dataclass(frozen=True)
class Scores:
    """Figures of one part of the data.

    Attributes:
        loss: mean over the pictures.
        accuracy: share of the pictures whose class was the most probable, 0 to 1.
        macro_f1: mean F1 of the classes that were there or were said to be, 0 to 1.
        n: pictures.
    """

    loss: float
    accuracy: float
    macro_f1: float
    n: int

    def named(self, part: str) -> dict[str, float | int]:
        """The figures with the part's name before theirs, as columns of a table."""
        return {f"{part}_{name}": value for name, value in asdict(self).items()}


class Tally(nn.Module):
    """Adds up batches; `scores` adds up processes. Its state dict is what this process counted."""

    def __init__(self) -> None:
        super().__init__()
        n = len(CLASSES)
        self.loss = MeanMetric(nan_strategy="disable").set_dtype(torch.float64)
        self.n = SumMetric(nan_strategy="disable").set_dtype(torch.float64)
        self.accuracy = MulticlassAccuracy(n, average="micro", ignore_index=_NO_CLASS)
        self.macro_f1 = MulticlassF1Score(n, average="macro", ignore_index=_NO_CLASS)
        for metric in (self.loss, self.n, self.accuracy, self.macro_f1):
            metric.persistent(True)
        # torchmetrics warns where a process was given nothing to count, as may well happen.
        nothing = torch.full((1,), _NO_CLASS)
        self.accuracy.update(nothing, nothing)
        self.macro_f1.update(nothing, nothing)
        self.loss.update(torch.zeros(0))
        self.n.update(torch.zeros(0))

    def add(self, losses: Tensor, outputs: Tensor, labels: Tensor) -> None:
        """Count a batch.

        Args:
            losses: of each picture, [B].
            outputs: logits or log-probabilities [B, 29].
            labels: classes int64 [B].
        """
        if not len(labels):
            return
        said = outputs.argmax(1)
        self.loss.update(losses.double())
        self.n.update(torch.ones_like(losses, dtype=torch.float64))
        self.accuracy.update(said, labels)
        self.macro_f1.update(said, labels)

    def scores(self) -> Scores:
        """The figures over all processes; every process must ask, and gets the same."""
        return Scores(
            self.loss.compute().item(),
            self.accuracy.compute().item(),
            self.macro_f1.compute().item(),
            round(self.n.compute().item()),
        )
