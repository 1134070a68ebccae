"""The joints that `label_joints.py` wrote, for the other scripts."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from samples import read_archive


class Hands(NamedTuple):
    """The signing hand of each of the N pictures of a set: of two, the raised one."""

    paths: NDArray[np.str_]  # [N], relative to the set
    size_wh: NDArray[np.int32]  # [N, 2], of the pictures
    joints: NDArray[np.float32]  # [N, 21, 2], x and y in pixels
    found: NDArray[np.bool_]  # [N]


def load_hands(data: Path, name: str) -> Hands:
    """The hands of `DATA/joints/<name>.npz`."""
    labelled = read_archive(data, "joints", name)
    joints, found = labelled["joints"] * labelled["size_wh"][:, None, None], labelled["found"] > 0
    heights = np.where(found, joints[:, :, :, 1].mean(2), np.inf)
    signing = joints[np.arange(len(joints)), heights.argmin(1)]
    return Hands(labelled["paths"], labelled["size_wh"], signing, found.any(1))
