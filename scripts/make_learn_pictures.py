"""Make the pictures of the page "Learn": a still of each letter; J and Z move.

    python scripts/make_learn_pictures.py DATA/aslalphabets_test -o src/fingerspell/assets/hands

The stills are from keptsecret/ASLAlphabets (Apache-2.0), which show hands only. They show a right hand
as others see it. J and Z are drawn as the signer sees them, so others see them mirrored.
"""

import argparse
import math
from itertools import pairwise
from pathlib import Path

from PIL import Image, ImageDraw

from fingerspell.core.alphabet import LETTERS, MOVING_LETTERS

STILLS = {letter: f"{letter}8.jpg" for letter in LETTERS} | {"C": "C23.jpg", "J": "I8.jpg"}
SIDE_PX, HAND_PX = 240, 130
PAPER, TRAIL = "#dfe7e3", "#0b6b50"
STEPS, STEP_MS, REST_MS = 18, 70, 900
QUALITY = 80
TIPS = {"J": (0.3, 0.17), "Z": (0.5, 0.12)}  # where the fingertip is in the still, as fractions
# The ways of the fingertips, as fractions of the picture.
PATHS = {
    "J": [(0.45, 0.15), (0.45, 0.5), *((0.57 - 0.12 * math.cos(a / 3), 0.5 + 0.12 * math.sin(a / 3))
                                       for a in range(10))],
    "Z": [(0.7, 0.15), (0.3, 0.15), (0.7, 0.5), (0.3, 0.5)],
}  # fmt: skip


def along(path: list[tuple[float, float]], share: float) -> list[tuple[float, float]]:
    """The first part of a path of straight lines: `share` of its length."""
    left = share * sum(math.dist(a, b) for a, b in pairwise(path))
    walked = [path[0]]
    for a, b in pairwise(path):
        length = math.dist(a, b)
        part = min(1.0, left / length)
        walked.append((a[0] + part * (b[0] - a[0]), a[1] + part * (b[1] - a[1])))
        left -= length
        if left <= 0:
            break
    return walked


def moving(still: Image.Image, letter: str) -> list[Image.Image]:
    """The still carried along the letter's path, with a trail behind its fingertip."""
    hand = still.resize((HAND_PX, HAND_PX), Image.Resampling.LANCZOS)
    tip_x, tip_y = (round(part * HAND_PX) for part in TIPS[letter])
    pictures = []
    for step in range(STEPS + 1):
        trail = [(x * SIDE_PX, y * SIDE_PX) for x, y in along(PATHS[letter], step / STEPS)]
        picture = Image.new("RGB", (SIDE_PX, SIDE_PX), PAPER)
        picture.paste(hand, (round(trail[-1][0]) - tip_x, round(trail[-1][1]) - tip_y))
        ImageDraw.Draw(picture).line(trail, fill=TRAIL, width=6, joint="curve")
        pictures.append(picture)
    return pictures


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
            first, *others = moving(still, letter)
            durations = [STEP_MS] * STEPS + [REST_MS]
            first.save(
                path, save_all=True, append_images=others, duration=durations, loop=0, quality=QUALITY
            )
        else:
            still.resize((SIDE_PX, SIDE_PX), Image.Resampling.LANCZOS).save(path, quality=QUALITY)
    size_kb = sum(path.stat().st_size for path in args.output.glob("*.webp")) / 1000
    print(f"wrote {len(LETTERS)} pictures, {size_kb:.0f} kB, to {args.output}")


if __name__ == "__main__":
    main()
