"""Letters that were ahead for a while between two signs, but never surely enough to count.

Most letters that a decoder misses were seen in this way: an unseen signer's sign that the model doubts.
Nobody reads glimpses as they are, since hands on their way from sign to sign give as many, but who
knows the words (`core.spelling`) can tell which of them were meant.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from fingerspell.core.types import Letter


@dataclass
class Glimpses:
    """Collects the glimpses since the last sign.

    Args:
        letters: the letters there are.
        probability: of a letter from which it is seen at all.
        hold_s: how long it must stay ahead of all other letters.
        reach_s: how far from the signs before and after it may be; what is further is forgotten.
    """

    letters: Sequence[str]
    probability: float
    hold_s: float
    reach_s: float

    def __post_init__(self) -> None:
        self.begin(-math.inf)

    def begin(self, last_s: float) -> None:
        """Begin afresh after a sign that ended at `last_s`."""
        self._last_s = last_s
        self._seen: list[Letter] = []
        self._ahead: Letter | None = None

    def see(self, from_s: float, time_s: float, probabilities: Sequence[float]) -> None:
        """Take the letters' probabilities of a frame that stands for `from_s` to `time_s`."""
        most = max(probabilities)
        now = Letter(self.letters[probabilities.index(most)], from_s, time_s, most)
        ahead = self._ahead
        if ahead and now.char == ahead.char and now.probability >= self.probability:
            self._ahead = replace(ahead, end_s=time_s, probability=max(ahead.probability, most))
            return
        if ahead and ahead.end_s - ahead.start_s >= self.hold_s:
            near = [g for g in self._seen if self._is_after_last(g) or time_s - g.end_s <= self.reach_s]
            self._seen = [*near, ahead]
        self._ahead = now if now.probability >= self.probability else None

    def before(self, next_s: float) -> tuple[tuple[Letter, ...], tuple[Letter, ...]]:
        """The glimpses nearer to the last sign, and those nearer to the next, which begins at `next_s`.

        The letter that is still ahead is left out: it is the next sign itself.
        """
        after, nearer = [], []
        for glimpse in self._seen:
            to_next_s = next_s - glimpse.end_s
            if self._is_after_last(glimpse) and glimpse.start_s - self._last_s < to_next_s:
                after.append(glimpse)
            elif 0 <= to_next_s <= self.reach_s:
                nearer.append(glimpse)
        return tuple(after), tuple(nearer)

    def _is_after_last(self, glimpse: Letter) -> bool:
        return glimpse.start_s - self._last_s <= self.reach_s
