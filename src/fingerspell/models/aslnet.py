"""ASLNet of reference system R2: two convolutions on small pictures.

The report says 28x28 and 32x32; its 3200 features are 32 x 10 x 10, so its pictures were 40x40.
"""

from torch import Tensor, nn

from fingerspell.core.alphabet import CLASSES


def _block(n_in: int, n_out: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(n_in, n_out, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2))


class ASLNet(nn.Module):
    """106,877 parameters; sides 40 -> 20 -> 10."""

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(_block(3, 16), _block(16, 32))
        self.classifier = nn.Sequential(nn.Flatten(), nn.Linear(32 * 10 * 10, len(CLASSES)))

    def forward(self, pictures: Tensor) -> Tensor:
        """Logits [N, 29] of normalised pictures [N, 3, 40, 40]."""
        logits: Tensor = self.classifier(self.features(pictures))
        return logits
