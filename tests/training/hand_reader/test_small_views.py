"""Random views for the network for small hands must show what their targets say."""

import torch
from tests.training.hand_reader.test_crops import N, packed

from fingerspell.training.hand_reader import small_views
from fingerspell.training.hand_reader.small_views import VIEW_PX, WHOLE_TRUST, draw_small


def draw(index: torch.Tensor, seed: int = 0):
    return draw_small(packed(), index, torch.Generator().manual_seed(seed))


def test_joints_stay_on_what_they_mark(monkeypatch):
    monkeypatch.setattr(small_views, "photograph", lambda view, *_: view)
    drawn = draw(torch.arange(N).repeat(4))
    checked = 0
    for picture, joints, found in zip(drawn.pictures[:, 0], drawn.joints, drawn.found, strict=True):
        dark, bright = (joints[[4, 8]] * VIEW_PX).long()
        inside = min(*dark, *bright) > 2 and max(*dark, *bright) < VIEW_PX - 3
        is_large = (joints.amax(0) - joints.amin(0)).amax() > 0.5  # spots of some pixels
        if found and inside and is_large and (dark - bright).abs().max() > 20:
            assert picture[bright[1], bright[0]] > 0.6
            assert picture[dark[1], dark[0]] < 0.4
            checked += 1
    assert checked > 12


def test_half_of_the_hands_are_close_up_and_the_others_as_small_as_a_ninth():
    drawn = draw(torch.arange(N).repeat(8))
    extent = (drawn.joints.amax(1) - drawn.joints.amin(1)).amax(1)
    close, whole = (extent[drawn.found & (drawn.trust == trust)] for trust in (1.0, WHOLE_TRUST))
    assert 0.5 < close.median() < 0.8
    assert whole.min() < 0.2
    assert 0.4 < len(close) / (N * 8) < 0.65


def test_views_beside_a_hand_are_nothing():
    drawn = draw(torch.arange(N).repeat(6))
    beside = ~drawn.found
    assert 0.01 < beside.float().mean() < 0.15
    assert (drawn.label[beside] == 27).all()
    assert (drawn.hand[beside] == 0).all()
    assert (drawn.hand[~beside] == 1).all()
