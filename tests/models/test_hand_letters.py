import torch

from fingerspell.models.hand_letters import HandLetters
from fingerspell.models.mediapipe_networks import HandTrunk
from fingerspell.models.squares import turn_by


@torch.no_grad()
def test_a_turned_view_is_read_as_the_picture_shows_it():
    """The joints' shape is turned back, so the letter of the same view depends on how it was turned."""
    torch.manual_seed(0)
    letters = HandLetters(HandTrunk()).eval()
    middle = torch.randn(1, 112, 14, 14)
    upright, turned = (letters(middle, turn_by(torch.tensor([angle]))) for angle in (0.0, 1.0))
    torch.testing.assert_close(upright.joints, turned.joints)
    assert not torch.allclose(upright.features, turned.features)
