"""Teach a model's last layer some pictures, and tell honestly whether it helped.

Only the last linear layer changes, so the problem is convex: one optimum, found in seconds on a CPU and
the same every time. A penalty keeps the layer near what it was (L2-SP; Li, Grandvalet & Davoine,
"Explicit Inductive Bias for Transfer Learning with Convolutional Networks", 2018), it goes on saying
what the model said of other pictures (Li & Hoiem, "Learning without Forgetting", 2016), and pictures
are told apart among the classes that are taught only (as in Ahn et al., "SS-IL: Separated Softmax for
Incremental Learning", 2021): otherwise these would be learned at the cost of the others.
`docs/personal.md` has the figures that these values were chosen by.
"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from fingerspell.core.alphabet import CLASSES
from fingerspell.export.last_layer import Floats, LastLayer
from fingerspell.progress import Stage
from fingerspell.training.personal.views import Views

FOLDS = 5
PENALTY = 0.03  # on squares of what changes, beside a mean loss over 29 classes
REMEMBERED = 3.0  # weight of what the model said of other pictures
MOST_STEPS = 200  # of L-BFGS


class Teacher:
    """Finds last layers that read given pictures and go on reading others as before.

    Args:
        layer: the layer to begin with.
        reminders: features [M, K] of pictures that are to be read as before.
        penalty: on changes; the higher, the less is learned and forgotten.
    """

    def __init__(self, layer: LastLayer, reminders: Floats, penalty: float = PENALTY) -> None:
        self._weight, self._bias = torch.from_numpy(layer.weight), torch.from_numpy(layer.bias)
        self._reminders = torch.from_numpy(reminders)
        self._said = torch.from_numpy(layer.probabilities(reminders))
        self._penalty = penalty

    def teach(self, views: Views) -> tuple[Floats, Floats]:
        """Weight [29, K] and bias [29] of the layer that has learned all of `views`.

        Classes count alike, however many pictures they have, and for a 29th each, however many there
        are: a single class pulls no harder than it would among all.
        """
        shown = torch.from_numpy(np.concatenate((views.as_read[:, None], views.changed), 1))
        n_of_class = np.bincount(views.labels, minlength=len(CLASSES))[views.labels]
        share = torch.from_numpy(1 / (len(CLASSES) * n_of_class)).float() / shown.shape[1]
        share, labels = (
            each.repeat_interleave(shown.shape[1]) for each in (share, torch.from_numpy(views.labels))
        )
        features, taught = shown.flatten(0, 1), torch.from_numpy(np.unique(views.labels))
        labels = torch.searchsorted(taught, labels)
        n_classes, width = self._weight.shape
        change = torch.zeros(n_classes, width + 1, requires_grad=True)
        optimiser = torch.optim.LBFGS([change], max_iter=MOST_STEPS, line_search_fn="strong_wolfe")

        def loss() -> Tensor:
            optimiser.zero_grad()
            logits = self._logits(features, change)[:, taught]
            wrong = functional.cross_entropy(logits, labels, reduction="none")
            forgotten = functional.cross_entropy(self._logits(self._reminders, change), self._said)
            total = wrong @ share + REMEMBERED * forgotten + self._penalty / 2 * change.square().sum()
            total.backward()  # type: ignore[no-untyped-call]
            return total

        optimiser.step(loss)  # type: ignore[no-untyped-call]
        learned = change.detach()
        return (self._weight + learned[:, :-1]).numpy(), (self._bias + learned[:, -1]).numpy()

    def _logits(self, features: Tensor, change: Tensor) -> Tensor:
        return functional.linear(features, self._weight + change[:, :-1], self._bias + change[:, -1])

    def read_unseen(self, views: Views, stage: Stage) -> NDArray[np.int64]:
        """The class [N] of each picture, as a layer reads it that has learned the other folds only."""
        advance = stage("checking", FOLDS)
        folds, read = folds_of(views.labels), np.empty_like(views.labels)
        for fold in range(FOLDS):
            test = folds == fold
            if test.any():
                weight, bias = self.teach(views.take(~test))
                read[test] = (views.as_read[test] @ weight.T + bias).argmax(1)
            advance(1)
        return read


def folds_of(labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """The fold [N] of each picture: every class is cut into five runs of about one length.

    Runs, because pictures of a class are in order, and neighbours resemble each other most.
    """
    folds = np.empty_like(labels)
    for label in np.unique(labels):
        members = np.flatnonzero(labels == label)
        folds[members] = np.arange(len(members)) * FOLDS // len(members)
    return folds
