"""How random views of the training images are drawn: bent, before other backgrounds, lit and blurred.

What a view shows, and how large it is, say `crops` and `small_views`. Whole batches at a time.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from fingerspell.core.alphabet import CLASSES, NOTHING
from fingerspell.data.camera import jpeg
from fingerspell.models.hand_net import cell_centres
from fingerspell.models.squares import turn_by
from fingerspell.training.hand_reader.sources import UNKNOWN
from fingerspell.training.hand_reader.training_images import PACKED_PX, Samples

PEOPLE_SHARE = 0.6  # of the backgrounds: people without hands; the others are rooms
SOFT_SHARE = 0.7  # of cut-out hands, whose edges are soft: hard ones are easier to learn than hands
SHRUNK_SHARE = 0.07  # of the views, made of few pixels in one way
BEND_PX = 56  # side of the fields that bend views
BESIDE_SIDES = (1.2, 2.0)  # sides of views beside a hand, in its sizes
_NOTHING = CLASSES.index(NOTHING)


@dataclass(frozen=True)
class Views:
    """A batch to learn from.

    Attributes:
        pictures: float [N, 3, S, S], RGB in 0..1.
        joints: [N, 21, 2], x and y as fractions of the view.
        found: bool [N], the landmarks are known and meant to be found.
        hand: [N], whether a hand is in view: 1, 0, or `UNKNOWN`.
        label: class index [N], or `UNKNOWN`.
        trust: weight of the letter's loss [N].
    """

    pictures: Tensor
    joints: Tensor
    found: Tensor
    hand: Tensor
    label: Tensor
    trust: Tensor


@dataclass(frozen=True)
class Placement:
    """Where views lie in their packed images.

    Attributes:
        middle: [N, 2] and `side` [N], in pixels of the packed images.
        to_picture: [N, 2, 2] maps view -1..1 to pixels.
        bend: [N, 2, B, B], added to where pixels of the view (-1..1) come from, before `to_picture`.
        view_px: side of the views.
    """

    middle: Tensor
    side: Tensor
    to_picture: Tensor
    view_px: int
    bend: Tensor | None = None

    def in_view(self, points: Tensor) -> Tensor:
        """Where points [N, K, 2] of the images are seen: x and y as fractions of the view."""
        offset = (points - self.middle[:, None])[..., None]
        straight = torch.linalg.solve(self.to_picture[:, None], offset)[..., 0]
        seen = straight
        if self.bend is not None:
            for _ in range(4):  # a fixed point, since bends are slight
                there = functional.grid_sample(
                    self.bend, seen[:, None], padding_mode="border", align_corners=False
                )
                seen = straight - there[:, :, 0].transpose(1, 2)
        places: Tensor = seen / 2 + 0.5
        return places


class Dice:
    """Random numbers, one a view of N."""

    def __init__(self, n: int, generator: torch.Generator) -> None:
        self.n, self.generator = n, generator

    def uniform(self, low: float = 0.0, high: float = 1.0) -> Tensor:
        """[N], between two bounds."""
        return torch.rand(self.n, generator=self.generator) * (high - low) + low

    def normal(self, std: float = 1.0) -> Tensor:
        """[N], around 0."""
        return torch.randn(self.n, generator=self.generator) * std

    def chance(self, probability: float | Tensor) -> Tensor:
        """Whether it happens, bool [N]."""
        return self.uniform() < probability


def told(samples: Samples, index: Tensor, beside: Tensor) -> dict[str, Tensor]:
    """What is known of views of the samples `index` [N], some of them `beside` [N] their hands."""
    found, label = samples.found[index], samples.label[index]
    empty = beside | (~found & (label == _NOTHING))
    return {
        "found": found & ~beside,
        "hand": torch.where(empty, 0.0, torch.where(found, 1.0, float(UNKNOWN))),
        "label": torch.where(beside, _NOTHING, label),
        "trust": samples.trust[index],
    }


def roll(dice: Dice) -> Tensor:
    """Maps [N, 2, 2] from images rolled, squashed by up to a third and mirrored (half) to theirs."""
    squash = torch.exp(torch.where(dice.chance(0.3), dice.uniform(-0.3, 0.3), dice.normal(0.05)))
    mirror = torch.where(dice.chance(0.5), -1.0, 1.0)
    sides = torch.diag_embed(torch.stack((mirror * squash, 1 / squash), 1))
    return turn_by(dice.normal(0.2).clamp(-0.6, 0.6)) @ sides


def moved(
    dice: Dice, middle: Tensor, room: Tensor, beside: Tensor, extent: Tensor, side: Tensor
) -> Tensor:
    """Middles [N, 2] of views of a side [N]: within a `room` [N] of the middles given, or beside hands.

    Those `beside` [N] do not show the hand there, which has an extent [N].
    """
    shift = torch.stack((dice.uniform(-1, 1), dice.uniform(-1, 1)), 1) * room[:, None]
    angle = dice.uniform(0, 2 * math.pi)
    away = torch.stack((angle.cos(), angle.sin()), 1) * (1.1 * extent + 0.5 * side)[:, None]
    return middle + torch.where(beside[:, None], away, shift)


def bend(dice: Dice) -> Tensor:
    """Fields [N, 2, B, B] that make longer, thicker or crooked fingers of the ones in view."""
    corners = torch.randn(dice.n, 2, 5, 5, generator=dice.generator)
    strength = dice.uniform(0, 0.09) * dice.chance(0.5)
    field = corners.clamp(-2, 2) * strength[:, None, None, None]
    return functional.interpolate(field, (BEND_PX, BEND_PX), mode="bicubic", align_corners=False)


def show(samples: Samples, index: Tensor, placement: Placement, dice: Dice) -> Tensor:
    """Views [N, 3, S, S] in 0..1, with black or another background around the images or the hands."""
    grid = _grid(placement)
    view = _warp(samples, index, placement.side, grid)
    in_picture = (grid > 0).all(-1) & (grid < samples.size[index][:, None, None]).all(-1)
    inside = in_picture.float()[:, None]
    cut_out = dice.chance(samples.cut_out_share[index])
    if len(which := cut_out.nonzero()[:, 0]):
        mask = functional.grid_sample(
            samples.mask[index[which]].float(), grid[which] / PACKED_PX * 2 - 1, align_corners=False
        )
        inside[which] *= _softened(mask / 255, Dice(len(which), dice.generator))
    view = view * inside
    black = dice.chance(0.4) & ~cut_out
    if len(gaps := ((inside.mean((1, 2, 3)) < 0.99) & ~black).nonzero()[:, 0]):
        view[gaps] += _backgrounds(samples, Dice(len(gaps), dice.generator), placement.view_px) * (
            1 - inside[gaps]
        )
    return view


def _softened(mask: Tensor, dice: Dice) -> Tensor:
    """Masks [N, 1, S, S] in 0..1, most of them a little smaller, and blurred at their edges."""
    soft = ((functional.avg_pool2d(mask, 7, 1, 3) - 0.4) * 2).clamp(0, 1)
    return torch.where(dice.chance(SOFT_SHARE)[:, None, None, None], soft, mask)


def _backgrounds(samples: Samples, dice: Dice, view_px: int) -> Tensor:
    """Parts of rooms and of people [N, 3, S, S] in 0..1, in a light and colour of their own."""
    rooms, people = (
        which[torch.multinomial(samples.weight[which], dice.n, True, generator=dice.generator)]
        for which in (samples.rooms, samples.people)
    )
    index = torch.where(dice.chance(PEOPLE_SHARE), people, rooms)
    size = samples.size[index]
    side = size.amin(1) * torch.exp(dice.uniform(math.log(0.25), 0))
    middle = (
        torch.stack((dice.uniform(), dice.uniform()), 1) * (size - side[:, None]) + side[:, None] / 2
    )
    mirror = torch.where(dice.chance(0.5), -1.0, 1.0)
    axes = torch.eye(2) * torch.stack((mirror, torch.ones(dice.n)), 1)[:, None]
    placement = Placement(middle, side, axes * (side / 2)[:, None, None], view_px)
    view = _warp(samples, index, side, _grid(placement))
    gain = torch.exp(dice.normal(0.3)[:, None] + torch.randn(dice.n, 3, generator=dice.generator) * 0.1)
    return (view * gain[:, :, None, None]).clamp(0, 1)


def _grid(placement: Placement) -> Tensor:
    """Where the pixels of each view come from: [N, S, S, 2], pixels of the packed images."""
    px = placement.view_px
    seen = cell_centres(px, px)[None] * 2 - 1
    if placement.bend is not None:
        bend = functional.interpolate(placement.bend, (px, px), mode="bilinear")
        seen = seen + bend.flatten(2).transpose(1, 2)
    places = seen @ placement.to_picture.transpose(1, 2)
    return (places + placement.middle[:, None]).reshape(-1, px, px, 2)


def _warp(samples: Samples, index: Tensor, side: Tensor, grid: Tensor) -> Tensor:
    """Views [N, 3, S, S] in 0..1; where a view shrinks its image, from the means of four pixels."""
    view_px = grid.shape[1]
    grid = grid / PACKED_PX * 2 - 1
    views = torch.empty(len(index), 3, view_px, view_px)
    shrunk = side > 1.5 * view_px
    for is_halved, chosen in ((True, shrunk), (False, ~shrunk)):
        where = chosen.nonzero()[:, 0]
        if len(where):
            pictures = samples.pictures[index[where]].float()
            views[where] = functional.grid_sample(
                functional.avg_pool2d(pictures, 2) if is_halved else pictures,
                grid[where],
                padding_mode="border",
                align_corners=False,
            )
    return views / 255


def photograph(view: Tensor, generator: torch.Generator, shrunk_to: Sequence[float]) -> Tensor:
    """Light, colour, blur, noise and compression of other cameras.

    Args:
        view: [N, 3, S, S], RGB in 0..1; changed.
        generator: of what happens to each.
        shrunk_to: of what shares of the view's pixels some are made, as of hands that are far away.

    Returns:
        [N, 3, S, S] in 0..1.
    """
    n, px = len(view), view.shape[2]

    def uniform(low: float, high: float) -> Tensor:
        return torch.rand(n, 1, 1, 1, generator=generator) * (high - low) + low

    def some(share: float) -> Tensor:
        return (torch.rand(n, generator=generator) < share).nonzero()[:, 0]

    for factor in shrunk_to:
        if len(few := some(SHRUNK_SHARE)):
            small = functional.interpolate(
                view[few], scale_factor=factor, mode="bilinear", antialias=True
            )
            view[few] = functional.interpolate(small, (px, px), mode="bilinear")
    if len(moving := some(0.1)):
        view[moving] = _smear(view[moving], generator)
    grey = (uniform(0, 1) < 0.1).float()
    view = view * (1 - grey) + view.mean(1, keepdim=True) * grey
    view = view * torch.exp(torch.randn(n, 3, 1, 1, generator=generator) * 0.08)
    line = torch.linspace(-1, 1, px)
    lamp = torch.randn(n, 2, 1, 1, generator=generator) * 0.2  # light from one side
    view = view * (1 + lamp[:, :1] * line + lamp[:, 1:] * line[:, None]).clamp(0.2)
    gain = torch.where(uniform(0, 1) < 0.3, uniform(-1.3, 0.8), uniform(-0.1, 0.1)).exp()
    view = (view * gain).clamp(0, 1) ** torch.exp(uniform(-0.5, 0.5))
    view = (view - 0.5) * uniform(0.5, 1.4) + 0.5 + uniform(-0.15, 0.15)
    noise = torch.randn(view.shape, generator=generator) * uniform(0, 0.05)
    view = (view + noise * (uniform(0, 1) < 0.5)).clamp(0, 1)
    if len(compressed := some(0.2)):
        quality = torch.randint(15, 70, (len(compressed),), generator=generator)
        view[compressed] = jpeg(view[compressed], quality)
    return view


def _smear(view: Tensor, generator: torch.Generator) -> Tensor:
    """Views [N, 3, S, S] of hands in motion: blurred along up to a fifteenth of their sides."""
    n, reach = len(view), view.shape[2] // 32
    angle = torch.rand(n, 1, 1, generator=generator) * math.pi
    half = torch.rand(n, 1, 1, generator=generator) * (reach - 0.5) + 0.5
    y, x = torch.meshgrid(*[torch.arange(-reach, reach + 1.0)] * 2, indexing="ij")
    along, across = x * angle.cos() + y * angle.sin(), y * angle.cos() - x * angle.sin()
    line = (1 - across.abs()).clamp(0) * (half + 0.5 - along.abs()).clamp(0, 1)
    kernel = (line / line.sum((1, 2), keepdim=True)).repeat_interleave(3, 0)[:, None]
    padded = functional.pad(view, [reach] * 4, mode="replicate").flatten(0, 1)[None]
    return functional.conv2d(padded, kernel, groups=3 * n).reshape(n, 3, *view.shape[2:])
