"""Where hands are in their pictures."""

from dataclasses import dataclass
from typing import NamedTuple, Self

import torch
from torch import Tensor

from rendering.draws import Dice, PerHand

DEPTH_REACH = 3.2  # palms before and behind the middle of the hand that pictures show


@dataclass(frozen=True)
class Framing(PerHand):
    """How N hands are seen.

    Attributes:
        distance: of the camera [N], in palms.
        extent: share of the picture [N] that the longer side of the hand takes.
        place: of the hand in the room it has in the picture [N, 2], 0..1.
        proportions: of the hand in x, y and z [N, 3], factors.
        forearm: thickness of the forearm [N], a factor.
    """

    distance: Tensor
    extent: Tensor
    place: Tensor
    proportions: Tensor
    forearm: Tensor

    @classmethod
    def draw(cls, n: int, dice: Dice) -> Self:
        """`n` pictures."""
        return cls(
            distance=3.8 + 9 * dice.uniform(n) ** 1.5,
            extent=0.62 + 0.25 * dice.uniform(n),
            place=0.5 + (dice.uniform(n, 2) - 0.5) * 0.8,
            proportions=torch.exp(
                torch.stack([0.05 * dice.normal(n), 0.02 * dice.normal(n), 0.05 * dice.normal(n)], -1)
            ),
            forearm=torch.exp(0.08 * dice.normal(n)),
        )


class Projected(NamedTuple):
    """N hands before a camera that looks at their middle.

    Attributes:
        vertices: [N, V, 3], in palms from the middle of the hand.
        xy: of the vertices [N, V, 2], as fractions of the picture.
        depth: of the vertices [N, V], 0..1 from near to far.
        joints: [N, 21, 2], as fractions of the picture.
    """

    vertices: Tensor
    xy: Tensor
    depth: Tensor
    joints: Tensor


def projected(framing: Framing, vertices: Tensor, joints: Tensor, of_hand: Tensor) -> Projected:
    """Vertices [N, V, 3] and joints [N, 21, 3], already turned, as they are seen from +z.

    The vertices `of_hand`, those not of the forearm, take the place that `framing` says.
    """
    low, high = _bounds(vertices[:, of_hand])
    middle = (low + high) / 2
    vertices, joints = vertices - middle[:, None], joints - middle[:, None]
    distance = framing.distance[:, None]
    flat, flat_joints = _in_perspective(vertices, distance), _in_perspective(joints, distance)
    low, high = _bounds(flat[:, of_hand])
    scale = (framing.extent / (high - low).amax(-1))[:, None]
    middle, room = (low + high) / 2, (0.98 - (high - low) * scale).clamp_min(0)
    place = 0.5 + (framing.place - 0.5) * room

    def in_picture(points: Tensor) -> Tensor:
        right = (points[..., 0] - middle[:, None, 0]) * scale + place[:, None, 0]
        down = -(points[..., 1] - middle[:, None, 1]) * scale + place[:, None, 1]
        return torch.stack([right, down], -1)

    depth = (DEPTH_REACH - vertices[..., 2]) / (2 * DEPTH_REACH)
    return Projected(vertices, in_picture(flat), depth, in_picture(flat_joints))


def _bounds(points: Tensor) -> tuple[Tensor, Tensor]:
    """The least and the greatest coordinates [N, D] of points [N, K, D]."""
    return points.amin(1), points.amax(1)


def _in_perspective(points: Tensor, distance: Tensor) -> Tensor:
    """Points [N, K, 3] as seen from `distance` [N, 1]: x and y [N, K, 2]; the middle keeps its size."""
    return points[..., :2] * (distance / (distance - points[..., 2]).clamp_min(0.5))[..., None]
