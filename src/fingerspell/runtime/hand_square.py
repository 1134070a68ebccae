"""The square around a hand, cut out of a picture."""

import numpy as np
from numpy.typing import NDArray

SPAN = 0.35  # share of the square's side that the joints span
SMALLEST_SIDE_PX = 8.0 / SPAN


def extent(joints: NDArray[np.float32]) -> float:
    """The longer side of the box around joints [21, 2], in pixels."""
    return float((joints.max(0) - joints.min(0)).max())


def side_around(joints: NDArray[np.float32], span: float = SPAN) -> float:
    """The side of the square of which joints [21, 2] span this share, in pixels."""
    return max(SMALLEST_SIDE_PX, extent(joints) / span)


def around(
    picture: NDArray[np.uint8], joints: NDArray[np.float32], span: float = SPAN
) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """The square around a hand [S, S, 3]; beyond the picture's edges, these go on.

    Args:
        picture: RGB [H, W, 3].
        joints: [21, 2], x and y in pixels of the picture.
        span: share of the square's side that they span.

    Returns:
        the square, and its left and upper edge [2] in pixels of the picture.
    """
    low, high = joints.min(0).astype(float), joints.max(0).astype(float)
    side = side_around(joints, span)
    corner = np.floor((low + high - side) / 2).astype(int)
    rows, columns = (
        np.clip(np.arange(start, start + int(np.ceil(side))), 0, length - 1)
        for start, length in zip(corner[::-1], picture.shape[:2], strict=True)
    )
    return np.ascontiguousarray(picture[rows[:, None], columns]), corner.astype(np.float32)
