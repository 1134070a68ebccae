"""Draw pictures for `gpu.sh`: a coloured figure of its own for each class, on noise.

    python benchmarks/gpu_pictures.py DIR --each 600

They are JPEGs of 200x200 pixels, as those of the reports' data set are, in class folders.
"""

import argparse
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
from PIL import Image

from fingerspell.core.alphabet import CLASSES
from fingerspell.processes import cores

SIDE_PX = 200


def draw(folder: Path, number: int, each: int) -> None:
    """Write the pictures of one class: its figure is a coarse pattern, moved and lit by chance."""
    pattern = np.random.default_rng(number).uniform(0, 255, (5, 5, 3))
    dice = np.random.default_rng(1000 + number)
    figure = np.kron(pattern, np.ones((20, 20, 1)))
    folder.mkdir(parents=True, exist_ok=True)
    for n in range(each):
        picture = dice.normal(120, 40, (SIDE_PX, SIDE_PX, 3))
        top, left = dice.integers(0, SIDE_PX - len(figure), 2)
        picture[top : top + len(figure), left : left + len(figure)] = figure * dice.uniform(0.7, 1.2)
        pixels = np.clip(picture, 0, 255).astype(np.uint8)
        Image.fromarray(pixels).save(folder / f"{n}.jpg", quality=85)


def main() -> None:
    """Parse the command line and draw, a process a core."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--each", type=int, default=600, help="pictures a class")
    args = parser.parse_args()
    with ProcessPoolExecutor(cores()) as pool:
        jobs = [pool.submit(draw, args.folder / name, n, args.each) for n, name in enumerate(CLASSES)]
        for job in jobs:
            job.result()


if __name__ == "__main__":
    main()
