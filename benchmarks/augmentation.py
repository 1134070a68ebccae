"""How many pictures a second each preset augments, in batches, next to torchvision one by one.

python benchmarks/augmentation.py [--size 64] [--batch 256] [--device cpu] [--json FILE]
"""

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import torch
from measured import environment, write_json
from torchvision.transforms import v2

from fingerspell.data.presets import PRESETS

REFERENCE = v2.Compose(  # as near to "strong" as torchvision's random transforms come
    [
        v2.ToDtype(torch.float32, scale=True),
        v2.RandomAffine(20, (0.1, 0.1), (0.75, 1.3), 8, interpolation=v2.InterpolationMode.BILINEAR),
        v2.RandomPerspective(0.25, p=1),
        v2.RandomHorizontalFlip(),
        v2.RandomApply([v2.GaussianBlur(9, (0.3, 1.5))], 0.3),
        v2.ColorJitter(0.4, 0.4, 0.6, 0.05),
        v2.RandomErasing(0.25),
    ]
)


def per_second(work: Callable[[], object], pictures: int, repeats: int = 5) -> float:
    """Pictures a second, the best of some repeats after one to warm up."""
    work()
    taken = []
    for _ in range(repeats):
        began = time.perf_counter()
        work()
        if torch.cuda.is_available():
            torch.cuda.synchronize()
        taken.append(time.perf_counter() - began)
    return pictures / min(taken)


def main() -> None:
    """Parse the command line, measure, print a table, and write it as JSON if asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--size", type=int, default=64)
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--json", type=Path, help="write the figures here, too")
    args = parser.parse_args()
    pictures = torch.randint(256, (args.batch, 3, args.size, args.size), dtype=torch.uint8)
    pictures, backgrounds = pictures.to(args.device), pictures[:16].to(args.device)
    rates = {
        name: per_second(lambda p=preset: p(pictures, backgrounds=backgrounds), args.batch)
        for name, preset in PRESETS.items()
    }
    rates["torchvision, one by one"] = per_second(
        lambda: [REFERENCE(picture) for picture in pictures], args.batch
    )
    about = environment(torch.get_num_threads())
    print(f"{about['hardware']}, {args.device}; load {about['load']}; {about['date']}\n")
    print(f"| {args.size} pixels, batches of {args.batch} | pictures/s |")
    print("|---|---|")
    for name, rate in rates.items():
        print(f"| {name} | {rate:,.0f} |")
    options = {"size_px": args.size, "batch": args.batch, "device": args.device}
    write_json(args.json, {"environment": about, **options, "pictures_per_s": rates})


if __name__ == "__main__":
    main()
