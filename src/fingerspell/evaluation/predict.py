"""A model and images to predictions: with one process or several, always the same.

Batches are made before they are shared out, so an image is computed beside the same others however
many processes there are. Nothing is padded, and nothing is left out.
"""

import hashlib
import json
import os
from collections import deque
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

from fingerspell.core.alphabet import ASL, Alphabet
from fingerspell.core.types import FrameClassifier, alphabet_of
from fingerspell.errors import ModelError
from fingerspell.evaluation.array_cache import load_arrays, save_arrays
from fingerspell.evaluation.classifiers import load_classifier, model_bytes
from fingerspell.evaluation.counts import Counts
from fingerspell.evaluation.pictures import Batch, Pictures, Pixels, Rows
from fingerspell.processes import begin_worker
from fingerspell.progress import Advance, unheard

_FORMAT = 1  # raise it when the same model and images would give other predictions


class Change(Protocol):
    """What is done to images before they are classified; it can be sent to another process."""

    @property
    def name(self) -> str:
        """What it is, with all its values."""

    def __call__(self, pictures: Pixels) -> Pixels:
        """Change images uint8 [N, H, W, 3]."""


@dataclass(frozen=True)
class Predictions:
    """What a model says of N images.

    Attributes:
        labels: true classes, int64 [N].
        predicted: the likeliest class, int64 [N].
        ranks: how many classes were thought likelier than the true one, int64 [N]; 0 is right.
        probabilities: float16 [N, C]; the likeliest class and the ranks are from float32.
        alphabet: the classes.
    """

    labels: Rows
    predicted: Rows
    ranks: Rows
    probabilities: NDArray[np.float16]
    alphabet: Alphabet = ASL

    @classmethod
    def of(
        cls, labels: Rows, probabilities: NDArray[np.float32], alphabet: Alphabet = ASL
    ) -> "Predictions":
        """From true classes [N] and probabilities [N, C]; of equal ones, the first class counts."""
        order = np.argsort(-probabilities, axis=1, kind="stable")
        ranks = np.argmax(order == labels[:, None], axis=1)
        return cls(labels, order[:, 0], ranks, probabilities.astype(np.float16), alphabet)

    @property
    def counts(self) -> Counts:
        """What all figures but the curves are made of."""
        return Counts.of(self.labels, self.predicted, self.ranks, self.alphabet)

    @property
    def right(self) -> NDArray[np.bool_]:
        """Mask of correctly classified images, [N]."""
        return np.equal(self.ranks, 0)

    @property
    def confidence(self) -> NDArray[np.float32]:
        """Probability of the likeliest class, float32 [N]."""
        return np.asarray(self.probabilities.max(axis=1), np.float32)


class Predictor:
    """One model, ready to classify any number of sets; use it in a `with` statement.

    Args:
        model: as `load_classifier` takes it, or a classifier at hand (for a single process).
        processes: how many share the work; more than one need a guarded main module in scripts.
        cache: folder that keeps predictions by model and images; None keeps none.
        digits: tell digits, too, where the model tells letters and digits.

    Attributes:
        alphabet: the classes that it tells apart.

    Raises:
        ModelError: as for `load_classifier`.
    """

    def __init__(
        self,
        model: str | FrameClassifier,
        processes: int = 1,
        cache: Path | None = None,
        *,
        digits: bool = False,
    ) -> None:
        self._model, self._cache, self._sha256 = model, cache, ""
        self._digits = digits
        # What is wrong with it shows here, not in another process.
        classifier = load_classifier(model, digits=digits) if isinstance(model, str) else model
        self.alphabet = alphabet_of(classifier)
        self._pool: ProcessPoolExecutor | None = None
        if isinstance(model, str) and processes > 1:
            arguments = (model, max(1, (os.cpu_count() or 1) // processes), digits)
            context = get_context("spawn")  # a forked ONNX Runtime or PyTorch can hang
            self._pool = ProcessPoolExecutor(processes, context, _start_worker, arguments)
        else:
            self._classifier = classifier

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        if self._pool:
            self._pool.shutdown(cancel_futures=True)

    def predict(
        self, pictures: Pictures, change: Change | None = None, advance: Advance = unheard
    ) -> Predictions:
        """Classify images.

        Args:
            pictures: which.
            change: done to them first; see `robustness`.
            advance: called in this thread as images are classified.

        Raises:
            MediaError: an image is damaged.
            ModelError: a process that classified was ended from outside.
            DataError: the cache cannot be written to.
        """
        kept = self._kept(pictures, change)
        if known := load_arrays(kept):
            advance(len(pictures))
            return Predictions.of(pictures.labels, known["probabilities"], self.alphabet)
        probabilities = np.empty((len(pictures), len(self.alphabet)), np.float32)
        for places, values in self._answers(pictures.batches(), change):
            probabilities[places] = values
            advance(len(places))
        if kept:
            save_arrays(kept, {"probabilities": probabilities})
        return Predictions.of(pictures.labels, probabilities, self.alphabet)

    def _answers(
        self, batches: list[Batch], change: Change | None
    ) -> Iterator[tuple[Rows, NDArray[np.float32]]]:
        if not self._pool:
            for ready in _read_ahead(batches):
                for places, pixels in ready:
                    yield places, _probabilities(self._classifier, pixels, change)
            return
        try:
            for answers in self._pool.map(_work, batches, [change] * len(batches)):
                yield from answers
        except BrokenProcessPool as error:
            raise ModelError(
                f"a process that classified with {self._model} was killed, as happens "
                "when memory runs out: use fewer processes."
            ) from error

    def _kept(self, pictures: Pictures, change: Change | None) -> Path | None:
        """The file in the cache that holds these predictions, or will."""
        if self._cache is None or not isinstance(self._model, str):
            return None
        self._sha256 = self._sha256 or hashlib.sha256(model_bytes(self._model)).hexdigest()
        parts = [_FORMAT, self._sha256, pictures.sha256, change.name if change else ""]
        parts += ["digits"] if self._digits else []
        return self._cache / f"predictions-{hashlib.sha256(json.dumps(parts).encode()).hexdigest()}.npz"


def _probabilities(
    classifier: FrameClassifier, pixels: Pixels, change: Change | None
) -> NDArray[np.float32]:
    """Classify images [N, H, W, 3]: float32 [N, C]."""
    predictions = classifier.classify(change(pixels) if change else pixels)
    return np.stack([prediction.probabilities for prediction in predictions])


def _read_ahead(batches: list[Batch]) -> Iterator[list[tuple[Rows, Pixels]]]:
    """The images of each batch, a few batches being read while one is used."""
    ahead = 2 * (os.cpu_count() or 1)
    with ThreadPoolExecutor(ahead // 2) as pool:
        coming = deque(pool.submit(batch.read) for batch in batches[:ahead])
        following = iter(batches[ahead:])
        while coming:
            ready = coming.popleft().result()
            coming.extend(pool.submit(batch.read) for batch in islice(following, 1))
            yield ready


_worker: FrameClassifier | None = None  # of this process, where it is one of several


def _start_worker(model: str, threads: int, digits: bool) -> None:
    global _worker  # noqa: PLW0603 - what a process of a pool keeps between its tasks
    begin_worker()
    _worker = load_classifier(model, threads, digits=digits)


def _work(batch: Batch, change: Change | None) -> list[tuple[Rows, NDArray[np.float32]]]:
    assert _worker  # noqa: S101 - set when the process started
    return [(places, _probabilities(_worker, pixels, change)) for places, pixels in batch.read()]
