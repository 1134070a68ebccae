"""From a batch of packed images to the network's input: augmented to learn, as they are to evaluate."""

from collections.abc import Callable
from dataclasses import fields, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

import torch
from torch import Tensor, nn
from torchvision.transforms import v2

from fingerspell.core.preprocess import PreprocessSpec
from fingerspell.data.augment import Augmentation
from fingerspell.data.backgrounds import read_backgrounds
from fingerspell.data.presets import PRESETS
from fingerspell.errors import TrainingError
from fingerspell.training.options import AutoAugment
from fingerspell.training.settings import nearest

_AUTO: dict[AutoAugment, Callable[[], nn.Module]] = {
    AutoAugment.RAND: v2.RandAugment,  # two changes of magnitude 9 of 30
    AutoAugment.TRIVIAL: v2.TrivialAugmentWide,
}
_IMAGE_AXES = 4  # features may have others
_FIXED = ("resize_px", "interpolation", "size_px", "mean", "std")  # the network's, not the recipe's


class Views:
    """What a network is shown of images.

    Args:
        spec: the network's input.
        augment: an augmentation, as `parse_augmentation` reads it.
        channels_last: memory format of the result.
        backgrounds: folder of what may be shown behind images; empty for none.
        auto: what torchvision does to each image before that.

    Raises:
        TrainingError: the augmentation cannot be, or names backgrounds that are not given.
        DataError: the backgrounds cannot be read.
    """

    def __init__(
        self,
        spec: PreprocessSpec,
        augment: str,
        channels_last: bool,
        backgrounds: str = "",
        auto: AutoAugment = AutoAugment.NONE,
    ) -> None:
        self.spec = spec
        self.auto = _AUTO[auto]() if auto in _AUTO else None
        self.format = torch.channels_last if channels_last else torch.contiguous_format
        chance = parse_augmentation(augment)
        check_backgrounds(augment, backgrounds)
        self.backgrounds: Tensor | None = None
        if backgrounds:
            pixels = read_backgrounds(Path(backgrounds), spec.size_px)
            self.backgrounds = torch.from_numpy(pixels).permute(0, 3, 1, 2)
        else:
            chance = replace(chance, background=0.0)
        self.augmentation = None if chance == Augmentation() else _at(chance, spec)

    def to_learn(self, pictures: Tensor) -> Tensor:
        """Augmented views, float [N, 3, S, S], of RGB uint8 [N, 3, H, W].

        Views stay as they are, and so do features [N, ...] of them.
        """
        if pictures.is_floating_point():
            return self.to_evaluate(pictures)
        if self.auto is not None and len(pictures):  # of a batch at once, all would be changed alike
            pictures = torch.stack([self.auto(picture) for picture in pictures])
        if self.augmentation is None:
            return self.to_evaluate(pictures)
        if self.backgrounds is not None:
            self.backgrounds = self.backgrounds.to(pictures.device)
        views = self.augmentation(pictures, backgrounds=self.backgrounds)
        return views.contiguous(memory_format=self.format)

    def to_evaluate(self, pictures: Tensor) -> Tensor:
        """The views that the exported model makes itself, of the same images."""
        views: Tensor = pictures
        if not pictures.is_floating_point():
            views = self._resampled(pictures)
        return views.contiguous(memory_format=self.format) if views.ndim == _IMAGE_AXES else views

    def _resampled(self, pictures: Tensor) -> Tensor:
        """The spec's views; of images that have its size already, the same without the arithmetic."""
        side = self.spec.size_px
        if pictures.shape[2:] == (side, side) and self.spec.crop_share == 1:
            views: Tensor = self.spec.normalise(pictures.float(), torch)
        else:
            views = self.spec(pictures.permute(0, 2, 3, 1), torch)
        return views


def parse_augmentation(text: str) -> Augmentation:
    """The random part of an augmentation: a preset's name, then `name=value` with commas between.

    >>> parse_augmentation("none, mirror=0.5, scale=0.8..1.2").scale
    (0.8, 1.2)

    Raises:
        TrainingError: a name or a value is wrong.
    """
    name, *changes = [part.strip() for part in text.split(",")]
    if name not in PRESETS:
        raise TrainingError(f"augment = {name!r} is not a preset: {nearest(name, PRESETS)}")
    hints = get_type_hints(Augmentation)
    values = dict(_parse_change(change, hints) for change in changes)
    preset = {field.name: getattr(PRESETS[name], field.name) for field in fields(Augmentation)}
    return Augmentation(**{k: v for k, v in (preset | values).items() if k not in _FIXED})


def check_backgrounds(augment: str, folder: str) -> None:
    """See that backgrounds are there if, and only if, they are to be shown.

    Raises:
        TrainingError: they are not.
    """
    is_shown = parse_augmentation(augment).background > 0
    is_asked = any(change.partition("=")[0].strip() == "background" for change in augment.split(","))
    if is_shown and is_asked and not folder:
        raise TrainingError(
            "augment shows backgrounds, of which none are given: name a folder of images without "
            "hands with --backgrounds."
        )
    if folder and not is_shown:
        raise TrainingError(
            f"{folder} would never be shown: add background=0.5, for example, to --augment, or leave "
            "--backgrounds away."
        )


def _parse_change(change: str, hints: dict[str, Any]) -> tuple[str, Any]:
    name, _, value = (part.strip() for part in change.partition("="))
    if name not in hints or name in _FIXED:
        close = get_close_matches(name, [hint for hint in hints if hint not in _FIXED], n=1, cutoff=0)
        raise TrainingError(f"augment cannot change {name!r}: did you mean {close[0]!r}?")
    try:
        if get_origin(hints[name]) is tuple:
            low, _, high = value.partition("..")
            return name, (float(low), float(high))
        return name, float(value) if hints[name] is float else _choice(value, hints[name])
    except ValueError as error:
        raise TrainingError(
            f"augment cannot read {change!r}: write {name}=0.5, or {name}=0.8..1.2 for a range."
        ) from error


def _choice(value: str, hint: Any) -> str:
    if value not in get_args(hint):
        raise ValueError(value)
    return value


def _at(chance: Augmentation, spec: PreprocessSpec) -> Augmentation:
    """An augmentation that ends where the spec ends."""
    return replace(
        chance,
        resize_px=round(spec.size_px / spec.crop_share),
        interpolation=spec.kernel,
        size_px=spec.size_px,
        mean=spec.mean,
        std=spec.std,
    )
