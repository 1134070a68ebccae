"""What may have been meant up to a letter: the cheapest hypothesis for each place in the lexicon."""

import heapq
from dataclasses import dataclass, field
from typing import Self

from fingerspell.core.lexicon import Node
from fingerspell.core.spelling.options import SpellingOptions
from fingerspell.core.text import Word


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """Words so far (a chain, newest first), and where the letters of the one at hand began."""

    cost: float
    words: tuple[object, Word] | None = None
    first: int | None = None


# Where a hypothesis stands: in the tree of words, or in a name after two letters.
Place = Node | tuple[int, int]


@dataclass
class Beam:
    """The hypotheses after some letters, the best for each place.

    Attributes:
        missed_cost: what a missed letter costs.
        before: the word before the first letter.
        root: where every word begins.
        best: place to hypothesis.
    """

    missed_cost: float
    before: str
    root: Node
    best: dict[Place, Hypothesis] = field(default_factory=dict)

    def offer(self, place: Place, hypothesis: Hypothesis) -> None:
        """Keep a hypothesis if it is the cheapest at its place."""
        held = self.best.get(place)
        if held is None or hypothesis.cost < held.cost:
            self.best[place] = hypothesis

    def following(self) -> "Beam":
        """One for the letters after the next sign, empty yet."""
        return Beam(self.missed_cost, self.before, self.root)

    def pruned(self, options: SpellingOptions) -> Self:
        """The same without what costs too much more than the best, and what is too many."""
        if self.best:
            limit = min(h.cost for h in self.best.values()) + options.beam_cost
            kept = [item for item in self.best.items() if item[1].cost <= limit]
            self.best = dict(heapq.nsmallest(options.beam_size, kept, key=lambda item: item[1].cost))
        return self
