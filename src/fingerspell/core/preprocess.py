"""The only way from pictures to a network's input: which part of them it sees, and in what range.

NumPy, PyTorch and an exported ONNX graph do the very same arithmetic: every function takes the array
library to use as `xp`. This module knows nothing of files, of colour conversion (pictures are RGB) or
of networks.
"""

from dataclasses import dataclass
from math import isfinite
from types import ModuleType
from typing import Any, get_args

import numpy as np

from fingerspell.core.resample import Array, Kernel, crop
from fingerspell.errors import ModelError

MAX_SIZE_PX = 4096  # of a network's input: a picture of this size takes 200 MB


@dataclass(frozen=True)
class PreprocessSpec:
    """How pictures become a network's input; it travels with the model.

    Attributes:
        size_px: side of the square input.
        mean: subtracted from each of R, G, B after scaling pixels to 0..1.
        std: divided by, likewise.
        keep_aspect: True centres the whole picture in a black square; False squashes it, or, where
            `crop_share` is under 1, takes the middle square of its shorter side.
        crop_share: share of the view's side that is kept, centred. 224/256 with `keep_aspect` False is
            torchvision's `Resize(256)` and `CenterCrop(224)`, its rounding to whole pixels included.
        kernel: of the resampling; bicubic is clipped to what a pixel can be.

    Raises:
        ModelError: no picture can be preprocessed so.
    """

    size_px: int
    mean: tuple[float, float, float] = (0.5, 0.5, 0.5)
    std: tuple[float, float, float] = (0.25, 0.25, 0.25)
    keep_aspect: bool = True
    crop_share: float = 1.0
    kernel: Kernel = "bilinear"

    def __post_init__(self) -> None:
        if type(self.size_px) is not int or not 0 < self.size_px <= MAX_SIZE_PX:
            raise ModelError(f"size_px cannot be {self.size_px}: give 1 to {MAX_SIZE_PX}.")
        if not len(self.mean) == len(self.std) == len("RGB") or not all(
            map(isfinite, self.mean + self.std)
        ):
            raise ModelError("mean and std cannot be those: give three numbers each, for R, G and B.")
        if not 0 < self.crop_share <= 1:
            raise ModelError(f"crop_share cannot be {self.crop_share}: give more than 0, at most 1.")
        if self.kernel not in get_args(Kernel):
            raise ModelError(f"kernel cannot be {self.kernel!r}: give bilinear or bicubic.")

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "PreprocessSpec":
        """The spec that `dataclasses.asdict` was made of, after a journey through JSON."""
        return cls(**{**values, "mean": tuple(values["mean"]), "std": tuple(values["std"])})

    def __call__(self, pictures: Array, xp: ModuleType = np) -> Array:
        """Preprocess uint8 RGB [N, H, W, 3] to float32 [N, 3, size_px, size_px]."""
        # All have one size, so one box and one pair of matrices serves them all.
        boxes = self.kept_part(pictures[:1], xp)
        return self.look(pictures, boxes, xp, max(pictures.shape[1:3]))

    def look(
        self, pictures: Array, boxes: Array, xp: ModuleType = np, widest_px: int | None = None
    ) -> Array:
        """Resample boxes [N, 4] (x0, y0, x1, y1 in pixels) of pictures and normalise them.

        No box may be wider or higher than `widest_px`; see `crop`.
        """
        return self.normalise(crop(pictures, boxes, self.size_px, xp, self.kernel, widest_px), xp)

    def whole_picture(self, pictures: Array, xp: ModuleType = np) -> Array:
        """Boxes [N, 4] (x0, y0, x1, y1 in pixels) that hold the whole of pictures [N, H, W, 3]."""
        height, width = pictures.shape[1:3]
        side_x, side_y = self._sides_of_view(width, height)
        return _boxes_like(
            pictures,
            ((width - side_x) / 2, (height - side_y) / 2, (width + side_x) / 2, (height + side_y) / 2),
            xp,
        )

    def kept_part(self, pictures: Array, xp: ModuleType = np) -> Array:
        """Boxes [N, 4] (x0, y0, x1, y1 in pixels) of what the network is to see of whole pictures."""
        if self.crop_share == 1:
            return self.whole_picture(pictures, xp)
        height, width = pictures.shape[1:3]
        side_x, side_y = self._sides_of_view(width, height)
        left, right = self._kept(side_x, min(side_x, side_y))
        top, bottom = self._kept(side_y, min(side_x, side_y))
        x, y = (width - side_x) / 2, (height - side_y) / 2
        return _boxes_like(pictures, (x + left, y + top, x + right, y + bottom), xp)

    def _sides_of_view(self, width: int, height: int) -> tuple[int, int]:
        """Width and height in pixels of the black square around a picture, or of the picture."""
        longer = max(width, height)
        return (longer, longer) if self.keep_aspect else (width, height)

    def _kept(self, side: int, shorter: int) -> tuple[float, float]:
        """Where along a side of a view is kept, in its pixels, given the view's shorter side."""
        resized = round(self.size_px / self.crop_share) * side // shorter
        surplus = resized - self.size_px
        start = surplus // 2 + surplus % 4 // 3  # half of it; .5 goes to the even number, as in round()
        return start * side / resized, (start + self.size_px) * side / resized

    def normalise(self, views: Array, xp: ModuleType = np) -> Array:
        """Scale views [N, 3, S, S] from 0..255 to the network's range."""
        mean, std = (
            xp.asarray(values, dtype=xp.float32, device=views.device).reshape(1, 3, 1, 1)
            for values in (self.mean, self.std)
        )
        return (views / 255.0 - mean) / std


def _boxes_like(pictures: Array, corners: tuple[float, ...], xp: ModuleType) -> Array:
    """The same box for each picture, float32 [N, 4], so that N may stay open in an exported graph."""
    zero = xp.asarray(pictures[:, 0, 0, 0], dtype=xp.float32) * 0.0
    return xp.stack([zero + corner for corner in corners], 1)
