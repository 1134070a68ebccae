"""The looks that the reader itself has at hands."""

import numpy as np
import pytest
import torch

from fingerspell.core.alphabet import CLASSES
from fingerspell.models.reader import HandReader
from fingerspell.training.hand_reader.features import FACTS
from fingerspell.training.hand_reader.looks import Hands, look, looks_at, small_looks_at


def test_looks_are_the_readers_and_say_where_the_joints_are():
    """A bright joint in the image is bright in the view, at the place that the facts give."""
    reader = HandReader().eval()
    joints = torch.rand(21, 2, generator=torch.Generator().manual_seed(2)) * 60 + 70
    picture = np.zeros((200, 220, 3), np.uint8)
    x, y = joints[8].long().tolist()
    picture[y - 3 : y + 4, x - 3 : x + 4] = 255
    shown = []
    reader.trunk.middle = lambda view: shown.append(view) or torch.zeros(1, 112, 14, 14)
    with torch.inference_mode():
        facts = [facts for _, facts in looks_at(reader, picture, joints)]
    for view, fact in zip(shown, facts, strict=True):
        bright = (view[0, 0] > 0.5).nonzero().float().mean(0).flip(0) / 224
        torch.testing.assert_close(fact["joints"][8], bright, atol=0.02, rtol=0)
    assert facts[0]["joints"][:, 0] == pytest.approx(1 - facts[1]["joints"][:, 0], abs=0.2)


def test_small_looks_show_the_hand_and_the_whole_image():
    """A bright joint is bright in both, at the places that the facts give."""
    joints = torch.rand(21, 2, generator=torch.Generator().manual_seed(2)) * 60 + 70
    picture = np.zeros((200, 220, 3), np.uint8)
    x, y = joints[8].long().tolist()
    picture[y - 3 : y + 4, x - 3 : x + 4] = 255
    close, whole = small_looks_at(HandReader(), picture, joints)
    for view, fact in (close, whole):
        bright = (view[:, :, 0] > 127).nonzero().float().mean(0).flip(0) / 112
        torch.testing.assert_close(fact["small_joints"][8], bright, atol=0.02, rtol=0)
    extent = (close[1]["small_joints"].amax(0) - close[1]["small_joints"].amin(0)).amax()
    assert extent.item() == pytest.approx(0.65)
    torch.testing.assert_close(whole[1]["small_joints"], (joints + torch.tensor([0, 10])) / 220)


def test_each_hand_is_looked_at_twice_and_keeps_its_letter_and_its_person(reader_data):
    hands = Hands.load(reader_data, ("people", "t32"))
    assert len(hands.paths) == 4 * 6 + 4 * 2
    assert hands.source_names == ("people/anna", "people/ben", "people/cem", "t32")
    assert [CLASSES[label] for label in hands.label[:7]] == [*"AAAAAAB"]
    with torch.inference_mode():
        arrays, facts = look(hands, HandReader().eval())(0)
    assert arrays["middle"].shape == (64, 14, 14, 112)
    assert arrays["small"].shape == (64, 112, 112, 3)
    assert set(facts) == {*FACTS, "source"}
    assert torch.equal(facts["small_label"], facts["label"])
    assert facts["small_trust"][:2].tolist() == [1.0, 0.5]  # close up, and the whole image
    assert torch.equal(facts["label"], hands.label.repeat_interleave(2))
    assert torch.equal(facts["source"], hands.source.repeat_interleave(2))
    assert facts["found"].all()
