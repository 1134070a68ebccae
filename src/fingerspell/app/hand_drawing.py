"""The hand's 21 joints, and how they are drawn."""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

# Wrist to the base of each finger, then along the finger.
FINGERS = [[0, *range(first, first + 4)] for first in (1, 5, 9, 13, 17)]
BONES = [bone for finger in FINGERS for bone in pairwise(finger)]
LINE, SHADE, JOINT = "#5fd0a8", "#08140f", "#ffffff"
LINE_SHARE = 1 / 100  # thickness, of the picture's shorter side


def draw_hand(pixels: NDArray[np.uint8], joints: NDArray[np.float32] | None) -> Image.Image:
    """The picture, RGB uint8 [H, W, 3], with the hand drawn over it; None draws none.

    Args:
        pixels: the picture.
        joints: float32 [21, 2], as fractions of width and height.
    """
    picture = Image.fromarray(pixels)
    if joints is None:
        return picture
    draw = ImageDraw.Draw(picture)
    places = [(x * picture.width, y * picture.height) for x, y in joints.tolist()]
    thin = max(2, round(min(picture.size) * LINE_SHARE))
    for color, width in ((SHADE, 2 * thin), (LINE, thin)):
        for finger in FINGERS:
            draw.line([places[i] for i in finger], fill=color, width=width, joint="curve")
    for x, y in places:
        draw.ellipse((x - thin, y - thin, x + thin, y + thin), fill=JOINT)
    return picture
