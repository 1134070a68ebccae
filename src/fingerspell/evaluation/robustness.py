"""How accuracy falls as pictures are turned, scaled, darkened, blurred, compressed or mirrored."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import simplejpeg

from fingerspell.evaluation.counts import Counts
from fingerspell.evaluation.pictures import Pictures, Pixels
from fingerspell.evaluation.predict import Advance, Predictor

# What is changed, by how much: the first level of each leaves the picture as it is.
LEVELS: Mapping[str, tuple[float, ...]] = {
    "rotation, degrees": (0, -45, -30, -15, 15, 30, 45),
    "scale": (1, 0.4, 0.6, 0.8, 1.25, 1.5),
    "brightness": (1, 0.25, 0.5, 0.75, 1.5, 2),
    "blur, % of the side": (0, 0.5, 1, 2, 3),
    "JPEG quality": (100, 75, 50, 25, 10, 5),
    "mirrored": (0, 1),
}


@dataclass(frozen=True)
class Altered:
    """A change of pictures; see `LEVELS`.

    Rotation is counter-clockwise and, like scaling down, leaves black behind. Blur is Gaussian, with a
    standard deviation in percent of the longer side.
    """

    kind: str
    level: float

    @property
    def name(self) -> str:
        """What it is, with its value."""
        return f"{self.kind} {self.level:g}"

    def __call__(self, pictures: Pixels) -> Pixels:
        """Change pictures uint8 [N, H, W, 3], all at once."""
        if self.kind == "mirrored":
            return np.ascontiguousarray(pictures[:, :, ::-1]) if self.level else pictures
        if self.level == LEVELS[self.kind][0]:
            return pictures
        if self.kind == "JPEG quality":
            return np.stack([_compressed(picture, round(self.level)) for picture in pictures])
        import torch  # noqa: PLC0415 - mirroring is possible without it
        from torchvision.transforms import InterpolationMode  # noqa: PLC0415
        from torchvision.transforms.v2 import functional as tv  # noqa: PLC0415

        batch = torch.from_numpy(np.ascontiguousarray(pictures.transpose(0, 3, 1, 2)))
        match self.kind:
            case "rotation, degrees":
                changed = tv.rotate(batch, self.level, InterpolationMode.BILINEAR)
            case "scale":
                changed = tv.affine(batch, 0, [0, 0], self.level, [0, 0], InterpolationMode.BILINEAR)
            case "brightness":
                changed = tv.adjust_brightness(batch, self.level)
            case _:
                sigma = self.level / 100 * max(pictures.shape[1:3])
                changed = tv.gaussian_blur(batch, [2 * round(3 * sigma) + 1] * 2, [sigma] * 2)
        altered: Pixels = changed.permute(0, 2, 3, 1).contiguous().numpy()
        return altered


def _compressed(picture: Pixels, quality: int) -> Pixels:
    """A picture uint8 [H, W, 3] after a journey through JPEG, its colours at half the resolution."""
    content = simplejpeg.encode_jpeg(picture, quality, colorsubsampling="420")
    decoded: Pixels = simplejpeg.decode_jpeg(content)
    return decoded


MIRRORED = Altered("mirrored", 1)
STEPS = sum(map(len, LEVELS.values()))


def measure_robustness(
    predictor: Predictor, pictures: Pictures, advance: Advance = lambda _n: None
) -> dict[str, dict[float, Counts]]:
    """Counts by what was changed and by how much, levels ascending.

    Args:
        predictor: the model.
        pictures: a sample; every one is classified `STEPS` times.
        advance: called as pictures are classified.
    """
    return {
        kind: {
            level: predictor.predict(pictures, Altered(kind, level), advance).counts
            for level in sorted(levels)
        }
        for kind, levels in LEVELS.items()
    }
