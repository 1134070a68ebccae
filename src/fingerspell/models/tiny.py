"""A network so small that a test can train it, and the same however its batches are shared out.

It has neither dropout nor statistics over the batch: how many processes share a batch changes nothing.
"""

from torch import Tensor, nn

from fingerspell.core.alphabet import CLASSES


def _block(n_in: int, n_out: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(n_in, n_out, 3, stride=2, padding=1), nn.GroupNorm(4, n_out), nn.ReLU()
    )


class Tiny(nn.Module):
    """8,893 parameters; sides 32 -> 16 -> 8 -> 4."""

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(_block(3, 8), _block(8, 16), nn.MaxPool2d(2))
        self.classifier = nn.Sequential(nn.Flatten(), nn.Linear(16 * 4 * 4, len(CLASSES)))

    def forward(self, pictures: Tensor) -> Tensor:
        """Logits [N, 29] of normalised pictures [N, 3, 32, 32]."""
        logits: Tensor = self.classifier(self.features(pictures))
        return logits
