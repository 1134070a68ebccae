"""JPEGs that a tiny network learns in a second, and studies of them."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from fingerspell.study.grid import StudyOptions, make_study

QUICK = {
    "models": "tiny",
    "loading": "packed",
    "batch_size": "32",
    "epochs": 2,
    "lr": 0.01,
    "accelerator": "cpu",
    "split": "random",
}


def write_jpegs(root: Path, classes: str, each: int, side_px: int = 200) -> Path:
    """Noisy JPEGs, a colour for each class; large, so that decoding takes its time."""
    dice = np.random.default_rng(0)
    colours = dice.integers(30, 220, (len(classes), 1, 1, 3))
    for label, colour in zip(classes, colours, strict=True):
        (root / label).mkdir(parents=True)
        for number in range(each):
            noisy = colour + dice.normal(0, 25, (side_px, side_px, 3))
            pixels = np.clip(noisy, 0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(root / label / f"{number}.jpg", quality=90)
    return root


@pytest.fixture(scope="session")
def jpegs(tmp_path_factory) -> Path:
    return write_jpegs(tmp_path_factory.mktemp("data") / "set", "ABCD", 30)


@pytest.fixture
def study_of(jpegs):
    """Makes a study: options that differ from `QUICK`."""

    def make(**options) -> StudyOptions:
        return make_study({"data": jpegs, **QUICK, **options}, "the test")

    return make


@pytest.fixture(autouse=True)
def as_it_was():
    """Training switches PyTorch to deterministic algorithms; other tests need not."""
    yield
    torch.use_deterministic_algorithms(False)
