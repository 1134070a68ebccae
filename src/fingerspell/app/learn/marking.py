"""What of an answer is right: which letters of a word were missed, taken for others, or put in."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from fingerspell.core.text import edit_distance

Kind = Literal["right", "wrong", "missing", "extra"]
ALMOST_SHARE = 3  # up to one letter in so many may be missed, and one always
ORDINALS = ("1st", "2nd", "3rd")


@dataclass(frozen=True)
class Mark:
    """One letter of a word beside what was typed for it.

    Attributes:
        kind: right; wrong, another one; missing, nothing was typed; extra, the word has no such letter.
        meant: the letter of the word; "" if extra.
        typed: the letter of the answer; "" if missing.
    """

    kind: Kind
    meant: str
    typed: str


def marks(word: str, answer: str) -> list[Mark]:
    """Letter by letter, with as few mistakes as can be (Levenshtein, 1966).

    >>> [mark.kind for mark in marks("HELLO", "HELO")]
    ['right', 'right', 'right', 'missing', 'right']
    """
    rows = [list(range(len(answer) + 1))]
    for i, meant in enumerate(word, 1):
        above, row = rows[-1], [i]
        for j, typed in enumerate(answer, 1):
            row.append(min(above[j] + 1, row[-1] + 1, above[j - 1] + (meant != typed)))
        rows.append(row)
    found: list[Mark] = []
    i, j = len(word), len(answer)
    while i or j:
        here = rows[i][j]
        if i and j and here == rows[i - 1][j - 1] + (word[i - 1] != answer[j - 1]):
            i, j = i - 1, j - 1
            kind: Kind = "right" if word[i] == answer[j] else "wrong"
            found.append(Mark(kind, word[i], answer[j]))
        elif i and here == rows[i - 1][j] + 1:
            i -= 1
            found.append(Mark("missing", word[i], ""))
        else:
            j -= 1
            found.append(Mark("extra", "", answer[j]))
    return _first_of_doubles(found[::-1])


def _first_of_doubles(found: list[Mark]) -> list[Mark]:
    """Of two like letters one of which is missing, the second is the one that is."""
    for i in range(len(found) - 1):
        one, two = found[i], found[i + 1]
        if one.kind == "missing" and two.kind == "right" and one.meant == two.meant:
            found[i], found[i + 1] = two, one
    return found


def is_almost(word: str, answer: str) -> bool:
    """Whether so little is missing that the word was nearly read."""
    return 0 < edit_distance(answer, word) <= max(1, len(word) // ALMOST_SHARE)


def sentence(word: str, answer: str) -> str:
    """What to say of an answer that is wrong, without giving away what was missed.

    >>> sentence("HELLO", "HELO"), sentence("NAME", "MAME")
    ('Almost right: a letter is missing after L.', 'Almost right: the 1st letter is not M.')
    """
    found = marks(word, answer)
    wrong = [mark for mark in found if mark.kind != "right"]
    right = len(word) - sum(mark.kind in ("wrong", "missing") for mark in found)
    if not is_almost(word, answer):
        return f"Not yet: {right} of {len(word)} letters are right."
    if len(wrong) > 1:
        return f"Almost right: {right} of {len(word)} letters are right."
    return f"Almost right: {_hint(found)}."


def _hint(found: Sequence[Mark]) -> str:
    place = next(i for i, mark in enumerate(found) if mark.kind != "right")
    mark = found[place]
    if mark.kind == "missing":
        before = found[place - 1].typed if place else ""
        return f"a letter is missing after {before}" if before else "the 1st letter is missing"
    if mark.kind == "extra":
        return f"{mark.typed}, the {ordinal(place + 1)} letter, is one too many"
    return f"the {ordinal(place + 1)} letter is not {mark.typed}"


def ordinal(number: int) -> str:
    """As one says it.

    >>> ordinal(1), ordinal(12)
    ('1st', '12th')
    """
    return ORDINALS[number - 1] if number <= len(ORDINALS) else f"{number}th"


def missed(found: Sequence[Mark]) -> list[str]:
    """The letters of the word that were not read, in order."""
    return [mark.meant for mark in found if mark.kind in ("wrong", "missing")]
