"""Predictions to evaluate, runs and models made on the spot."""

import json
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import classification_report
from tests.runs import write_run

from fingerspell.core.alphabet import CLASSES
from fingerspell.core.types import Prediction
from fingerspell.evaluation.pictures import Pictures, Protocol, open_pictures
from fingerspell.evaluation.predict import Predictions


def draw_predictions(n: int = 400, seed: int = 0, classes: int = 29, skill: float = 2.0) -> Predictions:
    """Predictions of `classes` classes by a model of some skill, which may name all 29."""
    random = np.random.default_rng(seed)
    labels = random.integers(0, classes, n)
    logits = random.normal(size=(n, len(CLASSES)))
    logits[np.arange(n), labels] += skill
    probabilities = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    # As they are stored, so that every library sees the same numbers.
    return Predictions.of(labels, probabilities.astype(np.float16).astype(np.float32))


def report_of_scikit_learn(drawn: Predictions, zero_division: float) -> tuple[list[str], dict]:
    """The classes that the predictions' images have, and scikit-learn's report on these."""
    held = sorted(set(drawn.labels.tolist()))
    names = [CLASSES[place] for place in held]
    report = classification_report(
        drawn.labels,
        drawn.predicted,
        labels=held,
        target_names=names,
        output_dict=True,
        zero_division=zero_division,
    )
    return names, report


@pytest.fixture
def predictions() -> Predictions:
    return draw_predictions()


@pytest.fixture
def stills(samples) -> Pictures:
    """The 58 stills of tests/samples."""
    return open_pictures(samples, Protocol.STRANGERS)


@pytest.fixture
def make_run(tmp_path):
    """`write_run` in this test's own folder."""
    return lambda data=None, seed=0: write_run(tmp_path / "run", data, seed)


def write_split(path: Path, rows: dict[str, str], by: str = "block", fold: str = "1") -> None:
    """Write a split as `data split -o` does: parts by path, and the report beside it."""
    lines = [f"{name},{name.split('/')[0]},,{part}" for name, part in rows.items()]
    path.write_text("\n".join([f"path,label,group,fold {fold}", *lines, ""]))
    path.with_suffix(".json").write_text(json.dumps({"by": by}))


class BrightnessClassifier:
    """Says the class that the mean brightness names, eight levels a class, with little doubt."""

    name = "brightness 1"

    def classify(self, pictures: np.ndarray) -> list[Prediction]:
        levels = pictures.reshape(len(pictures), -1).mean(1)
        places = np.minimum(np.rint(levels / 8), len(CLASSES) - 1).astype(int)
        probabilities = np.full((len(pictures), len(CLASSES)), 0.001, np.float32)
        probabilities[np.arange(len(pictures)), places] = 1 - 0.001 * (len(CLASSES) - 1)
        return [Prediction(row) for row in probabilities]
