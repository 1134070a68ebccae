"""Watches a hand that holds something which is not read as the letter that is asked for."""

import math
from dataclasses import dataclass

from fingerspell.app.learn.correcting import Correction, correction
from fingerspell.app.learn.measures import LINES, Hand, middle_of, palm_of
from fingerspell.app.live.trace import Trace

HELD_S = 1.0  # for which a hand is still before it is corrected; most letters are read sooner
SEEN_S = 0.7  # of these, at least, the hand is in view
PATIENCE_S = 2.0  # after a letter was asked for, in which the hand may still sign the one before
STILL = 0.15  # palms by which a landmark of a hand that is still moves on the mean
FEWEST = 3  # frames of a hand that is still


@dataclass
class Coach:
    """Corrects one letter, as long as it is asked for.

    Attributes:
        letter: that is asked for.
        said: what is off, since the hand was last still.
        off: the landmarks to be marked in the frame that was seen last, if any.
        begun_s: when the first frame was seen.
    """

    letter: str
    said: Correction | None = None
    off: tuple[int, ...] = ()
    begun_s: float | None = None

    def see(self, time_s: float, trace: Trace) -> bool:
        """Look at the newest frames; whether something else is to be said now."""
        if self.begun_s is None:
            self.begun_s = time_s
        frames = trace.between(time_s - HELD_S, time_s)
        hands = [hand for _, hand in frames]
        is_early = time_s - self.begun_s < PATIENCE_S or len(hands) < FEWEST
        if is_early or frames[-1][0] - frames[0][0] < SEEN_S or _moved(hands[0], hands[-1]) > STILL:
            self.off = ()
            return False
        before = self.said
        self.said = correction(self.letter, middle_of(hands))
        self.off = LINES[self.said.part] if self.said else ()
        return self.said != before


def _moved(before: Hand, after: Hand) -> float:
    """How far the landmarks moved on the mean, in palms; where the hand is does not matter."""
    (x, y), size = palm_of(before)
    (u, v), _ = palm_of(after)
    ways = [
        math.dist((ax - x, ay - y), (bx - u, by - v))
        for (ax, ay), (bx, by) in zip(before, after, strict=True)
    ]
    return sum(ways) / len(ways) / size
