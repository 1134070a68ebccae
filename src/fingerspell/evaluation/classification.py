"""Precision, recall and F1 of each class, and their averages, as scikit-learn's report has them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.metrics import precision_recall_fscore_support

from fingerspell.evaluation.counts import Counts

AVERAGES = ("macro avg", "weighted avg")


@dataclass(frozen=True)
class ReportRow:
    """A class, or an average: precision, recall and F1 from 0 to 1, and images.

    Of the accuracy, which is neither, only `f1` is given, as scikit-learn prints it.
    """

    name: str
    precision: float | None
    recall: float | None
    f1: float
    support: int


def report_rows(counts: Counts) -> Sequence[ReportRow]:
    """The rows of `sklearn.metrics.classification_report`: classes, accuracy, averages.

    Averages are over the classes that the data holds, each of which counts once (macro) or as often as
    it has images (weighted). What is undefined, such as the precision of a class that nothing was read
    as, counts as 0.
    """
    held = np.flatnonzero(counts.confusion.sum(1))
    if not held.size:
        return ()
    truth, predicted = np.indices(counts.confusion.shape).reshape(2, -1)
    weight = counts.confusion.ravel()
    precision, recall, f1, support = precision_recall_fscore_support(
        truth, predicted, labels=held, sample_weight=weight, zero_division=0.0
    )
    columns = zip(precision.tolist(), recall.tolist(), f1.tolist(), support.tolist(), strict=True)
    rows = [
        ReportRow(counts.alphabet.classes[place], p, r, f, int(n))
        for place, (p, r, f, n) in zip(held.tolist(), columns, strict=True)
    ]
    rows.append(ReportRow("accuracy", None, None, counts.right / counts.n, counts.n))
    for name, weights in zip(AVERAGES, (np.ones_like(support), support), strict=True):
        p, r, f = (float(np.average(each, weights=weights)) for each in (precision, recall, f1))
        rows.append(ReportRow(name, p, r, f, counts.n))
    return rows
