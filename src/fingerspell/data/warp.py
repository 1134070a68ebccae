"""Geometry of whole batches: every movement of a picture is one 3x3 matrix, applied in one resampling.

A matrix [N, 3, 3] maps a point (x, y, 1) of a picture to where it is shown. x goes right, y down, in
pixels whose centres are at .5, so a picture spans 0..W and 0..H. Matrices are composed with `@`, the
last movement first, as on paper.
"""

import math
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional

Padding = Literal["zeros", "border"]


def affine(angle_deg: Tensor, scale: Tensor, shear_deg: Tensor, shift_px: Tensor) -> Tensor:
    """Rotate clockwise, enlarge and shear about the origin, then shift.

    Args:
        angle_deg: [N].
        scale: [N], 2 makes things twice as large.
        shear_deg: [N, 2], along x and y.
        shift_px: [N, 2], right and down.

    Returns:
        [N, 3, 3].
    """
    angle, shear = torch.deg2rad(angle_deg), torch.deg2rad(shear_deg).tan()
    cos, sin, zero, one = angle.cos(), angle.sin(), torch.zeros_like(angle), torch.ones_like(angle)
    turn = _matrix(cos, -sin, zero, sin, cos, zero, zero, zero, one)
    lean_y = _matrix(one, zero, zero, -shear[:, 1], one, zero, zero, zero, one)
    lean_x = _matrix(one, -shear[:, 0], zero, zero, one, zero, zero, zero, one)
    enlarge = _matrix(scale, zero, zero, zero, scale, zero, zero, zero, one)
    return translate(shift_px) @ turn @ lean_y @ lean_x @ enlarge


def translate(shift_px: Tensor) -> Tensor:
    """Shift by [N, 2] (right, down): [N, 3, 3]."""
    x, y = shift_px.unbind(1)
    zero, one = torch.zeros_like(x), torch.ones_like(x)
    return _matrix(one, zero, x, zero, one, y, zero, zero, one)


def stretch(factors: Tensor) -> Tensor:
    """Stretch about the origin by [N, 2] along x and y; -1 mirrors: [N, 3, 3]."""
    x, y = factors.unbind(1)
    zero, one = torch.zeros_like(x), torch.ones_like(x)
    return _matrix(x, zero, zero, zero, y, zero, zero, zero, one)


def perspective(start: Tensor, end: Tensor) -> Tensor:
    """The projection that takes four corners to four others.

    Args:
        start: corners [N, 4, 2], x and y.
        end: where they are to be shown, [N, 4, 2]; no three on one line.

    Returns:
        [N, 3, 3].
    """
    x, y = start.unbind(2)
    u, v = end.unbind(2)
    zero, one = torch.zeros_like(x), torch.ones_like(x)
    across = torch.stack((x, y, one, zero, zero, zero, -u * x, -u * y), 2)
    down = torch.stack((zero, zero, zero, x, y, one, -v * x, -v * y), 2)
    solution = torch.linalg.solve(torch.cat((across, down), 1), torch.cat((u, v), 1))
    return torch.cat((solution, one[:, :1]), 1).reshape(-1, 3, 3)


def show(pictures: Tensor, movement: Tensor | None, size: tuple[int, int], padding: Padding) -> Tensor:
    """Show moved pictures, resampling once (bilinear; the filter does not widen where they shrink).

    Args:
        pictures: float [N, C, H, W].
        movement: [N, 3, 3]; None cuts the middle out of pictures that are large enough.
        size: (height, width) in pixels of what is shown.
        padding: what lies around a picture: zeros, or its border repeated.

    Returns:
        [N, C, height, width].
    """
    if movement is None:
        top, left = (round((pictures.shape[2 + axis] - size[axis]) / 2) for axis in (0, 1))
        return pictures[:, :, top : top + size[0], left : left + size[1]]
    device = pictures.device
    y, x = torch.meshgrid(
        torch.arange(size[0], device=device) + 0.5,
        torch.arange(size[1], device=device) + 0.5,
        indexing="ij",
    )
    shown = torch.stack((x, y, torch.ones_like(x)), -1).reshape(-1, 3)
    source = shown @ torch.linalg.inv(movement).transpose(1, 2)
    to_unit = torch.tensor([2 / pictures.shape[3], 2 / pictures.shape[2]], device=device)
    grid = source[..., :2] / source[..., 2:] * to_unit - 1
    return functional.grid_sample(
        pictures, grid.reshape(-1, *size, 2), padding_mode=padding, align_corners=False
    )


def random_box(
    size: tuple[int, int], area: Tensor, aspect: Tensor, place: Tensor
) -> tuple[Tensor, Tensor]:
    """Middle [N, 2] and sides [N, 2] (x, y) of boxes inside a picture of (height, width).

    Args:
        size: of the picture.
        area: share of the picture's area, [N].
        aspect: width over height, [N].
        place: where the box lies in the room left, 0..1, [N, 2].
    """
    height, width = size
    whole = torch.tensor([width, height], dtype=area.dtype, device=area.device)
    side = (area * height * width).sqrt()
    sides = torch.minimum(torch.stack((side * aspect.sqrt(), side / aspect.sqrt()), 1), whole)
    return sides / 2 + place * (whole - sides), sides


def pulled_corners(size: tuple[int, int], pull: Tensor) -> tuple[Tensor, Tensor]:
    """Corners of a picture of (height, width), and the same pulled inwards.

    Args:
        size: of the picture.
        pull: share of the half side, along x and y, [N, 4, 2]; 1 pulls a corner to the middle.

    Returns:
        Start and end, [N, 4, 2] each, for `perspective`.
    """
    half = torch.tensor([size[1] / 2, size[0] / 2], device=pull.device)
    outward = torch.tensor([[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, 1.0]], device=pull.device)
    start = (outward + 1) * half
    return start.expand_as(pull), half + outward * (1 - pull) * half


def _matrix(*entries: Tensor) -> Tensor:
    side = math.isqrt(len(entries))
    return torch.stack(entries, 1).reshape(-1, side, side)
