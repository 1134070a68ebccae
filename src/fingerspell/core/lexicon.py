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
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from fingerspell.core.alphabet import LETTERS

MAX_LETTERS = 24  # longer words are left out
END = len(LETTERS)  # the symbol before the first letter and after the last
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
        self.best_cost = float(lexicon.costs[low:high].min())
        ends_here = len(lexicon.words[low]) == depth
        self.word_cost = float(lexicon.costs[low]) if ends_here else math.inf

    @property
    def text(self) -> str:
        """The letters up to here."""
        return self._lexicon.words[self.low][: self.depth]

    @property
    def children(self) -> "dict[int, Node]":
        """The letters (0 is A) that can follow, each with its node."""
        if self._children is None:
            low = self.low + (self.word_cost < math.inf)  # the word that ends here sorts first
            column = self._lexicon.letters[low : self.high, self.depth]
            starts = [low + int(i) for i in np.flatnonzero(np.diff(column, prepend=-1))]
            self._children = {
                int(self._lexicon.letters[start, self.depth]): self._child(start, stop)
                for start, stop in pairwise([*starts, self.high])
            }
        return self._children

    def likeliest(self, n: int) -> list[tuple[str, float]]:
        """The `n` likeliest words below, each with its -log probability, likeliest first."""
        costs = self._lexicon.costs[self.low : self.high]
        order = np.argsort(costs, kind="stable")[:n]
        return [(self._lexicon.words[self.low + i], float(costs[i])) for i in order.tolist()]

    def _child(self, low: int, high: int) -> "Node":
        return Node(self._lexicon, low, high, self.depth + 1)


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
        letters: int8 [words, 25], 0 is A; -1 after the end of the word.
        costs: float64 [words], -log probability.
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
        probabilities = np.array([kept[word] for word in self.words]) / self._total
        self.costs = -np.log(probabilities)
        packed = np.array(self.words, f"S{MAX_LETTERS + 1}")
        codes = packed.view(np.uint8).reshape(len(self.words), MAX_LETTERS + 1).astype(np.int8)
        self.letters: NDArray[np.int8] = np.where(codes, codes - _A, -1).astype(np.int8)

    @cached_property
    def root(self) -> Node:
        """Where every word begins."""
        return Node(self, 0, len(self.words), 0)

    def tempered(self, power: float) -> Node:
        """Where every word begins, if each is as likely as this power of its probability makes it."""
        if power == 1:
            return self.root
        other = copy(self)
        costs = power * self.costs
        other.costs = costs + np.log(np.exp(-costs).sum())
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
    def trigram_costs(self) -> NDArray[np.float64]:
        """-log probability [27, 27, 27] of a letter (last axis) after two others; 26 is `END`."""
        codes = np.where(self.letters < 0, END, self.letters).astype(np.int64)
        begin = np.full((len(codes), 2), END)
        padded = np.hstack([begin, codes])
        lengths = (self.letters >= 0).sum(1)
        here = np.arange(codes.shape[1]) <= lengths[:, None]  # the letters and the end
        index = (padded[:, :-2] * 27 + padded[:, 1:-1]) * 27 + padded[:, 2:]
        counts = np.bincount(index[here], minlength=27**3).reshape(27, 27, 27) + 1e-3
        trigrams = counts / counts.sum(2, keepdims=True)
        return np.asarray(-np.log(TRIGRAM_SHARE * trigrams + (1 - TRIGRAM_SHARE) / 27))


def _is_spelled(word: str) -> bool:
    return word.isascii() and word.isalpha() and len(word) <= MAX_LETTERS
