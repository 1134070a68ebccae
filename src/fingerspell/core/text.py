"""From signs to text: what `space` and `del` do, and where words begin and end."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import Protocol, TypeVar

from fingerspell.core.alphabet import DELETE, NOTHING, SPACE


class _Sign(Protocol):
    @property
    def char(self) -> str: ...
    @property
    def start_s(self) -> float: ...
    @property
    def end_s(self) -> float: ...


S = TypeVar("S", bound=_Sign)


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


def compose(signs: Iterable[S]) -> str:
    """The text that signs type: H, J, del, I, space, Y, O makes `HI YO`."""
    return "".join(" " if sign.char == SPACE else sign.char for sign in typed(signs))


def words(signs: Iterable[S]) -> list[Word]:
    """The words of `compose`, each with when it was signed."""
    runs = groupby(typed(signs), key=lambda sign: sign.char == SPACE)
    return [_word(list(run)) for is_space, run in runs if not is_space]


def _word(signs: list[S]) -> Word:
    return Word("".join(sign.char for sign in signs), signs[0].start_s, signs[-1].end_s)
