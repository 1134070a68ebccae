"""The poses that `solve_poses.py` made, and random ones of them."""

import math
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from fingerspell.core.alphabet import LETTERS, NOTHING
from rendering.draws import Dice
from rendering.skeleton import POSE_SIZE, turn_about

OTHER = "other"  # hands that sign nothing of ours
SIGNS = (*LETTERS, NOTHING, OTHER)  # also the folders of the rendered set
NOTHING_SHARE, OTHER_SHARE = 0.08, 0.05
# Roll, pitch and yaw of free hands: how far they go, and the share of it that goes the other way.
ANYWHERE_DEG, ANYWHERE_MIDDLE = (360.0, 90.0, 360.0), (0.5, 0.25, 0.5)


class Drawn(NamedTuple):
    """N random poses.

    Attributes:
        sign: index in `SIGNS` [N].
        pose: degrees [N, 27], see `skeleton.py`.
        view: rotations [N, 3, 3] from the upright hand to the one before the camera.
    """

    sign: Tensor
    pose: Tensor
    view: Tensor


class PoseLibrary:
    """The poses of a file `poses.npz`.

    It holds of P poses `sign` (index in `SIGNS`), `weight` (how often it is drawn among the sign's),
    `pose` and `pose_std` ([P, 27], degrees), `view` and `view_std` ([P, 3]: roll in the picture, pitch
    and yaw in degrees) and `free` (whether hands are turned anyhow instead).
    """

    def __init__(self, path: Path) -> None:
        with np.load(path) as archive:
            parts = {name: torch.from_numpy(archive[name]) for name in archive.files}
        self._free = parts["free"]
        self._pose, self._pose_std, self._view, self._view_std = (
            parts[name].float() for name in ("pose", "pose_std", "view", "view_std")
        )
        sign, weight = parts["sign"].long(), parts["weight"].double()
        total = torch.zeros(len(SIGNS), dtype=torch.float64).index_add_(0, sign, weight)
        self._order = torch.argsort(sign, stable=True)
        # Sign s has the numbers from s to s + 1, so that one search draws of any sign.
        self._until = torch.cumsum((weight / total[sign])[self._order], 0)

    def draw(self, n: int, dice: Dice, sign: Tensor | None = None) -> Drawn:
        """`n` poses, of random signs or of the given ones [N]."""
        if sign is None:
            sign = _random_signs(n, dice)
        wanted = sign.double() + dice.uniform(n).double().clamp(1e-6, 1 - 1e-6)
        place = torch.searchsorted(self._until, wanted).clamp(0, len(self._order) - 1)
        index = self._order[place]
        pose = self._pose[index] + dice.normal(n, POSE_SIZE) * self._pose_std[index]
        angles = self._view[index] + dice.normal(n, 3) * self._view_std[index]
        anyhow = (dice.uniform(n, 3) - torch.tensor(ANYWHERE_MIDDLE)) * torch.tensor(ANYWHERE_DEG)
        angles = torch.where(self._free[index][:, None], anyhow, angles) * (math.pi / 180)
        roll, pitch, yaw = angles.unbind(1)
        return Drawn(sign, pose, turn_about(2, roll) @ turn_about(0, pitch) @ turn_about(1, yaw))


def _random_signs(n: int, dice: Dice) -> Tensor:
    """Letters, each as often as the others, and a few hands that sign nothing, or nothing of ours."""
    letter = (dice.uniform(n) * len(LETTERS)).long().clamp(0, len(LETTERS) - 1)
    kind = dice.uniform(n)
    sign = torch.where(kind < NOTHING_SHARE, SIGNS.index(NOTHING), letter)
    return torch.where(kind > 1 - OTHER_SHARE, SIGNS.index(OTHER), sign)
