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
NEW_PENALTY = 0.001  # the same of classes that begin with nothing
REMEMBERED = 3.0  # weight of what the model said of other pictures
MOST_STEPS = 200  # of L-BFGS


class Teacher:
    """Finds last layers that read given pictures and go on reading others as before.

    Args:
        layer: the layer to begin with.
        reminders: features [M, K] of pictures that are to be read as before.
        penalty: on changes; the higher, the less is learned and forgotten.
        n_new: classes that the layer lacks, and that follow its own.
        only_new: leave the layer's own classes exactly as they are.
    """

    def __init__(
        self,
        layer: LastLayer,
        reminders: Floats,
        penalty: float = PENALTY,
        *,
        n_new: int = 0,
        only_new: bool = False,
    ) -> None:
        self._n_known, width = layer.weight.shape
        self._only_new = only_new
        empty = np.zeros((n_new, width), np.float32)
        self._weight = torch.from_numpy(np.concatenate((layer.weight, empty)))
        self._bias = torch.from_numpy(np.concatenate((layer.bias, empty[:, 0])))
        self._reminders = torch.from_numpy(reminders)
        said = np.pad(layer.probabilities(reminders), ((0, 0), (0, n_new)))
        self._said = torch.from_numpy(said)
        self._penalty = torch.full((self._n_known + n_new, 1), penalty)
        self._penalty[self._n_known :] = NEW_PENALTY

    def teach(self, views: Views) -> tuple[Floats, Floats]:
        """Weight [C, K] and bias [C] of the layer that has learned all of `views`.

        Classes count alike, however many pictures they have, and for a 29th each, however many there
        are: a single class pulls no harder than it would among all.
        """
        shown = torch.from_numpy(np.concatenate((views.as_read[:, None], views.changed), 1))
        n_of_class = np.bincount(views.labels, minlength=len(self._bias))[views.labels]
        share = torch.from_numpy(1 / (len(CLASSES) * n_of_class)).float() / shown.shape[1]
        share, labels = (
            each.repeat_interleave(shown.shape[1]) for each in (share, torch.from_numpy(views.labels))
        )
        features, apart = shown.flatten(0, 1), self._apart(labels)
        width = self._weight.shape[1]
        fixed = self._n_known if self._only_new else 0
        change = torch.zeros(len(self._bias) - fixed, width + 1, requires_grad=True)
        optimiser = torch.optim.LBFGS([change], max_iter=MOST_STEPS, line_search_fn="strong_wolfe")

        def loss() -> Tensor:
            optimiser.zero_grad()
            logits = self._logits(features, change) + apart
            wrong = functional.cross_entropy(logits, labels, reduction="none")
            forgotten = functional.cross_entropy(self._logits(self._reminders, change), self._said)
            total = wrong @ share + REMEMBERED * forgotten
            total = total + (self._penalty[fixed:] / 2 * change.square()).sum()
            total.backward()  # type: ignore[no-untyped-call]
            return total

        optimiser.step(loss)  # type: ignore[no-untyped-call]
        weight, bias = self._changed(change.detach())
        return weight.numpy(), bias.numpy()

    def _apart(self, labels: Tensor) -> Tensor:
        """What each picture is told apart from, [N, C]: 0, and minus infinity for other classes.

        A picture of a known class is told apart from what is taught; one of a new class from all, since
        the layer has never been taught to tell it from any.
        """
        taught = torch.unique(labels)
        others = torch.full((len(self._bias),), -torch.inf)
        others[taught] = 0.0
        is_new = (labels >= self._n_known) | self._only_new
        return torch.where(is_new[:, None], 0.0, others)

    def _changed(self, change: Tensor) -> tuple[Tensor, Tensor]:
        """The layer with its last classes changed, all or only the new ones."""
        fixed = len(self._bias) - len(change)
        changes = functional.pad(change, (0, 0, fixed, 0))
        return self._weight + changes[:, :-1], self._bias + changes[:, -1]

    def _logits(self, features: Tensor, change: Tensor) -> Tensor:
        return functional.linear(features, *self._changed(change))

    def read_unseen(self, views: Views, stage: Stage) -> Floats:
        """Logits [N, C] of each picture, of a layer that has learned the other folds only."""
        advance = stage("checking", FOLDS)
        folds = folds_of(views.labels)
        logits = np.zeros((len(views.labels), len(self._bias)), np.float32)
        for fold in range(FOLDS):
            test = folds == fold
            if test.any():
                weight, bias = self.teach(views.take(~test))
                logits[test] = views.as_read[test] @ weight.T + bias
            advance(1)
        return logits


def folds_of(labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """The fold [N] of each picture: every class is cut into five runs of about one length.

    Runs, because pictures of a class are in order, and neighbours resemble each other most.
    """
    folds = np.empty_like(labels)
    for label in np.unique(labels):
        members = np.flatnonzero(labels == label)
        folds[members] = np.arange(len(members)) * FOLDS // len(members)
    return folds
