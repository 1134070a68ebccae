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
Words on the user's own list are kept whenever they were spelled exactly, and so is what A to Z do not
spell: numbers, own signs, and letters of other alphabets.
"""

import heapq
import math
from collections.abc import Iterable, Iterator

from fingerspell.core.alphabet import LETTERS, SPACE
from fingerspell.core.confusions import Confusions
from fingerspell.core.lexicon import Lexicon, Node
from fingerspell.core.spelling.acceptance import MOST_INITIALS, Acceptance
from fingerspell.core.spelling.options import SpellingOptions
from fingerspell.core.spelling.search import Search
from fingerspell.core.text import Word, is_cut_off, is_own_sign, runs, typed, written
from fingerspell.core.text import words as split_words
from fingerspell.core.types import Letter

RANKED_AFTER = 30  # words of each beginning that are ranked by the word before them


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
        self._search = Search(lexicon, self.confusions, self.options)
        self._acceptance = Acceptance(lexicon, self.options)

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
                text = "".join(written(sign.char) for sign in stretch)
                words.append(Word(text, stretch[0].start_s, stretch[-1].end_s))
            else:
                before = words[-1].text if words else after
                words += self._cheapest(stretch, before, is_lone=is_lone)
        return self._acceptance.uncut(words, left) if words and is_cut_off(signs, end_s) else words

    def complete(self, signs: Iterable[Letter], n: int = 3, after: str = "") -> list[str]:
        """What the word that is being signed may become: up to `n` words, likeliest first.

        Args:
            signs: up to now.
            n: how many words.
            after: the word before.
        """
        word: list[Letter] = []
        for sign in typed(signs):
            word = [] if sign.char == SPACE or is_own_sign(sign.char) else [*word, sign]
        if not word or not all(sign.char in LETTERS for sign in word):
            return []
        costs: dict[str, float] = {}
        for place, hypothesis in self._search.run(
            word, after, self.lexicon.root, splits=False
        ).best.items():
            if isinstance(place, Node) and place.depth:
                for text, cost in place.likeliest(max(n, RANKED_AFTER) if after else n):
                    total = hypothesis.cost - place.best_cost + cost + self._search.after(after, text)
                    costs[text] = min(total, costs.get(text, math.inf))
        return heapq.nsmallest(n, costs, key=lambda text: costs[text])

    def _stretches(self, signs: list[Letter]) -> Iterator[tuple[list[Letter], bool]]:
        """Cut the signs at words that stay: each with True, all between them with False.

        They are the user's own words, and those that letters A to Z do not spell.
        """
        between: list[Letter] = []
        for word in runs(signs):
            is_spelled = all(sign.char in LETTERS or sign.char == SPACE for sign in word)
            if not is_spelled or "".join(sign.char for sign in word) in self.lexicon.own_words:
                yield from [(between, False)] if between else []
                yield word, True
                between = []
            else:
                between += word
        yield from [(between, False)] if between else []

    def _cheapest(self, signs: list[Letter], after: str, *, is_lone: bool) -> list[Word]:
        beam = self._search.run(signs, after, self._lone_root if is_lone else self.lexicon.root)
        ended = beam.following()
        for place, hypothesis in beam.best.items():
            self._search.end_word(ended, place, hypothesis, signs, len(signs), 0.0)
        if not ended.best:  # every hypothesis that was kept stops within a word
            return split_words(signs)
        chain = min(ended.best.values(), key=lambda h: h.cost).words
        words: list[Word] = []
        while chain is not None:
            chain, word = chain  # type: ignore[assignment]
            words.append(word)
        if is_lone and not self._acceptance.keeps_sure_letters(words, signs):
            return split_words(signs)
        return [kept for word in reversed(words) for kept in self._acceptance.if_likely(word, signs)]
