"""Figures: of counts, and of stored probabilities; all arithmetic is scikit-learn's and SciPy's."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest
from sklearn.metrics import (
    average_precision_score,
    multilabel_confusion_matrix,
    precision_recall_curve,
    precision_recall_fscore_support,
    roc_auc_score,
    roc_curve,
)

from fingerspell.evaluation.counts import Counts, Whole, macro_f1
from fingerspell.evaluation.predict import Predictions

Curve = NDArray[np.float64]
CURVE_POINTS = 200  # drawn of a curve; areas are of all points


@dataclass(frozen=True)
class Share:
    """A share of n with its 95 % interval (Wilson, 1927), all from 0 to 1.

    The interval takes the n for independent; frames of one video are not, so it is then too narrow.
    """

    value: float
    low: float
    high: float
    n: int

    @classmethod
    def of(cls, right: int, n: int) -> "Share":
        """`right` of `n`; not a number where n is 0."""
        if not n:
            return cls(float("nan"), 0.0, 1.0, 0)
        interval = binomtest(right, n).proportion_ci(method="wilson")
        return cls(right / n, float(interval.low), float(interval.high), n)

    def __str__(self) -> str:
        """In percent, the interval in brackets.

        >>> str(Share.of(81, 100))
        '81.0% (72.2 to 87.5)'
        """
        return f"{self.value:.1%} ({100 * self.low:.1f} to {100 * self.high:.1f})"


@dataclass(frozen=True)
class ClassFigures:
    """One-vs-rest metrics; NaN where undefined.

    Attributes:
        precision: of the images taken for the class, the share that is.
        recall: of the images of the class, the share that was recognised.
        f1: harmonic mean of the two.
        support: images of the class.
        false_positives: other images taken for the class.
        false_negatives: images of the class taken for others.
        true_positives: images of the class that were recognised.
        true_negatives: all others.
    """

    precision: float
    recall: float
    f1: float
    support: int
    false_positives: int
    false_negatives: int
    true_positives: int
    true_negatives: int


@dataclass(frozen=True)
class Metrics:
    """The figures of one model on one set.

    Attributes:
        accuracy: share of images recognised; predictions range over all classes of the model.
        letters: the same of the images of letters.
        top3: share whose class is among the three likeliest.
        macro_f1: mean of F1 over the classes that the data holds; see `counts.macro_f1`.
        weighted_f1: the same, weighted by the images of each class.
        per_class: of every class.
    """

    accuracy: Share
    letters: Share
    top3: Share
    macro_f1: float
    weighted_f1: float
    per_class: dict[str, ClassFigures]


def metrics_of(counts: Counts) -> Metrics:
    """Figures that follow from counts alone."""
    truth, predicted = np.indices(counts.confusion.shape).reshape(2, -1)
    weight = counts.confusion.ravel()
    classes = counts.alphabet.classes
    labels = np.arange(len(classes))
    columns = precision_recall_fscore_support(
        truth, predicted, labels=labels, sample_weight=weight, zero_division=np.nan
    )
    tables = multilabel_confusion_matrix(truth, predicted, labels=labels, sample_weight=weight)
    per_class = {}
    for name, precision, recall, f1, support, table in zip(classes, *columns, tables, strict=True):
        true_negatives, false_positives, false_negatives, true_positives = map(int, table.ravel())
        per_class[name] = ClassFigures(
            float(precision),
            float(recall),
            float(f1),
            int(support),
            false_positives,
            false_negatives,
            true_positives,
            true_negatives,
        )
    held = [figures for figures in per_class.values() if figures.support]
    f1s = [figures.f1 for figures in held]
    return Metrics(
        accuracy=Share.of(counts.right, counts.n),
        letters=Share.of(counts.letters_right, counts.n_letters),
        top3=Share.of(counts.within(3), counts.n),
        macro_f1=macro_f1(counts.confusion),
        weighted_f1=float(np.average(f1s, weights=[figures.support for figures in held])),
        per_class=per_class,
    )


@dataclass(frozen=True)
class Threshold:
    """A probability from which on an image counts as of a class, and what follows, 0 to 1."""

    probability: float
    recall: float
    precision: float
    false_positive_rate: float


@dataclass(frozen=True)
class ClassCurves:
    """One class against the rest, at every threshold of its probability; a few points of each curve.

    Attributes:
        recall: of the precision-recall curve, [P].
        precision: [P].
        false_positive_rate: of the receiver operating characteristic (ROC), [Q].
        true_positive_rate: [Q].
        average_precision: area under the first, as scikit-learn sums it.
        roc_area: area under the second.
        by_f1: the point of the first with the highest F1.
        by_youden: the point of the second where most true positives come with least false ones, by
            their difference (Youden, 1950).
    """

    recall: Curve
    precision: Curve
    false_positive_rate: Curve
    true_positive_rate: Curve
    average_precision: float
    roc_area: float
    by_f1: Threshold
    by_youden: Threshold


def curves_of(predictions: Predictions) -> dict[str, ClassCurves]:
    """Curves of the classes of which the data holds images, and others as well."""
    curves = {}
    for number, name in enumerate(predictions.alphabet.classes):
        truth = predictions.labels == number
        if truth.all() or not truth.any():
            continue
        score = predictions.probabilities[:, number].astype(np.float32)
        precision, recall, cuts = precision_recall_curve(truth, score, drop_intermediate=True)
        false_rate, true_rate, roc_cuts = roc_curve(truth, score)
        f1 = 2 * precision * recall / np.maximum(precision + recall, np.finfo(float).tiny)
        best = 1 + int(np.argmax((true_rate - false_rate)[1:]))  # the first point takes no image
        curves[name] = ClassCurves(
            *_thinned(recall, precision),
            *_thinned(false_rate, true_rate),
            average_precision=float(average_precision_score(truth, score)),
            roc_area=float(roc_auc_score(truth, score)),
            by_f1=_threshold(truth, score, float(cuts[np.argmax(f1[:-1])])),
            by_youden=_threshold(truth, score, float(roc_cuts[best])),
        )
    return curves


def _threshold(truth: NDArray[np.bool_], score: NDArray[np.float32], cut: float) -> Threshold:
    """What a cut gives: images [N] of the class, and their probabilities [N]."""
    taken = score >= cut
    right = int(np.sum(taken & truth))
    return Threshold(
        probability=cut,
        recall=right / int(truth.sum()),
        precision=right / int(taken.sum()),
        false_positive_rate=(int(taken.sum()) - right) / int((~truth).sum()),
    )


def _thinned(x: Curve, y: Curve) -> tuple[Curve, Curve]:
    if len(x) <= CURVE_POINTS:
        return x, y
    chosen = np.linspace(0, len(x) - 1, CURVE_POINTS).round().astype(int)
    return x[chosen], y[chosen]


@dataclass(frozen=True)
class Confusion:
    """How often one class was taken for another, and how large a share of its images that is."""

    truth: str
    predicted: str
    n: int
    rate: float


def confusions_of(counts: Counts, at_least: int = 1) -> list[Confusion]:
    """The most confused pairs, the most frequent first."""
    wrong = counts.confusion - np.diag(np.diag(counts.confusion))
    support = counts.confusion.sum(1)
    classes = counts.alphabet.classes
    pairs = [
        Confusion(classes[t], classes[p], int(wrong[t, p]), float(wrong[t, p] / support[t]))
        for t, p in np.argwhere(wrong >= at_least).tolist()
    ]
    return sorted(pairs, key=lambda pair: -pair.n)


def counts_by_group(predictions: Predictions, groups: NDArray[np.str_]) -> dict[str, Counts]:
    """Counts of each source or signer, given the one of each image [N]."""
    counts = {}
    for group in np.unique(groups):
        labels, predicted, ranks = (part[groups == group] for part in _parts(predictions))
        counts[str(group)] = Counts.of(labels, predicted, ranks, predictions.alphabet)
    return counts


def spread_of(shares: Iterable[Share]) -> tuple[float, float]:
    """Mean and standard deviation (of the sample) over sources, each counting the same."""
    values = [share.value for share in shares]
    return float(np.mean(values)), float(np.std(values, ddof=1)) if len(values) > 1 else 0.0


def _parts(predictions: Predictions) -> tuple[Whole, Whole, Whole]:
    return predictions.labels, predictions.predicted, predictions.ranks
