import pytest
import torch

from fingerspell.models.hand_net import HandNet, normalised


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


def test_joints_are_where_the_heat_is(tiny):
    """Independent reference: the expectation of the cell centres, worked out with loops."""
    output = tiny(torch.randn(1, 3, 32, 48))
    heat = output.heat.softmax(-1).reshape(21, 4, 6)
    for joint in range(21):
        x = sum(heat[joint, r, c] * (c + 0.5) / 6 for r in range(4) for c in range(6))
        y = sum(heat[joint, r, c] * (r + 0.5) / 4 for r in range(4) for c in range(6))
        torch.testing.assert_close(output.joints[0, joint], torch.stack((x, y)))


def test_joints_are_normalised_whatever_their_place_and_size():
    joints = torch.rand(4, 21, 2)
    shape = normalised(joints)
    torch.testing.assert_close(shape, normalised(joints * 7 - 3), atol=1e-4, rtol=0)
    torch.testing.assert_close(shape.mean(1), torch.zeros(4, 2), atol=1e-5, rtol=0)
    torch.testing.assert_close(shape.square().sum(-1).mean(1), torch.ones(4), atol=1e-3, rtol=0)
