"""Fewer frames than a video has: reading half of them takes half as long."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import replace

from fingerspell.core.types import Frame

EARLY = 0.1  # of the time between two frames, by which one may come before it is due


def at_most(frames: Iterable[Frame], fps: float) -> Iterator[Frame]:
    """At most `fps` frames a second, each shown until the next of them.

    Those of live sources, which do not say how long they are shown, come at once.

    Args:
        frames: in order of time.
        fps: more than 0. Of 30 frames a second, 15 are every second one.
    """
    every_s = 1 / fps
    due_s = -math.inf
    kept: Frame | None = None
    for frame in frames:
        if frame.time_s >= due_s - EARLY * every_s:
            if kept:
                yield kept
            is_late = frame.time_s >= due_s + every_s  # or the first
            due_s = (frame.time_s if is_late else due_s) + every_s
            kept = frame
        elif kept:
            end_s = frame.time_s + (frame.duration_s or 0.0)
            kept = replace(kept, duration_s=end_s - kept.time_s)
        if kept and kept.duration_s is None:
            yield kept
            kept = None
    if kept:
        yield kept
