"""Lists of words to read: those that come with the app, and one's own."""

import re
import tomllib
import unicodedata
from collections.abc import Collection, Sequence
from functools import cache
from importlib.resources import files
from random import Random
from typing import NamedTuple

from fingerspell.app.learn.letters import ROMAN, VOWELS
from fingerspell.core.alphabet import LETTERS
from fingerspell.errors import AppError
from fingerspell.runtime.language import word_counts

COMMON, DOUBLES, OWN = "Common words", "Double letters", "My own list"
LISTED = ("Names", "Places", "Brands", "Abbreviations")
LISTS = (COMMON, *LISTED, DOUBLES, OWN)
SHORTEST, LONGEST = 2, 12  # letters of a word that can be chosen
COMMONEST, COMMONEST_DOUBLES = 2000, 8000  # most frequent words, of which the lists are taken
PARAMETER, LONGEST_LINK = "words", 2000  # of a link to a list: its name, and characters in all
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


class OwnWords(NamedTuple):
    """A list of one's own.

    Attributes:
        words: the first `MOST_OWN` of them.
        others: what letters do not spell.
        n_cut: words that were left out since there are too many.
    """

    words: list[str]
    others: list[str]
    n_cut: int


def own_words(text: str) -> OwnWords:
    """Words of a list of one's own; between spaces, commas, semicolons or lines.

    Apostrophes, hyphens and accents fall away; lines that begin with # are not read.

    >>> own_words("Zoé, O'Brien; R2D2")
    OwnWords(words=['ZOE', 'OBRIEN'], others=['R2D2'], n_cut=0)
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
    return OwnWords(list(words)[:MOST_OWN], list(others), max(0, len(words) - MOST_OWN))


def link_to(page: str, words: Sequence[str]) -> str | None:
    """An address that opens a list of words: the words are in it, and nowhere else.

    Args:
        page: address of the page "Learn".
        words: in letters A to Z.

    Returns:
        The address, or None if it would be too long for some browsers and messengers.
    """
    address = f"{page.partition('?')[0].partition('#')[0]}?{PARAMETER}={'.'.join(words)}"
    return address if len(address) <= LONGEST_LINK else None


def words_of_link(value: str) -> str:
    """The text of a list that a link holds."""
    return " ".join(value[:LONGEST_LINK].split("."))


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
