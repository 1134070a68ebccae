"""Poses in which thumbs lie on what they touch, and no finger goes through another or the palm.

Adam moves the angles of a batch of hands down a sum of penalties: leaving where they started, going
beyond what joints can do, fingers (drawn as capsules) in each other or in the palm, and thumbs that are
not where they are wanted.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from rendering.pose_starts import Starts, Target
from rendering.skeleton import (
    POSE_SIZE,
    ROLLS,
    SPREADS,
    THUMB,
    apply,
    finger_joints,
    posed_frames,
    rest_of,
    unit,
)

# Radii in palms of each finger's bones, thumb first.
RADII = (
    (0.15, 0.125, 0.105),
    (0.115, 0.10, 0.085),
    (0.115, 0.10, 0.085),
    (0.105, 0.095, 0.08),
    (0.09, 0.08, 0.07),
)
SPHERES = 5  # that stand for each bone
ROUND_TIP, TIP, PAD = 0.72, 0.85, 0.58  # shares of the last bone; capsules end at the first
PAIRS = [(a, b) for a in range(5) for b in range(a + 1, 5) if a == 0 or b - a == 1]  # that may collide
ANY_DEG = 400.0
LOWEST, HIGHEST = (-30.0, -12.0, -2.0, -5.0), (20.0, 95.0, 112.0, 72.0)  # of a finger's angles
LOWEST_THUMB, HIGHEST_THUMB = (-5.0, -15.0, -35.0, -12.0, -15.0), (80.0, 72.0, 75.0, 55.0, 75.0)
FINGERS_KEPT = 0.3  # of the steps, in which only thumbs and wrists move
SLOW_SHARE = 0.7  # of the steps, after which they are smaller


class Solved(NamedTuple):
    """Poses [N, 27], and how wrong each is [N]: fingers within fingers, thumbs off their place."""

    pose: Tensor
    overlap: Tensor
    off_target: Tensor


class _Posed(NamedTuple):
    """Fingers as the solver sees them: joints [N, 5, 4, 3], frames [N, 5, 3, 3, 3], radii [N, 5, 3]."""

    joints: Tensor
    frames: Tensor
    radii: Tensor


def solve(starts: Starts, joints: Tensor, steps: int) -> Solved:
    """Move the poses of `starts` on hands with `joints` [22, 3] at rest."""
    joints = joints.expand(len(starts.pose), -1, -1)
    rest = rest_of(joints)
    pose = starts.pose.clone().requires_grad_(True)
    optimiser = torch.optim.Adam([pose], lr=1.5)
    radii = torch.tensor(RADII)[None] * starts.thickness[:, :, None]
    stiffness, low, high = _stiffness(), *_limits()
    for step in range(steps):
        if step == int(steps * SLOW_SHARE):
            optimiser.param_groups[0]["lr"] = 0.5
        frames = posed_frames(pose)
        posed = _Posed(finger_joints(joints, rest, frames, starts.length), frames, radii)
        moved = (((pose - starts.pose) / starts.give) ** 2 * stiffness).sum(1)
        beyond = ((low - pose).clamp_min(0) ** 2 + (pose - high).clamp_min(0) ** 2).sum(1) * 0.05
        overlap, in_palm = _collisions(posed)
        off_target = _off_target(posed, starts)
        ramp = min(1.0, max(0.0, (step / steps - 0.3) / 0.3))
        loss = moved * 0.02 + beyond + overlap * 180 * ramp + in_palm * 120 + off_target * 110
        optimiser.zero_grad()
        loss.sum().backward()
        if step < steps * FINGERS_KEPT:
            pose.grad[:, : ROLLS.stop] = 0
        optimiser.step()
    return Solved(pose.detach(), overlap.detach(), off_target.detach())


def _stiffness() -> Tensor:
    """How much rather than the thumb each angle [27] stays."""
    stiffness = torch.ones(POSE_SIZE)
    stiffness[: ROLLS.stop] = 8.0
    stiffness[SPREADS], stiffness[ROLLS] = 30.0, 60.0
    stiffness[THUMB][-2:] = torch.tensor([1.5, 2.5])
    return stiffness


def _limits() -> tuple[Tensor, Tensor]:
    """The least and greatest angles [27] that joints allow; rolls and wrists are free."""
    low, high = torch.full((POSE_SIZE,), -ANY_DEG), torch.full((POSE_SIZE,), ANY_DEG)
    low[:16], high[:16] = torch.tensor(LOWEST * 4), torch.tensor(HIGHEST * 4)
    low[THUMB], high[THUMB] = torch.tensor(LOWEST_THUMB), torch.tensor(HIGHEST_THUMB)
    return low, high


def _collisions(posed: _Posed) -> tuple[Tensor, Tensor]:
    """How deep fingers are in each other [N] and in the palm [N]: sums of squares."""
    n, begin = len(posed.joints), posed.joints[:, :, :3]
    last, tip = posed.joints[:, :, 2], posed.joints[:, :, 3]
    rounded = last + (tip - last) * ROUND_TIP
    end = torch.cat([posed.joints[:, :, 1:3], rounded[:, :, None]], 2)
    along = torch.linspace(0, 1, SPHERES)[None, None, None, :, None]
    spheres = (begin[:, :, :, None] + (end - begin)[:, :, :, None] * along).reshape(n, 5, -1, 3)
    radii = posed.radii[:, :, :, None].expand(n, 5, 3, SPHERES).reshape(n, 5, -1)
    first, second = ([pair[side] for pair in PAIRS] for side in (0, 1))
    between = spheres[:, first][:, :, :, None] - spheres[:, second][:, :, None]
    distance = between.square().sum(-1).clamp_min(1e-8).sqrt()
    room = (radii[:, first][:, :, :, None] + radii[:, second][:, :, None]) * 0.88
    overlap = ((room - distance).clamp_min(0) * _may_collide()).square().sum((1, 2, 3))
    return overlap, _in_palm(spheres, radii)


def _may_collide() -> Tensor:
    """1 where the spheres of `PAIRS` may collide [P, 15, 15], 0 at the roots, which are joined."""
    may = torch.ones(len(PAIRS), 3 * SPHERES, 3 * SPHERES)
    for mask, (finger, _) in zip(may, PAIRS, strict=True):
        if finger > 0:
            mask[:4, :] = 0
            mask[:, :4] = 0
        else:
            mask[:5, :] = 0
            mask[:10, :3] = 0
    return may


def _in_palm(spheres: Tensor, radii: Tensor) -> Tensor:
    """How deep [N] spheres [N, 5, 15, 3] over the palm are in it."""
    x, y, z = spheres.unbind(-1)
    over = torch.sigmoid((0.82 - y) * 20) * torch.sigmoid((y - 0.0) * 20)
    over = over * torch.sigmoid((x + 0.5) * 20) * torch.sigmoid((0.32 - x) * 20)
    free = torch.ones(5, 3 * SPHERES)  # the palm is where thumbs and fingers begin
    free[0, :7], free[1:, :5] = 0, 0
    return ((0.10 + radii * 0.8 - z).clamp_min(0) * over * free).square().sum((1, 2))


def _off_target(posed: _Posed, starts: Starts) -> Tensor:
    """How far [N] thumbs are from what they touch, and fingers from being crossed."""
    thumb_faces, thumb_leads = posed.frames[:, 0, 2, :, 2], posed.frames[:, 0, 2, :, 1]
    last, end = posed.joints[:, 0, 2], posed.joints[:, 0, 3]
    pad = last + (end - last) * PAD + thumb_faces * posed.radii[:, 0, 2:3] * 0.8
    tip = last + (end - last) * TIP
    off = torch.zeros(len(pad))
    for target in (starts.targets.first, starts.targets.second):
        place, out = _place(posed, target)
        touching = torch.where(target.by_pad[:, None], pad, tip)
        off = off + target.wanted * (touching - place).square().sum(-1)
        facing = 1 + (thumb_faces * unit(out)).sum(-1)
        off = off + target.wanted * target.is_side * 0.02 * facing
    index, middle = posed.joints[:, 1, 3], posed.joints[:, 2, 3]
    across, apart = middle[:, 0] - index[:, 0], (middle[:, 2] - index[:, 2]).abs()
    crossed = (0.16 - across).clamp_min(0) ** 2 + (apart - 0.22).clamp_min(0) ** 2
    off = off + starts.crossed * crossed * 2
    wanted = starts.thumb_points
    return off + 0.03 * (wanted.norm(dim=-1) - (thumb_leads * wanted).sum(-1))


def _place(posed: _Posed, target: Target) -> tuple[Tensor, Tensor]:
    """Where the thumb is wanted [N, 3], and out of a finger's side there [N, 3]."""
    hand = torch.arange(len(target.at))
    begin = posed.joints[hand, target.finger, target.bone]
    end = posed.joints[hand, target.finger, target.bone + 1]
    frame = posed.frames[hand, target.finger, target.bone]
    radius = posed.radii[hand, target.finger, target.bone]
    out = apply(frame, target.side) * radius[:, None]
    on_bone = begin + (end - begin) * target.at[:, None]
    near = torch.where(target.is_side[:, None], on_bone + out, on_bone + apply(frame, target.point))
    return torch.where(target.is_palm[:, None], target.point, near), out
