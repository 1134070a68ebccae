"""Triangles to pixels: which of them each pixel sees, and where."""

from typing import NamedTuple

import torch
from torch import Tensor

FACE_BITS = 12  # of a key; the depth has the others
DEPTH_STEPS = 524_286.0
EMPTY = 2**31 - 1  # the key of pixels that see nothing
EDGE = 1e-5  # pixels may lie so far outside: no gaps between neighbours


class Raster(NamedTuple):
    """What squares of R x R pixels see of a mesh of F faces.

    Attributes:
        keys: int32 [N * R * R], depth and number of the nearest face, or `EMPTY`.
        planes: [N * F, 12], of each face: its barycentric coordinates 1 and 2 as a x + b y + c, its
            depth at corner 0 and the changes to corners 1 and 2, and the box of pixels it is in.
    """

    keys: Tensor
    planes: Tensor

    def depth(self) -> Tensor:
        """In 0..1, [N * R * R]; 1 where nothing is seen."""
        depth = (self.keys >> FACE_BITS).float() / DEPTH_STEPS
        return torch.where(self.keys == EMPTY, torch.ones_like(depth), depth)


class Fragments(NamedTuple):
    """The K pixels that see a face.

    Attributes:
        pixel: [K], in N * R * R.
        picture: [K], in N.
        face: [K], in F.
        weights: [K, 3], of the face's corners.
    """

    pixel: Tensor
    picture: Tensor
    face: Tensor
    weights: Tensor


def rasterise(xy: Tensor, depth: Tensor, faces: Tensor, side_px: int) -> Raster:
    """Draw meshes with vertices xy [N, V, 2] in pixels and depth [N, V] in 0..1, 0 near.

    Faces [F, 3], at most 4,096, are seen from the side from which their corners run against the clock.
    """
    n = len(xy)
    planes, count = _planes(xy, depth, faces, side_px)
    number = torch.repeat_interleave(torch.arange(len(planes)), count)
    first = torch.cumsum(count, 0) - count
    place = (torch.arange(len(number)) - first[number]).float()  # of a pixel in its face's box
    plane = planes[number]
    a1, b1, c1, a2, b2, c2, z0, dz1, dz2, left, top, width = plane.unbind(1)
    row = torch.floor((place + 0.5) / width)
    x, y = left + (place - row * width), top + row
    first_share, second_share = a1 * x + b1 * y + c1, a2 * x + b2 * y + c2
    least = torch.minimum(torch.minimum(first_share, second_share), 1 - first_share - second_share)
    z = z0 + first_share * dz1 + second_share * dz2
    steps = (z * DEPTH_STEPS).clamp(0, DEPTH_STEPS).int()
    key = steps * 2**FACE_BITS + (number % len(faces)).int()
    key = torch.where(least >= -EDGE, key, torch.full_like(key, EMPTY))
    pixel = (number // len(faces)) * side_px**2 + y.long() * side_px + x.long()
    keys = torch.full((n * side_px**2,), EMPTY, dtype=torch.int32)
    keys.scatter_reduce_(0, pixel, key, "amin", include_self=True)
    return Raster(keys, planes)


def _planes(xy: Tensor, depth: Tensor, faces: Tensor, side_px: int) -> tuple[Tensor, Tensor]:
    """`Raster.planes`, and the pixels in each face's box [N * F]: none if it is turned away."""
    x, y, z = xy[:, faces, 0], xy[:, faces, 1], depth[:, faces]
    x0, x1, x2 = x.unbind(-1)
    y0, y1, y2 = y.unbind(-1)
    z0, z1, z2 = z.unbind(-1)
    area = (x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0)
    left = torch.ceil(x.amin(-1) - 0.5).clamp(0, side_px)
    right = torch.floor(x.amax(-1) - 0.5).clamp(-1, side_px - 1)
    top = torch.ceil(y.amin(-1) - 0.5).clamp(0, side_px)
    bottom = torch.floor(y.amax(-1) - 0.5).clamp(-1, side_px - 1)
    width, height = (right - left + 1).clamp_min(0), (bottom - top + 1).clamp_min(0)
    towards = area < -1e-6  # y points down in pictures
    count = torch.where(towards, width * height, torch.zeros_like(width)).long().reshape(-1)
    inverse = 1.0 / torch.where(towards, area, torch.full_like(area, -1.0))
    a1, b1 = (y2 - y0) * inverse, -(x2 - x0) * inverse
    a2, b2 = -(y1 - y0) * inverse, (x1 - x0) * inverse
    c1, c2 = -(a1 * x0 + b1 * y0), -(a2 * x0 + b2 * y0)
    box = (left + 0.5, top + 0.5, width)
    planes = torch.stack([a1, b1, c1, a2, b2, c2, z0, z1 - z0, z2 - z0, *box], -1)
    return planes.reshape(-1, 12), count


def fragments(raster: Raster, n_faces: int, side_px: int) -> Fragments:
    """Which face each pixel sees, and where on it."""
    pixel = torch.nonzero(raster.keys < EMPTY)[:, 0]
    face = raster.keys[pixel].long() & (2**FACE_BITS - 1)
    picture, within = pixel // side_px**2, pixel % side_px**2
    y, x = (within // side_px).float() + 0.5, (within % side_px).float() + 0.5
    plane = raster.planes[picture * n_faces + face]
    first = (plane[:, 0] * x + plane[:, 1] * y + plane[:, 2]).clamp(0, 1)
    second = (plane[:, 3] * x + plane[:, 4] * y + plane[:, 5]).clamp(0, 1)
    return Fragments(pixel, picture, face, torch.stack([1 - first - second, first, second], -1))
