"""How fast pictures reach training: decoding them every epoch, packing them, reading the pack.

    python benchmarks/packing.py DATA [--pictures 10000] [--size 64] [--workers 2] [--json FILE]

DATA holds `kaggle64/<CLASS>/*.jpg`, which is enlarged to JPEGs of 200x200, the size of the original
data set, in a temporary folder. Each way is measured in turn, `--rounds` times; medians are printed.
Where other work shares the machine, compare CPU time, which counts threads and worker processes too.

What others do, in one process: ImageFolder and Pillow, as the reports; torchvision's own JPEG decoder,
on the files; and the same decoder on a tar that is read from its beginning to its end, as webdataset
does. Writing that tar is not counted.
"""

import argparse
import os
import tarfile
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import torch
from measured import Rows, environment, write_json
from PIL import Image
from torch.utils.data import DataLoader
from torchvision.datasets import ImageFolder
from torchvision.io import ImageReadMode, decode_jpeg
from torchvision.transforms import v2

from fingerspell.data.decode import PackSpec, decode_square
from fingerspell.data.loader import Batches, LoaderOptions
from fingerspell.data.pack import open_packed, pack
from fingerspell.data.scan import scan

BATCH = 64
TICK_S = 0.01  # of CPU time, which is counted no finer


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


def decoded(content: bytes, size_px: int) -> torch.Tensor:
    """uint8 [3, S, S] of a JPEG, by torchvision alone, which from 0.29 on recommends torchcodec."""
    numbers = torch.frombuffer(bytearray(content), dtype=torch.uint8)
    picture = decode_jpeg(numbers, ImageReadMode.RGB)
    return v2.functional.resize(picture, [size_px, size_px], antialias=True)


def torchvision_decoder(root: Path, size_px: int) -> None:
    """One epoch of files by torchvision's decoder, in batches."""
    paths = sorted(root.glob("*/*.jpg"))
    for begin in range(0, len(paths), BATCH):
        batch = paths[begin : begin + BATCH]
        torch.stack([decoded(path.read_bytes(), size_px) for path in batch])


def write_tar(root: Path, path: Path) -> None:
    """The same files in one tar."""
    with tarfile.open(path, "w") as tar:
        for file in sorted(root.glob("*/*.jpg")):
            tar.add(file, file.relative_to(root))


def tar_in_order(path: Path, size_px: int) -> None:
    """One epoch of a tar, from its beginning to its end, in batches."""
    batch: list[torch.Tensor] = []
    with tarfile.open(path, "r|") as tar:
        for member in tar:
            if file := tar.extractfile(member):
                batch.append(decoded(file.read(), size_px))
            if len(batch) == BATCH:
                torch.stack(batch)
                batch.clear()
    if batch:
        torch.stack(batch)


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
    tar = cache / "pictures.tar"
    write_tar(root, tar)
    fresh = iter(cache / str(number) for number in range(2 * rounds))
    ways: dict[str, Callable[[], object]] = {
        "ImageFolder, no workers": lambda: image_folder(root, size_px, 0),
        f"ImageFolder, {workers} workers": lambda: image_folder(root, size_px, workers),
        "torchvision's decoder, 1 process": lambda: torchvision_decoder(root, size_px),
        "a tar in order, the same decoder": lambda: tar_in_order(tar, size_px),
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


def rows_of(taken: dict[str, np.ndarray], pictures: int) -> Rows:
    """What is printed of each way; ratios are to the first two, which are ImageFolder's."""
    alone, helped, *_ = taken.values()
    return [
        {
            "way": name,
            "pictures_per_s": pictures / wall,
            "x_no_workers": alone[0] / wall,
            "x_workers": helped[0] / wall,
            "cpu_us": 1e6 * cpu / pictures,
            "x_no_workers_cpu": alone[1] / max(cpu, TICK_S),
        }
        for name, (wall, cpu) in taken.items()
    ]


def markdown(document: dict[str, Any]) -> str:
    """The table."""
    about, size, workers = (document[name] for name in ("environment", "size_px", "workers"))
    lines = [
        f"{about['hardware']}; {document['pictures']} JPEGs of 200x200; medians of "
        f"{document['rounds']}; load {about['load']}; {about['date']}",
        "",
        f"| way to {size}x{size} | pictures/s | x no workers | x {workers} workers "
        "| CPU time a picture | x no workers |",
        "|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {row['way']} | {row['pictures_per_s']:,.0f} | {row['x_no_workers']:.1f} | "
        f"{row['x_workers']:.1f} | {row['cpu_us']:.1f} us | {row['x_no_workers_cpu']:.1f} |"
        for row in document["rows"]
    ]
    mean, largest = document["scaled_decoding_error"]
    lines += ["", f"scaled decoding differs by {mean:.2f} levels of 255 on average, {largest} at most"]
    return "\n".join(lines)


def main() -> None:
    """Parse the command line, measure, print a table, and write it as JSON if asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--pictures", type=int, default=10_000)
    parser.add_argument("--size", type=int, default=64)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path, help="write the figures here, too")
    args = parser.parse_args()
    document: dict[str, Any] = {
        "environment": environment(torch.get_num_threads()),
        "pictures": args.pictures,
        "size_px": args.size,
        "workers": args.workers,
        "rounds": args.rounds,
    }
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder, "pictures")
        enlarge(args.data, root, args.pictures)
        taken = measure(root, Path(folder), args.size, args.workers, args.rounds)
        document["rows"] = rows_of(taken, args.pictures)
        document["scaled_decoding_error"] = scaled_decoding_error(root, args.size)
    print(markdown(document))
    write_json(args.json, document)


if __name__ == "__main__":
    main()
