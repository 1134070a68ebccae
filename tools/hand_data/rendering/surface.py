"""The surface of hands at rest, and where on it skin is what it is."""

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from rendering.skeleton import Rest, dot, rest_of, unit

FOREARM = 1  # the bone


class Places(NamedTuple):
    """Where K points of the skin are, all [K].

    Attributes:
        x, y, z: of the mean hand at rest, in palms.
        along: of a finger: 0 at its root, 1 and 2 at the joints, 3 at the tip.
        palmar: -1 on the back, 1 on the palm's side.
        nail_x, nail_y, nail_z: across the last bone, along it, out of its back; 1 at the side and tip.
        finger: 1 on fingers, 0 elsewhere.
        forearm: 1 on the forearm, 0 elsewhere.
    """

    x: Tensor
    y: Tensor
    z: Tensor
    along: Tensor
    palmar: Tensor
    nail_x: Tensor
    nail_y: Tensor
    nail_z: Tensor
    finger: Tensor
    forearm: Tensor


@dataclass(frozen=True)
class Surface:
    """The mesh that all people's hands have in common: V vertices, F faces.

    Attributes:
        faces: [F, 3], corners against the clock seen from outside.
        bones: [V, 17], how much each bone moves each vertex; they sum to 1.
        places: `Places` of the vertices, [V, 10].
        finger: [F], 0 (thumb) to 4, or -1.
        of_hand: indices of the vertices that are not the forearm's.
    """

    faces: Tensor
    bones: Tensor
    places: Tensor
    finger: Tensor
    of_hand: Tensor

    @classmethod
    def of(cls, vertices: Tensor, joints: Tensor, faces: Tensor, bones: Tensor) -> "Surface":
        """The surface of the mean of P people's vertices [P, V, 3] and joints [P, 22, 3]."""
        mean, rest = vertices.mean(0), rest_of(joints.mean(0, keepdim=True))
        roots = joints.mean(0)[2:17].reshape(5, 3, 3)
        of_finger = torch.stack([bones[:, 2 + 3 * f : 5 + 3 * f].sum(1) for f in range(5)], 1)
        finger = of_finger.argmax(1)
        along = _along_fingers(mean, roots, rest, finger)
        nail = _nail_places(mean, roots, rest, finger, along)
        palmar = dot(normals(mean[None], faces)[0], _palm_side(rest, bones, finger))[:, 0]
        share = of_finger.max(1).values
        places = torch.stack([*mean.unbind(1), along, palmar, *nail, share, bones[:, FOREARM]], 1)
        on_finger = share[faces].mean(1) > 0.5
        first = finger[faces[:, 0]]
        return cls(
            faces,
            bones,
            places,
            torch.where(on_finger, first, torch.full_like(first, -1)),
            torch.nonzero(bones[:, FOREARM] < 0.5)[:, 0],
        )


def _along_fingers(mean: Tensor, roots: Tensor, rest: Rest, finger: Tensor) -> Tensor:
    """`Places.along` of vertices [V, 3]; less than 0 before the root, more than 3 beyond the tip."""
    along = torch.zeros(len(mean))
    for bone in range(3):
        direction, length = rest.directions[0, finger, bone], rest.lengths[0, finger, bone]
        share = dot(mean - roots[finger, bone], direction)[:, 0] / length
        along = along + share.clamp(0 if bone else -1.5, 1 if bone < 2 else 1.3)
    return along


def _nail_places(
    mean: Tensor, roots: Tensor, rest: Rest, finger: Tensor, along: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """`Places.nail_x`, `nail_y` and `nail_z` of vertices [V, 3]."""
    local = torch.einsum("vij,vi->vj", rest.frames[0, finger, 2], mean - roots[finger, 2])
    half = torch.stack([local[(finger == f) & (along > 2.4), 0].abs().max() for f in range(5)])[finger]
    return local[:, 0] / half, local[:, 1] / rest.lengths[0, finger, 2], -local[:, 2] / half


def _palm_side(rest: Rest, bones: Tensor, finger: Tensor) -> Tensor:
    """Where the palm's side of the bone that moves each vertex most looks: [V, 3]."""
    bone = bones.argmax(1)
    of_finger = rest.frames[0, finger, (bone - 2).clamp(0) % 3][..., 2]
    return torch.where((bone >= 2)[:, None], of_finger, torch.tensor([0.0, 0.0, 1.0]))


def normals(vertices: Tensor, faces: Tensor) -> Tensor:
    """Unit normals [N, V, 3] of meshes of vertices [N, V, 3]."""
    a, b, c = (vertices[:, faces[:, corner]] for corner in range(3))
    of_faces = torch.linalg.cross(b - a, c - a)
    sums = torch.zeros_like(vertices)
    for corner in range(3):
        sums.index_add_(1, faces[:, corner], of_faces)
    return unit(sums)
