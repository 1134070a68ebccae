"""Draw pictures of hands that sign, with joints and masks that are known exactly, to learn from.

    python tools/hand_data/render_hands.py DATA [--count 20000]

`DATA/rendering` holds what `anny_hand.py` and `solve_poses.py` wrote. `DATA/rendered/<SIGN>/<picture>`
is written, where SIGN is a letter, `nothing` or `other`, and `DATA/joints/rendered.npz` and
`DATA/hands/rendered.npz` in the form that `label_joints.py` and `cut_out_hands.py` give theirs. Each
hundred pictures have random numbers of their own, so that the set is the same however often drawing was
stopped; started again, it goes on where it was. A set that is done is left as it is.
"""

import argparse
import functools
import shutil
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from PIL import Image
from rich.progress import track
from torch.nn import functional

from archives import write_archive
from fingerspell.training.hand_reader.sources import RENDERED, archive_path
from fingerspell.training.hand_reader.training_images import MASK_PX
from needed import ask_for
from rendering.hands import PICTURE_PX, HandRenderer
from rendering.pose_library import SIGNS
from workers import workers

BATCH, FIRST_SEED = 100, 1_000_000
MAKERS = {"hand.npz": "anny_hand.py", "poses.npz": "solve_poses.py"}  # of what hands are drawn from


@functools.cache
def renderer(folder: Path) -> HandRenderer:
    """Loaded once a process."""
    return HandRenderer(folder)


def unfinished_of(data: Path) -> Path:
    """The folder of what is known of batches while the set is not done."""
    return data / "rendering" / "unfinished"


class Batch(NamedTuple):
    """`n` pictures of the set in `data`, the first of which has the number `first`."""

    data: Path
    first: int
    n: int
    seed: int


def draw_batch(batch: Batch) -> Path:
    """Draw pictures, unless they are there; the file that says what is known of them."""
    data, first, n, seed = batch
    target = unfinished_of(data) / f"{first:06}-{n}.npz"
    if target.exists():
        return target
    drawn = renderer(data / "rendering").render(n, torch.Generator().manual_seed(seed))
    paths = [f"{SIGNS[sign]}/{first + i:05}.jpg" for i, sign in enumerate(drawn.sign.tolist())]
    for path, picture in zip(paths, drawn.pictures.permute(0, 2, 3, 1).numpy(), strict=True):
        Image.fromarray(picture).save(data / RENDERED / path, quality=92, subsampling="4:4:4")
    halved = functional.avg_pool2d(drawn.mask.float(), PICTURE_PX // MASK_PX)[:, 0] >= 127.5
    joints, masks = (drawn.joints / PICTURE_PX).numpy(), np.packbits(halved.numpy(), axis=2)
    write_archive(target, paths=paths, joints=joints, masks=masks)
    return target


def draw(data: Path, count: int) -> list[Path]:
    """Draw all batches that are not there yet, in as many processes as there are cores."""
    unfinished_of(data).mkdir(exist_ok=True)
    for sign in SIGNS:
        (data / RENDERED / sign).mkdir(parents=True, exist_ok=True)
    batches = [
        Batch(data, first, min(BATCH, count - first), FIRST_SEED + number)
        for number, first in enumerate(range(0, count, BATCH))
    ]
    with workers(len(batches)) as pool:
        return list(track(pool.imap(draw_batch, batches), "drawing hands", len(batches)))


def join(data: Path, batches: list[Path]) -> None:
    """Write the set's two archives of what is known of its batches."""
    parts = [dict(np.load(path)) for path in batches]
    paths, one_hand, one_mask = (
        np.concatenate([part[name] for part in parts]) for name in ("paths", "joints", "masks")
    )
    n = len(paths)
    # Rows of second hands stay empty.
    joints, found = np.zeros((n, 2, *one_hand.shape[1:]), np.float32), np.zeros((n, 2), np.float32)
    masks = np.zeros((n, 2, *one_mask.shape[1:]), np.uint8)
    joints[:, 0], found[:, 0], masks[:, 0] = one_hand, 1, one_mask
    for made in ("hands", "joints"):
        (data / made).mkdir(exist_ok=True)
    write_archive(archive_path(data, "hands", RENDERED), masks=masks)
    size = np.full((n, 2), PICTURE_PX, np.int32)
    write_archive(
        archive_path(data, "joints", RENDERED), paths=paths, size_wh=size, joints=joints, found=found
    )


def main() -> None:
    """Parse the command line and draw."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--count", type=int, default=20_000, help="pictures (default: 20,000)")
    args = parser.parse_args()
    done = archive_path(args.data, "joints", RENDERED)
    if done.exists():
        with np.load(done) as archive:
            if len(archive["paths"]) != args.count:
                parser.error(
                    f"{done} is of {len(archive['paths']):,} pictures: delete it to draw others"
                )
        return
    ask_for(MAKERS, args.data / "rendering", parser)
    try:
        join(args.data, draw(args.data, args.count))
    except KeyboardInterrupt:
        parser.exit(130, "stopped; the next start goes on from here\n")
    shutil.rmtree(unfinished_of(args.data))


if __name__ == "__main__":
    main()
