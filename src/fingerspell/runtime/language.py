"""English: the words, how frequent they are, and what the bundled model takes for what.

The words come with symspellpy (MIT): 82,765 words, those that Google's book n-grams and SCOWL agree
on, with their counts in books, and 242,342 pairs of them. Only its lists are used; the search is
`core.spelling`. What it lacks and people fingerspell is in `assets/spelled_words.txt`.
"""

import json
import re
from collections.abc import Iterable
from functools import cache
from importlib.resources import as_file, files
from pathlib import Path

from fingerspell.core.alphabet import LETTERS
from fingerspell.core.confusions import Confusions
from fingerspell.core.lexicon import Lexicon
from fingerspell.core.spelling.options import SpellingOptions
from fingerspell.core.spelling.speller import Speller
from fingerspell.errors import MediaError
from fingerspell.texts import read_text, shown

WORD_LIST, PAIR_LIST = "frequency_dictionary_en_82_765.txt", "frequency_bigramdictionary_en_243_342.txt"
_WORDS = re.compile(r"[^\s,;]+")
SPELLED_WORDS = "spelled_words.txt"
SPELLED_PROBABILITY = 1e-5  # of each word of that file


@cache
def word_counts() -> dict[str, float]:
    """English words and their counts in books."""
    lines = (files("symspellpy") / WORD_LIST).read_text("utf-8-sig").splitlines()
    return {word: float(count) for word, count in (line.split() for line in lines)}


def spelled_words() -> list[str]:
    """Words that people fingerspell and that the list of book words lacks."""
    with as_file(files("fingerspell") / "assets" / SPELLED_WORDS) as path:
        return read_words(path)


@cache
def pair_counts() -> dict[str, dict[str, float]]:
    """Pairs of English words that often follow each other, and their counts in books."""
    counts: dict[str, dict[str, float]] = {}
    for line in (files("symspellpy") / PAIR_LIST).read_text("utf-8-sig").upper().splitlines():
        before, word, count = line.split()
        counts.setdefault(before, {})[word] = float(count)
    return counts


def confusion_counts() -> list[list[float]]:
    """How often the bundled model took a letter (row) for another (column), A to Z, [26, 26].

    Made by `scripts/confusions.py`.
    """
    text = (files("fingerspell") / "assets" / "confusions.json").read_text()
    document = json.loads(text)
    if tuple(document["letters"]) != LETTERS:
        raise ValueError("confusions.json does not name the letters A to Z in order")
    return [[float(n) for n in row] for row in document["counts"]]


def load_confusions() -> Confusions:
    """What the bundled model takes for what."""
    return Confusions(confusion_counts())


def load_speller(own_words: Iterable[str] = (), options: SpellingOptions | None = None) -> Speller:
    """A speller of English that knows `own_words`, names for example, as well."""
    counts = word_counts()
    spelled = dict.fromkeys(spelled_words(), SPELLED_PROBABILITY * sum(counts.values()))
    lexicon = Lexicon(counts | spelled, own_words, pairs=pair_counts())
    return Speller(lexicon, load_confusions(), options)


def read_words(path: Path) -> list[str]:
    """The words of a file in UTF-8, between white space, commas or semicolons; lines after a # are not.

    Raises:
        MediaError: the file cannot be read as text, or holds a word that cannot be spelled.
    """
    try:
        lines = read_text(path).splitlines()
    except OSError as error:
        raise MediaError(f"{path} cannot be read ({error.strerror}): check the path.") from error
    except ValueError as error:
        raise MediaError(f"{path} is not UTF-8 text: save it as UTF-8.") from error
    words = [word for line in lines if not line.startswith("#") for word in _WORDS.findall(line)]
    for word in words:
        if not (word.isascii() and word.isalpha()):
            raise MediaError(
                f"{path} holds {shown(word)}, which the letters A to Z cannot spell: correct it."
            )
    return words
