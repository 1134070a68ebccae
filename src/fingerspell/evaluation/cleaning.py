"""Corrections of labels that a model surely contradicts, for people to look over.

What is written is a list for `--corrections` (`data.corrections`): nothing on disk changes. A model
that learned from an image agrees with its label, so images that it learned from are left alone.
"""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fingerspell.data.corrections import COLUMNS, Correction
from fingerspell.errors import DataError
from fingerspell.evaluation.doubtful_labels import is_beginning
from fingerspell.evaluation.evaluate import Evaluation, SetEvaluation
from fingerspell.evaluation.pictures import Protocol
from fingerspell.files import write_atomically
from fingerspell.texts import NAMES


@dataclass(frozen=True)
class Cleaning:
    """How wrong labels are found, and what becomes of them.

    Attributes:
        at_least: probability of another class from which a label counts as wrong.
        relabels: give such images that class; else they are left out.
    """

    at_least: float = 0.95
    relabels: bool = False


def proposed(
    evaluations: Sequence[Evaluation], cleaning: Cleaning, known: Mapping[str, Correction]
) -> dict[str, Correction]:
    """Corrections by path, those known among them.

    Args:
        evaluations: one a model; of several that contradict one label, the surest counts.
        cleaning: how.
        known: corrections that the images have already.

    Raises:
        DataError: the models learned from all of the images.
    """
    on_sets = [(each, on_set) for each in evaluations for on_set in each.on_sets]
    fair = [(each, on_set) for each, on_set in on_sets if on_set.pictures.protocol is not Protocol.SEEN]
    if not fair:
        raise DataError(
            "every model learned from all of these images, so it cannot tell wrong labels: train one "
            "without them, such as the folds of `data split --folds`."
        )
    found: dict[str, tuple[float, Correction]] = {}
    for evaluation, on_set in fair:
        for path, sure, correction in _wrong(evaluation, on_set, cleaning):
            if path not in found or sure > found[path][0]:
                found[path] = (sure, correction)
    return {**known, **{path: correction for path, (_, correction) in found.items()}}


def _wrong(
    evaluation: Evaluation, on_set: SetEvaluation, cleaning: Cleaning
) -> Iterator[tuple[str, float, Correction]]:
    predictions = on_set.predictions
    sure = ~predictions.right & (predictions.confidence >= cleaning.at_least)
    for place in np.flatnonzero(sure).tolist():
        label, read = (
            predictions.alphabet.classes[each[place]]
            for each in (predictions.labels, predictions.predicted)
        )
        if is_beginning(label, read):
            continue
        probability = float(predictions.confidence[place])
        reason = f"{evaluation.facts.name} reads {label} as {read} with {probability:.2f}"
        path = on_set.pictures.index.pictures[place].path
        yield path, probability, Correction(read if cleaning.relabels else "", reason)


def write_corrections(rows: Mapping[str, Correction], path: Path) -> None:
    """Write corrections as CSV, in the order of their paths, whole or not at all.

    Raises:
        DataError: the file cannot be written.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows((name, rows[name].label, rows[name].reason) for name in sorted(rows))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, text.getvalue().encode(errors=NAMES))
    except OSError as error:
        raise DataError(
            f"{path} cannot be written ({error.strerror}): choose another file for the corrections."
        ) from error
