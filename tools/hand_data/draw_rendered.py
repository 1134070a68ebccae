"""Draw a sheet of rendered hands: some pictures of each letter, a column each.

    python tools/hand_data/draw_rendered.py DATA -o docs/rendered.jpg

`DATA/rendered` is what `render_hands.py` drew.
"""

import argparse
from pathlib import Path
from random import Random

from PIL import Image

from fingerspell.core.alphabet import LETTERS
from fingerspell.training.hand_reader.sources import RENDERED

PICTURE_PX, COLUMNS, EACH = 72, 13, 4


def some_of(folder: Path) -> list[Path]:
    """`EACH` of its images, drawn by a fixed seed."""
    return Random(0).sample(sorted(folder.iterdir()), EACH)  # noqa: S311


def main() -> None:
    """Parse the command line and draw."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("-o", "--output", type=Path, required=True)
    args = parser.parse_args()
    rows = -(-len(LETTERS) // COLUMNS) * EACH
    sheet = Image.new("RGB", (COLUMNS * PICTURE_PX, rows * PICTURE_PX))
    for number, letter in enumerate(sorted(LETTERS)):
        for i, path in enumerate(some_of(args.data / RENDERED / letter)):
            with Image.open(path) as picture:
                small = picture.resize((PICTURE_PX, PICTURE_PX), Image.Resampling.LANCZOS)
            row = number // COLUMNS * EACH + i
            sheet.paste(small, (number % COLUMNS * PICTURE_PX, row * PICTURE_PX))
    sheet.save(args.output, quality=85)


if __name__ == "__main__":
    main()
