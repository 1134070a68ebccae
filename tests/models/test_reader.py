from copy import deepcopy

import pytest
import torch

from fingerspell.core.preprocess import PreprocessSpec
from fingerspell.models.reader import HandNet, HandOutput, TwoLooks

SPEC = PreprocessSpec(32)


@pytest.fixture(scope="module")
def tiny() -> HandNet:
    torch.manual_seed(0)
    return HandNet((4, 4, 8, 8), joint_width=2).eval()


def test_shapes(tiny):
    output = tiny(torch.randn(3, 3, 32, 48))
    assert output.logits.shape == (3, 29)
    assert output.heat.shape == (3, 21, 4 * 6)
    assert output.joints.shape == (3, 21, 2)
    assert output.hand.shape == (3,)


def test_size_of_the_bundled_network():
    assert sum(p.numel() for p in HandNet().parameters()) == 2_189_699


def test_joints_are_where_the_heat_is(tiny):
    """Independent reference: the expectation of the cell centres, worked out with loops."""
    output = tiny(torch.randn(1, 3, 32, 48))
    heat = output.heat.softmax(-1).reshape(21, 4, 6)
    for joint in range(21):
        x = sum(heat[joint, r, c] * (c + 0.5) / 6 for r in range(4) for c in range(6))
        y = sum(heat[joint, r, c] * (r + 0.5) / 4 for r in range(4) for c in range(6))
        torch.testing.assert_close(output.joints[0, joint], torch.stack((x, y)))


@torch.no_grad()
def test_sharper_joints_are_nearer_the_highest_peak(tiny):
    view = torch.randn(2, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    net = deepcopy(tiny)
    net.heat.weight *= 300  # an untrained network's heat is nearly flat
    mean, sharp = net(view), net(view, sharpness=1e5)
    torch.testing.assert_close(sharp.heat, mean.heat)
    peak = mean.heat.argmax(-1)  # of 8x8 cells
    expected = torch.stack((peak % 8, peak // 8), -1) / 8 + 1 / 16
    torch.testing.assert_close(sharp.joints, expected, atol=1e-3, rtol=0)
    halfway = net(view, sharpness=2.0).joints
    assert (halfway - expected).norm(dim=-1).mean() < (mean.joints - expected).norm(dim=-1).mean()


class Pointer(torch.nn.Module):
    """Sees a hand of given joints wherever it looks, and remembers what it was shown."""

    def __init__(self, joints: torch.Tensor, hand: float) -> None:
        super().__init__()
        self.joints, self.hand, self.views = joints, hand, []

    def forward(self, view: torch.Tensor, sharpness: float = 1.0) -> HandOutput:
        self.views.append(view)
        n = len(view)
        joints = self.joints.expand(n, 21, 2)
        return HandOutput(
            torch.zeros(n, 29), torch.zeros(n, 21, 4), joints, torch.full((n,), self.hand)
        )


def picture_with_a_white_square() -> torch.Tensor:
    """100 wide, 60 high; white from x 60 to 80, y 20 to 40."""
    picture = torch.zeros(1, 60, 100, 3, dtype=torch.uint8)
    picture[:, 20:40, 60:80] = 255
    return picture


def test_the_second_look_is_at_the_hand():
    # The picture stands in a 100x100 square, so y is shifted by 20 there.
    corners = torch.tensor([[0.6, 0.4], [0.8, 0.6]])
    net = Pointer(corners.repeat(11, 1)[:21], hand=5.0)
    reader = TwoLooks(net, SPEC)
    _, joints, hand = reader(picture_with_a_white_square())
    first, second = net.views
    assert (first > 0).float().mean() == pytest.approx(0.04, abs=0.02)
    assert (second > 0).float().mean() == pytest.approx(TwoLooks.FILL**2, abs=0.06)
    assert hand.item() > 0.99
    # The second view runs from x 54.6 to 85.4; what it sees at 0.6 and 0.8 lies there in the picture.
    side = 20 / TwoLooks.FILL
    expected = (70 - side / 2 + torch.tensor([0.6, 0.8]) * side) / 100
    torch.testing.assert_close(joints[0, :2, 0], expected)


def test_without_a_hand_the_second_look_is_at_the_whole_picture():
    net = Pointer(torch.full((21, 2), 0.5), hand=-5.0)
    picture = picture_with_a_white_square()
    _, _, hand = TwoLooks(net, SPEC)(picture)
    assert hand.item() < 0.01
    first, second = net.views
    assert first.shape == (1, 3, TwoLooks.FIRST_LOOK_PX, TwoLooks.FIRST_LOOK_PX)
    torch.testing.assert_close(second[:1], SPEC(picture, torch))


def test_a_hand_and_its_mirror_image_are_read_alike(tiny):
    """Where both are looked at whole, the mirrored picture shows the same two views."""
    reader = TwoLooks(tiny, SPEC)
    reader.HAND_LOGIT = torch.inf
    picture = torch.randint(0, 256, (1, 40, 40, 3), dtype=torch.uint8)
    probabilities, joints, _ = reader(picture)
    mirrored, mirrored_joints, _ = reader(picture.flip(2))
    torch.testing.assert_close(probabilities, mirrored)
    assert not torch.allclose(joints, mirrored_joints)  # they say where the hand is in the picture


def test_a_point_of_a_hand_is_not_looked_at_closer_than_the_pixels_allow():
    net = Pointer(torch.full((21, 2), 0.5), hand=5.0)
    TwoLooks(net, SPEC)(picture_with_a_white_square())
    assert torch.isfinite(net.views[1]).all()
