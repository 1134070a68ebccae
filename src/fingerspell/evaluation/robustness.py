"""How accuracy falls as images are turned, scaled, darkened, blurred, compressed or mirrored."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import simplejpeg
from PIL import Image, ImageEnhance, ImageFilter

from fingerspell.evaluation.counts import Counts
from fingerspell.evaluation.pictures import Pictures, Pixels
from fingerspell.evaluation.predict import Predictor
from fingerspell.progress import Advance, unheard

# What is changed, by how much: the first level of each leaves the image as it is.
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
    """A change of images; see `LEVELS`.

    Rotation is counter-clockwise and, like scaling down, leaves black behind. Blur is Gaussian, with a
    standard deviation in percent of the longer side. JPEG has its colours at half the resolution.
    """

    kind: str
    level: float

    @property
    def name(self) -> str:
        """What it is, with its value."""
        return f"{self.kind} {self.level:g}"

    def __call__(self, pictures: Pixels) -> Pixels:
        """Change images uint8 [N, H, W, 3]."""
        if self.level == LEVELS[self.kind][0]:
            return pictures
        if self.kind == "mirrored":
            return np.ascontiguousarray(pictures[:, :, ::-1])
        if self.kind == "JPEG quality":
            return np.stack([_compressed(picture, round(self.level)) for picture in pictures])
        return np.stack([np.asarray(self._altered(Image.fromarray(each))) for each in pictures])

    def _altered(self, picture: Image.Image) -> Image.Image:
        match self.kind:
            case "rotation, degrees":
                return picture.rotate(self.level, Image.Resampling.BILINEAR)
            case "scale":
                return _scaled(picture, self.level)
            case "brightness":
                return ImageEnhance.Brightness(picture).enhance(self.level)
            case _:
                sigma_px = self.level / 100 * max(picture.size)
                return picture.filter(ImageFilter.GaussianBlur(sigma_px))


def _scaled(picture: Image.Image, scale: float) -> Image.Image:
    """An image larger or smaller around its middle, in a frame of its old size."""
    width, height = picture.size
    if scale > 1:
        x, y = width * (1 - 1 / scale) / 2, height * (1 - 1 / scale) / 2
        return picture.resize(picture.size, Image.Resampling.BILINEAR, (x, y, width - x, height - y))
    small = picture.resize((round(width * scale), round(height * scale)), Image.Resampling.BILINEAR)
    frame = Image.new("RGB", picture.size)
    frame.paste(small, ((width - small.width) // 2, (height - small.height) // 2))
    return frame


def _compressed(picture: Pixels, quality: int) -> Pixels:
    content = simplejpeg.encode_jpeg(picture, quality, colorsubsampling="420")
    decoded: Pixels = simplejpeg.decode_jpeg(content)
    return decoded


MIRRORED = Altered("mirrored", 1)
STEPS = sum(map(len, LEVELS.values()))


def measure_robustness(
    predictor: Predictor, pictures: Pictures, advance: Advance = unheard
) -> dict[str, dict[float, Counts]]:
    """Counts by what was changed and by how much, levels ascending.

    Args:
        predictor: the model.
        pictures: a sample; every one is classified `STEPS` times.
        advance: called as images are classified.
    """
    return {
        kind: {
            level: predictor.predict(pictures, Altered(kind, level), advance).counts
            for level in sorted(levels)
        }
        for kind, levels in LEVELS.items()
    }
