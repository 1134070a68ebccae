"""Whether a correction is believed, or what was signed stays."""

from dataclasses import dataclass

from fingerspell.core.alphabet import SPACE
from fingerspell.core.lexicon import Lexicon
from fingerspell.core.spelling.options import SpellingOptions
from fingerspell.core.text import Word, edit_distance
from fingerspell.core.text import words as split_words
from fingerspell.core.types import Letter

GLIMPSE = "?"  # stands for one where letters are counted
MOST_INITIALS = 3  # letters of a word that may be an abbreviation: FBI, TV


@dataclass(frozen=True)
class Acceptance:
    """What is believed, by the options and the words there are."""

    lexicon: Lexicon
    options: SpellingOptions

    def uncut(self, words: list[Word], signs: list[Letter]) -> list[Word]:
        """The same words, but the last one as it was signed if it has lost a letter that was sure."""
        last = words[-1]
        seen = [sign for sign in signs if last.start_s <= sign.start_s]
        return words if self.keeps_sure_letters([last], seen) else words[:-1] + split_words(seen)

    def keeps_sure_letters(self, words: list[Word], signs: list[Letter]) -> bool:
        """Whether words, the last one first, have all letters that were surely seen, in their order."""
        left = iter("".join(word.text for word in reversed(words)))
        sure = (
            sign.char
            for sign in signs
            if sign.char != SPACE and sign.probability >= self.options.lone_sure
        )
        return all(char in left for char in sure)

    def if_likely(self, word: Word, signs: list[Letter]) -> list[Word]:
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


def _with_glimpses(seen: list[Letter], signs: list[Letter]) -> str:
    """The letters `seen` and, between them and up to the next of `signs`, the glimpses."""
    spelled = "".join(GLIMPSE * len(sign.glimpses) + sign.char * (sign.char != SPACE) for sign in seen)
    following = [sign for sign in signs if sign.start_s >= seen[-1].end_s][:1]
    return spelled + "".join(GLIMPSE * len(s.glimpses) for s in following if s.char == SPACE)
