"""Make the poses in which `render_hands.py` draws hands: of every letter, and of hands that sign none.

    python tools/hand_data/solve_poses.py DATA

`DATA/rendering/hand.npz` is from `anny_hand.py`; `DATA/rendering/poses.npz` is written, see
`rendering/pose_library.py`. The variants that `rendering/letter_poses.toml` lists are varied at random
and solved (`rendering/pose_solver.py`): two minutes on one core.
"""

import argparse
from pathlib import Path

import numpy as np
import torch
from rich.progress import track
from torch import Tensor

from archives import write_archive
from needed import ask_for
from rendering.letter_poses import Variant, read_variants
from rendering.pose_library import SIGNS
from rendering.pose_solver import Solved, solve
from rendering.pose_starts import Starts, draw_starts, shake_of
from rendering.skeleton import with_roots_within

HAND = "hand.npz"
EACH, STEPS, BATCH = 32, 200, 1500
# Of a variant's poses: those with thumbs off their place or fingers in fingers are left out.
KEPT_SHARE = 0.75


def solve_all(starts: Starts, joints: Tensor) -> Solved:
    """Solve batch after batch, with a progress bar."""
    batches = [slice(i, i + BATCH) for i in range(0, len(starts.pose), BATCH)]
    solved = [solve(starts[batch], joints, STEPS) for batch in track(batches, "solving poses")]
    return Solved(*(torch.cat(parts) for parts in zip(*solved, strict=True)))


def kept(solved: Solved, variant: Tensor) -> Tensor:
    """Which poses [N] are good enough: bool."""
    error, keep = solved.off_target + 2 * solved.overlap, torch.zeros(len(variant), dtype=torch.bool)
    for number in range(int(variant.max()) + 1):
        members = torch.nonzero(variant == number)[:, 0]
        best = error[members].argsort()[: max(1, int(len(members) * KEPT_SHARE))]
        keep[members[best]] = True
    return keep


def library(
    variants: list[tuple[str, Variant]], starts: Starts, solved: Solved
) -> dict[str, np.ndarray]:
    """What `PoseLibrary` reads."""
    good = kept(solved, starts.variant)
    which = starts.variant[good]
    share = torch.tensor([variant.share for _, variant in variants], dtype=torch.float64)
    of_variant = {
        "sign": torch.tensor([SIGNS.index(sign) for sign, _ in variants], dtype=torch.int16),
        "weight": (share / starts.variant.bincount()).float(),
        "pose_std": torch.stack([shake_of(sign, variant) for sign, variant in variants]).half(),
        "view": torch.tensor([variant.view for _, variant in variants]).half(),
        "view_std": torch.tensor([variant.view_std for _, variant in variants]).half(),
        "free": torch.tensor([variant.free for _, variant in variants]),
    }
    parts = {name: values[which].numpy() for name, values in of_variant.items()}
    return parts | {"pose": solved.pose[good].half().numpy()}


def main() -> None:
    """Parse the command line, solve and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("data", type=Path)
    folder = parser.parse_args().data / "rendering"
    ask_for({HAND: "anny_hand.py"}, folder, parser)
    with np.load(folder / HAND) as archive:
        joints = torch.from_numpy(archive["joints"])
    variants = [(sign, variant) for sign, rows in read_variants().items() for variant in rows]
    starts = draw_starts(variants, EACH, torch.Generator().manual_seed(0))
    solved = solve_all(starts, with_roots_within(joints.mean(0, keepdim=True)))
    poses = library(variants, starts, solved)
    write_archive(folder / "poses.npz", **poses)
    print(f"{len(poses['pose']):,} poses of {len(variants)} variants")


if __name__ == "__main__":
    main()
