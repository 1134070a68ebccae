"""The compact network of reference system R1: three convolutions on 150x150 pictures."""

from torch import Tensor, nn

from fingerspell.core.alphabet import CLASSES


def _block(n_in: int, n_out: int, kernel_px: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(n_in, n_out, kernel_px), nn.BatchNorm2d(n_out), nn.ReLU(), nn.MaxPool2d(2)
    )


class CompactNet(nn.Module):
    """544,713 parameters; sides 150 -> 144 -> 72 -> 68 -> 34 -> 32 -> 16."""

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(_block(3, 8, 7), _block(8, 16, 5), _block(16, 4, 3))
        self.classifier = nn.Sequential(
            nn.Flatten(),
            nn.Linear(4 * 16 * 16, 512),
            nn.ReLU(),
            nn.Dropout(0.2),
            nn.Linear(512, len(CLASSES)),
        )

    def forward(self, pictures: Tensor) -> Tensor:
        """Logits [N, 29] of normalised pictures [N, 3, 150, 150]."""
        logits: Tensor = self.classifier(self.features(pictures))
        return logits
