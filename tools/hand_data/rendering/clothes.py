"""Sleeves, watches and rings."""

from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor

from rendering.draws import Dice, PerHand, colour, linear
from rendering.skin import step
from rendering.surface import Places

GOLD, SILVER = (212, 170, 70), (190, 190, 195)
NOWHERE = 99.0  # farther along the forearm than it is long
NO_FINGER = -9


@dataclass(frozen=True)
class Clothes(PerHand):
    """Sleeves, watches and rings of N hands.

    Attributes:
        sleeve: distance [N] of its edge from the wrist, or `NOWHERE`; `sleeve_colour` [N, 3].
        thickness: of the sleeve [N].
        folds, stripes, stripe_frequency: of the sleeve [N].
        watch: distance [N] from the wrist, or `NOWHERE`; `watch_colour` [N, 3].
        ring: the finger [N], or `NO_FINGER`; `ring_colour` [N, 3].
    """

    sleeve: Tensor
    sleeve_colour: Tensor
    thickness: Tensor
    folds: Tensor
    stripes: Tensor
    stripe_frequency: Tensor
    watch: Tensor
    watch_colour: Tensor
    ring: Tensor
    ring_colour: Tensor

    @classmethod
    def draw(cls, n: int, dice: Dice) -> Self:
        """Clothes of `n` people."""
        nowhere, plain = torch.full((n,), NOWHERE), torch.zeros(n)
        return cls(
            sleeve=torch.where(dice.uniform(n) < 0.45, 0.12 + 1.2 * dice.uniform(n), nowhere),
            sleeve_colour=linear((dice.uniform(n, 3) * 0.6 + dice.uniform(n, 1) * 0.4) * 235 + 8),
            thickness=0.05 + 0.25 * dice.uniform(n),
            folds=dice.uniform(n),
            stripes=torch.where(dice.uniform(n) < 0.2, 0.25 * dice.uniform(n), plain),
            stripe_frequency=12 + 50 * dice.uniform(n),
            watch=torch.where(dice.uniform(n) < 0.06, 0.25 + 0.1 * dice.uniform(n), nowhere),
            watch_colour=linear(dice.uniform(n, 1) * 200 + dice.uniform(n, 3) * 40),
            ring=torch.where(dice.uniform(n) < 0.08, (dice.uniform(n) * 4).long() + 1, NO_FINGER),
            ring_colour=torch.where((dice.uniform(n) < 0.5)[:, None], colour(GOLD), colour(SILVER)),
        )

    def lift(self, heights: Tensor) -> Tensor:
        """By how much sleeves stand off skin at heights [V], y at rest: [N, V], in forearms' radii."""
        return (-heights - self.sleeve[:, None]).mul(40).sigmoid() * self.thickness[:, None]


def dressed(
    skin: tuple[Tensor, Tensor], clothes: Clothes, at: Places, finger: Tensor, wave: Tensor
) -> tuple[Tensor, Tensor]:
    """Colours [K, 3] and gloss [K] of points, some of them of clothes; `clothes` has a row for each.

    Args:
        skin: colours and gloss of the bare skin.
        clothes: what is worn.
        at: where the points are.
        finger: on which they are [K], as `Surface` has it.
        wave: from `skin.waves`.
    """
    (albedo, gloss), below = skin, -at.y
    edge = clothes.sleeve + 0.03 * wave[:, 0]
    sleeve = step(below, edge - 0.005, edge + 0.005)
    folds = 1 + 0.12 * torch.sin(at.y * 23 + 3 * wave[:, 1]) * clothes.folds
    cloth = folds + clothes.stripes * torch.sign(torch.sin(at.y * clothes.stripe_frequency))
    cloth = clothes.sleeve_colour * cloth[:, None].clamp(0.3, 1.7)
    albedo = albedo * (1 - sleeve[:, None]) + cloth * sleeve[:, None]
    watch = 1 - step((below - clothes.watch).abs(), 0.10, 0.11)
    albedo = albedo * (1 - watch[:, None]) + clothes.watch_colour * watch[:, None]
    ring = ((at.along - 0.55).abs() < 0.07) & (finger == clothes.ring)
    albedo = torch.where(ring[:, None], clothes.ring_colour, albedo)
    return albedo, torch.where(ring, torch.full_like(gloss, 0.8), gloss) * (1 - sleeve)
