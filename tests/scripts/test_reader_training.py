"""What the bundled reader learns from: views must show what their targets say."""

import pytest
import torch

import views
from fingerspell.models.reader import HandNet
from samples import Samples
from train import SPEC, _cell_weights, loss_of


def packed(n: int = 64):
    """Grey pictures with a bright spot at joint 8 and a dark one at joint 4."""
    generator = torch.Generator().manual_seed(1)
    pictures = torch.full((n + 1, 3, 256, 256), 128, dtype=torch.uint8)
    joints = torch.rand(n + 1, 21, 2, generator=generator) * 60 + 90
    for picture, (dark, bright) in zip(pictures, joints[:, [4, 8]].long(), strict=True):
        picture[:, dark[1] - 4 : dark[1] + 5, dark[0] - 4 : dark[0] + 5] = 0
        picture[:, bright[1] - 4 : bright[1] + 5, bright[0] - 4 : bright[0] + 5] = 255
    found = torch.ones(n + 1, dtype=torch.bool)
    found[n] = False
    return Samples(
        pictures=pictures,
        halved=torch.nn.functional.avg_pool2d(pictures.float(), 2).to(torch.uint8),
        size=torch.full((n + 1, 2), 256.0),
        joints=joints,
        found=found,
        label=torch.arange(n + 1) % 26,
        trust=torch.ones(n + 1),
        weight=torch.ones(n + 1),
        mask=torch.zeros(n + 1, 1, 128, 128, dtype=torch.uint8),
        cut_out_share=torch.zeros(n + 1),
        rooms=torch.tensor([n]),
        people=torch.tensor([n]),
    )


def test_joints_stay_on_what_they_mark(monkeypatch):
    monkeypatch.setattr(views, "_photograph", lambda view, generator: view)
    samples = packed()
    drawn = views.draw_views(samples, torch.arange(64), torch.Generator().manual_seed(0))
    checked = 0
    for i in range(64):
        dark, bright = (drawn.joints[i, [4, 8]] * views.VIEW_PX).long()
        if drawn.found[i] and min(*dark, *bright) > 2 and max(*dark, *bright) < views.VIEW_PX - 3:
            if (dark - bright).abs().max() < 14:
                continue  # one spot may cover the other
            assert drawn.pictures[i, 0, bright[1], bright[0]] > 0.6
            assert drawn.pictures[i, 0, dark[1], dark[0]] < 0.4
            checked += 1
    assert checked > 15


def test_cut_out_hands_lie_before_other_backgrounds(monkeypatch):
    monkeypatch.setattr(views, "_photograph", lambda view, generator: view)
    samples = packed()
    samples.pictures[-1] = torch.tensor([0, 255, 0]).byte()[:, None, None]  # a green room
    samples.halved[-1] = samples.pictures[-1, :, ::2, ::2]
    for mask, (x, y) in zip(samples.mask, (samples.joints[:, 8] / 2).long(), strict=True):
        mask[0, y - 5 : y + 6, x - 5 : x + 6] = 255
    samples.cut_out_share.fill_(1.0)
    drawn = views.draw_views(samples, torch.arange(64), torch.Generator().manual_seed(0))
    red, green, _ = drawn.pictures.unbind(1)
    checked = 0
    for i in torch.nonzero(drawn.found)[:, 0]:
        x, y = (drawn.joints[i, 8] * views.VIEW_PX).long()
        if min(x, y) > 2 and max(x, y) < views.VIEW_PX - 3:
            assert red[i, y, x] > 0.6  # the bright spot is in its mask
            checked += 1
        assert ((red[i] < 0.1) & (green[i] > 0.2)).float().mean() > 0.4
    assert checked > 15


def test_views_beside_a_hand_are_nothing():
    samples = packed()
    drawn = views.draw_views(samples, torch.arange(64).repeat(10), torch.Generator().manual_seed(0))
    beside = ~drawn.found
    assert 0.02 < beside.float().mean() < 0.15
    assert (drawn.label[beside] == 27).all()
    assert (drawn.hand[beside] == 0).all()
    assert (drawn.label[~beside] == samples.label[torch.arange(64).repeat(10)][~beside]).all()


def test_a_few_steps_lower_the_loss_and_the_heat_target_is_right():

    joints = torch.tensor([[[0.31, 0.77]]])
    weights = _cell_weights(joints, 14).reshape(14, 14)
    centres = (torch.arange(14) + 0.5) / 14
    assert weights.sum() == pytest.approx(1)
    assert (weights.sum(0) @ centres).item() == pytest.approx(0.31, abs=1e-6)
    assert (weights.sum(1) @ centres).item() == pytest.approx(0.77, abs=1e-6)

    torch.manual_seed(0)
    net = HandNet((8, 8, 16, 16), joint_width=2)
    optimiser = torch.optim.AdamW(net.parameters(), 3e-3)
    drawn = views.draw_views(packed(), torch.arange(16), torch.Generator().manual_seed(0))
    losses = []
    for _ in range(15):
        loss, parts = loss_of(net(SPEC.normalise(drawn.pictures * 255, torch)), drawn)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(parts["loss"])
    assert losses[-1] < 0.8 * losses[0]
