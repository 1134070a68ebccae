"""Light on hands: lamps, the shadow that hands cast on themselves, and the dark of hollows.

Colours are linear light in 0..1, RGB; lengths are in palms.
"""

from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor
from torch.nn import functional

from rendering.draws import Dice, PerHand
from rendering.raster import Fragments, rasterise
from rendering.skeleton import apply, dot, unit

SHADOW_PX = 160  # side of the picture that the first lamp sees
SHADOW_REACH = 1.7  # of that picture, from the middle of the hand to its edges
SHADOW_OFFSETS = (-0.9, 0.0, 0.9)  # pixels of it that are averaged, for soft edges
WRAP = 0.25  # how far light reaches around the hand, as it does in skin


@dataclass(frozen=True)
class Light(PerHand):
    """Three lamps and what comes from everywhere, for N hands.

    Attributes:
        direction: to each lamp [N, 3, 3]; the first is the one that casts shadows.
        lamps: their colours [N, 3, 3].
        ambient: colour [N, 3]; it comes from where `above` [N, 3] leads, rather.
        occlusion: how dark it is in hollows [N].
        shadow: how dark shadows are [N].
        exposure: factor [N].
    """

    direction: Tensor
    lamps: Tensor
    ambient: Tensor
    above: Tensor
    occlusion: Tensor
    shadow: Tensor
    exposure: Tensor

    @classmethod
    def draw(cls, n: int, dice: Dice) -> Self:
        """The light of `n` rooms."""
        azimuth = dice.normal(n, 3) * 0.9
        height = (0.45 + 0.5 * dice.normal(n, 3)).clamp(-0.9, 1.4)
        direction = torch.stack(
            [azimuth.sin() * height.cos(), height.sin(), azimuth.cos() * height.cos()], -1
        )
        warmth = dice.normal(n, 4, 1) * torch.tensor([0.05, 0.0, -0.07])
        warmth = warmth + dice.normal(n, 1, 1) * torch.tensor([0.05, 0.0, -0.08])
        tint = (1 + warmth).clamp(0.5, 1.6)
        main, second = 0.35 + 0.5 * dice.uniform(n), 0.35 * dice.uniform(n) ** 1.5
        third = 0.4 * dice.uniform(n) ** 2 * (dice.uniform(n) < 0.4)
        return cls(
            direction=unit(direction),
            lamps=torch.stack([main, second, third], 1)[..., None] * tint[:, :3],
            ambient=(0.14 + 0.36 * dice.uniform(n, 1)) * tint[:, 3],
            above=unit(dice.normal(n, 3) + torch.tensor([0.0, 1.5, 0.5])),
            occlusion=0.5 + 0.35 * dice.uniform(n),
            shadow=0.35 + 0.6 * dice.uniform(n),
            exposure=torch.exp(0.28 * dice.normal(n)),
        )


@dataclass(frozen=True)
class Points:
    """What is seen of hands.

    Attributes:
        seen: the K pixels, of squares of `side_px`.
        side_px: side of the pictures.
        position: [K, 3], the camera looking from +z.
        normal: [K, 3], unit vectors.
    """

    seen: Fragments
    side_px: int
    position: Tensor
    normal: Tensor


def lit(albedo: Tensor, gloss: Tensor, light: Light, points: Points, shadow: Tensor) -> Tensor:
    """Colours [K, 3] as a camera takes them, sRGB in 0..1 and a little more, of skin of `albedo`.

    Args:
        albedo: colours of the skin [K, 3].
        gloss: [K].
        light: one row a hand.
        points: what is lit.
        shadow: how much of the first lamp's light comes [K], from `shadow_of`.
    """
    here, normal = light[points.seen.picture], points.normal
    open_sky = 1 - here.occlusion * _hollows(points, len(light.shadow))
    ambient = 0.75 + 0.25 * dot(normal, here.above)
    colour = here.ambient * ambient * open_sky[:, None]
    specular = torch.zeros_like(albedo)
    for lamp in range(3):
        towards = here.direction[:, lamp]
        facing = dot(normal, towards)[:, 0]
        diffuse = ((facing + WRAP) / (1 + WRAP)).clamp_min(0)
        if lamp == 0:
            here_lit = diffuse * shadow
            # Light that comes through skin is red at the border of the shadow.
            through = torch.stack([here_lit**0.94, here_lit, here_lit**1.02], -1)
            half = unit(towards + torch.tensor([0.0, 0.0, 1.0]))
            shine = dot(normal, half)[:, 0].clamp_min(0) ** 24 * shadow * (facing > 0)
            specular = shine[:, None] * here.lamps[:, lamp] * gloss[:, None]
        else:
            through = (diffuse * (0.35 + 0.65 * open_sky))[:, None]
        colour = colour + here.lamps[:, lamp] * through
    colour = (albedo * colour + specular) * here.exposure[:, None]
    colour = colour / (1 + 0.18 * colour.clamp_min(0))
    return colour.clamp(0, 1.2) ** (1 / 2.2)


def _hollows(points: Points, n: int) -> Tensor:
    """How deep points lie behind what is around them in the picture: 0..1, [K]."""
    pixel, side = points.seen.pixel, points.side_px
    depth, mask = torch.zeros(n * side**2), torch.zeros(n * side**2)
    depth[pixel] = points.position[:, 2]
    mask[pixel] = 1.0
    depth = depth.reshape(n, 1, side, side)
    small = functional.avg_pool2d(torch.cat([depth, mask.reshape(n, 1, side, side)], 1), 4, 4)
    hollow = torch.zeros(len(pixel))
    for radius, share in ((side // 192, 0.55), (side // 72, 0.45)):
        blurred = small
        for _ in range(2):
            blurred = functional.avg_pool2d(blurred, 2 * radius + 1, 1, radius, count_include_pad=False)
        around = blurred[:, :1] / blurred[:, 1:].clamp_min(1e-4)
        around = functional.interpolate(around, (side, side), mode="bilinear", align_corners=False)
        behind = (around - depth).reshape(-1)[pixel]
        hollow = hollow + share * ((behind - 0.06) * 6.0).clamp(0, 1)
    return hollow.clamp(0, 1)


def shadow_of(light: Light, vertices: Tensor, faces: Tensor, points: Points) -> Tensor:
    """How much of the first lamp's light comes to each point of meshes [N, V, 3]: 0..1, [K]."""
    lamp, picture = light.direction[:, 0], points.seen.picture
    across = unit(torch.linalg.cross(torch.tensor([0.3, 0.9, 0.1]).expand_as(lamp), lamp))
    axes = torch.stack([across, torch.linalg.cross(lamp, across), lamp], 1)
    xy, depth = _from_lamp(vertices @ axes.transpose(1, 2))
    nearest = rasterise(xy, depth, faces, SHADOW_PX).depth()
    lifted = points.position + 0.02 * points.normal  # no skin shades itself
    xy, depth = _from_lamp(apply(axes[picture], lifted))
    depth = depth - 0.004
    n_lit = torch.zeros(len(picture))
    for x_offset in SHADOW_OFFSETS:
        for y_offset in SHADOW_OFFSETS:
            x = (xy[:, 0] + x_offset).long().clamp(0, SHADOW_PX - 1)
            y = (xy[:, 1] + y_offset).long().clamp(0, SHADOW_PX - 1)
            at = picture * SHADOW_PX * SHADOW_PX + y * SHADOW_PX + x
            n_lit = n_lit + (nearest[at] > depth).float()
    return 1 - light.shadow[picture] * (1 - n_lit / len(SHADOW_OFFSETS) ** 2)


def _from_lamp(points: Tensor) -> tuple[Tensor, Tensor]:
    """Pixels [..., 2] and depth [...] in 0..1 of points [..., 3] along the lamp's axes."""
    sides = points[..., :2] * torch.tensor([1.0, -1.0])
    return (sides / SHADOW_REACH * 0.5 + 0.5) * SHADOW_PX, (4.0 - points[..., 2]) / 8.0
