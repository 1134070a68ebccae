"""From letters as they were seen to words as they were meant.

A noisy-channel model (Kernighan, Church and Gale, 1990), searched by token passing (Young et al.,
1989).
Every word of the lexicon, with every way in which it may have been misread, competes with the
letters taken exactly as they are, which is what a name is. A hypothesis pays, as -log probabilities,
- for each **letter**: that it was meant as this or that letter, from how sure the decoder was and what
  the model takes for what (`Confusions`);
- for a letter that was **missed**, or seen where there was **none**; a missed double letter is cheap;
- for a **glimpse** of a letter (`core.decoding.glimpses`), little if that was meant, and more if not;
- for a **space** that was missed or seen where there was none, so words are split and joined;
- for each **word**: how rare it is after the word before; for a word that is in no lexicon, how unusual
  its letters are.
The cheapest hypothesis wins, unless it changes a word beyond recognition, or one that was surely signed
and is in the lexicon, or short enough to be an abbreviation. A word that stands alone may be any, so
frequent ones are hardly preferred there, letters that were sure stay, and so do up to three letters.
Words on the user's own list are kept whenever they were spelled exactly.
"""

import heapq
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Self

from fingerspell.core.alphabet import LETTERS, SPACE
from fingerspell.core.confusions import Confusions
from fingerspell.core.lexicon import END, Lexicon, Node
from fingerspell.core.text import Word, edit_distance, is_cut_off, typed
from fingerspell.core.text import words as split_words
from fingerspell.core.types import Letter

RANKED_AFTER = 30  # words of each beginning that are ranked by the word before them
GLIMPSE = "?"  # stands for one where letters are counted
MOST_INITIALS = 3  # letters of a word that may be an abbreviation: FBI, TV
_INDEX = {letter: i for i, letter in enumerate(LETTERS)}


@dataclass(frozen=True)
class SpellingOptions:
    """How readily letters are changed; all are probabilities but `most_changed` and the beam's.

    How likely it is that a letter of a word was missed is how unsure those that were seen are on
    average: who is hard to read is missed more often.

    Attributes:
        most_sure: a letter is never taken to be surer than this.
        name: that a word is in no lexicon, a name for example.
        least_missed: that a letter of a word was not seen, at least.
        most_missed: and at most.
        doubled: that a double letter was seen once, or a single one twice.
        glimpsed: that a letter of which there was a glimpse was meant.
        extra: that a letter was seen that was not there.
        missed_space: that no space was seen between two words.
        extra_space: that a space was seen within a word.
        follows: that a word is one of those that often follow the one before.
        most_changed: share of a word's letters that may be changed; a word that would change more, and
            by more than one letter, stays as it was signed; so does a lone letter that would get
            another. A glimpse stands for any letter, or for none, where this is counted.
        lone: power of a word's probability where it stands alone: running text has OF and TO all the
            time, but who spells one word spells a rare one as readily.
        lone_sure: probability from which a letter of a word that stands alone is not taken for another.
        sure_word: probability of its least sure letter from which a word of the lexicon stays as it was
            signed, however much more frequent another is; and from which a word of up to three letters,
            an abbreviation perhaps, gets no others.
        beam_cost: hypotheses that cost this much more than the best, as -log probability, are dropped.
        beam_size: and those after this many.
    """

    most_sure: float = 0.97
    name: float = 0.5
    least_missed: float = 0.01
    most_missed: float = 0.1
    doubled: float = 0.1
    glimpsed: float = 0.9
    extra: float = 0.005
    missed_space: float = 0.01
    extra_space: float = 0.01
    follows: float = 0.2
    most_changed: float = 0.25
    lone: float = 0.5
    lone_sure: float = 0.7
    sure_word: float = 0.9
    beam_cost: float = 14.0
    beam_size: int = 400

    def __post_init__(self) -> None:
        letters = (self.most_sure, self.name, self.doubled, self.glimpsed, self.extra)
        words = (self.missed_space, self.extra_space, self.follows)
        if not all(0 < p < 1 for p in (*letters, *words)):
            raise ValueError("probabilities must lie between 0 and 1")
        if not all(
            0 <= share <= 1 for share in (self.sure_word, self.most_changed, self.lone, self.lone_sure)
        ):
            raise ValueError("sure_word, most_changed, lone and lone_sure must lie between 0 and 1")
        if self.beam_size < 1 or not self.beam_cost > 0:
            raise ValueError("beam_size and beam_cost must be more than 0")
        if not 0 < self.least_missed <= self.most_missed < 1:
            raise ValueError("must be 0 < least_missed <= most_missed < 1")


@dataclass(frozen=True, slots=True)
class _Hypothesis:
    """Words so far (a chain, newest first), and where the letters of the one at hand began."""

    cost: float
    words: tuple[object, Word] | None = None
    first: int | None = None


# Where a hypothesis stands: in the tree of words, or in a name after two letters.
_Place = Node | tuple[int, int]


@dataclass
class _Beam:
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
    best: dict[_Place, _Hypothesis] = field(default_factory=dict)

    def offer(self, place: _Place, hypothesis: _Hypothesis) -> None:
        held = self.best.get(place)
        if held is None or hypothesis.cost < held.cost:
            self.best[place] = hypothesis

    def following(self) -> "_Beam":
        """One for the letters after the next sign, empty yet."""
        return _Beam(self.missed_cost, self.before, self.root)

    def pruned(self, options: SpellingOptions) -> Self:
        if self.best:
            limit = min(h.cost for h in self.best.values()) + options.beam_cost
            kept = [item for item in self.best.items() if item[1].cost <= limit]
            self.best = dict(heapq.nsmallest(options.beam_size, kept, key=lambda item: item[1].cost))
        return self


class Speller:
    """Corrects what was read; see the module for how.

    Args:
        lexicon: the words there are.
        confusions: what the model takes for what; by default any letter for any other.
        options: how readily letters are changed.
    """

    def __init__(
        self,
        lexicon: Lexicon,
        confusions: Confusions | None = None,
        options: SpellingOptions | None = None,
    ) -> None:
        self.lexicon = lexicon
        self.confusions = confusions or Confusions([[0.0] * len(LETTERS)] * len(LETTERS))
        self.options = options or SpellingOptions()
        self._lone_root = lexicon.tempered(self.options.lone)
        self._trigrams = lexicon.trigram_costs

    def correct(
        self, signs: Iterable[Letter], after: str = "", *, end_s: float = math.inf
    ) -> list[Word]:
        """The words that were meant, each with when it was signed.

        Args:
            signs: letters, `space` and `del`, in order of time.
            after: the word before them.
            end_s: when the video ends. A word that is cut off there keeps the letters that were sure,
                for nobody knows how it would have gone on: HELLO W is not YELLOW.
        """
        words: list[Word] = []
        signs = list(signs)
        left = typed(signs)
        is_lone = not after and all(sign.char != SPACE for sign in left)
        if is_lone and len(left) <= MOST_INITIALS:
            return split_words(left)
        for stretch, is_own in self._stretches(left):
            if is_own:
                text = "".join(sign.char for sign in stretch)
                words.append(Word(text, stretch[0].start_s, stretch[-1].end_s))
            else:
                before = words[-1].text if words else after
                words += self._cheapest(stretch, before, is_lone=is_lone)
        return self._uncut(words, left) if words and is_cut_off(signs, end_s) else words

    def complete(self, signs: Iterable[Letter], n: int = 3, after: str = "") -> list[str]:
        """What the word that is being signed may become: up to `n` words, likeliest first.

        Args:
            signs: up to now.
            n: how many words.
            after: the word before.
        """
        word: list[Letter] = []
        for sign in typed(signs):
            word = [] if sign.char == SPACE else [*word, sign]
        if not word:
            return []
        costs: dict[str, float] = {}
        for place, hypothesis in self._search(
            word, after, self.lexicon.root, splits=False
        ).best.items():
            if isinstance(place, Node) and place.depth:
                for text, cost in place.likeliest(max(n, RANKED_AFTER) if after else n):
                    total = hypothesis.cost - place.best_cost + cost + self._after(after, text)
                    costs[text] = min(total, costs.get(text, math.inf))
        return heapq.nsmallest(n, costs, key=lambda text: costs[text])

    def _stretches(self, signs: list[Letter]) -> Iterator[tuple[list[Letter], bool]]:
        """Cut the signs at the user's own words: each with True, all between them with False."""
        between: list[Letter] = []
        for is_space, run in groupby(signs, key=lambda sign: sign.char == SPACE):
            word = list(run)
            if not is_space and "".join(sign.char for sign in word) in self.lexicon.own_words:
                yield from [(between, False)] if between else []
                yield word, True
                between = []
            else:
                between += word
        yield from [(between, False)] if between else []

    def _cheapest(self, signs: list[Letter], after: str, *, is_lone: bool) -> list[Word]:
        beam = self._search(signs, after, self._lone_root if is_lone else self.lexicon.root)
        ended = beam.following()
        for place, hypothesis in beam.best.items():
            self._end_word(ended, place, hypothesis, signs, len(signs), 0.0)
        if not ended.best:  # every hypothesis that was kept stops within a word
            return split_words(signs)
        chain = min(ended.best.values(), key=lambda h: h.cost).words
        words: list[Word] = []
        while chain is not None:
            chain, word = chain  # type: ignore[assignment]
            words.append(word)
        if is_lone and not self._keeps_sure_letters(words, signs):
            return split_words(signs)
        return [kept for word in reversed(words) for kept in self._if_likely(word, signs)]

    def _uncut(self, words: list[Word], signs: list[Letter]) -> list[Word]:
        """The same words, but the last one as it was signed if it has lost a letter that was sure."""
        last = words[-1]
        seen = [sign for sign in signs if last.start_s <= sign.start_s]
        return words if self._keeps_sure_letters([last], seen) else words[:-1] + split_words(seen)

    def _keeps_sure_letters(self, words: list[Word], signs: list[Letter]) -> bool:
        """Whether words, the last one first, have all letters that were surely seen, in their order."""
        left = iter("".join(word.text for word in reversed(words)))
        sure = (
            sign.char
            for sign in signs
            if sign.char != SPACE and sign.probability >= self.options.lone_sure
        )
        return all(char in left for char in sure)

    def _if_likely(self, word: Word, signs: list[Letter]) -> list[Word]:
        """The word, or what was signed where that is sure, or would change too much to be believed."""
        seen = [sign for sign in signs if word.start_s <= sign.start_s and sign.end_s <= word.end_s]
        letters = [sign for sign in seen if sign.char != SPACE]
        raw = "".join(sign.char for sign in letters)
        signed = split_words(seen)
        all_seen = _with_glimpses(seen, signs)
        glimpses = all_seen.count(GLIMPSE)
        changed = edit_distance(all_seen, word.text, GLIMPSE)
        most = max(1.0, self.options.most_changed * len(raw))
        alone_and_grown = len(raw) == 1 and len(word.text) > 1 + glimpses  # who signs F means F, not OF
        believed = changed <= most and not alone_and_grown
        sure = min(sign.probability for sign in letters) >= self.options.sure_word
        known = all(len(other.text) > 1 and other.text in self.lexicon for other in signed)
        initials = len(raw) == len(word.text) <= MOST_INITIALS and not glimpses
        return signed if not believed or (sure and (known or initials)) else [word]

    def _search(self, signs: Sequence[Letter], after: str, root: Node, splits: bool = True) -> _Beam:
        """All hypotheses of `signs` worth keeping; the last word of each has not ended."""
        beam = _Beam(self._missed_cost(signs), after, root, {root: _Hypothesis(root.best_cost)})
        for i, sign in enumerate(signs):
            for glimpse in sign.glimpses:
                beam = self._read_glimpse(beam, glimpse, None if sign.char == SPACE else i)
            following = beam.following()
            if sign.char == SPACE:
                self._read_space(beam, following, signs, i)
            else:
                self._read_letter(beam, following, signs, i)
                following.pruned(self.options)
                if splits and i + 1 < len(signs) and signs[i + 1].char != SPACE:
                    missed_space = -math.log(self.options.missed_space)
                    for place, hypothesis in list(following.best.items()):
                        self._end_word(following, place, hypothesis, signs, i + 1, missed_space)
            beam = following.pruned(self.options)
        return beam

    def _missed_cost(self, signs: Sequence[Letter]) -> float:
        unsure = [1 - sign.probability for sign in signs if sign.char != SPACE]
        share = sum(unsure) / max(len(unsure), 1)
        return -math.log(min(max(share, self.options.least_missed), self.options.most_missed))

    def _sureness(self, sign: Letter) -> float:
        """How sure a sign is: at least one half, since it was ahead of all others."""
        return min(max(sign.probability, 0.5), self.options.most_sure)

    def _read_space(self, beam: _Beam, following: _Beam, signs: Sequence[Letter], i: int) -> None:
        sure = self._sureness(signs[i])
        ignored = -math.log(max(self.options.extra_space, 1 - sure))
        for place, hypothesis in beam.best.items():
            if hypothesis.first is None:  # a second space says nothing new
                following.offer(place, hypothesis)
                continue
            if place is beam.root:  # nothing but extra letters: no word vanishes whole
                continue
            self._end_word(following, place, hypothesis, signs, i, -math.log(sure))
            if isinstance(place, Node):  # nobody knows a name well enough to join it
                kept = _Hypothesis(hypothesis.cost + ignored, hypothesis.words, hypothesis.first)
                following.offer(place, kept)

    def _read_letter(self, beam: _Beam, following: _Beam, signs: Sequence[Letter], i: int) -> None:
        seen = _INDEX[signs[i].char]
        sure = self._sureness(signs[i])
        costs = self.confusions.costs(seen, sure)
        is_repeated = i > 0 and signs[i - 1].char == signs[i].char
        extra_probability = self.options.doubled if is_repeated else self.options.extra
        # A letter that stands for none is one of 26; one that is meant costs nothing for being itself.
        extra = math.log(len(LETTERS)) - math.log(extra_probability)
        for place, at in beam.best.items():
            first = i if at.first is None else at.first
            if isinstance(place, Node):
                following.offer(place, _Hypothesis(at.cost + extra, at.words, first))
                self._follow_tree(following, place, _Hypothesis(at.cost, at.words, first), costs, seen)
                if place.depth:
                    continue
                before = (END, END)
                opened = -math.log(self.options.name) - place.best_cost
            else:
                before, opened = place, 0.0
            cost = at.cost + opened + self._trigrams[before[0]][before[1]][seen] + costs[seen]
            following.offer((before[1], seen), _Hypothesis(cost, at.words, first))

    def _read_glimpse(self, beam: _Beam, glimpse: Letter, first: int | None) -> _Beam:
        """Leave the glimpse out, or take it as a letter; a word that it begins has begun at `first`."""
        following = beam.following()
        left_out, taken = -math.log(1 - self.options.glimpsed), -math.log(self.options.glimpsed)
        costs = self.confusions.costs(_INDEX[glimpse.char], self._sureness(glimpse))
        for place, at in beam.best.items():
            following.offer(place, _Hypothesis(at.cost + left_out, at.words, at.first))
            begun = first if at.first is None else at.first
            if isinstance(place, Node) and begun is not None:  # a name is what was surely seen
                base = at.cost + taken - place.best_cost
                for letter, child in place.children.items():
                    cost = base + child.best_cost + costs[letter]
                    following.offer(child, _Hypothesis(cost, at.words, begun))
        return following.pruned(self.options)

    def _follow_tree(
        self, following: _Beam, node: Node, at: _Hypothesis, costs: list[float], seen: int
    ) -> None:
        """Take the letter as any that can follow in a word, also after one that was missed."""
        base = at.cost - node.best_cost
        for letter, child in node.children.items():
            cost = base + child.best_cost + costs[letter]
            following.offer(child, _Hypothesis(cost, at.words, at.first))
            if grandchild := child.children.get(seen):
                paid = -math.log(self.options.doubled) if letter == seen else following.missed_cost
                cost = base + grandchild.best_cost + paid + costs[seen]
                following.offer(grandchild, _Hypothesis(cost, at.words, at.first))

    def _end_word(
        self,
        into: _Beam,
        place: _Place,
        at: _Hypothesis,
        signs: Sequence[Letter],
        stop: int,
        boundary_cost: float,
    ) -> None:
        """Offer the hypothesis with its word ended before sign `stop`, if a word can end here."""
        root = into.root
        if at.first is None:  # no letter since the last word
            into.offer(root, _Hypothesis(at.cost + boundary_cost, at.words))
            return
        text, ending = self._ending(place, into.missed_cost)
        total = at.cost + ending + boundary_cost + root.best_cost
        total += self._after(at.words[1].text if at.words else into.before, text)
        rival = into.best.get(root)
        if total < (math.inf if rival is None else rival.cost):
            spelled = [sign for sign in signs[at.first : stop] if sign.char != SPACE]
            text = text or "".join(sign.char for sign in spelled)
            word = Word(text, spelled[0].start_s, spelled[-1].end_s)
            into.offer(root, _Hypothesis(total, (at.words, word)))

    def _after(self, before: str, word: str) -> float:
        """What `word` costs after the word `before` more than anywhere."""
        follows = self.options.follows
        return -math.log(1 - follows + follows * self.lexicon.gain(before, word))

    def _ending(self, place: _Place, missed_cost: float) -> tuple[str, float]:
        """The word that ends here, empty for a name, and what it costs to end it."""
        if not isinstance(place, Node):
            return "", self._trigrams[place[0]][place[1]][END]
        end, cost = place, place.word_cost
        for letter, child in place.children.items():  # the last letter may have been missed
            if child.word_cost < math.inf:
                is_double = place.text.endswith(LETTERS[letter])
                missed = -math.log(self.options.doubled) if is_double else missed_cost
                if child.word_cost + missed < cost:
                    end, cost = child, child.word_cost + missed
        return end.text, cost - place.best_cost


def _with_glimpses(seen: list[Letter], signs: list[Letter]) -> str:
    """The letters `seen` and, between them and up to the next of `signs`, the glimpses."""
    spelled = "".join(GLIMPSE * len(sign.glimpses) + sign.char * (sign.char != SPACE) for sign in seen)
    following = [sign for sign in signs if sign.start_s >= seen[-1].end_s][:1]
    return spelled + "".join(GLIMPSE * len(s.glimpses) for s in following if s.char == SPACE)
