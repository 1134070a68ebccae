"""How fast pictures reach training: decoding them every epoch, packing them, reading the pack.

    python benchmarks/packing.py DATA [--pictures 10000] [--size 64] [--workers 2]

DATA holds `kaggle64/<CLASS>/*.jpg`, which is enlarged to JPEGs of 200x200, the size of the original
data set, in a temporary folder. Each way is measured in turn, `--rounds` times; medians are printed.
Where other work shares the machine, compare CPU time, which counts threads and worker processes too.
"""

import argparse
import os
import platform
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch.utils.data import DataLoader
from torchvision.datasets import ImageFolder
from torchvision.transforms import v2

from fingerspell.data.decode import PackSpec, decode_square
from fingerspell.data.loader import Batches, LoaderOptions
from fingerspell.data.pack import open_packed, pack
from fingerspell.data.scan import scan

BATCH = 64


def enlarge(source: Path, target: Path, n: int) -> None:
    """Write `n` JPEGs of 200x200 as <class>/<number>.jpg, at quality 90."""
    paths = sorted((source / "kaggle64").glob("*/*.jpg"))
    chosen = [paths[place * len(paths) // n] for place in range(n)]

    def write(number: int) -> None:
        path = target / chosen[number].parent.name / f"{number}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        with Image.open(chosen[number]) as picture:
            picture.resize((200, 200), Image.Resampling.BICUBIC).save(path, quality=90)

    with ThreadPoolExecutor() as pool:
        list(pool.map(write, range(n)))


def image_folder(root: Path, size_px: int, workers: int) -> None:
    """One epoch as the reference systems read it: ImageFolder, Pillow, Resize, DataLoader."""
    steps = [v2.Resize((size_px, size_px)), v2.ToImage(), v2.ToDtype(torch.float32, scale=True)]
    data = ImageFolder(str(root), v2.Compose(steps))
    for _batch, _labels in DataLoader(data, BATCH, shuffle=True, num_workers=workers):
        pass


def scaled_decoding_error(root: Path, size_px: int, n: int = 500) -> tuple[float, int]:
    """Mean and largest difference, in levels, that decoding JPEGs at a fraction of their size makes."""
    contents = [path.read_bytes() for path in sorted(root.glob("*/*.jpg"))[:: max(1, n // 20)][:n]]
    fast = np.stack([decode_square(content, PackSpec(size_px)) for content in contents])
    exact = [decode_square(content, PackSpec(size_px, scaled_decoding=False)) for content in contents]
    difference = np.abs(fast.astype(int) - np.stack(exact))
    return float(difference.mean()), int(difference.max())


def seconds(work: Callable[[], object]) -> tuple[float, float]:
    """Wall-clock time and CPU time of one run, threads and finished child processes included."""
    began, cpu_began = time.perf_counter(), sum(os.times()[:4])
    work()
    return time.perf_counter() - began, sum(os.times()[:4]) - cpu_began


def measure(root: Path, cache: Path, size_px: int, workers: int, rounds: int) -> dict[str, np.ndarray]:
    """Median wall and CPU seconds of each way to get all pictures once."""
    index = scan(root).index
    spec = PackSpec(size_px)
    packed = pack(index, cache / "read", spec)
    batches = Batches(packed, options=LoaderOptions(BATCH))
    fresh = iter(cache / str(number) for number in range(2 * rounds))
    ways: dict[str, Callable[[], object]] = {
        "ImageFolder, no workers": lambda: image_folder(root, size_px, 0),
        f"ImageFolder, {workers} workers": lambda: image_folder(root, size_px, workers),
        "packing, 1 process": lambda: pack(index, next(fresh), spec, workers=1),
        f"packing, {workers} processes": lambda: pack(index, next(fresh), spec, workers=workers),
        "packing what is packed": lambda: pack(index, cache / "read", spec),
        "opening a pack": lambda: open_packed(packed.folder),
        "epoch from the pack, uint8": lambda: list_all(batches, torch.uint8),
        "epoch from the pack, float": lambda: list_all(batches, torch.float32),
    }
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, work in ways.items():
            taken[name].append(seconds(work))
    return {name: np.median(times, axis=0) for name, times in taken.items()}


def list_all(batches: Batches, dtype: torch.dtype) -> None:
    """One epoch, each batch in `dtype` as it would go into a network."""
    for batch in batches.epoch(0):
        batch.pictures.to(dtype)


def main() -> None:
    """Parse the command line, measure, print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--pictures", type=int, default=10_000)
    parser.add_argument("--size", type=int, default=64)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    print(f"{os.cpu_count()} cores, {platform.machine()}, {args.pictures} JPEGs of 200x200\n")
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder, "pictures")
        enlarge(args.data, root, args.pictures)
        taken = measure(root, Path(folder), args.size, args.workers, args.rounds)
        mean, largest = scaled_decoding_error(root, args.size)
    alone, helped, *_ = taken.values()
    print(
        f"| way to {args.size}x{args.size} | pictures/s | x no workers | x {args.workers} workers ",
        end="",
    )
    print("| CPU time a picture | x no workers |\n|---|---|---|---|---|---|")
    for name, (wall, cpu) in taken.items():
        ratios = f"{alone[0] / wall:.1f} | {helped[0] / wall:.1f}"
        work = f"{1e6 * cpu / args.pictures:.1f} us | {alone[1] / max(cpu, 1e-9):.1f}"
        print(f"| {name} | {args.pictures / wall:,.0f} | {ratios} | {work} |")
    print(f"\nscaled decoding differs by {mean:.2f} levels of 255 on average, {largest} at most")


if __name__ == "__main__":
    main()
