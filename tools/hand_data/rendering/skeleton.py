"""The bones of a right hand: how they lie at rest, and where a pose takes them.

Lengths are in palms, from the wrist to the base of the middle finger. Of a hand that is held up, x
leads to the thumb's side, y to the fingers' tips and z out of the palm. A hand has 17 bones: the palm,
the forearm, and three of each finger, thumb first, from the root on. A pose is 27 angles in degrees:

    0:16   spread (to the thumb's side), then flexion at the three joints, index finger to little one
    16:20  roll of these fingers about themselves
    20:25  the thumb: to the side, out of the palm, roll, flexion at its two last joints
    25:27  the wrist: flexion, deviation
"""

import math
from typing import NamedTuple

import torch
from torch import Tensor

POSE_SIZE = 27
N_BONES = 17
SPREADS, ROLLS, THUMB, WRIST = slice(0, 16, 4), slice(16, 20), slice(20, 25), slice(25, 27)
# What the bones of each finger turn about when they bend, nearly; thumb to little finger.
BENDING_AXES = (
    (0.30, -0.62, 0.72),
    (0.95, -0.24, 0.15),
    (0.98, 0.12, -0.08),
    (0.95, 0.30, 0.03),
    (0.89, 0.45, -0.03),
)
ROOT_DEPTHS = (0.12, 0.125, 0.12, 0.11)  # of the fingers' roots below those of the body model
THUMB_ROOT = (0.235, 0.19, 0.06)
THUMB_FACES = (-0.9, 0.0, 0.43)  # where the thumb's inner side looks, nearly
TIP_SHARE = 0.78  # of the last bone, at which MediaPipe marks a fingertip
# From the joints of the bones to MediaPipe's 21 points, along the frame (`Rest`) of the bone before
# each, or of the palm for the wrist and for the fingers' roots. Fitted to what it finds in renders.
LANDMARK_OFFSETS = (
    (-0.012, 0.148, 0.027),
    (0.02, 0.07, 0.101),
    (-0.013, 0.043, 0.013),
    (-0.013, -0.045, 0.024),
    (-0.023, -0.022, 0.003),
    (-0.006, -0.003, 0.066),
    (0.002, -0.014, 0.038),
    (0.003, -0.003, 0.036),
    (-0.003, -0.015, 0.015),
    (0.009, -0.018, 0.113),
    (0.001, -0.038, 0.014),
    (0.001, -0.036, 0.054),
    (0.004, -0.014, 0.03),
    (-0.006, -0.036, 0.123),
    (-0.007, -0.031, 0.015),
    (0.015, -0.024, 0.048),
    (0.029, -0.029, 0.028),
    (-0.005, -0.021, 0.103),
    (-0.013, -0.029, 0.018),
    (0.018, -0.008, 0.031),
    (0.04, -0.02, 0.009),
)


class Rest(NamedTuple):
    """The fingers' bones [N, 5, 3] at rest.

    Attributes:
        frames: [N, 5, 3, 3, 3], columns: bending axis, along the bone, out of the palm's side.
        lengths: [N, 5, 3].
        directions: [N, 5, 3, 3], unit vectors.
    """

    frames: Tensor
    lengths: Tensor
    directions: Tensor


class Stretch(NamedTuple):
    """What makes a hand of another build: factors, 1 leaves it as it is.

    Attributes:
        length: of the bones of each finger [N, 5].
        thickness: of each finger [N, 5].
        forearm: thickness of the forearm [N].
    """

    length: Tensor
    thickness: Tensor
    forearm: Tensor


def turn_about(axis: int, angle: Tensor) -> Tensor:
    """Rotations [..., 3, 3] about x, y or z (0, 1, 2) by angles [...] in radians."""
    cos, sin = torch.cos(angle), torch.sin(angle)
    zero, one = torch.zeros_like(angle), torch.ones_like(angle)
    rows = (
        (one, zero, zero, zero, cos, -sin, zero, sin, cos),
        (cos, zero, sin, zero, one, zero, -sin, zero, cos),
        (cos, -sin, zero, sin, cos, zero, zero, zero, one),
    )[axis]
    return torch.stack(rows, -1).reshape((*angle.shape, 3, 3))


def unit(vectors: Tensor) -> Tensor:
    """Vectors [..., 3] of length 1."""
    return vectors / vectors.norm(dim=-1, keepdim=True).clamp_min(1e-8)


def dot(a: Tensor, b: Tensor) -> Tensor:
    """Products [..., 1] of vectors [..., 3]."""
    return (a * b).sum(-1, keepdim=True)


def apply(matrices: Tensor, vectors: Tensor) -> Tensor:
    """Matrices [..., 3, 3] times vectors [..., 3]."""
    return (matrices @ vectors[..., None])[..., 0]


def with_roots_within(joints: Tensor) -> Tensor:
    """Joints [N, 22, 3] (roots of the 17 bones, 5 tips) with the fingers' roots where fingers turn.

    The body model has them at the webs between the fingers, where no joint is.
    """
    joints = joints.clone()
    for finger, depth in enumerate(ROOT_DEPTHS, 1):
        root = 2 + 3 * finger
        along = joints[:, root + 1] - joints[:, root]
        joints[:, root] -= along / along.norm(dim=-1, keepdim=True) * depth
    joints[:, 2] = joints[:, 2] * 0.35 + torch.tensor(THUMB_ROOT) * 0.65
    return joints


def rest_of(joints: Tensor) -> Rest:
    """The fingers' bones of joints [N, 22, 3]."""
    n = len(joints)
    roots = joints[:, 2:17].reshape(n, 5, 3, 3)
    bones = torch.cat([roots[:, :, 1:], joints[:, 17:22, None]], 2) - roots
    lengths = bones.norm(dim=-1)
    directions = bones / lengths[..., None]
    axes = torch.tensor(BENDING_AXES)[None, :, None].expand(n, 5, 3, 3)
    axes = unit(axes - dot(axes, directions) * directions)
    frames = torch.stack([axes, directions, torch.linalg.cross(axes, directions)], -1)
    return Rest(frames, lengths, directions)


def posed_frames(pose: Tensor) -> Tensor:
    """Frames [N, 5, 3, 3, 3] of the fingers' bones in poses [N, 27], as `Rest` has them."""
    angles = pose * (math.pi / 180)
    fingers = angles[:, :16].reshape(-1, 4, 4)
    base = turn_about(2, -fingers[..., 0]) @ turn_about(1, angles[:, ROLLS])
    first = base @ turn_about(0, fingers[..., 1])
    second = first @ turn_about(0, fingers[..., 2])
    third = second @ turn_about(0, fingers[..., 3])
    thumb = _thumb_frames(angles[:, THUMB])
    return torch.cat([thumb[:, None], torch.stack([first, second, third], 2)], 1)


def _thumb_frames(angles: Tensor) -> Tensor:
    """Frames [N, 3, 3, 3] of the thumb's bones of its angles [N, 5] in radians."""
    aside, out, roll, middle, last = angles.unbind(1)
    along = torch.stack(
        [torch.sin(aside) * torch.cos(out), torch.cos(aside) * torch.cos(out), torch.sin(out)], -1
    )
    faces = torch.tensor(THUMB_FACES).expand(len(angles), 3)
    inner = unit(faces - dot(faces, along) * along)
    base = torch.stack([torch.linalg.cross(along, inner), along, inner], -1)
    first = base @ turn_about(1, roll)
    second = first @ turn_about(0, middle)
    return torch.stack([first, second, second @ turn_about(0, last)], 1)


def finger_joints(joints: Tensor, rest: Rest, frames: Tensor, length: Tensor) -> Tensor:
    """Where the joints of posed fingers are: [N, 5, 4, 3], root to tip; `length` as in `Stretch`."""
    lengths = rest.lengths * length[..., None]
    points = [joints[:, 2:17:3]]
    for bone in range(3):
        points.append(points[-1] + frames[:, :, bone, :, 1] * lengths[:, :, bone, None])
    return torch.stack(points, 2)


def bone_transforms(
    joints: Tensor, rest: Rest, frames: Tensor, fingers: Tensor, wrist: Tensor, stretch: Stretch
) -> tuple[Tensor, Tensor]:
    """Matrices [N, 17, 3, 3] and offsets [N, 17, 3] that take points at rest to where bones take them.

    Args:
        joints: [N, 22, 3] at rest.
        rest: of the joints.
        frames: from `posed_frames`.
        fingers: from `finger_joints`.
        wrist: its two angles [N, 2] in degrees.
        stretch: of the fingers and the forearm.
    """
    n = len(joints)
    sides = torch.stack([stretch.thickness, stretch.length, stretch.thickness], -1)
    of_fingers = (frames * sides[:, :, None, None, :]) @ rest.frames.transpose(-1, -2)
    flexion, deviation = (wrist * (math.pi / 180)).unbind(1)
    eye = torch.eye(3).expand(n, 3, 3)
    thick = torch.stack([stretch.forearm, torch.ones(n), stretch.forearm], -1)
    forearm = turn_about(0, flexion) @ turn_about(2, deviation) @ (eye * thick[:, None])
    matrices = torch.cat([eye[:, None], forearm[:, None], of_fingers.reshape(n, 15, 3, 3)], 1)
    roots = torch.cat(
        [
            joints[:, :1],
            apply(forearm, joints[:, 1])[:, None],
            fingers[:, :, :3].reshape(n, 15, 3),
        ],
        1,
    )
    return matrices, roots - apply(matrices, joints[:, :N_BONES])


def landmarks(wrist: Tensor, fingers: Tensor, frames: Tensor) -> Tensor:
    """MediaPipe's 21 points [N, 21, 3] of wrists [N, 3] and posed fingers [N, 5, 4, 3]."""
    n = len(wrist)
    last = fingers[:, :, 2]
    tips = last + (fingers[:, :, 3] - last) * TIP_SHARE
    marked = torch.cat([fingers[:, :, :3], tips[:, :, None]], 2).reshape(n, 20, 3)
    points = torch.cat([wrist[:, None], marked], 1)
    palm = torch.eye(3).expand(n, 5, 1, 3, 3)
    before = torch.cat([palm, frames], 2).reshape(n, 20, 3, 3)
    before = torch.cat([palm[:, :1, 0], before], 1)
    return points + apply(before, torch.tensor(LANDMARK_OFFSETS)[None])
