"""English: the words, how frequent they are, and what the bundled model takes for what.

The words come with symspellpy (MIT): 82,765 words, those that Google's book n-grams and SCOWL agree
on, with their counts in books. Only its list is used; the search is `core.spelling`.
"""

import json
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fingerspell.core.alphabet import LETTERS
from fingerspell.core.confusions import Confusions
from fingerspell.core.lexicon import Lexicon
from fingerspell.core.spelling import Speller, SpellingOptions
from fingerspell.errors import MediaError

WORD_LIST = "frequency_dictionary_en_82_765.txt"


@cache
def word_counts() -> dict[str, float]:
    """English words and their counts in books."""
    lines = (files("symspellpy") / WORD_LIST).read_text("utf-8-sig").splitlines()
    return {word: float(count) for word, count in (line.split() for line in lines)}


def confusion_counts() -> NDArray[np.float64]:
    """How often the bundled model took a letter (row) for another (column), A to Z, [26, 26].

    Made by `scripts/reader/confusions.py`.
    """
    text = (files("fingerspell") / "assets" / "confusions.json").read_text()
    document = json.loads(text)
    if tuple(document["letters"]) != LETTERS:
        raise ValueError("confusions.json does not name the letters A to Z in order")
    return np.array(document["counts"], float)


def load_confusions() -> Confusions:
    """What the bundled model takes for what."""
    return Confusions(confusion_counts())


def load_speller(own_words: Iterable[str] = (), options: SpellingOptions | None = None) -> Speller:
    """A speller of English that knows `own_words`, names for example, as well."""
    return Speller(Lexicon(word_counts(), own_words), load_confusions(), options)


def read_words(path: Path) -> list[str]:
    """The words of a file: separated by white space or commas; lines that begin with # are left out.

    Raises:
        MediaError: the file cannot be read as text, or holds a word that cannot be spelled.
    """
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise MediaError(f"{path} cannot be read as a list of words: check the path.") from error
    words = [
        word for line in lines if not line.startswith("#") for word in line.replace(",", " ").split()
    ]
    for word in words:
        if not (word.isascii() and word.isalpha()):
            raise MediaError(f"{path} holds {word!r}, which the letters A to Z cannot spell: mend it.")
    return words
