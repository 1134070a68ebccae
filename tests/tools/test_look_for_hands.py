"""Where the reader looks for a hand in images without one."""

import sys

import numpy as np
import pytest
import torch
from PIL import Image

import look_for_hands
from fingerspell.models.reader import HandReader
from fingerspell.models.reader_rules import ReaderRules
from fingerspell.models.squares import Squares


def test_ends_of_hands_lie_in_the_squares_around_them():
    """A square of 100 pixels, turned to the right by a quarter: 0.6 of it, from left to right."""
    square = Squares(torch.tensor([[200.0, 100.0, 100.0, torch.pi / 2, 1.0]]))
    assert look_for_hands.ends_of(square)[0].numpy() == pytest.approx(
        np.array([[170, 100], [230, 100]]), abs=1e-3
    )


def test_what_the_reader_takes_for_hands_is_kept(tmp_path, monkeypatch):
    torch.manual_seed(0)
    reader = HandReader().eval()
    monkeypatch.setattr(look_for_hands, "untaught_reader", lambda data: reader)
    path = tmp_path / "room.png"
    Image.effect_noise((80, 60), 90).convert("RGB").save(path)
    places, presence = look_for_hands.search((tmp_path, path))
    shown = torch.tensor(np.asarray(Image.open(path)))[None]
    with torch.inference_mode():
        squares = [reader.find_hand(shown)] + [
            reader.find_palm(shown, torch.tensor([margin]))[0] for margin in (False, True)
        ]
        seen = [reader.look(shown, square).hand.item() for square in squares]
    assert presence == pytest.approx(np.array(seen), abs=1e-5)
    ends = places * np.array([80, 60])
    square = torch.cat([each.numbers for each in squares]).numpy()
    assert ends.mean(1) == pytest.approx(square[:, :2], abs=1e-3)
    length = np.linalg.norm(ends[:, 1] - ends[:, 0], axis=1)
    assert length == pytest.approx(np.abs(ReaderRules.fill * square[:, 2]), rel=1e-3)


def test_what_is_looked_with_is_asked_for(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["look_for_hands.py", str(tmp_path)])
    with pytest.raises(SystemExit):
        look_for_hands.main()
    assert (
        "hand.safetensors is missing: tools/hand_data/mediapipe_weights.py" in capsys.readouterr().err
    )
