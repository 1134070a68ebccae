"""What `pose_solver.py` begins with: the variants of `letter_poses.toml`, each a little different."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from fingerspell.core.alphabet import NOTHING
from rendering.draws import PerHand
from rendering.letter_poses import FINGERS, Touch, Variant
from rendering.pose_library import OTHER
from rendering.skeleton import POSE_SIZE, ROLLS, SPREADS, THUMB, WRIST, unit

MOST_TOUCHES = 2
OTHERS = {NOTHING: 2, OTHER: 12}  # as many times as many as of a letter's variant
CROSSED = "R"
PRECISE = "DFO"  # rings of thumb and finger, which open when shaken
THUMB_STD = (8.0, 8.0, 9.6, 6.4, 8.0)
THUMB_GIVE, FREE_THUMB_GIVE = (22.0, 22.0, 26.0, 14.0, 16.0), (6.0,) * 5
SIDES = {"thumb": (1.0, 0.0, 0.0), "back": (0.0, 0.0, -1.0)}
SPREAD_OF_OPEN = (5, 0, -5, -10)  # of fingers that are not curled


@dataclass(frozen=True)
class Target(PerHand):
    """What the thumbs of N hands are to lie on.

    Attributes:
        wanted: 1, or 0 where there is nothing to touch [N].
        by_pad: bool [N], with the thumb's pad; else with its tip.
        finger: 1 to 4 [N], and the bone and the share of its length.
        is_side: bool [N], the side of that bone that `side` [N, 3] says.
        is_palm: bool [N], the point `point` [N, 3]; else that is a point off the bone's middle.
    """

    wanted: Tensor
    by_pad: Tensor
    finger: Tensor
    bone: Tensor
    at: Tensor
    is_side: Tensor
    side: Tensor
    is_palm: Tensor
    point: Tensor


@dataclass(frozen=True)
class Targets(PerHand):
    """A variant's touches."""

    first: Target
    second: Target


@dataclass(frozen=True)
class Starts(PerHand):
    """N hands.

    Attributes:
        variant: index of the variant of each [N].
        pose: degrees [N, 27].
        give: how far angles may go from there, degrees [N, 27].
        thumb_points: where the thumb's last bone is to lead [N, 3], or zeros.
        crossed: 1 where middle finger and index finger are to be crossed [N], else 0.
        length, thickness: of the fingers [N, 5], factors.
        targets: of the thumb.
    """

    variant: Tensor
    pose: Tensor
    give: Tensor
    thumb_points: Tensor
    crossed: Tensor
    length: Tensor
    thickness: Tensor
    targets: Targets


def draw_starts(
    variants: Sequence[tuple[str, Variant]], each: int, generator: torch.Generator
) -> Starts:
    """`each` hands of each variant (sign, variant), more of those that are no letters."""
    poses, rows = [], []
    for number, (sign, variant) in enumerate(variants):
        n = each * OTHERS.get(sign, 1)
        poses.append(_vary(sign, variant, n, generator))
        rows += [number] * n
    of = torch.tensor(rows)
    targets = [_targets([v for _, v in variants], of, slot, generator) for slot in range(MOST_TOUCHES)]
    points = torch.tensor([variant.thumb_points for _, variant in variants], dtype=torch.float32)
    return Starts(
        variant=of,
        pose=torch.cat(poses),
        give=torch.stack([_give(variant) for _, variant in variants])[of],
        thumb_points=unit(points)[of],
        crossed=torch.tensor([float(sign == CROSSED) for sign, _ in variants])[of],
        length=torch.exp(0.012 * torch.randn(len(of), 5, generator=generator)),
        thickness=torch.exp(0.05 * torch.randn(len(of), 1, generator=generator)).expand(-1, 5),
        targets=Targets(*targets),
    )


def shake_of(sign: str, variant: Variant) -> Tensor:
    """By how much solved poses may be changed at random: standard deviations [27] in degrees."""
    shake = torch.full((POSE_SIZE,), 0.7 if sign in PRECISE else 1.3)
    shake[ROLLS] = 0
    shake[WRIST] = torch.tensor(variant.wrist_std) * 0.5
    return shake


def _give(variant: Variant) -> Tensor:
    give = torch.full((POSE_SIZE,), float(variant.give))
    give[SPREADS] = min(4.0, variant.give)
    give[THUMB] = torch.tensor(THUMB_GIVE if variant.touches else FREE_THUMB_GIVE)
    return give


def _vary(sign: str, variant: Variant, n: int, generator: torch.Generator) -> Tensor:
    """Poses [n, 27] around a variant's; curled fingers curl together."""
    fingers = torch.tensor(variant.fingers, dtype=torch.float32)
    nominal = torch.cat(
        [fingers.flatten(), torch.zeros(4), torch.tensor((*variant.thumb, *variant.wrist))]
    )
    of_finger = [variant.finger_std * factor for factor in (0.45, 1.1, 1.2, 1.1)]
    std = torch.tensor([*of_finger * 4, *[2.0] * 4, *THUMB_STD, *variant.wrist_std])
    alone = std.clone()
    alone[1:16:4] *= torch.tensor(
        [0.4 + 0.6 * min(1, abs(finger[1]) / 30) for finger in variant.fingers]
    )
    curled = torch.tensor([min(1, abs(finger[2]) / 40) for finger in variant.fingers])
    noise = torch.randn(n, POSE_SIZE, generator=generator)
    common = torch.randn(n, 3, generator=generator)
    pose = nominal + noise * alone * 0.58
    for joint, share in enumerate((0.95, 0.95, 0.8)):
        together = common[:, joint, None] * std[joint + 1 : 16 : 4] * share * curled
        pose[:, joint + 1 : 16 : 4] += together
    if sign == OTHER:
        _scramble(pose, generator)
    return pose


def _scramble(pose: Tensor, generator: torch.Generator) -> None:
    """Give poses [n, 27] any fingers: each open, curled or hooked by itself, or all alike."""
    n = len(pose)

    def uniform(*shape: int) -> Tensor:
        return torch.rand(*shape, generator=generator)

    def normal() -> Tensor:
        return torch.randn(n, generator=generator)

    curl = uniform(n, 4)
    curl = torch.where(uniform(n, 4) < 0.35, torch.zeros(n, 4), curl)
    curl = torch.where(uniform(n, 1) < 0.3, curl[:, :1].expand(-1, 4), curl)
    hook = uniform(n, 4)
    at_root, at_middle = torch.where(hook < 0.25, 0.2, 1.0), torch.where(hook > 0.8, 0.2, 1.0)
    for finger, spread in enumerate(SPREAD_OF_OPEN):
        first = 4 * finger
        pose[:, first] = normal() * 7 + spread * (1 - curl[:, finger])
        pose[:, first + 1] = curl[:, finger] * 85 * at_root[:, finger] + normal() * 6
        pose[:, first + 2] = curl[:, finger] * 100 * at_middle[:, finger] + uniform(n) * 8
        pose[:, first + 3] = pose[:, first + 2] * 0.55
    for angle, (low, reach) in enumerate(((0, 70), (0, 65), (-15, 60), (0, 45), (-8, 60)), 20):
        pose[:, angle] = uniform(n) * reach + low


def _targets(variants: Sequence[Variant], of: Tensor, slot: int, generator: torch.Generator) -> Target:
    """What the touches number `slot` of variants say, for the variant `of` [N] of each hand."""
    touches = [variant.touches[slot] if slot < len(variant.touches) else None for variant in variants]
    given = [touch or Touch(by="tip") for touch in touches]
    wanted = torch.tensor([float(touch is not None) for touch in touches])[of]
    at = torch.tensor([float(touch.at) for touch in given])[of]
    point = torch.tensor([touch.palm or touch.off for touch in given], dtype=torch.float32)[of]
    is_side = torch.tensor([touch.side is not None for touch in given])[of]
    sides = [SIDES.get(touch.side or "", (0.0, 0.0, 0.0)) for touch in given]
    return Target(
        wanted=wanted,
        by_pad=torch.tensor([touch.by == "pad" for touch in given])[of],
        finger=torch.tensor([1 + FINGERS.index(touch.finger) for touch in given])[of],
        bone=torch.tensor([touch.bone for touch in given])[of],
        at=at + 0.06 * torch.randn(len(of), generator=generator) * wanted,
        is_side=is_side,
        side=torch.tensor(sides)[of],
        is_palm=torch.tensor([touch.palm is not None for touch in given])[of],
        point=point + 0.025 * torch.randn(len(of), 3, generator=generator) * wanted[:, None],
    )
