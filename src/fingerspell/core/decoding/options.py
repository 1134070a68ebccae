"""When a sign counts."""

import math
from dataclasses import dataclass, fields


@dataclass(frozen=True)
class DecoderOptions:
    """When a sign counts; times in seconds, probabilities from 0 to 1.

    Attributes:
        enter_probability: smoothed probability at which a sign may begin.
        word_probability: the same within a word that counts, until `pause_s` after its last sign.
        sure_probability: smoothed probability at which a sign begins sooner, and which one sign of each
            word must reach.
        leave_probability: smoothed probability under which a sign that has begun may end; lower than
            those two, so that a flicker between the two neither ends nor begins a sign.
        glimpse_probability: smoothed probability from which a letter that does not count is a glimpse.
        min_hold_s: time a sign must stay sure before it counts, and a letter ahead to be a glimpse.
        unsure_hold_s: time a sign that is not sure must stay ahead before it counts.
        release_s: time a sign must stay away before it has ended.
        smoothing_s: time constant of the exponential average of the probabilities.
        turn_s: longest time between I and the J it turns into, and between D and Z.
        pause_s: time between two letters that is a space.
        max_gap_s: a longer time between two frames ends the sign: nobody saw what happened (unless the
            first says that it is shown for that long).
    """

    enter_probability: float = 0.45
    word_probability: float = 0.3
    sure_probability: float = 0.7
    leave_probability: float = 0.25
    glimpse_probability: float = 0.12
    min_hold_s: float = 0.06
    unsure_hold_s: float = 0.12
    release_s: float = 0.06
    smoothing_s: float = 0.06
    turn_s: float = 0.25
    pause_s: float = 0.85
    max_gap_s: float = 1.0

    def __post_init__(self) -> None:
        for begins in ("enter_probability", "word_probability"):
            if not 0 < self.leave_probability <= getattr(self, begins) <= self.sure_probability < 1:
                raise ValueError(f"must be 0 < leave_probability <= {begins} <= sure_probability < 1")
        if not 0 < self.glimpse_probability < 1:
            raise ValueError("must be 0 < glimpse_probability < 1")
        for name in (option.name for option in fields(self) if option.name.endswith("_s")):
            if not 0 <= getattr(self, name) < math.inf:
                raise ValueError(f"{name} must be a number of seconds, not negative")
        if self.pause_s <= self.release_s:
            raise ValueError("pause_s must be longer than release_s")
