"""Random views of the training images: what the reader may come to see of a hand it has found.

A view is a square of 224 pixels around the hand, turned so that the hand is upright, nearly; seldom one
beside it, or of an image without one. The image is rolled, squashed and mirrored at random before,
and lit and blurred after; what lies outside it is black or another background. Whole batches at a time.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from fingerspell.core.alphabet import CLASSES, NOTHING
from fingerspell.core.types import N_JOINTS
from fingerspell.data.camera import jpeg
from fingerspell.models.hand_net import cell_centres
from fingerspell.models.mediapipe_networks import HAND_PX as VIEW_PX
from fingerspell.models.reader import JOINT_MIDDLE_BASE, JOINT_WRIST
from fingerspell.models.reader_rules import ReaderRules
from fingerspell.models.squares import angle_of, turn_by
from fingerspell.training.hand_reader.sources import UNKNOWN
from fingerspell.training.hand_reader.training_images import N_PLACES, PACKED_PX, Samples

BESIDE_SHARE = 0.06  # of the views of images whose landmarks are known
MISTAKEN_SHARE = 0.6  # of the views of images without hands: around what looks like one
PEOPLE_SHARE = 0.6  # of the backgrounds: people without hands; the others are rooms
SOFT_SHARE = 0.7  # of cut-out hands, whose edges are soft: hard ones are easier to learn than hands
BEND_PX = 56  # side of the fields that bend views
_NOTHING = CLASSES.index(NOTHING)


@dataclass(frozen=True)
class Crops:
    """A batch to learn from.

    Attributes:
        pictures: float [N, 3, 224, 224], RGB in 0..1.
        turn: [N, 2, 2], takes directions in the view to those in the rolled and mirrored image.
        joints: [N, 21, 2], x and y as fractions of the view.
        found: bool [N], the landmarks are known and meant to be found.
        hand: [N], whether a hand is in view: 1, 0, or `UNKNOWN`.
        label: class index [N], or `UNKNOWN`.
        trust: weight of the letter's loss [N].
    """

    pictures: Tensor
    turn: Tensor
    joints: Tensor
    found: Tensor
    hand: Tensor
    label: Tensor
    trust: Tensor


@dataclass(frozen=True)
class _Placement:
    """Where views lie in their packed images.

    Attributes:
        middle: [N, 2] and `side` [N], in pixels of the packed images.
        to_picture: [N, 2, 2] maps view -1..1 to pixels.
        bend: [N, 2, B, B], added to where pixels of the view (-1..1) come from, before `to_picture`.
    """

    middle: Tensor
    side: Tensor
    to_picture: Tensor
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


class _Dice:
    """Random numbers, one a view."""

    def __init__(self, n: int, generator: torch.Generator) -> None:
        self.n, self.generator = n, generator

    def uniform(self, low: float = 0.0, high: float = 1.0) -> Tensor:
        return torch.rand(self.n, generator=self.generator) * (high - low) + low

    def normal(self, std: float = 1.0) -> Tensor:
        return torch.randn(self.n, generator=self.generator) * std

    def chance(self, probability: float | Tensor) -> Tensor:
        return self.uniform() < probability


def draw_crops(samples: Samples, index: Tensor, generator: torch.Generator) -> Crops:
    """One random view of each of the samples `index` [N]."""
    dice = _Dice(len(index), generator)
    found, label, joints = samples.found[index], samples.label[index], samples.joints[index]
    extent = (joints.amax(1) - joints.amin(1)).amax(1).clamp(8)
    beside = found & (extent < 0.35 * PACKED_PX) & dice.chance(BESIDE_SHARE)
    mistaken, around = _mistaken(samples, index, dice)
    outline, placed = torch.where(mistaken[:, None, None], around, joints), found | mistaken
    rolled = _roll(dice)
    turn = turn_by(_angle(torch.linalg.solve(rolled, outline.transpose(1, 2)), placed, dice))
    middle, side = _place(dice, outline, rolled @ turn, placed, beside, samples.size[index])
    to_picture = rolled @ turn * (side / 2)[:, None, None]
    placement = _Placement(middle, side, to_picture, _bend(dice))
    pictures = _show(samples, index, placement, dice)
    empty = beside | (~found & (label == _NOTHING))
    return Crops(
        pictures=_photograph(pictures, generator),
        turn=turn,
        joints=placement.in_view(joints),
        found=found & ~beside,
        hand=torch.where(empty, 0.0, torch.where(found, 1.0, float(UNKNOWN))),
        label=torch.where(beside, _NOTHING, label),
        trust=samples.trust[index],
    )


def _mistaken(samples: Samples, index: Tensor, dice: _Dice) -> tuple[Tensor, Tensor]:
    """Which views [N] are to be around what looks like a hand, and its landmarks [N, 21, 2], if any."""
    place = (dice.uniform() * N_PLACES).long()
    lower, upper = samples.places[index, place].unbind(1)
    around = upper[:, None].repeat(1, N_JOINTS, 1)
    around[:, JOINT_WRIST] = lower
    return (lower != upper).any(1) & dice.chance(MISTAKEN_SHARE), around


def _roll(dice: _Dice) -> Tensor:
    """Maps [N, 2, 2] from images rolled, squashed by up to a third and mirrored (half) to theirs."""
    squash = torch.exp(torch.where(dice.chance(0.3), dice.uniform(-0.3, 0.3), dice.normal(0.05)))
    mirror = torch.where(dice.chance(0.5), -1.0, 1.0)
    sides = torch.diag_embed(torch.stack((mirror * squash, 1 / squash), 1))
    return turn_by(dice.normal(0.2).clamp(-0.6, 0.6)) @ sides


def _angle(joints: Tensor, placed: Tensor, dice: _Dice) -> Tensor:
    """By how much views are turned [N]: as the hands of landmarks [N, 2, 21] are, or nearly."""
    upright = angle_of(joints[:, :, JOINT_WRIST], joints[:, :, JOINT_MIDDLE_BASE])
    missed = torch.where(dice.chance(0.15), dice.normal(0.5), dice.normal(0.12))
    return torch.where(placed, upright + missed, dice.normal(1.5))


def _place(
    dice: _Dice, joints: Tensor, axes: Tensor, placed: Tensor, beside: Tensor, size: Tensor
) -> tuple[Tensor, Tensor]:
    """Middle [N, 2] and side [N] of views along `axes` [N, 2, 2], in pixels of the packed images."""
    seen = torch.linalg.solve(axes, joints.transpose(1, 2))
    low, high = seen.amin(2), seen.amax(2)
    extent = (high - low).amax(1).clamp(8)
    hand_middle = (axes @ ((low + high) / 2)[:, :, None])[:, :, 0]
    anywhere = size * torch.stack((dice.uniform(0.2, 0.8), dice.uniform(0.2, 0.8)), 1)
    side = torch.where(
        placed,
        extent / (ReaderRules.fill * torch.exp(dice.normal(0.2))),
        PACKED_PX * torch.exp(dice.uniform(math.log(0.25), math.log(1.3))),
    )
    side = torch.where(beside, extent * dice.uniform(1.2, 2.0), side)
    room = torch.where(placed, 0.07 * side * dice.normal().abs().clamp(max=2), 0.3 * side)
    shift = torch.stack((dice.uniform(-1, 1), dice.uniform(-1, 1)), 1) * room[:, None]
    angle = dice.uniform(0, 2 * math.pi)
    away = torch.stack((angle.cos(), angle.sin()), 1) * (1.1 * extent + 0.5 * side)[:, None]
    middle = torch.where(placed[:, None], hand_middle, anywhere)
    return middle + torch.where(beside[:, None], away, shift), side


def _bend(dice: _Dice) -> Tensor:
    """Fields [N, 2, B, B] that make longer, thicker or crooked fingers of the ones in view."""
    corners = torch.randn(dice.n, 2, 5, 5, generator=dice.generator)
    strength = dice.uniform(0, 0.09) * dice.chance(0.5)
    field = corners.clamp(-2, 2) * strength[:, None, None, None]
    return functional.interpolate(field, (BEND_PX, BEND_PX), mode="bicubic", align_corners=False)


def _show(samples: Samples, index: Tensor, placement: _Placement, dice: _Dice) -> Tensor:
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
        inside[which] *= _softened(mask / 255, _Dice(len(which), dice.generator))
    view = view * inside
    black = dice.chance(0.4) & ~cut_out
    if len(gaps := ((inside.mean((1, 2, 3)) < 0.99) & ~black).nonzero()[:, 0]):
        view[gaps] += _backgrounds(samples, _Dice(len(gaps), dice.generator)) * (1 - inside[gaps])
    return view


def _softened(mask: Tensor, dice: _Dice) -> Tensor:
    """Masks [N, 1, S, S] in 0..1, most of them a little smaller, and blurred at their edges."""
    soft = ((functional.avg_pool2d(mask, 7, 1, 3) - 0.4) * 2).clamp(0, 1)
    return torch.where(dice.chance(SOFT_SHARE)[:, None, None, None], soft, mask)


def _backgrounds(samples: Samples, dice: _Dice) -> Tensor:
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
    placement = _Placement(middle, side, axes * (side / 2)[:, None, None])
    view = _warp(samples, index, side, _grid(placement))
    gain = torch.exp(dice.normal(0.3)[:, None] + torch.randn(dice.n, 3, generator=dice.generator) * 0.1)
    return (view * gain[:, :, None, None]).clamp(0, 1)


def _grid(placement: _Placement) -> Tensor:
    """Where the pixels of each view come from: [N, S, S, 2], pixels of the packed images."""
    seen = cell_centres(VIEW_PX, VIEW_PX)[None] * 2 - 1
    if placement.bend is not None:
        bend = functional.interpolate(placement.bend, (VIEW_PX, VIEW_PX), mode="bilinear")
        seen = seen + bend.flatten(2).transpose(1, 2)
    places = seen @ placement.to_picture.transpose(1, 2)
    return (places + placement.middle[:, None]).reshape(-1, VIEW_PX, VIEW_PX, 2)


def _warp(samples: Samples, index: Tensor, side: Tensor, grid: Tensor) -> Tensor:
    """Views [N, 3, S, S] in 0..1; where a view shrinks its image, from the means of four pixels."""
    grid = grid / PACKED_PX * 2 - 1
    views = torch.empty(len(index), 3, VIEW_PX, VIEW_PX)
    shrunk = side > 1.5 * VIEW_PX
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


def _photograph(view: Tensor, generator: torch.Generator) -> Tensor:
    """Light, colour, blur, noise and compression of other cameras."""
    n = len(view)

    def uniform(low: float, high: float) -> Tensor:
        return torch.rand(n, 1, 1, 1, generator=generator) * (high - low) + low

    def some(share: float) -> Tensor:
        return (torch.rand(n, generator=generator) < share).nonzero()[:, 0]

    for factor in (0.13, 0.18, 0.25, 0.4):  # hands of few pixels
        if len(few := some(0.07)):
            small = functional.interpolate(
                view[few], scale_factor=factor, mode="bilinear", antialias=True
            )
            view[few] = functional.interpolate(small, (VIEW_PX, VIEW_PX), mode="bilinear")
    if len(moving := some(0.1)):
        view[moving] = _smear(view[moving], generator)
    grey = (uniform(0, 1) < 0.1).float()
    view = view * (1 - grey) + view.mean(1, keepdim=True) * grey
    view = view * torch.exp(torch.randn(n, 3, 1, 1, generator=generator) * 0.08)
    line = torch.linspace(-1, 1, VIEW_PX)
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
    """Views [N, 3, S, S] of hands in motion: blurred along a line of up to 15 pixels."""
    n, reach = len(view), 7
    angle = torch.rand(n, 1, 1, generator=generator) * math.pi
    half = torch.rand(n, 1, 1, generator=generator) * (reach - 0.5) + 0.5
    y, x = torch.meshgrid(*[torch.arange(-reach, reach + 1.0)] * 2, indexing="ij")
    along, across = x * angle.cos() + y * angle.sin(), y * angle.cos() - x * angle.sin()
    line = (1 - across.abs()).clamp(0) * (half + 0.5 - along.abs()).clamp(0, 1)
    kernel = (line / line.sum((1, 2), keepdim=True)).repeat_interleave(3, 0)[:, None]
    padded = functional.pad(view, [reach] * 4, mode="replicate").flatten(0, 1)[None]
    return functional.conv2d(padded, kernel, groups=3 * n).reshape(n, 3, *view.shape[2:])
