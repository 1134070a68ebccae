"""The search through all words for what letters may have meant, sign by sign."""

import math
from collections.abc import Sequence

from fingerspell.core.alphabet import LETTERS, SPACE
from fingerspell.core.confusions import Confusions
from fingerspell.core.lexicon import END, Lexicon, Node
from fingerspell.core.spelling.beam import Beam, Hypothesis, Place
from fingerspell.core.spelling.options import SpellingOptions
from fingerspell.core.text import Word
from fingerspell.core.types import Letter

_INDEX = {letter: i for i, letter in enumerate(LETTERS)}


class Search:
    """Token passing through the lexicon.

    Args:
        lexicon: the words there are.
        confusions: what the model takes for what.
        options: how readily letters are changed.
    """

    def __init__(self, lexicon: Lexicon, confusions: Confusions, options: SpellingOptions) -> None:
        self.lexicon, self.confusions, self.options = lexicon, confusions, options
        self._trigrams = lexicon.trigram_costs

    def run(self, signs: Sequence[Letter], after: str, root: Node, splits: bool = True) -> Beam:
        """All hypotheses of `signs` worth keeping; the last word of each has not ended."""
        beam = Beam(self._missed_cost(signs), after, root, {root: Hypothesis(root.best_cost)})
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
                        self.end_word(following, place, hypothesis, signs, i + 1, missed_space)
            beam = following.pruned(self.options)
        return beam

    def _missed_cost(self, signs: Sequence[Letter]) -> float:
        unsure = [1 - sign.probability for sign in signs if sign.char != SPACE]
        share = sum(unsure) / max(len(unsure), 1)
        return -math.log(min(max(share, self.options.least_missed), self.options.most_missed))

    def _sureness(self, sign: Letter) -> float:
        """How sure a sign is: at least one half, since it was ahead of all others."""
        return min(max(sign.probability, 0.5), self.options.most_sure)

    def _read_space(self, beam: Beam, following: Beam, signs: Sequence[Letter], i: int) -> None:
        sure = self._sureness(signs[i])
        ignored = -math.log(max(self.options.extra_space, 1 - sure))
        for place, hypothesis in beam.best.items():
            if hypothesis.first is None:  # a second space says nothing new
                following.offer(place, hypothesis)
                continue
            if place is beam.root:  # nothing but extra letters: no word vanishes whole
                continue
            self.end_word(following, place, hypothesis, signs, i, -math.log(sure))
            if isinstance(place, Node):  # nobody knows a name well enough to join it
                kept = Hypothesis(hypothesis.cost + ignored, hypothesis.words, hypothesis.first)
                following.offer(place, kept)

    def _read_letter(self, beam: Beam, following: Beam, signs: Sequence[Letter], i: int) -> None:
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
                following.offer(place, Hypothesis(at.cost + extra, at.words, first))
                self._follow_tree(following, place, Hypothesis(at.cost, at.words, first), costs, seen)
                if place.depth:
                    continue
                before = (END, END)
                opened = -math.log(self.options.name) - place.best_cost
            else:
                before, opened = place, 0.0
            cost = at.cost + opened + self._trigrams[before[0]][before[1]][seen] + costs[seen]
            following.offer((before[1], seen), Hypothesis(cost, at.words, first))

    def _read_glimpse(self, beam: Beam, glimpse: Letter, first: int | None) -> Beam:
        """Leave the glimpse out, or take it as a letter; a word that it begins has begun at `first`."""
        following = beam.following()
        left_out, taken = -math.log(1 - self.options.glimpsed), -math.log(self.options.glimpsed)
        costs = self.confusions.costs(_INDEX[glimpse.char], self._sureness(glimpse))
        for place, at in beam.best.items():
            following.offer(place, Hypothesis(at.cost + left_out, at.words, at.first))
            begun = first if at.first is None else at.first
            if isinstance(place, Node) and begun is not None:  # a name is what was surely seen
                base = at.cost + taken - place.best_cost
                for letter, child in place.children.items():
                    cost = base + child.best_cost + costs[letter]
                    following.offer(child, Hypothesis(cost, at.words, begun))
        return following.pruned(self.options)

    def _follow_tree(
        self, following: Beam, node: Node, at: Hypothesis, costs: list[float], seen: int
    ) -> None:
        """Take the letter as any that can follow in a word, also after one that was missed."""
        base = at.cost - node.best_cost
        for letter, child in node.children.items():
            cost = base + child.best_cost + costs[letter]
            following.offer(child, Hypothesis(cost, at.words, at.first))
            if grandchild := child.children.get(seen):
                paid = -math.log(self.options.doubled) if letter == seen else following.missed_cost
                cost = base + grandchild.best_cost + paid + costs[seen]
                following.offer(grandchild, Hypothesis(cost, at.words, at.first))

    def end_word(
        self,
        into: Beam,
        place: Place,
        at: Hypothesis,
        signs: Sequence[Letter],
        stop: int,
        boundary_cost: float,
    ) -> None:
        """Offer the hypothesis with its word ended before sign `stop`, if a word can end here."""
        root = into.root
        if at.first is None:  # no letter since the last word
            into.offer(root, Hypothesis(at.cost + boundary_cost, at.words))
            return
        text, ending = self._ending(place, into.missed_cost)
        total = at.cost + ending + boundary_cost + root.best_cost
        total += self.after(at.words[1].text if at.words else into.before, text)
        rival = into.best.get(root)
        if total < (math.inf if rival is None else rival.cost):
            spelled = [sign for sign in signs[at.first : stop] if sign.char != SPACE]
            text = text or "".join(sign.char for sign in spelled)
            word = Word(text, spelled[0].start_s, spelled[-1].end_s)
            into.offer(root, Hypothesis(total, (at.words, word)))

    def after(self, before: str, word: str) -> float:
        """What `word` costs after the word `before` more than anywhere."""
        follows = self.options.follows
        return -math.log(1 - follows + follows * self.lexicon.gain(before, word))

    def _ending(self, place: Place, missed_cost: float) -> tuple[str, float]:
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
