"""A data folder as the reader's training needs it, with few small images."""

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from fingerspell.core.alphabet import LETTERS
from fingerspell.models.reader import HandReader
from fingerspell.training.hand_reader import sources
from fingerspell.training.hand_reader.sources import HANDLESS, PEOPLE, RENDERED, Source

SETS = {
    PEOPLE: Source(10, by_person=True),
    "t32": Source(5),
    RENDERED: Source(5, cut_out_share=1.0),
    "backgrounds": Source(2, empty=True),
    HANDLESS + "rps_webcam": Source(2, empty=True),
}
WHO = ("anna", "ben", "cem")


def stored(module: torch.nn.Module, first: int = 0) -> dict[str, torch.Tensor]:
    """Weights as `mediapipe_weights.py` numbers them: a bias with the weight before it."""
    numbered, number = {}, first - 1
    for name, parameter in module.named_parameters():
        kind = name.rpartition(".")[2]
        number += kind == "weight"
        numbered[f"{number:03}.{kind}"] = parameter.detach()
    return numbered


def write_mediapipe(folder, reader: HandReader, heads: torch.nn.ModuleList) -> None:
    """MediaPipe's weights, as though they were a reader's."""
    (folder / "mediapipe").mkdir()
    save_file(stored(reader.palms), folder / "mediapipe" / "palms.safetensors")
    trunk = stored(reader.trunk)
    save_file(
        trunk | stored(heads, len({key[:3] for key in trunk})),
        folder / "mediapipe" / "hand.safetensors",
    )


def _write_hands(data, name: str, paths: list[str], dice: np.random.Generator) -> None:
    """Images with a hand, whose landmarks and mask are known."""
    for path in paths:
        (data / name / path).parent.mkdir(parents=True, exist_ok=True)
        pixels = dice.integers(0, 255, (60, 50, 3), np.uint8)
        Image.fromarray(pixels).save(data / name / path)
    n = len(paths)
    shape = {ord(path[0]): np.random.default_rng(ord(path[0])) for path in paths}
    forms = {letter: each.uniform(0.2, 0.8, (21, 2)) for letter, each in shape.items()}
    joints = np.zeros((n, 2, 21, 2), np.float32)
    joints[:, 0] = [forms[ord(path[0])] for path in paths] + dice.normal(0, 0.01, (n, 21, 2))
    found = np.tile(np.array([1, 0], np.float32), (n, 1))
    size = np.tile(np.array([50, 60], np.int32), (n, 1))
    for made, arrays in {
        "joints": {"paths": np.array(paths), "size_wh": size, "joints": joints, "found": found},
        "hands": {"masks": np.full((n, 2, 128, 16), 255, np.uint8)},
    }.items():
        (data / made).mkdir(exist_ok=True)
        np.savez(data / made / f"{name}.npz", **arrays)


@pytest.fixture
def reader_data(tmp_path, monkeypatch):
    """The folder of five small sets, three people and the letters A to D."""
    monkeypatch.setattr(sources, "SOURCES", SETS)
    for module in ("training_images", "looks"):
        monkeypatch.setattr(f"fingerspell.training.hand_reader.{module}.SOURCES", SETS)
    monkeypatch.setattr("fingerspell.training.tasks.read_hands.SOURCES", SETS)
    data, dice = tmp_path / "data", np.random.default_rng(0)
    data.mkdir()
    letters = sorted(LETTERS)[:4]
    _write_hands(
        data, PEOPLE, [f"{a}/{who}_{i}.png" for a in letters for who in WHO for i in (0, 1)], dice
    )
    _write_hands(data, "t32", [f"{a}/{i}.png" for a in letters for i in (0, 1)], dice)
    _write_hands(data, RENDERED, [f"{a}/{i}.png" for a in letters for i in (0, 1)], dice)
    for name in ("backgrounds", HANDLESS + "rps_webcam"):
        (data / name).mkdir(parents=True)
        Image.fromarray(dice.integers(0, 255, (40, 40, 3), np.uint8)).save(data / name / "0.png")
        (data / "searched" / name).parent.mkdir(parents=True, exist_ok=True)
        places = np.zeros((1, 3, 2, 2), np.float32)
        presence = np.full((1, 3), -9, np.float32)
        np.savez(data / "searched" / f"{name}.npz", paths=["0.png"], places=places, presence=presence)
    torch.manual_seed(0)
    heads = torch.nn.ModuleList(torch.nn.Linear(1152, n) for n in (1, 1, 63, 63))
    write_mediapipe(data, HandReader(), heads)
    return data
