"""Stills made as hard to read as images of unseen signers are, for tuning without touching those.

The hand is small, turned, squashed, mirrored or not, in odd light, somewhere in a room, and few pixels
are left of it. On such views of pictures it was not trained on, the bundled model is right about as
often as on people it has never seen (81 %, n = 260 and 8,440), and wrong but sure about as often.
"""

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageEnhance

SIDE_PX = 160
LEFT_PX = 100  # resolution that is left of the whole picture
TURN_DEG = 25.0  # either way
HAND_SHARE = (0.35, 0.6)  # height of the still, of the picture's
NARROWEST = 0.7  # width of the still, of its height
BRIGHTNESS = (0.35, 1.5)
COLOUR = (0.2, 1.3)


def hard_view(
    still: Image.Image, rooms: Sequence[Image.Image], rng: np.random.Generator
) -> Image.Image:
    """One of many hard views of a still: RGB, 160x160 pixels, in one of the `rooms`."""
    if rng.random() < 0.5:  # noqa: PLR2004 - a coin
        still = still.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    still = ImageEnhance.Brightness(still).enhance(rng.uniform(*BRIGHTNESS))
    still = ImageEnhance.Color(still).enhance(rng.uniform(*COLOUR))
    still = still.rotate(rng.uniform(-TURN_DEG, TURN_DEG), Image.Resampling.BILINEAR)
    height = round(SIDE_PX * rng.uniform(*HAND_SHARE))
    width = round(height * rng.uniform(NARROWEST, 1))
    left, top = rng.integers(0, SIDE_PX - width + 1), rng.integers(0, SIDE_PX - height + 1)
    room = rooms[int(rng.integers(len(rooms)))].resize((SIDE_PX, SIDE_PX), Image.Resampling.BILINEAR)
    room.paste(still.resize((width, height), Image.Resampling.BILINEAR), (int(left), int(top)))
    small = room.resize((LEFT_PX, LEFT_PX), Image.Resampling.BILINEAR)
    return small.resize((SIDE_PX, SIDE_PX), Image.Resampling.BILINEAR)
