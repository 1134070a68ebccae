"""Make `examples/hello.mp4`: HELLO WORLD, spelled with a slip of the fingers that is taken back.

    python scripts/make_hello.py DATA/aslalphabets_test -o examples/hello.mp4

The stills are from keptsecret/ASLAlphabets (Apache-2.0). Each sign is held while the camera drifts a
little, then fades into the next; between the two Ls the hand opens, as a double letter needs (see
`fingerspell.core.decoding`).
"""

import argparse
from pathlib import Path

from PIL import Image

from fingerspell.data.synthesis import Camera, Slot, render
from fingerspell.runtime.media.picture_frames import pictures_in
from fingerspell.runtime.media.video import write_video

FPS = 25
CAMERA = Camera(side_px=320)
HOLD_S, FADE_S = 0.56, 0.12
# Sign and the number of its still. `nothing` is an open hand.
SIGNS = (
    ("nothing", 6),
    *(("H", 1), ("E", 1), ("L", 1), ("nothing", 6), ("L", 2), ("O", 1), ("space", 1)),
    *(("W", 1), ("O", 2), ("R", 1), ("K", 1), ("del", 1), ("L", 3), ("D", 1)),
    ("nothing", 6),
)


def still(folder: Path, sign: str, number: int) -> Image.Image:
    """The still `number` of a sign, in natural order of the names."""
    with Image.open(pictures_in(folder / sign)[number]) as picture:
        return picture.convert("RGB")


def main() -> None:
    """Parse the command line and write the clip."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("stills", type=Path)
    parser.add_argument("-o", "--output", type=Path, required=True)
    args = parser.parse_args()
    slots = [Slot(sign, still(args.stills, sign, n), HOLD_S, FADE_S) for sign, n in SIGNS]
    write_video(args.output, render(slots, FPS, CAMERA), FPS)
    print(f"wrote {args.output} ({args.output.stat().st_size / 1e3:.0f} kB)")


if __name__ == "__main__":
    main()
