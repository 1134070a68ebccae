"""From signs to text: what `space` and `del` do, where words begin and end, and how to show them."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Protocol, TypeVar

from fingerspell.core.alphabet import DELETE, JOINER, NOTHING, SPACE, Role, role_of


class _Sign(Protocol):
    @property
    def char(self) -> str: ...
    @property
    def start_s(self) -> float: ...
    @property
    def end_s(self) -> float: ...


S = TypeVar("S", bound=_Sign)


# What a viewer can read, as subtitlers have it (for example BBC and Netflix).
LINE_LETTERS = 42  # longest line
CUE_MAX_S = 6.0  # longest time for which several words stand together
CUE_MIN_S = 1.0  # shortest time for which a cue stands, unless the next one comes
CUE_GAP_S = 2.0  # words further apart never stand together

HELD_S = 0.15  # before the end of a video, within which a hand has no time to come down


@dataclass(frozen=True)
class Word:
    """A word and when it was signed, in seconds from the start of its first letter."""

    text: str
    start_s: float
    end_s: float


def typed(signs: Iterable[S]) -> list[S]:
    """The signs that are left once each `del` has taken back the one before it."""
    left: list[S] = []
    for sign in signs:
        if sign.char == DELETE:
            del left[-1:]
        elif sign.char != NOTHING:
            left.append(sign)
    return left


def is_own_sign(char: str) -> bool:
    """Whether a sign stands for a word: it is no letter, digit, `space`, `del` or `nothing`."""
    return role_of(char) is Role.SIGN


def written(char: str) -> str:
    """How a sign is written: an own sign as one word in capitals.

    >>> written("A"), written("thank_you"), written("C+H")
    ('A', 'THANK-YOU', 'CH')
    """
    if char == SPACE:
        return " "
    if is_own_sign(char):
        return "-".join(char.upper().replace("_", " ").split())
    return char if len(char) == 1 else char.replace(JOINER, "")


def runs(signs: Iterable[S]) -> Iterator[list[S]]:
    """The signs of each word, and spaces, one after the other; an own sign is a word by itself."""
    run: list[S] = []
    for sign in signs:
        joins = run and SPACE not in (sign.char, run[-1].char)
        if run and not (joins and not is_own_sign(sign.char) and not is_own_sign(run[-1].char)):
            yield run
            run = []
        run.append(sign)
    if run:
        yield run


def compose(signs: Iterable[S]) -> str:
    """The text that signs type: H, J, del, I, space, Y, O makes `HI YO`.

    An own sign stands apart from what is beside it: H, I, ILY makes `HI ILY`.
    """
    text = ""
    for run in runs(typed(signs)):
        piece = "".join(written(sign.char) for sign in run)
        text += " " * (" " not in (piece[:1], text[-1:]) and bool(text)) + piece
    return text


def is_cut_off(signs: Sequence[_Sign], end_s: float) -> bool:
    """Whether a video that ends at `end_s` ends within a word: while its last sign is held."""
    return bool(signs) and signs[-1].char != SPACE and end_s - signs[-1].end_s <= HELD_S


def plain(text: str) -> str:
    """Capitals with single spaces, as texts are signed and compared."""
    return " ".join(text.upper().split())


def named(char: str) -> str:
    """A character by name, where nothing would be seen of it."""
    return SPACE if char == " " else char


def words(signs: Iterable[S]) -> list[Word]:
    """The words of `compose`, each with when it was signed."""
    return [_word(run) for run in runs(typed(signs)) if run[0].char != SPACE]


@dataclass(frozen=True)
class Cue:
    """Words that are shown together, from `start_s` to `end_s`."""

    words: tuple[Word, ...]
    start_s: float
    end_s: float

    @property
    def text(self) -> str:
        """The words on one line."""
        return " ".join(word.text for word in self.words)


def cues(words: Iterable[Word]) -> list[Cue]:
    """Words in groups that can be read: one line each, neither too long nor too short to see."""
    groups: list[list[Word]] = []
    for word in words:
        if groups and _fits(groups[-1], word):
            groups[-1].append(word)
        else:
            groups.append([word])
    starts = [group[0].start_s for group in groups[1:]]
    return [_cue(group, next_s) for group, next_s in zip_longest(groups, starts)]


def letter_times(word: Word, signs: Sequence[S]) -> list[float]:
    """When each letter of a word begins, in seconds.

    The letters that were signed say so; where correction changed their number,
    the word's time is shared evenly.
    """
    seen = [sign for sign in typed(signs) if word.start_s <= sign.start_s and sign.end_s <= word.end_s]
    seen = [sign for sign in seen if sign.char != SPACE]
    if len(seen) == len(word.text):
        return [sign.start_s for sign in seen]
    step_s = (word.end_s - word.start_s) / len(word.text)
    return [word.start_s + i * step_s for i in range(len(word.text))]


def edit_distance(seen: str, meant: str, joker: str = "") -> int:
    """Letters to change, leave out or add to make one text of the other (Levenshtein, 1966).

    A `joker` in `seen` stands for any letter, or for none.
    """
    row = list(range(len(meant) + 1))
    for a in seen:
        diagonal, row[0] = row[0], row[0] + (a != joker)
        for j, b in enumerate(meant, 1):
            left_out, changed = row[j] + (a != joker), diagonal + (a not in (b, joker))
            diagonal, row[j] = row[j], min(left_out, row[j - 1] + 1, changed)
    return row[-1]


def _fits(group: list[Word], word: Word) -> bool:
    letters = sum(len(w.text) + 1 for w in group) + len(word.text)
    return (
        letters <= LINE_LETTERS
        and word.end_s - group[0].start_s <= CUE_MAX_S
        and word.start_s - group[-1].end_s <= CUE_GAP_S
    )


def _cue(group: list[Word], next_s: float | None) -> Cue:
    start_s, end_s = group[0].start_s, group[-1].end_s
    end_s = max(end_s, start_s + CUE_MIN_S)
    return Cue(tuple(group), start_s, end_s if next_s is None else min(end_s, next_s))


def _word(signs: list[S]) -> Word:
    return Word("".join(written(sign.char) for sign in signs), signs[0].start_s, signs[-1].end_s)
