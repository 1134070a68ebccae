"""Make `examples/hello.mp4`: HELLO WORLD, spelled with a slip of the fingers that is taken back.

    python scripts/make_hello.py DATA/aslalphabets_test -o examples/hello.mp4

The stills are from keptsecret/ASLAlphabets (Apache-2.0). Each sign is held while the camera drifts a
little, then fades into the next; between the two Ls the hand opens, as a double letter needs (see
`fingerspell.core.decode`).
"""

import argparse
import math
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from fingerspell.runtime.media.pictures import pictures_in

FPS = 25
SIDE_PX = 320
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
        return picture.convert("RGB").resize((SIDE_PX, SIDE_PX), Image.Resampling.BICUBIC)


def drifted(picture: Image.Image, time_s: float) -> NDArray[np.float32]:
    """The picture as a hand-held camera would see it at `time_s`."""
    zoom = 0.96 + 0.01 * math.sin(1.7 * time_s)
    x = SIDE_PX * (0.02 + 0.012 * math.sin(2.3 * time_s))
    y = SIDE_PX * (0.02 + 0.012 * math.cos(1.9 * time_s))
    matrix = (zoom, 0, x, 0, zoom, y)
    moved = picture.transform(picture.size, Image.Transform.AFFINE, matrix, Image.Resampling.BILINEAR)
    return np.asarray(moved, np.float32)


def frames(folder: Path) -> Iterator[NDArray[np.uint8]]:
    """RGB uint8 [320, 320, 3], 25 a second."""
    stills = [still(folder, sign, number) for sign, number in SIGNS]
    slot_s = HOLD_S + FADE_S
    for number in range(round(slot_s * len(stills) * FPS)):
        time_s = number / FPS
        index = min(int(time_s / slot_s), len(stills) - 1)
        following = min(index + 1, len(stills) - 1)
        share = max(0.0, (time_s - index * slot_s - HOLD_S) / FADE_S)
        mixed = (1 - share) * drifted(stills[index], time_s) + share * drifted(
            stills[following], time_s
        )
        yield mixed.round().astype(np.uint8)


def main() -> None:
    """Parse the command line and write the clip."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("stills", type=Path)
    parser.add_argument("-o", "--output", type=Path, required=True)
    args = parser.parse_args()
    with av.open(str(args.output), "w") as container:
        stream = container.add_stream("libx264", rate=Fraction(FPS), options={"crf": "26"})
        stream.width = stream.height = SIDE_PX
        stream.pix_fmt = "yuv420p"
        for pixels in frames(args.stills):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        container.mux(stream.encode())
    print(f"wrote {args.output} ({args.output.stat().st_size / 1e3:.0f} kB)")


if __name__ == "__main__":
    main()
