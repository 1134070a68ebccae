"""Random views must show what their targets say."""

import pytest
import torch

from fingerspell.models.reader_rules import ReaderRules
from fingerspell.training.hand_reader import crops
from fingerspell.training.hand_reader.sources import UNKNOWN
from fingerspell.training.hand_reader.training_images import Samples

N = 48


def packed(n: int = N):
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
        places=torch.zeros(n + 1, 3, 2, 2),
        source=torch.zeros(n + 1, dtype=torch.long),
        source_names=("people/anna",),
    )


def draw(samples: Samples, index: torch.Tensor, seed: int = 0) -> crops.Crops:
    return crops.draw_crops(samples, index, torch.Generator().manual_seed(seed))


def test_joints_stay_on_what_they_mark(monkeypatch):
    monkeypatch.setattr(crops, "photograph", lambda view, *_: view)
    drawn = draw(packed(), torch.arange(N))
    checked = 0
    for i in range(N):
        dark, bright = (drawn.joints[i, [4, 8]] * crops.VIEW_PX).long()
        if drawn.found[i] and min(*dark, *bright) > 4 and max(*dark, *bright) < crops.VIEW_PX - 5:
            if (dark - bright).abs().max() < 40:
                continue  # one spot may cover the other
            assert drawn.pictures[i, 0, bright[1], bright[0]] > 0.6
            assert drawn.pictures[i, 0, dark[1], dark[0]] < 0.4
            checked += 1
    assert checked > 12


def test_hands_are_upright_and_their_turn_leads_back():
    """Nearly: a palm detector is off by some degrees, too."""
    samples = packed()
    drawn = draw(samples, torch.arange(N).repeat(4))
    found = drawn.found
    along = drawn.joints[:, 9] - drawn.joints[:, 0]
    off = torch.atan2(along[:, 0], -along[:, 1])[found].abs()
    assert off.median() < 0.25
    back = ((drawn.joints[:, 9] - drawn.joints[:, 0])[:, None] @ drawn.turn.transpose(1, 2))[:, 0]
    original = (samples.joints[:, 9] - samples.joints[:, 0])[torch.arange(N).repeat(4)]
    mirrored = original * torch.tensor([-1.0, 1.0])
    near = torch.maximum(*(functional_cosine(back, each) for each in (original, mirrored)))
    assert near[found].median() > 0.9


def functional_cosine(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    return (a * b).sum(1) / (a.norm(dim=1) * b.norm(dim=1))


def test_hands_fill_as_much_of_a_view_as_the_readers_do():
    drawn = draw(packed(), torch.arange(N).repeat(4))
    extent = (drawn.joints.amax(1) - drawn.joints.amin(1)).amax(1)[drawn.found]
    assert extent.median().item() == pytest.approx(ReaderRules.fill, abs=0.1)


def test_cut_out_hands_lie_before_other_backgrounds(monkeypatch):
    monkeypatch.setattr(crops, "photograph", lambda view, *_: view)
    samples = packed()
    samples.pictures[-1] = torch.tensor([0, 255, 0]).byte()[:, None, None]  # a green room
    for mask, (x, y) in zip(samples.mask, (samples.joints[:, 8] / 2).long(), strict=True):
        mask[0, y - 5 : y + 6, x - 5 : x + 6] = 255
    samples.cut_out_share.fill_(1.0)
    drawn = draw(samples, torch.arange(N))
    red, green, _ = drawn.pictures.unbind(1)
    checked = 0
    for i in torch.nonzero(drawn.found)[:, 0]:
        x, y = (drawn.joints[i, 8] * crops.VIEW_PX).long()
        if min(x, y) > 4 and max(x, y) < crops.VIEW_PX - 5:
            assert red[i, y, x] > 0.5  # the bright spot is in its mask
            checked += 1
        assert ((red[i] < 0.1) & (green[i] > 0.2)).float().mean() > 0.4
    assert checked > 12


def test_views_beside_a_hand_are_nothing():
    index = torch.arange(N).repeat(6)
    samples = packed()
    drawn = draw(samples, index)
    beside = ~drawn.found
    assert 0.01 < beside.float().mean() < 0.13
    assert (drawn.label[beside] == 27).all()
    assert (drawn.hand[beside] == 0).all()
    assert (drawn.label[~beside] == samples.label[index][~beside]).all()


def test_what_was_taken_for_a_hand_is_looked_at_as_hands_are(monkeypatch):
    """A bar where the reader found a hand, in a picture without one: upright, and of a hand's size."""
    monkeypatch.setattr(crops, "photograph", lambda view, *_: view)
    samples = packed(2)
    lower, upper = torch.tensor([60.0, 200.0]), torch.tensor([130.0, 100.0])
    samples.places[2] = torch.stack((lower, upper))
    samples.pictures[2] = 128
    for along in torch.linspace(0, 1, 100):
        x, y = (lower + along * (upper - lower)).long()
        samples.pictures[2, :, y - 3 : y + 4, x - 3 : x + 4] = 255
    drawn = draw(samples, torch.full((64,), 2))
    assert not drawn.found.any()
    assert (drawn.hand == UNKNOWN).all()  # of label C; such pictures have the label `nothing`
    upright, tall = 0, 0
    for picture in drawn.pictures[:, 0]:
        rows, columns = torch.nonzero(picture > 0.9).float().unbind(1)
        if len(rows) > 100:
            height, width = (
                torch.quantile(each, 0.95) - torch.quantile(each, 0.05) for each in (rows, columns)
            )
            upright += height > 2 * width
            tall += 0.35 < height / crops.VIEW_PX < 0.85
    assert upright > 0.5 * 64
    assert tall > 0.5 * 64


def test_views_that_shrink_their_images_show_means_of_four_pixels(monkeypatch):
    """A chessboard of single pixels is grey in the mean, and would not be if pixels were skipped."""
    monkeypatch.setattr(crops, "photograph", lambda view, *_: view)
    samples = packed(4)
    board = (torch.arange(256)[:, None] + torch.arange(256)) % 2 * 255
    samples.pictures[:] = board.to(torch.uint8)
    samples.joints[:, :, 0] = torch.linspace(2, 254, 21)
    samples.joints[:, :, 1] = torch.linspace(254, 2, 21)
    drawn = draw(samples, torch.arange(4).repeat(8))
    middle = drawn.pictures[:, :, 100:124, 100:124]
    shrunk = middle.flatten(1).std(1) < 0.02
    assert shrunk.float().mean() > 0.5
    assert middle[shrunk].mean() == pytest.approx(0.5, abs=0.05)
