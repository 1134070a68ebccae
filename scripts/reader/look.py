"""Show MediaPipe's trunk random views of the training pictures, and keep what it makes of them.

    python scripts/reader/look.py DATA --out runs/views [--batches 1000] [--seed 7] [--leave-out SET]

DATA holds the sets as folders, what `label_joints.py` and `cut_out_hands.py` made of them, and what
`mediapipe_weights.py` took out. `OUT/middle.npy` (float16, [N, 14, 14, 112], 44 KB a view) and
`OUT/views.safetensors` are written, the latter last and every 50 batches; started again, it goes on
from there. `train.py` learns from both: the trunk's first layers stay as they are, so nothing is lost
by looking once. On two CPU cores glibc spends much of the time giving memory back; MALLOC_MMAP_MAX_=0
MALLOC_TRIM_THRESHOLD_=100000000000 keeps it.
"""

import argparse
import time
from pathlib import Path

import numpy as np
import torch
from safetensors import safe_open
from safetensors.torch import save
from torch import Tensor

from fingerspell.files import write_atomically
from fingerspell.models.mediapipe_networks import MIDDLE_WIDTH, HandTrunk
from pretrained import pretrained_reader
from samples import Samples, is_left_out, left_out_of, load_samples
from views import Views, draw_views

BATCH, SAVE_EVERY = 64, 50
MOST_BATCHES = 1_000_000  # of one seed: each batch has random numbers of its own
MIDDLE = (14, 14, MIDDLE_WIDTH)
KEPT = ("turn", "joints", "found", "hand", "label", "trust")  # of `Views`, and the source of each


def main() -> None:
    """Parse the command line, draw and look."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--batches", type=int, default=1000, help="of 64 views")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument(
        "--leave-out",
        default="",
        help="comma-separated sets, people/NAME or people:K/N, not to look at",
    )
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    samples = load_samples(args.data, left_out_of(args.leave_out, args.data))
    trunk = pretrained_reader(args.data).trunk.eval().to(memory_format=torch.channels_last)
    look(samples, trunk, args.out, args.batches, args.seed)


def look(samples: Samples, trunk: HandTrunk, out: Path, batches: int, seed: int) -> None:
    """Draw and look at all batches that are not yet in the folder `out`."""
    recipe = {
        "samples": str(len(samples.label)),
        "batches": str(batches),
        "seed": str(seed),
        "sources": ",".join(samples.source_names),
    }
    rows = kept_rows(out / "views.safetensors", recipe)
    done = sum(len(row["label"]) for row in rows) // BATCH
    shape = (batches * BATCH, *MIDDLE)
    middles = np.lib.format.open_memmap(
        out / "middle.npy", "r+" if done else "w+", np.float16, None if done else shape
    )
    generator, began = torch.Generator(), time.perf_counter()
    for batch in range(done, batches):
        generator.manual_seed(seed * MOST_BATCHES + batch)
        index = torch.multinomial(samples.weight, BATCH, generator=generator)
        views: Views = draw_views(samples, index, generator)
        with torch.inference_mode():
            middle = trunk.middle(views.pictures.to(memory_format=torch.channels_last))
        middles[batch * BATCH : (batch + 1) * BATCH] = middle.permute(0, 2, 3, 1).half().numpy()
        rows.append({name: getattr(views, name) for name in KEPT} | {"source": samples.source[index]})
        if (batch + 1) % SAVE_EVERY == 0 or batch + 1 == batches:
            rows = [{name: torch.cat([row[name] for row in rows]).contiguous() for name in rows[0]}]
            middles.flush()
            write_atomically(out / "views.safetensors", save(rows[0], recipe))
            print(f"{(batch + 1) * BATCH:,} views, {time.perf_counter() - began:.0f} s", flush=True)


def kept_rows(path: Path, recipe: dict[str, str]) -> list[dict[str, Tensor]]:
    """What an earlier start wrote of its views.

    Raises:
        ValueError: it looked at other ones.
    """
    if not path.exists():
        return []
    with safe_open(path, "pt") as stored:
        if stored.metadata() != recipe:
            raise ValueError(f"{path} holds views of {stored.metadata()}: delete it.")
        return [{name: stored.get_tensor(name) for name in stored.keys()}]  # noqa: SIM118


def source_numbers(stored: Path, leave_out: set[str]) -> list[int]:
    """What `source` is of those views in `views.safetensors` that are not to be learned from."""
    with safe_open(stored, "pt") as views:
        names = views.metadata()["sources"].split(",")
    return [i for i, name in enumerate(names) if is_left_out(name, leave_out)]


if __name__ == "__main__":
    main()
