import pytest

from fingerspell.models.network_size import Cost, cost_of
from fingerspell.models.registry import architecture


def test_multiply_adds_worked_by_hand():
    """ASLNet: each output of a convolution is one sum over channels x 5 x 5."""
    first, second = 40 * 40 * 16 * 3 * 25, 20 * 20 * 32 * 16 * 25
    assert cost_of(architecture("aslnet")) == Cost(106_877, first + second + 3200 * 29)


@pytest.mark.parametrize(("name", "published_millions"), [("mobilenet_v2", 301), ("resnet18", 1814)])
def test_multiply_adds_as_torchvision_publishes_them(name, published_millions):
    """Theirs are with the classifier of 1000 outputs."""
    assert cost_of(architecture(name)).multiply_adds / 1e6 == pytest.approx(published_millions, abs=2)
