"""Squares around hands: views of them, and the turns between pictures and views.

A square is five numbers: x and y of its middle and its side, in pixels, the angle by which the hand is
turned clockwise from upright, and 1, or -1 if the square is to be seen in a mirror.
"""

import torch
from torch import Tensor
from torch.nn import functional

from fingerspell.models.mediapipe_networks import HAND_PX


def upright(pictures: Tensor, squares: Tensor, size: Tensor) -> Tensor:
    """Sample squares [N, 5] of float pictures [N, 3, H, W]; these show `size` [2] pixels.

    Where a pixel of the view comes from is linear in its row and its column, so that all of these
    places are a product of two small matrices.
    """
    to_grid = sides(squares[:, 3], squares[:, 4:]) * (2 * squares[:, 2:3] / size)[:, :, None]
    middle = squares[:, :2] / size * 2 - 1
    line = (torch.arange(HAND_PX) + 0.5) / HAND_PX - 0.5
    columns = line[:, None] * to_grid[:, None, :, 0] + middle[:, None]
    rows = to_grid[:, None, :, 1].expand(-1, HAND_PX, -1)
    places = torch.stack((line, torch.ones(HAND_PX)), 1) @ torch.stack((rows, columns), 1).flatten(2)
    grid = places.reshape(-1, HAND_PX, HAND_PX, 2)
    return functional.grid_sample(pictures, grid, align_corners=False)


def sides(angle: Tensor, mirror: Tensor) -> Tensor:
    """[N, 2, 2] take right and down in views to the directions they come from, in the pictures."""
    return turn_by(angle) * torch.cat((mirror, torch.ones_like(mirror)), 1)[:, None]


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
