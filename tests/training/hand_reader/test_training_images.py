"""The training images as they are decoded."""

import numpy as np
import pytest
from PIL import Image

from fingerspell.errors import DataError
from fingerspell.progress import Advance, silent
from fingerspell.training.hand_reader import training_images
from fingerspell.training.hand_reader.sources import SOURCES

EMPTY = [name for name, source in SOURCES.items() if source.empty]


def test_people_with_a_hand_left_are_no_images_without_hands(tmp_path, monkeypatch):
    """What MediaPipe is sure of; rooms have none, whatever it says."""
    monkeypatch.setattr(training_images, "SOURCES", {name: SOURCES[name] for name in EMPTY})
    for name in EMPTY:
        (tmp_path / name).mkdir(parents=True)
        for i in range(3):
            Image.new("RGB", (40, 20)).save(tmp_path / name / f"{i}.jpg")
        places = np.arange(36, dtype=np.float32).reshape(3, 3, 2, 2) / 36
        (tmp_path / "searched" / name).parent.mkdir(parents=True, exist_ok=True)
        np.savez(
            tmp_path / "searched" / f"{name}.npz",
            paths=[f"{i}.jpg" for i in range(3)],
            places=places,
            presence=np.array([[-1, -2, -3], [-4, 0.1, -4], [-9, -9, -9]], np.float32),
        )
    told: list[object] = []

    def stage(what: str, length: int) -> Advance:
        told.append((what, length))
        return told.append

    loaded = training_images.load_samples(tmp_path, set(), stage)
    assert loaded.rooms.tolist() == [0, 1, 2]
    assert loaded.people.tolist() == [3, 4, 5, 6]
    in_square = places * np.array([256, 128], np.float32)
    assert loaded.places.numpy() == pytest.approx(in_square[[0, 1, 2, 0, 2, 0, 2]])
    assert told == [("reading images", 7), *[1] * 7]


def test_not_everything_can_be_left_out(tmp_path):
    with pytest.raises(DataError):
        training_images.load_samples(tmp_path, set(SOURCES), silent)
