"""What a classifier says of a frame, checked, and for how long it says so."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fingerspell.core.decoding.options import DecoderOptions
    from fingerspell.core.types import Probabilities

STILL_S = 0.25  # a frame that is shown for so long is a still, not an instant of a video
REPEAT_S = 0.04  # such a frame counts as it would in a video of 25 frames a second
SETTLED = 10  # time constants after which an average no longer changes


def check_probabilities(probabilities: Probabilities, n: int) -> list[float]:
    """Refuse what no classifier of `n` classes says of a frame; gives the numbers as Python's own.

    Raises:
        ValueError: there are not `n` probabilities, all of them numbers.
    """
    shape = getattr(probabilities, "shape", (len(probabilities),))
    if shape != (n,):
        raise ValueError(f"expected {n} probabilities, got {shape}")
    numbers = [float(probability) for probability in probabilities]
    if not all(map(math.isfinite, numbers)):
        raise ValueError("probabilities must be numbers")
    return numbers


def seconds_shown(duration_s: float | None) -> float:
    """How long a frame is shown; 0 where that is not known.

    Raises:
        ValueError: no frame can be shown for so long.
    """
    shown_s = 0.0 if duration_s is None else duration_s
    if not 0 <= shown_s < math.inf:
        raise ValueError(f"a frame cannot be shown for {duration_s} s")
    return shown_s


def repeats(shown_s: float, options: DecoderOptions) -> Iterator[float]:
    """How long after it came a frame counts again, if it is shown for long.

    Once nothing new can come of it only its end matters: an image that is shown for a year takes
    no longer than one of some seconds.
    """
    if shown_s < STILL_S:
        return
    holds_s = options.min_hold_s + options.unsure_hold_s + options.release_s
    settled_s = SETTLED * options.smoothing_s + holds_s + options.turn_s + options.pause_s
    n = math.ceil(shown_s / REPEAT_S - 1e-6)
    n_unsettled = min(n, math.ceil(settled_s / REPEAT_S))
    yield from (shown_s * i / n for i in range(1, n_unsettled))
    if n_unsettled < n:
        yield shown_s * (n - 1) / n
