"""Fewer frames than a video has, which are read sooner."""

import math
from collections.abc import Iterable, Iterator

from fingerspell.core.types import Frame

LEAST_FPS = 5.0  # of fewer frames a second, the rules for letters make false ones
EARLY = 0.1  # of the time between two frames, by which one may come before it is due


def at_most(frames: Iterable[Frame], fps: float) -> Iterator[Frame]:
    """At most `fps` of the frames of each second, as they are.

    Args:
        frames: in order of time.
        fps: more than 0. Of 30 frames a second, 15 are every second one.
    """
    every_s, due_s = 1 / fps, -math.inf
    for frame in frames:
        if frame.time_s < due_s - EARLY * every_s:
            continue
        is_late = frame.time_s >= due_s + every_s  # or the first
        due_s = (frame.time_s if is_late else due_s) + every_s
        yield frame


def is_rate(fps: float) -> bool:
    """Whether videos can be read at this many frames a second."""
    return LEAST_FPS <= fps < math.inf
