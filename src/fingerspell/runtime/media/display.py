"""A decoded frame as players show it: upright, not mirrored, its pixels square."""

from fractions import Fraction

import av
import numpy as np
from av.sidedata.sidedata import SideDataContainer
from av.video.reformatter import VideoReformatter
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


class Display:
    """Makes pixels of the decoded frames of one video.

    One scaler serves them all. If each frame had its own, that would take as long as decoding does,
    and leave threads until Python's collector comes by.

    Args:
        shape: width of a stored pixel over its height.
        longest_px: frames are shrunk to this many pixels a side; None leaves their size.
    """

    def __init__(self, shape: Fraction = SQUARE, longest_px: int | None = VIDEO_SIDE_PX) -> None:
        self.shape, self.longest_px = shape, longest_px
        self._scaler = VideoReformatter()

    def pixels(self, picture: av.VideoFrame) -> NDArray[np.uint8]:
        """RGB uint8 [H, W, 3] of a decoded frame, as it is shown."""
        width, height = shown_size(picture.width, picture.height, self.shape)
        scale = min(1.0, (self.longest_px or max(width, height)) / max(width, height))
        scaled = self._scaler.reformat(
            picture,
            width=max(1, round(width * scale)),
            height=max(1, round(height * scale)),
            format="rgb24",
            interpolation="AREA" if scale < 1 else "BILINEAR",
        )
        stored: NDArray[np.uint8] = np.asarray(scaled.to_ndarray(), np.uint8)
        return np.ascontiguousarray(_as_shown(stored, _display_matrix(picture)))


def _display_matrix(picture: av.VideoFrame) -> tuple[int, int, int, int]:
    """Where it is shown how: x' = a x + c y and y' = b x + d y, with y downwards, as (a, b, c, d).

    Phones store a video lying on its side, and front cameras a mirrored one, with this beside it.
    """
    try:
        # Not `picture.side_data`: it and its frame hold each other, so that hundreds of frames of up to
        # 12 MB would wait for Python's collector.
        beside = SideDataContainer(picture)["DISPLAYMATRIX"]  # type: ignore[call-arg]  # no stub of it
    except KeyError:
        return _QUARTER_TURNS[0]
    except ValueError:  # PyAV 18 stumbles over kinds of data that are new to it, such as Exif
        return _QUARTER_TURNS[round(picture.rotation / 90) % 4]
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
