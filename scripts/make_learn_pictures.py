"""Make the photographs that personal training reminds of: each letter, J and Z with an arrow.

    python scripts/make_learn_pictures.py DATA/aslalphabets_test -o src/fingerspell/assets/hands

The stills are from keptsecret/ASLAlphabets (Apache-2.0), which show hands only. They show a right hand
as others see it. J and Z are drawn as the signer sees them, so others see them mirrored. A still cannot
show how the wrist turns in J: the page says it.
"""

import argparse
import math
from pathlib import Path

from PIL import Image, ImageDraw

from fingerspell.core.alphabet import LETTERS, MOVING_LETTERS

STILLS = {letter: f"{letter}8.jpg" for letter in LETTERS} | {
    "A": "A22.jpg",
    "B": "B28.jpg",
    "C": "C23.jpg",
    "E": "E26.jpg",
    "J": "I8.jpg",
    "K": "K29.jpg",
    "R": "R28.jpg",
}
SIDE_PX, HAND_PX = 240, 130
PAPER, TRAIL = "#dfe7e3", "#0b6b50"
TRAIL_PX, START_PX, HEAD_PX = 6, 8, 18
QUALITY = 80
TIPS = {"J": (0.3, 0.17), "Z": (0.5, 0.12)}  # where the fingertip is in the still, as fractions
# The ways of the fingertips, as fractions of the picture.
PATHS = {
    "J": [(0.45, 0.15), (0.45, 0.5), *((0.57 - 0.12 * math.cos(a / 3), 0.5 + 0.12 * math.sin(a / 3))
                                       for a in range(10))],
    "Z": [(0.7, 0.15), (0.3, 0.15), (0.7, 0.5), (0.3, 0.5)],
}  # fmt: skip


def drawn(still: Image.Image, letter: str) -> Image.Image:
    """The still where the letter begins, with an arrow along the way of its fingertip."""
    hand = still.resize((HAND_PX, HAND_PX), Image.Resampling.LANCZOS)
    tip_x, tip_y = (round(part * HAND_PX) for part in TIPS[letter])
    way = [(x * SIDE_PX, y * SIDE_PX) for x, y in PATHS[letter]]
    (x, y), picture = way[0], Image.new("RGB", (SIDE_PX, SIDE_PX), PAPER)
    picture.paste(hand, (round(x) - tip_x, round(y) - tip_y))
    pen = ImageDraw.Draw(picture)
    pen.line(way, fill=TRAIL, width=TRAIL_PX, joint="curve")
    pen.ellipse((x - START_PX, y - START_PX, x + START_PX, y + START_PX), fill=TRAIL)
    pen.polygon(arrow_head(way[-2], way[-1]), fill=TRAIL)
    return picture


def arrow_head(before: tuple[float, float], end: tuple[float, float]) -> list[tuple[float, float]]:
    """The corners of an arrow's head that points from `before` to `end`, and a little beyond."""
    angle = math.atan2(end[1] - before[1], end[0] - before[0])
    return [
        (end[0] + HEAD_PX * math.cos(angle + turn), end[1] + HEAD_PX * math.sin(angle + turn))
        for turn in (0, 0.7 * math.pi, -0.7 * math.pi)
    ]


def main() -> None:
    """Parse the command line and write the pictures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("stills", type=Path)
    parser.add_argument("-o", "--output", type=Path, required=True)
    args = parser.parse_args()
    args.output.mkdir(parents=True, exist_ok=True)
    for letter in LETTERS:
        name = STILLS[letter]
        with Image.open(args.stills / name.removesuffix(".jpg").rstrip("0123456789") / name) as picture:
            still = picture.convert("RGB")
        path = args.output / f"{letter}.webp"
        if letter in MOVING_LETTERS:
            still = drawn(still, letter)
        still.resize((SIDE_PX, SIDE_PX), Image.Resampling.LANCZOS).save(path, quality=QUALITY)
    size_kb = sum(path.stat().st_size for path in args.output.glob("*.webp")) / 1000
    print(f"wrote {len(LETTERS)} pictures, {size_kb:.0f} kB, to {args.output}")


if __name__ == "__main__":
    main()
