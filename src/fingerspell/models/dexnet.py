"""DexNet of reference system R3, both versions: AlexNet's convolutions on 200x200 pictures.

They differ from AlexNet's (Krizhevsky et al., 2012) in the padding of the last three, 2 instead of 1.
"""

from torch import Tensor, nn

from fingerspell.core.alphabet import CLASSES


def _features() -> nn.Sequential:
    """Pictures [N, 3, 200, 200] to [N, 256, 8, 8]; sides 49, 24, 24, 11, 13, 15, 17, 8."""
    return nn.Sequential(
        nn.Conv2d(3, 96, 11, stride=4, padding=2),
        nn.ReLU(),
        nn.MaxPool2d(3, 2),
        nn.Conv2d(96, 256, 5, padding=2),
        nn.ReLU(),
        nn.MaxPool2d(3, 2),
        nn.Conv2d(256, 384, 3, padding=2),
        nn.ReLU(),
        nn.Conv2d(384, 384, 3, padding=2),
        nn.ReLU(),
        nn.Conv2d(384, 256, 3, padding=2),
        nn.ReLU(),
        nn.MaxPool2d(3, 2),
    )


class DexNet(nn.Module):
    """12,275,101 parameters with the linear layers of the first version, 5,854,621 of the second.

    Args:
        widths: outputs of the first two linear layers; the report has no ReLU after the second.
    """

    def __init__(self, widths: tuple[int, int] = (512, 256)) -> None:
        super().__init__()
        first, second = widths
        self.features = _features()
        self.classifier = nn.Sequential(
            nn.Flatten(),
            nn.Linear(256 * 8 * 8, first),
            nn.ReLU(),
            nn.Dropout(0.5),
            nn.Linear(first, second),
            nn.Dropout(0.5),
            nn.Linear(second, len(CLASSES)),
        )

    def forward(self, pictures: Tensor) -> Tensor:
        """Logits [N, 29] of normalised pictures [N, 3, 200, 200]."""
        logits: Tensor = self.classifier(self.features(pictures))
        return logits


class DexNetV2(DexNet):
    """The second version: fewer linear weights."""

    def __init__(self) -> None:
        super().__init__((128, 64))
