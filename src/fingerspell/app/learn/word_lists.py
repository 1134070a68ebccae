"""Lists of words to read: those that come with the app, and one's own."""

import re
import tomllib
import unicodedata
from collections.abc import Collection, Sequence
from functools import cache
from importlib.resources import files
from random import Random

from fingerspell.app.learn.letters import ROMAN, VOWELS
from fingerspell.core.alphabet import LETTERS
from fingerspell.errors import AppError
from fingerspell.runtime.language import word_counts

COMMON, DOUBLES, OWN = "Common words", "Double letters", "My own list"
LISTED = ("Names", "Places", "Brands", "Abbreviations")
LISTS = (COMMON, *LISTED, DOUBLES, OWN)
SHORTEST, LONGEST = 2, 12  # letters of a word that can be chosen
COMMONEST, COMMONEST_DOUBLES = 2000, 8000  # most frequent words, of which the lists are taken
MOST_OWN, LONGEST_OWN = 2000, 24  # words, and letters of each
LOOKED_AT = 40  # words of which the one with most of what is due is asked for

_BETWEEN = re.compile(r"[\s,;]+")
_WITHIN = re.compile(r"['\u2019.\-]")  # which nobody fingerspells


@cache
def words_in(name: str) -> tuple[str, ...]:
    """The words of a list that comes with the app."""
    if name == COMMON:
        return _common(COMMONEST)
    if name == DOUBLES:
        return tuple(word for word in _common(COMMONEST_DOUBLES) if re.search(r"(.)\1", word))
    text = (files("fingerspell.app.learn") / "word_lists.toml").read_text("utf-8")
    return tuple(tomllib.loads(text)[name.lower()].split())


@cache
def _common(number: int) -> tuple[str, ...]:
    counts = word_counts()
    frequent = sorted(counts, key=lambda word: -counts[word])[:number]
    words = [word.upper() for word in frequent if word.isascii() and word.isalpha()]
    return tuple(
        word
        for word in words
        if SHORTEST <= len(word) <= LONGEST and VOWELS & set(word) and not set(word) <= ROMAN
    )


def own_words(text: str) -> tuple[list[str], list[str]]:
    """Words of a list of one's own, and what is none; between spaces, commas, semicolons or lines.

    Apostrophes, hyphens and accents fall away; lines that begin with # are not read.

    >>> own_words("Zoé, O'Brien; R2D2")
    (['ZOE', 'OBRIEN'], ['R2D2'])
    """
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    words: dict[str, None] = {}
    others: dict[str, None] = {}
    for part in filter(None, _BETWEEN.split("\n".join(lines))):
        plain = unicodedata.normalize("NFKD", _WITHIN.sub("", part))
        word = "".join(char for char in plain if not unicodedata.combining(char)).upper()
        if 0 < len(word) <= LONGEST_OWN and set(word) <= set(LETTERS):
            words[word] = None
        else:
            others[part] = None
    return list(words)[:MOST_OWN], list(others)


def text_of(content: bytes, name: str) -> str:
    """The text of a file that was chosen.

    Raises:
        AppError: it is none.
    """
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise AppError(f"{name} is no text in UTF-8: save it as UTF-8.") from error


def of_length(words: Sequence[str], shortest: int, longest: int) -> list[str]:
    """Those of that many letters."""
    return [word for word in words if shortest <= len(word) <= longest]


def choose_word(
    words: Sequence[str], due: Collection[str], rng: Random, recent: Collection[str] = ()
) -> str:
    """A random word, of those with most of what is due.

    Args:
        words: to choose from.
        due: letters, and pairs of letters, which count where the word has one of them, twice for both.
        rng: chooses.
        recent: words that were just asked for.
    """
    choice = [word for word in words if word not in recent] or list(words)
    looked_at = rng.sample(choice, min(len(choice), LOOKED_AT))
    return max(looked_at, key=lambda word: sum(len(set(item) & set(word)) for item in due))
