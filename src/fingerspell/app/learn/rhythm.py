"""How fast, how evenly and how steadily a word was signed, in one short sentence each."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import mean, median, pstdev

from fingerspell.app.learn.measures import palm_of
from fingerspell.app.live.trace import Trace
from fingerspell.core.types import Letter

FEWEST = 4  # letters of a word whose rhythm is evaluated: three times between letters
EVEN = 0.35  # coefficient of variation up to which times between letters are even
STEADY = 0.3  # palms that a hand goes up and down again between two letters, up to which it is steady
SMOOTH = 3  # frames over which the place of the palm is smoothed


@dataclass(frozen=True)
class Rhythm:
    """How a word was signed.

    Attributes:
        letters_per_s: from the beginning of its first letter to that of its last.
        unevenness: coefficient of variation of the times between letters; None of short words.
        slowest: the letter that was waited for longest.
        bounce: palms that the hand goes up and down again, for each letter; None if not known.
    """

    letters_per_s: float
    unevenness: float | None
    slowest: str
    bounce: float | None

    def sentences(self) -> list[str]:
        """What to say of it."""
        said = [f"{self.letters_per_s:.1f} letters a second."]
        if self.unevenness is not None:
            uneven = f"Your rhythm is uneven: you waited longest before {self.slowest}."
            said.append("Your rhythm is even." if self.unevenness <= EVEN else uneven)
        if self.bounce is not None:
            bounces = "Your hand bounces: keep it at one height."
            said.append("Your hand stays steady." if self.bounce <= STEADY else bounces)
        return said


def rhythm_of(letters: Sequence[Letter], trace: Trace) -> Rhythm | None:
    """How the letters of a word were signed; None where they are too few or at once."""
    pairs = list(pairwise(letters))
    waits_s = [after.start_s - before.start_s for before, after in pairs]
    if not waits_s or min(waits_s) <= 0:
        return None
    slowest = letters[1 + waits_s.index(max(waits_s))].char
    uneven = pstdev(waits_s) / mean(waits_s) if len(letters) >= FEWEST else None
    # Of two like letters the second bounces, as it should.
    ways = [_bounce(a, b, trace) for a, b in pairs if a.char != b.char]
    known = [way for way in ways if way is not None]
    return Rhythm(len(pairs) / sum(waits_s), uneven, slowest, mean(known) if known else None)


def _bounce(before: Letter, after: Letter, trace: Trace) -> float | None:
    """How far the palm goes up and down between two letters, beside the way that it has to go."""
    palms = [palm_of(hand) for _, hand in trace.between(before.start_s, after.start_s)]
    if len(palms) <= SMOOTH:
        return None
    size = median(size for _, size in palms)
    heights = [y for (_, y), _ in palms]
    smooth = [mean(heights[i : i + SMOOTH]) for i in range(len(heights) - SMOOTH + 1)]
    way = sum(abs(b - a) for a, b in pairwise(smooth))
    return (way - abs(smooth[-1] - smooth[0])) / size
