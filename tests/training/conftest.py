"""A data set that a tiny network learns in a second, and plans to train on it."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from fingerspell.training.options import TrainOptions
from fingerspell.training.plan import Plan
from fingerspell.training.settings import with_settings

QUICK = {
    "model": "tiny",
    "epochs": 3,
    "batch_size": 32,
    "lr": 0.01,
    "pack_px": 32,
    "accelerator": "cpu",
    "split": "random",
}


def write_pictures(root: Path, classes: str, each: int) -> Path:
    """Noisy pictures [32, 32], a colour for each class."""
    dice = np.random.default_rng(0)
    colours = dice.integers(30, 220, (len(classes), 1, 1, 3))
    for label, colour in zip(classes, colours, strict=True):
        (root / label).mkdir(parents=True)
        for number in range(each):
            noisy = colour + dice.normal(0, 25, (32, 32, 3))
            pixels = np.clip(noisy, 0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(root / label / f"{number}.png")
    return root


@pytest.fixture(scope="session")
def pictures(tmp_path_factory):
    return write_pictures(tmp_path_factory.mktemp("data") / "set", "ABCDEF", 30)


@pytest.fixture
def plan_of(tmp_path, pictures):
    """Makes a plan: its folder's name, then options that differ from `QUICK`."""

    def make(name: str, **options) -> Plan:
        plan = Plan(tmp_path / "runs" / name, pictures, TrainOptions(), recipe="test")
        return replace(plan, options=with_settings(plan.options, QUICK | options, "the test"))

    return make


@pytest.fixture(autouse=True)
def as_it_was():
    """Training switches PyTorch to deterministic algorithms; other tests need not."""
    yield
    torch.use_deterministic_algorithms(False)
