"""What skin is like, and what colour it is where.

Colours are linear light in 0..1, RGB; lengths are in palms.
"""

from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor

from rendering.draws import Dice, PerHand, colour, linear
from rendering.surface import Places

# sRGB of the backs of hands, from very light to very dark.
TONES = (
    (240, 208, 192),
    (231, 190, 168),
    (216, 170, 144),
    (188, 140, 114),
    (152, 107, 84),
    (116, 80, 62),
    (82, 56, 46),
    (58, 40, 34),
)
PINK, NAIL = (236, 176, 158), (240, 200, 188)
# Each line of the palm: y at x = 0, slope, curvature, and the x at which it ends; and how they vary.
PALM_LINES = (
    (0.80, 0.02, 0.25, 0.1),
    (0.70, 0.30, 0.2, 0.30),
    (0.60, 0.45, 0.1, 0.26),
    (0.45, 0.9, 0.4, -0.1),
)
PALM_LINES_STD = (0.03, 0.08, 0.1, 0.04)
CREASE_WIDTH = 0.035  # in bones


@dataclass(frozen=True)
class Skin(PerHand):
    """Colours and patterns of N hands.

    Attributes:
        back, palm: colours [N, 3].
        border: shifts the border between both [N].
        wave_frequency, wave_phase: of ten waves through the hand [N, 10, 3], [N, 10]; of their sums are
            `blotches` and `grain` [N].
        redness, dark_knuckles, creases: strengths [N].
        palm_lines: [N, 4, 4], as `PALM_LINES`.
        thumb_line: radius [N] of the line around the thumb's ball.
        nail: colour [N, 3]; `nail_edge` [N] is how white its edge is.
        gloss, nail_gloss: [N].
    """

    back: Tensor
    palm: Tensor
    border: Tensor
    wave_frequency: Tensor
    wave_phase: Tensor
    blotches: Tensor
    grain: Tensor
    redness: Tensor
    dark_knuckles: Tensor
    creases: Tensor
    palm_lines: Tensor
    thumb_line: Tensor
    nail: Tensor
    nail_edge: Tensor
    gloss: Tensor
    nail_gloss: Tensor

    @classmethod
    def draw(cls, n: int, dice: Dice) -> Self:
        """Skin of `n` people."""
        back, palm, darkness = _tones(n, dice)
        return cls(
            back=back.clamp(0.005, 0.95),
            palm=palm.clamp(0.005, 0.95),
            border=dice.normal(n),
            wave_frequency=torch.cat([dice.normal(n, 4, 3) * 3.5, dice.normal(n, 6, 3) * 28], 1),
            wave_phase=dice.uniform(n, 10) * 6.28,
            blotches=0.02 + 0.06 * dice.uniform(n),
            grain=0.03 * dice.uniform(n),
            redness=0.25 + 0.9 * dice.uniform(n) * (1 - 0.5 * darkness),
            dark_knuckles=0.1 * dice.uniform(n) + 0.3 * darkness * dice.uniform(n),
            creases=0.2 + 0.7 * dice.uniform(n),
            palm_lines=torch.tensor(PALM_LINES) + dice.normal(n, 4, 4) * torch.tensor(PALM_LINES_STD),
            thumb_line=0.36 + 0.03 * dice.normal(n),
            **_nails(n, dice, palm, darkness),
            gloss=0.02 + 0.12 * dice.uniform(n) ** 2,
            nail_gloss=0.1 + 0.25 * dice.uniform(n),
        )


def _tones(n: int, dice: Dice) -> tuple[Tensor, Tensor, Tensor]:
    """Colours of the back and of the palm [N, 3], and how dark the skin is [N], 0..1."""
    tones = linear(torch.tensor(TONES, dtype=torch.float32))
    tone = dice.uniform(n) ** 1.25 * (len(TONES) - 1)
    lighter = tone.long().clamp(0, len(TONES) - 2)
    share = (tone - lighter)[:, None]
    back = tones[lighter] * (1 - share) + tones[lighter + 1] * share
    hue = 1 + dice.normal(n, 1) * torch.tensor([0.0, 0.05, 0.09]) + 0.04 * dice.normal(n, 3)
    back = back * hue * (1 + 0.08 * dice.normal(n, 1))
    darkness = tone / (len(TONES) - 1)
    pink = colour(PINK) * (1 + 0.05 * dice.normal(n, 3))
    share = (0.18 + 0.5 * darkness**1.3 + 0.08 * dice.normal(n)).clamp(0.05, 0.8)[:, None]
    pink = pink * (1 - 0.62 * darkness**1.2)[:, None]
    return back, back * (1 - share) + pink * share, darkness


def _nails(n: int, dice: Dice, palm: Tensor, darkness: Tensor) -> dict[str, Tensor]:
    """`Skin.nail` and `Skin.nail_edge`: a few nails are painted."""
    painted = (dice.uniform(n) < 0.08)[:, None]
    bare = palm * 0.55 + 0.45 * colour(NAIL) * (1 - 0.35 * darkness)[:, None]
    nail = torch.where(painted, linear(dice.uniform(n, 3) * 255), bare)
    return {"nail": nail, "nail_edge": dice.uniform(n) * 0.8 * (~painted[:, 0])}


def waves(skin: Skin, at: Places) -> Tensor:
    """Ten waves [K, 10] through the hand, -1..1: noise that stays on the skin as the hand moves."""
    point = torch.stack([at.x, at.y, at.z], -1)[:, None]
    return torch.sin((point * skin.wave_frequency).sum(-1) + skin.wave_phase)


def painted(skin: Skin, at: Places, wave: Tensor) -> tuple[Tensor, Tensor]:
    """Colours [K, 3] and gloss [K] of points of bare skin; `skin` has a row for each."""
    palm = step(at.palmar + 0.12 * skin.border, -0.35, 0.35)
    albedo = skin.back * (1 - palm)[:, None] + skin.palm * palm[:, None]
    blotch = wave[:, :4].mean(-1) * 1.4
    grain = wave[:, 4:7].prod(-1) + wave[:, 7:10].prod(-1)
    albedo = albedo * (
        1
        + skin.blotches[:, None] * blotch[:, None] * torch.tensor([0.6, 1.0, 1.0])
        + skin.grain[:, None] * grain[:, None]
    )
    albedo = _reddened(albedo, skin, at, palm)
    crease = _finger_creases(at, 0.03 * wave[:, 4]) + _palm_creases(skin, at)
    tint = torch.tensor([0.8, 1.0, 1.0])
    albedo = albedo * (1 - skin.creases[:, None] * crease.clamp(0, 1)[:, None] * tint * 0.6)
    return _with_nails(albedo, skin, at)


def step(x: Tensor, low: float | Tensor, high: float | Tensor) -> Tensor:
    """0 below `low`, 1 above `high`, smooth between."""
    share = ((x - low) / (high - low)).clamp(0, 1)
    return share.square() * (3 - 2 * share)


def bump(x: Tensor, middle: float | Tensor, width: float) -> Tensor:
    """1 at the middle, 1/e at `width` from it."""
    return torch.exp(-(((x - middle) / width) ** 2))


def _reddened(albedo: Tensor, skin: Skin, at: Places, palm: Tensor) -> Tensor:
    """With redder knuckles, fingertips and balls of the palm, and darker knuckles."""
    knuckles = bump(at.along, 1.0, 0.22) + bump(at.along, 2.0, 0.2) + bump(at.along, 0.0, 0.25)
    knuckles = knuckles * (1 - palm)
    tips = step(at.along, 2.35, 2.8)
    balls = palm * (1 - at.finger) * (0.4 + 0.6 * step(at.x.abs(), 0.1, 0.4)) * (1 - at.forearm)
    red = 0.7 * knuckles * (1 - at.forearm) + 0.8 * tips * at.finger + 0.5 * balls
    red = (skin.redness * red)[:, None].clamp(0, 1.5)
    albedo = albedo * (1 + (torch.tensor([1.0, 0.74, 0.74]) - 1) * red)
    return albedo * (1 - skin.dark_knuckles[:, None] * (knuckles * at.finger).clamp(0, 1)[:, None])


def _finger_creases(at: Places, wobble: Tensor) -> Tensor:
    """How deep [K] creases at the joints are: on the palm's side, and finer ones on the back."""
    x, width = at.along + wobble, CREASE_WIDTH
    palm = bump(x, 1.0, width) + 0.6 * bump(x, 1.12, width) + bump(x, 2.0, width)
    palm = (palm + 0.9 * bump(x, 0.5, width * 0.9)) * at.finger
    back = bump(x, 0.94, width) + bump(x, 1.06, width) + bump(x, 2.02, width)
    back = back * at.finger * 0.6
    return palm * step(at.palmar, -0.2, 0.3) + back * step(-at.palmar, 0.0, 0.4)


def _palm_creases(skin: Skin, at: Places) -> Tensor:
    """How deep [K] the lines of the palm and of the wrist are."""
    lines = torch.zeros_like(at.x)
    for line in skin.palm_lines.unbind(1):
        y, slope, curvature, end = line.unbind(1)
        course = y + slope * at.x + curvature * at.x * at.x
        begun = bump(at.y, course, 0.014) * step(at.x, -0.42, -0.3)
        lines = lines + begun * (1 - step(at.x, end, end + 0.1))
    radius = ((at.x - 0.42) ** 2 + (at.y - 0.33) ** 2).sqrt()
    around_thumb = bump(radius - skin.thumb_line, 0.0, 0.014)
    lines = lines + around_thumb * step(at.y, 0.1, 0.3) * (1 - step(at.y, 0.75, 0.85))
    wrist = bump(at.y + 0.02 + 0.06 * at.x * at.x, 0.0, 0.015)
    wrist = wrist + bump(at.y + 0.1 + 0.05 * at.x, 0.0, 0.013) * 0.7
    depth = lines * (1 - at.finger) * (1 - at.forearm) * 0.9 + 0.6 * wrist * (1 - at.finger)
    return depth * step(at.palmar, 0.1, 0.5)


def _with_nails(albedo: Tensor, skin: Skin, at: Places) -> tuple[Tensor, Tensor]:
    """Colours [K, 3] and gloss [K] with nails, whose edges are white."""
    outside = ((at.nail_y - 0.70) / 0.30).abs() ** 3 + (at.nail_x / 0.78).abs() ** 3
    nail = (1 - step(outside, 0.75, 1.0)) * step(at.nail_z, 0.1, 0.35) * at.finger
    edge = step(at.nail_y, 0.90, 0.93)[:, None] * skin.nail_edge[:, None]
    of_nail = skin.nail * (1 - edge) + 0.75 * edge
    rim = nail * (1 - nail) * 4
    albedo = albedo * (1 - nail[:, None]) + of_nail * nail[:, None]
    return albedo * (1 - 0.25 * rim[:, None]), skin.gloss + nail * skin.nail_gloss
