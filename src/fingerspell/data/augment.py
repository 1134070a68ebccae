"""Augmentation of whole batches on their device, and the transforms of the reference systems.

Each picture of a batch gets random parameters of its own; every geometric movement is composed into
one matrix and resampled once. The order is that of a camera: scene (geometry, background), lens
(blur), light and colour, sensor (noise), file (JPEG), and then what no camera does: cut-out and
normalisation. What is switched off costs nothing. `data/presets.py` names ready-made ones.
"""

from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor
from torch.nn import functional

from fingerspell.data import camera, warp
from fingerspell.data.chance import Dice
from fingerspell.errors import DataError

_GEOMETRY = (
    *("crop_area", "crop_aspect", "rotation_deg", "scale"),
    *("translation", "shear_deg", "perspective", "mirror"),
)
_COLOUR = ("brightness", "contrast", "saturation", "hue", "tint")
_BOUNDS = {
    "crop_area": (0.01, 1.0),
    "crop_aspect": (0.1, 10.0),
    "rotation_deg": (0.0, 180.0),
    "scale": (0.01, 100.0),
    "shear_deg": (0.0, 80.0),
    "perspective": (0.0, 0.9),
    "blur_sigma_px": (0.0, 100.0),
    **dict.fromkeys(("brightness", "contrast", "saturation"), (0.0, 10.0)),
    "hue": (0.0, 0.5),
    "jpeg_quality": (1, 100),
    **dict.fromkeys(("translation", "mirror", "background", "blur", "tint", "noise"), (0.0, 1.0)),
    **dict.fromkeys(("noise_std", "jpeg", "cut_out", "cut_out_area"), (0.0, 1.0)),
}

Range = tuple[float, float]
Colour = tuple[float, float, float]


@dataclass(frozen=True)
class Augmentation:
    """What to do to pictures at random; nothing, by default.

    Ranges are (lowest, highest), uniform unless said. Pixels are those of the output.

    Attributes:
        resize_px: first resize the shorter side to this many pixels (antialiased); None leaves it.
        interpolation: of that resize.
        size_px: side of the output, cut from the middle; None keeps the size.
        crop_area: show a random box with this share of the picture's area, stretched to the output.
        crop_aspect: width over height of that box, log-uniform.
        rotation_deg: at most this much either way.
        scale: enlargement, log-uniform.
        translation: at most this share of the side, along x and along y.
        shear_deg: at most this much either way, along x and along y.
        perspective: pull each corner inwards by at most this share of the half side.
        mirror: probability of swapping left and right.
        fill: what lies around a picture that was moved: black, or its edge repeated.
        background: probability of showing one of the backgrounds given, around the picture, and
            around the hand where masks are given.
        blur: probability.
        blur_sigma_px: standard deviation of a Gaussian.
        brightness: factor.
        contrast: factor of the distance from the picture's mean luma.
        saturation: factor of the distance from grey.
        hue: turn colours by at most this share of the circle either way.
        tint: change R, G and B by at most this share each.
        noise: probability.
        noise_std: standard deviation of Gaussian noise, as a share of white.
        jpeg: probability.
        jpeg_quality: 1 (worst) to 100, in whole numbers.
        cut_out: probability of covering a rectangle with one random colour.
        cut_out_area: share of the picture that it covers, with sides between 1:2 and 2:1.
        mean: subtracted from R, G and B in 0..1; None leaves the range at 0..1.
        std: divided by; goes with `mean`.
    """

    resize_px: int | None = None
    interpolation: Literal["bilinear", "bicubic"] = "bilinear"
    size_px: int | None = None
    crop_area: Range = (1.0, 1.0)
    crop_aspect: Range = (1.0, 1.0)
    rotation_deg: float = 0.0
    scale: Range = (1.0, 1.0)
    translation: float = 0.0
    shear_deg: float = 0.0
    perspective: float = 0.0
    mirror: float = 0.0
    fill: Literal["black", "edge"] = "black"
    background: float = 0.0
    blur: float = 0.0
    blur_sigma_px: Range = (0.3, 1.5)
    brightness: Range = (1.0, 1.0)
    contrast: Range = (1.0, 1.0)
    saturation: Range = (1.0, 1.0)
    hue: float = 0.0
    tint: float = 0.0
    noise: float = 0.0
    noise_std: Range = (0.0, 0.1)
    jpeg: float = 0.0
    jpeg_quality: Range = (30, 95)
    cut_out: float = 0.0
    cut_out_area: Range = (0.02, 0.2)
    mean: Colour | None = None
    std: Colour = (1.0, 1.0, 1.0)

    def __post_init__(self) -> None:
        for name, bounds in _BOUNDS.items():
            _check(name, getattr(self, name), *bounds)

    @property
    def without_chance(self) -> "Augmentation":
        """Only the resizing, cutting and normalising: what images are evaluated with."""
        return Augmentation(
            resize_px=self.resize_px,
            interpolation=self.interpolation,
            size_px=self.size_px,
            mean=self.mean,
            std=self.std,
        )

    def __call__(
        self,
        pictures: Tensor,
        generator: torch.Generator | None = None,
        masks: Tensor | None = None,
        backgrounds: Tensor | None = None,
    ) -> Tensor:
        """Augment a batch.

        Args:
            pictures: RGB [N, 3, H, W], uint8, or float in 0..1, on any device.
            generator: where chance comes from; PyTorch's own where not given. One on the CPU makes
                the same choices for every device (the noise itself differs).
            masks: where the hand is, [N, 1, H, W], like `pictures`; see `not_black`. Everywhere, where
                not given.
            backgrounds: RGB [M, 3, H', W'], like `pictures`; none are shown where not given.

        Returns:
            float32 [N, 3, S, S], in 0..1 or normalised.
        """
        dice = Dice(len(pictures), generator, pictures.device)
        pictures = self._resize(as_float(pictures))
        masks = None if masks is None else self._resize(as_float(masks))
        pictures = self._set_scene(pictures, dice, masks, backgrounds)
        pictures = self._photograph(pictures, dice)
        if self.mean is None:
            return pictures
        mean, std = (pictures.new_tensor(v)[:, None, None] for v in (self.mean, self.std))
        return (pictures - mean) / std

    def _resize(self, pictures: Tensor) -> Tensor:
        height, width = pictures.shape[2:]
        if self.resize_px is None or min(height, width) == self.resize_px:
            return pictures
        size = [self.resize_px * side // min(height, width) for side in (height, width)]
        return functional.interpolate(pictures, size, mode=self.interpolation, antialias=True).clamp(
            0, 1
        )

    def _set_scene(
        self, pictures: Tensor, dice: Dice, masks: Tensor | None, backgrounds: Tensor | None
    ) -> Tensor:
        """Geometry, and what is seen behind."""
        size = (self.size_px or pictures.shape[2], self.size_px or pictures.shape[3])
        movement = self._movement((pictures.shape[2], pictures.shape[3]), size, dice)
        shown = warp.show(pictures, movement, size, "zeros" if self.fill == "black" else "border")
        if backgrounds is None or not self.background:
            return shown
        chosen = dice.chosen(self.background)
        behind = as_float(backgrounds[dice.whole(len(backgrounds), len(chosen))])
        behind = functional.interpolate(behind, size, mode="bilinear", antialias=True)
        mask = torch.ones_like(pictures[:, :1]) if masks is None else masks
        layers = torch.cat((pictures * mask, mask), 1)[chosen]
        in_front = warp.show(layers, None if movement is None else movement[chosen], size, "zeros")
        return shown.index_copy(0, chosen, in_front[:, :3] + behind * (1 - in_front[:, 3:]))

    def _movement(self, source: tuple[int, int], size: tuple[int, int], dice: Dice) -> Tensor | None:
        """Where points of pictures of size `source` are shown, [N, 3, 3]; None cuts out the middle."""
        still = all(getattr(self, name) == getattr(Augmentation, name) for name in _GEOMETRY)
        if still and size[0] <= source[0] and size[1] <= source[1]:
            return None
        whole = torch.tensor([float(size[1]), float(size[0])], device=dice.device)
        middle, factors = self._box(source, whole, dice)
        factors[dice.chosen(self.mirror), 0] *= -1
        turned = warp.affine(
            angle_deg=dice.uniform(-self.rotation_deg, self.rotation_deg),
            scale=dice.log_uniform(*self.scale),
            shear_deg=dice.uniform(-self.shear_deg, self.shear_deg, 2),
            shift_px=dice.uniform(-self.translation, self.translation, 2) * whole + whole / 2,
        )
        movement = turned @ warp.stretch(factors) @ warp.translate(-middle)
        if not self.perspective:
            return movement
        corners = warp.pulled_corners(size, dice.uniform(0, self.perspective, 4, 2))
        return warp.perspective(*corners) @ movement

    def _box(self, source: tuple[int, int], whole: Tensor, dice: Dice) -> tuple[Tensor, Tensor]:
        """Middle of what is shown of a picture, and the factors that stretch it to the output."""
        if self.crop_area == self.crop_aspect == (1.0, 1.0):
            middle = torch.tensor([source[1] / 2, source[0] / 2], device=dice.device)
            return middle.repeat(dice.n, 1), torch.ones(dice.n, 2, device=dice.device)
        area, aspect = dice.uniform(*self.crop_area), dice.log_uniform(*self.crop_aspect)
        middle, sides = warp.random_box(source, area, aspect, dice.uniform(0, 1, 2))
        return middle, whole / sides

    def _photograph(self, pictures: Tensor, dice: Dice) -> Tensor:
        """Lens, light, sensor, file; and cut-out."""
        if self.blur:
            chosen = dice.chosen(self.blur)
            sigma = dice.uniform(*self.blur_sigma_px)[chosen]
            pictures = pictures.index_copy(0, chosen, camera.blur(pictures[chosen], sigma))
        if any(getattr(self, name) != getattr(Augmentation, name) for name in _COLOUR):
            pictures = camera.adjust_colour(
                pictures,
                brightness=dice.uniform(*self.brightness),
                contrast=dice.uniform(*self.contrast),
                saturation=dice.uniform(*self.saturation),
                hue=dice.uniform(-self.hue, self.hue),
                tint=dice.uniform(1 - self.tint, 1 + self.tint, 3),
            )
        if self.noise:
            chosen = dice.chosen(self.noise)
            std = dice.uniform(*self.noise_std)[chosen]
            noisy = camera.add_noise(pictures[chosen], std, dice.on_device())
            pictures = pictures.index_copy(0, chosen, noisy)
        if self.jpeg:
            chosen = dice.chosen(self.jpeg)
            quality = dice.uniform(*self.jpeg_quality)[chosen].round()
            pictures = pictures.index_copy(0, chosen, camera.jpeg(pictures[chosen], quality))
        return self._cover(pictures, dice) if self.cut_out else pictures

    def _cover(self, pictures: Tensor, dice: Dice) -> Tensor:
        """Cut-out."""
        chosen = dice.chosen(self.cut_out)
        area, aspect = dice.uniform(*self.cut_out_area), dice.log_uniform(0.5, 2.0)
        size = (pictures.shape[2], pictures.shape[3])
        middle, sides = warp.random_box(size, area, aspect, dice.uniform(0, 1, 2))
        covered = camera.cover(
            pictures[chosen], middle[chosen], sides[chosen], dice.uniform(0, 1, 3)[chosen]
        )
        return pictures.index_copy(0, chosen, covered)


def as_float(pictures: Tensor) -> Tensor:
    """Pictures as float32: uint8 0..255 becomes 0..1, float stays."""
    return pictures.float() / 255 if pictures.dtype == torch.uint8 else pictures.float()


def not_black(pictures: Tensor, threshold: float = 0.06) -> Tensor:
    """Masks [N, 1, H, W] (1: the hand) of hands on a black background.

    Args:
        pictures: RGB [N, 3, H, W], uint8, or float in 0..1.
        threshold: share of white that some channel has to exceed; JPEG leaves the black a bit grey.
    """
    return (as_float(pictures).amax(1, keepdim=True) > threshold).float()


def _check(name: str, value: Any, low: float, high: float) -> None:
    ends = value if isinstance(value, tuple) else (value, value)
    if not low <= ends[0] <= ends[-1] <= high:
        order = "(lowest, highest)" if isinstance(value, tuple) else "a number"
        raise DataError(
            f"augmentation cannot have {name} = {value}: give {order} between {low} and {high}."
        )
