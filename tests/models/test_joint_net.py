import pytest
import torch

from fingerspell.models.joint_net import EitherHand, JointNet


@pytest.fixture(scope="module")
def net() -> JointNet:
    torch.manual_seed(0)
    return JointNet().eval()


def test_shape_and_size(net):
    assert net(torch.randn(3, 21, 2)).shape == (3, 29)
    assert sum(p.numel() for p in net.parameters()) == 42 * 256 + 256 + 256 * 128 + 128 + 128 * 29 + 29


def test_place_and_size_do_not_matter(net):
    joints = torch.rand(4, 21, 2) * 100
    torch.testing.assert_close(net(joints), net(joints * 3 + 40), atol=1e-4, rtol=1e-4)


def test_a_hand_and_its_mirror_image_are_read_alike(net):
    reader, joints = EitherHand(net), torch.rand(4, 21, 2)
    probabilities = reader(joints)
    torch.testing.assert_close(probabilities.sum(1), torch.ones(4))
    torch.testing.assert_close(
        probabilities, reader(torch.stack((1 - joints[..., 0], joints[..., 1]), -1))
    )
