"""An evaluation as JSON, in the shape that `fingerspell evaluate --json` has for good."""

import math
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from fingerspell.data.passed_over import documents as passed_over_documents
from fingerspell.evaluation.changes import Pairing, pairings
from fingerspell.evaluation.counts import Counts
from fingerspell.evaluation.doubtful_labels import DoubtfulLabel
from fingerspell.evaluation.evaluate import Evaluation, SetEvaluation
from fingerspell.evaluation.metrics import (
    ClassFigures,
    Share,
    confusions_of,
    counts_by_group,
    curves_of,
    spread_of,
)
from fingerspell.evaluation.people_document import (
    difference_documents,
    people_document,
    people_over_folds,
    people_pairs,
)
from fingerspell.evaluation.pictures import Pictures
from fingerspell.evaluation.sequences import SequenceFigures
from fingerspell.evaluation.speed import Speed


def evaluation_documents(evaluations: Sequence[Evaluation]) -> list[dict[str, Any]]:
    """All figures of each model, and of people those of several models together.

    A document has `compared`, and `people_compared` if people are known, where its model is the first
    of a pair; and `people_over_folds` where models left out people in turn.
    """
    documents = [evaluation_document(each) for each in evaluations]
    compared = list(pairings(evaluations))
    pairs, together = people_pairs(evaluations), people_over_folds(evaluations)
    for evaluation, document in zip(evaluations, documents, strict=True):
        if mine := [pair for pair in compared if pair.first == evaluation.facts.model]:
            document["compared"] = [_pairing(pair) for pair in mine]
        own = [pair for pair in pairs if pair.first == evaluation.facts.model]
        if own:
            document["people_compared"] = _without_nan(list(difference_documents(own)))
        if together:
            document["people_over_folds"] = _without_nan(people_document(together))
    return documents


def evaluation_document(evaluation: Evaluation) -> dict[str, Any]:
    """All figures of one model.

    The document is that of the first set; those of the others are in `other_data`, by name. Of videos
    alone there is `video`. What is not known is null.
    """
    document: dict[str, Any] = {"model": evaluation.facts.name}
    first, *others = evaluation.on_sets or (None,)
    if first:
        document = set_document(evaluation, first)
        headline = evaluation.headline
        document["headline"] = {
            "protocol": headline.pictures.protocol.value,
            "data": str(headline.pictures.index.root),
            "accuracy": _share(headline.metrics.accuracy),
        }
    if others:
        document["other_data"] = {
            each.pictures.name: set_document(evaluation, each) for each in others if each
        }
    if evaluation.sequences:
        document["video"] = _video(evaluation.sequences)
    document["parameters"] = evaluation.facts.parameters
    document["file_bytes"] = evaluation.facts.n_bytes
    document["sha256"] = evaluation.facts.sha256
    return document


def _video(figures: SequenceFigures) -> dict[str, Any]:
    """All figures of videos, and all errors; the moments are for the page, which shows their frames."""
    document = asdict(figures)
    for reading in document["readings"]:
        del reading["moments"]
    return document


def _pairing(pair: Pairing) -> dict[str, Any]:
    """Two models on one set, and the images that they read unlike."""
    changed = [each for right in (True, False, None) for each in pair.changed(right)]
    paths = pair.on_set.pictures.index.pictures
    return {
        "second": pair.second,
        "data": pair.data,
        **asdict(pair.comparison),
        "changed": [
            {
                "path": paths[each.place].path,
                "label": each.label,
                "first": {"class": each.first[0], "probability": each.first[1]},
                "second": {"class": each.second[0], "probability": each.second[1]},
            }
            for each in changed
        ],
    }


def set_document(evaluation: Evaluation, on_set: SetEvaluation) -> dict[str, Any]:
    """The fixed shape, for one set, and what goes beyond it."""
    document = _fixed(evaluation, on_set) | _beyond(on_set) | _sources(on_set)
    if evaluation.speed:
        document["speed"] = speed_document(evaluation.speed)
    known: dict[str, Any] = _without_nan(document)
    return known


def _fixed(evaluation: Evaluation, on_set: SetEvaluation) -> dict[str, Any]:
    """What every evaluation says of a set."""
    pictures, metrics, speed = on_set.pictures, on_set.metrics, evaluation.speed
    counts, curves = on_set.predictions.counts, curves_of(on_set.predictions)
    return {
        "model": evaluation.facts.name,
        "data": str(pictures.index.root),
        "n": len(pictures),
        "accuracy": metrics.accuracy.value,
        "macro_f1": metrics.macro_f1,
        "per_class": {name: _class_figures(figures) for name, figures in metrics.per_class.items()},
        "confusion": counts.confusion.tolist(),
        "classes": list(counts.alphabet.classes),
        "latency_ms": {
            "median": speed.latency_ms if speed else None,
            "p95": speed.latency_p95_ms if speed else None,
        },
        "images_per_s": speed.images_per_s if speed else None,
        "protocol": pictures.protocol.value,
        "note": pictures.note,
        "left_out": pictures.n_unusable,
        "near_training_share": pictures.near_training,
        "passed_over": passed_over_documents(pictures.passed_over),
        "accuracy_interval": [metrics.accuracy.low, metrics.accuracy.high],
        "letters": _share(metrics.letters),
        "top3": _share(metrics.top3),
        "weighted_f1": metrics.weighted_f1,
        "calibration_error": on_set.calibration.error,
        "areas": {
            name: {"average_precision": curve.average_precision, "roc": curve.roc_area}
            for name, curve in curves.items()
        },
        "thresholds": {
            name: {"f1": asdict(curve.by_f1), "youden": asdict(curve.by_youden)}
            for name, curve in curves.items()
        },
        "most_confused": [asdict(pair) for pair in confusions_of(counts)[:20]],
    }


def _beyond(on_set: SetEvaluation) -> dict[str, Any]:
    """What is said of a set whose people are known, that was corrected, or that was changed to test."""
    document: dict[str, Any] = {}
    if on_set.people:
        labels = [_doubtful_label(each, on_set.pictures) for each in on_set.doubtful_labels]
        document["people"] = people_document(on_set.people) | {"labels_to_check": labels}
    if corrected := on_set.pictures.corrected:
        document["corrections"] = {
            "file": str(corrected.file),
            "relabelled": corrected.relabelled,
            "left_out": corrected.left_out,
            "reasons": dict(corrected.reasons),
        }
    if on_set.mirrored:
        document["mirrored"] = _counts(on_set.mirrored)
    if on_set.robustness:
        document["robustness"] = {
            kind: {f"{level:g}": _counts(counts)["accuracy"] for level, counts in levels.items()}
            for kind, levels in on_set.robustness.items()
        }
    return document


def speed_document(speed: Speed) -> dict[str, Any]:
    """The speed of a model, with whether it keeps up with 30 frames a second."""
    return {**asdict(speed), "real_time": speed.real_time}


def flat_metrics(evaluation: Evaluation) -> dict[str, float]:
    """The figures that experiment trackers plot, by name: `strangers/multisigner100/accuracy`."""
    flat: dict[str, float] = {}
    for on_set in evaluation.on_sets:
        place = f"{on_set.pictures.protocol.name.lower()}/{on_set.pictures.name}"
        metrics = on_set.metrics
        flat[f"{place}/accuracy"] = metrics.accuracy.value
        flat[f"{place}/accuracy_low"] = metrics.accuracy.low
        flat[f"{place}/accuracy_high"] = metrics.accuracy.high
        flat[f"{place}/macro_f1"] = metrics.macro_f1
        flat[f"{place}/top3"] = metrics.top3.value
        flat[f"{place}/calibration_error"] = on_set.calibration.error
        flat[f"{place}/n"] = metrics.accuracy.n
        if people := on_set.people:
            flat[f"{place}/people_mean"] = people.mean.value
            flat[f"{place}/people_worst_tenth"] = people.worst_tenth
    if speed := evaluation.speed:
        flat["latency_ms"], flat["latency_p95_ms"] = speed.latency_ms, speed.latency_p95_ms
        flat["images_per_s"], flat["video_fps"] = speed.images_per_s, speed.video_fps
        flat["peak_memory_mb"] = speed.peak_memory_mb
    if video := evaluation.sequences:
        flat["character_error_rate"] = video.character_error_rate
        flat["word_error_rate"] = video.word_error_rate
    return flat


def left_out_sources(evaluations: Sequence[Evaluation]) -> dict[str, Counts]:
    """Counts of each source by the models that were trained without it."""
    counts: dict[str, Counts] = {}
    for evaluation in evaluations:
        for on_set in evaluation.on_sets:
            source = on_set.pictures.left_out_source
            if source:
                counts[source] = counts.get(source, Counts.none()) + on_set.predictions.counts
    return counts


def source_shares(on_set: SetEvaluation) -> dict[str, Share]:
    """Accuracy by source or signer; empty where the images are of one, or it is not known."""
    groups = counts_by_group(on_set.predictions, on_set.pictures.groups)
    if len(groups) < 2:  # noqa: PLR2004
        return {}
    return {name: Share.of(counts.right, counts.n) for name, counts in groups.items()}


def _sources(on_set: SetEvaluation) -> dict[str, Any]:
    shares = source_shares(on_set)
    if not shares:
        return {}
    mean, deviation = spread_of(shares.values())
    return {
        "sources": {name: _share(share) for name, share in shares.items()},
        "over_sources": {"mean": mean, "standard_deviation": deviation, "n": len(shares)},
    }


def _doubtful_label(label: DoubtfulLabel, pictures: Pictures) -> dict[str, Any]:
    paths = [pictures.index.pictures[place].path for place in label.places.tolist()]
    figures = {name: value for name, value in vars(label).items() if name != "places"}
    return {**figures, "paths": paths}


def _class_figures(figures: ClassFigures) -> dict[str, float | int]:
    return {
        "precision": figures.precision,
        "recall": figures.recall,
        "f1": figures.f1,
        "support": figures.support,
        "false_positives": figures.false_positives,
        "false_negatives": figures.false_negatives,
    }


def _counts(counts: Counts) -> dict[str, Any]:
    return {
        "accuracy": _share(Share.of(counts.right, counts.n)),
        "letters": _share(Share.of(counts.letters_right, counts.n_letters)),
    }


def _share(share: Share) -> dict[str, float | int]:
    return {"value": share.value, "low": share.low, "high": share.high, "n": share.n}


def _without_nan(value: Any) -> Any:
    """The same with null for what is not a number, which JSON has no word for."""
    if isinstance(value, dict):
        return {key: _without_nan(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_without_nan(each) for each in value]
    return None if isinstance(value, float) and math.isnan(value) else value
