"""Squares around hands: views of them, and the turns between pictures and views."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from fingerspell.models.mediapipe_networks import HAND_PX


@dataclass(frozen=True)
class Squares:
    """Squares around N hands.

    Attributes:
        numbers: [N, 5], as a graph passes them on: `middle`, `side`, `angle` and `mirror`.
    """

    numbers: Tensor

    @classmethod
    def of(cls, middle: Tensor, side: Tensor, angle: Tensor, mirror: Tensor | None = None) -> "Squares":
        """Those of such middles, sides, angles and, if any is to be mirrored, `mirror`."""
        mirror = torch.ones_like(side) if mirror is None else mirror
        return cls(torch.cat((middle, side, angle[:, None], mirror), 1))

    @property
    def middle(self) -> Tensor:
        """Their x and y [N, 2], in pixels of the pictures."""
        return self.numbers[:, :2]

    @property
    def side(self) -> Tensor:
        """[N, 1], in pixels of the pictures."""
        return self.numbers[:, 2:3]

    @property
    def angle(self) -> Tensor:
        """Radians [N] by which hands are turned clockwise from upright."""
        return self.numbers[:, 3]

    @property
    def mirror(self) -> Tensor:
        """[N, 1]: 1, or -1 if the square is to be seen in a mirror."""
        return self.numbers[:, 4:]

    @property
    def turn(self) -> Tensor:
        """Rotations [N, 2, 2] from views, mirrored or not, to the pictures, mirrored likewise."""
        return turn_by(self.angle * self.mirror[:, 0])

    @property
    def sides(self) -> Tensor:
        """[N, 2, 2] take right and down in views to the directions they come from, in the pictures."""
        mirror = torch.cat((self.mirror, torch.ones_like(self.mirror)), 1)
        return turn_by(self.angle) * mirror[:, None]

    def mirrored(self) -> "Squares":
        """The same, to be seen in a mirror."""
        return Squares.of(self.middle, self.side, self.angle, -self.mirror)

    def moved(self, offset: Tensor) -> "Squares":
        """The same, by so many pixels [N, 2] or [2] further right and down."""
        return Squares(torch.cat((self.middle + offset, self.numbers[:, 2:]), 1))

    def where(self, which: Tensor, others: "Squares") -> "Squares":
        """These, where `which` [N] is so, and others elsewhere."""
        return Squares(torch.where(which[:, None], self.numbers, others.numbers))

    def in_pictures(self, places: Tensor) -> Tensor:
        """Where places [N, K, 2] of views, fractions, are in the pictures, in pixels."""
        return self.middle[:, None] + (places - 0.5) * self.side[:, None] @ self.sides.transpose(1, 2)

    def upright(self, pictures: Tensor, size: Tensor) -> Tensor:
        """Views [N, 3, 224, 224] of float pictures [N, 3, H, W]; these show `size` [2] pixels.

        Where a pixel of the view comes from is linear in its row and its column, so that all of these
        places are a product of two small matrices.
        """
        to_grid = self.sides * (2 * self.side / size)[:, :, None]
        middle = self.middle / size * 2 - 1
        line = (torch.arange(HAND_PX) + 0.5) / HAND_PX - 0.5
        columns = line[:, None] * to_grid[:, None, :, 0] + middle[:, None]
        rows = to_grid[:, None, :, 1].expand(-1, HAND_PX, -1)
        pairs = torch.stack((rows, columns), 1).flatten(2)
        places = torch.stack((line, torch.ones(HAND_PX)), 1) @ pairs
        grid = places.reshape(-1, HAND_PX, HAND_PX, 2)
        return functional.grid_sample(pictures, grid, align_corners=False)


def size_of(pictures: Tensor) -> Tensor:
    """Width and height [2] of pictures [N, H, W, 3]."""
    return torch.tensor([pictures.shape[2], pictures.shape[1]], dtype=torch.float32)


def angle_of(wrist: Tensor, middle_base: Tensor) -> Tensor:
    """By how much hands are turned clockwise from upright [N], of two places of each [N, 2]."""
    along = middle_base - wrist
    return torch.atan2(along[:, 0], -along[:, 1])


def turn_by(angle: Tensor) -> Tensor:
    """Rotations [N, 2, 2] that take what is upright to what is turned clockwise by angles [N]."""
    cos, sin = angle.cos(), angle.sin()
    return torch.stack((torch.stack((cos, -sin), 1), torch.stack((sin, cos), 1)), 1)
