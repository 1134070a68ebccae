"""Letters and digits of one hand shape: O and 0, V and 2, W and 6, F and 9.

The signs beside them in the word tell which is meant. A sign that can only be a letter or only a digit
makes the same of those next to it: VOV4 is 2024, and OF4 is 094, while HOW stays HOW. A word without
such a sign stays if it is known and longer than one letter, and is a number otherwise: OF is a word,
and VO is 20.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

from fingerspell.core.alphabet import DIGITS, LOOK_ALIKES, Alphabet
from fingerspell.core.spelling.speller import Speller
from fingerspell.core.text import runs, typed
from fingerspell.core.types import Letter

InContext = Callable[[Sequence[Letter]], list[Letter]]
_DIGIT_OF = {letter: digit for digit, letter in LOOK_ALIKES.items()}


def in_context_of(alphabet: Alphabet, speller: Callable[[], Speller | None]) -> InContext:
    """What tells letters from digits of an alphabet; where none look alike, signs stay as they are.

    Args:
        alphabet: the classes that are read.
        speller: gives the one whose words are known, once that is needed; without one, no word is.
    """
    if not alphabet.look_alikes:
        return list

    def is_word(text: str) -> bool:
        knows = speller()
        return knows is not None and text in knows.lexicon

    return lambda signs: in_context(signs, is_word)


def in_context(signs: Sequence[Letter], is_word: Callable[[str], bool]) -> list[Letter]:
    """The signs, each that may be a letter or a digit as what the others make of it.

    Args:
        signs: every sign, `space` and `del` among them, in order of time.
        is_word: whether letters are a word; without a list of words, none is.
    """
    meant: dict[int, Letter] = {}
    for run in runs(typed(signs)):
        chars = _meant([LOOK_ALIKES.get(sign.char, sign.char) for sign in run], is_word)
        meant |= {id(sign): replace(sign, char=char) for sign, char in zip(run, chars, strict=True)}
    return [meant.get(id(sign), sign) for sign in signs]


def _meant(chars: list[str], is_word: Callable[[str], bool]) -> list[str]:
    """What the signs of one word are, each of which may be a digit written as its letter."""
    sure = [place for place, char in enumerate(chars) if char not in _DIGIT_OF]
    if not sure:
        word = "".join(chars)
        is_known = len(word) > 1 and is_word(word)
        return chars if is_known else [_DIGIT_OF[char] for char in chars]
    return [_beside(chars, place, sure) for place in range(len(chars))]


def _beside(chars: list[str], place: int, sure: list[int]) -> str:
    """One sign by the nearest that is sure; of two as near, the one before."""
    nearest = chars[min(sure, key=lambda other: abs(other - place))]
    return _DIGIT_OF.get(chars[place], chars[place]) if nearest in DIGITS else chars[place]
