"""The words of a language with their probabilities, as a tree of letters, and a model of other words.

The tree is never built: the words are sorted, a node is the range of words that begin alike, and nodes
are made when they are first visited. Words that are not in it (names above all) get the probability
that their letters follow each other as they do in the words that are.

Words come in as data: this module reads no files.
"""

import math
from bisect import bisect_left
from collections.abc import Iterable, Mapping
from copy import copy
from functools import cached_property
from heapq import nsmallest

from fingerspell.core.alphabet import LETTERS

MAX_LETTERS = 24  # longer words are left out
END = len(LETTERS)  # the symbol before the first letter and after the last
SYMBOLS = END + 1
INITIAL_PROBABILITY = 3e-4  # of each single letter as a word: initials, abbreviations spelled out
TRIGRAM_SHARE = 0.8  # the rest is any letter at all: abbreviations follow no rule
_A = ord("A")


class Node:
    """All words that share their first `depth` letters: rows `low` to `high` of the lexicon.

    Attributes:
        best_cost: -log probability of the likeliest of these words.
        word_cost: -log probability of the word that ends here; infinite if none does.
    """

    __slots__ = ("_children", "_lexicon", "best_cost", "depth", "high", "low", "word_cost")

    def __init__(self, lexicon: "Lexicon", low: int, high: int, depth: int) -> None:
        self._lexicon, self.low, self.high, self.depth = lexicon, low, high, depth
        self._children: dict[int, Node] | None = None
        self.best_cost = min(lexicon.costs[low:high])
        ends_here = len(lexicon.words[low]) == depth
        self.word_cost = lexicon.costs[low] if ends_here else math.inf

    @property
    def text(self) -> str:
        """The letters up to here."""
        return self._lexicon.words[self.low][: self.depth]

    @property
    def children(self) -> "dict[int, Node]":
        """The letters (0 is A) that can follow, each with its node."""
        if self._children is None:
            self._children = {}
            words, depth = self._lexicon.words, self.depth
            low = self.low + (self.word_cost < math.inf)  # the word that ends here sorts first
            while low < self.high:
                code = ord(words[low][depth])
                stop = bisect_left(words, words[low][:depth] + chr(code + 1), low, self.high)
                self._children[code - _A] = Node(self._lexicon, low, stop, depth + 1)
                low = stop
        return self._children

    def likeliest(self, n: int) -> list[tuple[str, float]]:
        """The `n` likeliest words below, each with its -log probability, likeliest first."""
        words, costs = self._lexicon.words, self._lexicon.costs
        rows = nsmallest(n, range(self.low, self.high), key=costs.__getitem__)
        return [(words[row], costs[row]) for row in rows]


class Lexicon:
    """Words with probabilities.

    Args:
        counts: word to how often it occurs; words with anything but the letters A to Z are left out.
        own_words: words of the user, names for example; each is as likely as `own_probability` says,
            or as `counts` says where that is more.
        pairs: word to the words that follow it often, each with how often it does.
        own_probability: probability of each of the user's own words.

    Attributes:
        words: sorted, upper case.
        costs: -log probability of each word.
        own_words: as given, upper case.
    """

    def __init__(
        self,
        counts: Mapping[str, float],
        own_words: Iterable[str] = (),
        own_probability: float = 1e-4,
        pairs: Mapping[str, Mapping[str, float]] | None = None,
    ) -> None:
        kept = {word.upper(): n for word, n in counts.items() if _is_spelled(word)}
        self.own_words = frozenset(word.upper() for word in own_words)
        total = sum(kept.values()) or 1.0
        likely = dict.fromkeys(LETTERS, INITIAL_PROBABILITY)
        likely |= dict.fromkeys(filter(_is_spelled, self.own_words), own_probability)
        for word, probability in likely.items():
            kept[word] = max(kept.get(word, 0.0), probability * total)
        self.words = sorted(kept)
        self._counts, self._total, self._pairs = kept, sum(kept.values()), pairs or {}
        self.costs = [-math.log(kept[word] / self._total) for word in self.words]

    @cached_property
    def root(self) -> Node:
        """Where every word begins."""
        return Node(self, 0, len(self.words), 0)

    def tempered(self, power: float) -> Node:
        """Where every word begins, if each is as likely as this power of its probability makes it."""
        if power == 1:
            return self.root
        other = copy(self)
        costs = [power * cost for cost in self.costs]
        whole = math.log(math.fsum(math.exp(-cost) for cost in costs))
        other.costs = [cost + whole for cost in costs]
        return Node(other, 0, len(other.words), 0)

    def __contains__(self, word: str) -> bool:
        i = bisect_left(self.words, word)
        return i < len(self.words) and self.words[i] == word

    def gain(self, before: str, word: str) -> float:
        """How many times as likely `word` is after the word `before` than anywhere; 0 if not known."""
        count = self._pairs.get(before, {}).get(word, 0.0)
        alone = self._counts.get(before, 0.0) * self._counts.get(word, 0.0)
        return count * self._total / alone if alone else 0.0

    @cached_property
    def trigram_costs(self) -> list[list[list[float]]]:
        """-log probability [27, 27, 27] of a letter (last axis) after two others; 26 is `END`."""
        counts = [[[1e-3] * SYMBOLS for _ in range(SYMBOLS)] for _ in range(SYMBOLS)]
        for word in self.words:
            before, last = END, END
            for code in word.encode():
                letter = code - _A
                counts[before][last][letter] += 1
                before, last = last, letter
            counts[before][last][END] += 1
        return [[_costs(row) for row in table] for table in counts]


def _costs(counts: list[float]) -> list[float]:
    """-log probability of each symbol, from how often it came."""
    total, any_symbol = sum(counts), (1 - TRIGRAM_SHARE) / SYMBOLS
    return [-math.log(TRIGRAM_SHARE * count / total + any_symbol) for count in counts]


def _is_spelled(word: str) -> bool:
    return word.isascii() and word.isalpha() and len(word) <= MAX_LETTERS
