"""The fixed shape of the figures as JSON, and the figures that trackers get."""

import dataclasses
import json
import math

import numpy as np
import pytest

from fingerspell.core.alphabet import CLASSES
from fingerspell.evaluation.classifiers import ModelFacts
from fingerspell.evaluation.documents import (
    evaluation_document,
    evaluation_documents,
    flat_metrics,
    left_out_sources,
    source_shares,
)
from fingerspell.evaluation.evaluate import Evaluation, SetEvaluation
from fingerspell.evaluation.pictures import Protocol
from fingerspell.evaluation.predict import Predictions
from fingerspell.evaluation.speed import Speed

SPEED = Speed(5.0, 6.5, True, 180.0, 120.0, 9.0, 200.0, 2, "some processor, 2 cores")


def on_set(pictures, right: int, **changes) -> SetEvaluation:
    """The first `right` pictures are told, the others taken for the class after theirs."""
    probabilities = np.full((len(pictures), 29), 0.001, np.float32)
    wrong = np.arange(len(pictures)) >= right
    guess = (pictures.labels + wrong) % 29
    probabilities[np.arange(len(pictures)), guess] = 0.972
    return SetEvaluation(
        dataclasses.replace(pictures, **changes), Predictions.of(pictures.labels, probabilities)
    )


def evaluation(*on_sets, name="m", speed=SPEED) -> Evaluation:
    return Evaluation(ModelFacts(name, f"{name} 1", "00", 10, 20), on_sets, speed)


def test_the_fixed_shape(stills):
    document = evaluation_document(evaluation(on_set(stills.sample(20), 15)))
    json.dumps(document, allow_nan=False)
    assert document["model"] == "m 1"
    assert document["data"] == str(stills.index.root)
    assert (document["n"], document["accuracy"]) == (20, 0.75)
    assert 0 < document["macro_f1"] < 1
    assert list(document["per_class"]) == document["classes"] == list(CLASSES)
    assert set(document["per_class"]["A"]) >= {"precision", "recall", "f1", "support"}
    assert np.array(document["confusion"]).shape == (29, 29)
    assert np.trace(document["confusion"]) == 15
    assert document["latency_ms"] == {"median": 5.0, "p95": 6.5}
    assert document["images_per_s"] == 180.0


def test_what_is_not_known_is_null(stills):
    document = evaluation_document(evaluation(on_set(stills.sample(3), 3), speed=None))
    assert document["latency_ms"] == {"median": None, "p95": None}
    assert None in [each["recall"] for each in document["per_class"].values()]


def test_the_headline_is_the_strangers(stills):
    given = on_set(stills, 58, protocol=Protocol.GIVEN, name="own")
    strangers = on_set(stills.sample(10), 5)
    document = evaluation_document(evaluation(given, strangers))
    assert (document["n"], document["protocol"]) == (58, "in-corpus")
    assert document["headline"]["protocol"] == "strangers"
    assert document["headline"]["accuracy"]["value"] == 0.5
    assert document["other_data"]["samples"]["n"] == 10


def test_figures_for_trackers(stills):
    flat = flat_metrics(evaluation(on_set(stills, 29)))
    assert flat["strangers/samples/accuracy"] == 0.5
    assert flat["latency_ms"] == 5.0
    assert all(math.isfinite(value) for value in flat.values())


def test_models_are_paired_where_they_saw_the_same(stills):
    some = stills.sample(10)
    first = evaluation(on_set(stills, 50), on_set(some, 9), name="a")
    second = evaluation(on_set(stills, 40), name="b")
    one, other = evaluation_documents([first, second])
    [pair] = one["compared"]
    assert (pair["second"], pair["data"]) == ("b", "samples")
    assert pair["difference"] == pytest.approx(10 / 58)
    assert (pair["only_first"], len(pair["changed"])) == (10, 10)
    assert all(each["first"]["class"] == each["label"] for each in pair["changed"])
    assert "compared" not in other


def test_sources_left_out_in_turn_are_put_together(stills):
    runs = [
        evaluation(on_set(stills, n, left_out_source=source))
        for source, n in (("home", 58), ("office", 0))
    ]
    counts = left_out_sources(runs)
    assert {name: each.right for name, each in counts.items()} == {"home": 58, "office": 0}


def test_accuracy_by_source(stills):
    assert source_shares(on_set(stills, 58)) == {}
    pictures = tuple(
        dataclasses.replace(picture, group="ab"[n % 2])
        for n, picture in enumerate(stills.index.pictures)
    )
    index = dataclasses.replace(stills.index, pictures=pictures)
    evaluated = on_set(stills, 58, index=index)
    assert {name: share.n for name, share in source_shares(evaluated).items()} == {"a": 29, "b": 29}
    document = evaluation_document(evaluation(evaluated))
    assert document["over_sources"] == {"mean": 1.0, "standard_deviation": 0.0, "n": 2}
