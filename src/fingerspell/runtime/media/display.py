"""A decoded frame as players show it: upright, not mirrored, its pixels square."""

from fractions import Fraction

import av
import numpy as np
from av.video.stream import VideoStream
from numpy.typing import NDArray

VIDEO_SIDE_PX = 512  # longer frames are shrunk while decoding; the reader needs no more
SQUARE = Fraction(1)
_QUARTER_TURNS = ((1, 0, 0, 1), (0, -1, 1, 0), (-1, 0, 0, -1), (0, 1, -1, 0))  # counter-clockwise
LONGEST_PIXEL = 4  # times as long as wide, or as wide as long; a header that says more is damaged


def pixel_shape(stream: VideoStream) -> Fraction:
    """Width of a stored pixel over its height, as it is shown."""
    shape = stream.sample_aspect_ratio or SQUARE
    return shape if Fraction(1, LONGEST_PIXEL) <= shape <= LONGEST_PIXEL else SQUARE


def shown_size(width: int, height: int, shape: Fraction) -> tuple[int, int]:
    """Width and height, before any turn, in square pixels: none is lost, so one side grows."""
    return (round(width * shape), height) if shape >= 1 else (width, round(height / shape))


def video_pixels(
    picture: av.VideoFrame, shape: Fraction = SQUARE, longest_px: int | None = VIDEO_SIDE_PX
) -> NDArray[np.uint8]:
    """RGB uint8 [H, W, 3] of a decoded frame, as it is shown, shrunk to at most `longest_px` a side.

    Args:
        picture: as it was decoded.
        shape: width of a pixel over its height.
        longest_px: None leaves the size.
    """
    width, height = shown_size(picture.width, picture.height, shape)
    scale = min(1.0, (longest_px or max(width, height)) / max(width, height))
    stored: NDArray[np.uint8] = np.asarray(
        picture.to_ndarray(
            format="rgb24",
            width=max(1, round(width * scale)),
            height=max(1, round(height * scale)),
            interpolation="AREA" if scale < 1 else "BILINEAR",
        ),
        np.uint8,
    )
    return np.ascontiguousarray(_as_shown(stored, _display_matrix(picture)))


def _display_matrix(picture: av.VideoFrame) -> tuple[int, int, int, int]:
    """Where it is shown how: x' = a x + c y and y' = b x + d y, with y downwards, as (a, b, c, d).

    Phones store a video lying on its side, and front cameras a mirrored one, with this beside it.
    """
    try:
        beside = picture.side_data.get("DISPLAYMATRIX")
    except ValueError:  # PyAV 18 stumbles over kinds of data that are new to it, such as Exif
        return _QUARTER_TURNS[round(picture.rotation / 90) % 4]
    if beside is None:
        return _QUARTER_TURNS[0]
    a, b, _, c, d = np.frombuffer(bytes(beside), np.int32)[:5].tolist()
    return a, b, c, d


def _as_shown(pixels: NDArray[np.uint8], matrix: tuple[int, int, int, int]) -> NDArray[np.uint8]:
    """The picture [H, W, 3] turned and mirrored; of oblique angles, by the nearest quarter turn."""
    a, b, c, d = matrix
    is_lying = abs(b) + abs(c) > abs(a) + abs(d)
    if is_lying:
        pixels = pixels.swapaxes(0, 1)
    from_right, from_below = (c < 0, b < 0) if is_lying else (a < 0, d < 0)
    return pixels[:: -1 if from_below else 1, :: -1 if from_right else 1]
