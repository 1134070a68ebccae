"""Make a small data set to try the lab with: stills of ten letters, and changed copies of them.

python scripts/make_first_set.py tests/samples -o first-set

The first still of each class and its copies are for training (`train/A/...`). The copies of the others
are for validation and testing in turn (`valid/A/...`, `test/A/...`), so that no photo that is learned
from is tested on. Copies are turned, moved, scaled and lit at random.
"""

import argparse
from pathlib import Path

import numpy as np
from PIL import Image, ImageEnhance

TURN_DEG = 15.0  # either way
SCALE = (0.9, 1.2)
MOVE = 0.06  # of the side, either way
BRIGHTNESS = (0.7, 1.3)


def changed(still: Image.Image, rng: np.random.Generator) -> Image.Image:
    """One of many views of a still, of the same size; what lies outside of it is black."""
    turned = still.rotate(rng.uniform(-TURN_DEG, TURN_DEG), Image.Resampling.BILINEAR)
    width, height = (round(side / rng.uniform(*SCALE)) for side in still.size)
    left = round((still.width - width) / 2 + rng.uniform(-MOVE, MOVE) * still.width)
    top = round((still.height - height) / 2 + rng.uniform(-MOVE, MOVE) * still.height)
    view = turned.crop((left, top, left + width, top + height)).resize(still.size)
    return ImageEnhance.Brightness(view).enhance(rng.uniform(*BRIGHTNESS))


def main() -> None:
    """Write the stills and their copies, and print how many images there are."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("stills", type=Path, help="class folders of JPEGs, such as tests/samples")
    parser.add_argument("-o", "--output", type=Path, required=True, help="folder to write")
    parser.add_argument("--copies", type=int, default=14, help="of each still (14)")
    parser.add_argument("--letters", default="ABCFILOVWY", help="which to take (ABCFILOVWY)")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    rng = np.random.default_rng(options.seed)
    written = 0
    for folder in (options.stills / letter for letter in options.letters):
        for n, path in enumerate(sorted(folder.glob("*.jpg"))):
            still = Image.open(path).convert("RGB")
            for copy in range(options.copies + 1):
                part = ("valid", "test")[copy % 2] if n else "train"
                place = options.output / part / folder.name
                place.mkdir(parents=True, exist_ok=True)
                view = changed(still, rng) if copy else still
                view.save(place / f"{path.stem}-{copy}.jpg", quality=95)
                written += 1
    if not written:
        parser.error(f"no JPEGs in class folders: {options.stills}")
    print(f"{written} images in {options.output}")


if __name__ == "__main__":
    main()
