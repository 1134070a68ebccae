"""Whether what was signed is what was asked for."""

from collections.abc import Sequence
from dataclasses import dataclass

from fingerspell.app.learn.letters import advice, is_on_the_way
from fingerspell.core.alphabet import LETTERS
from fingerspell.core.types import Letter


@dataclass(frozen=True)
class Judgement:
    """How far a learner has come with a letter or a word.

    Attributes:
        done: letters of it that were signed, in order.
        advice: what to change in the letter that is being tried; "" if nothing was wrong with it.
        mistakes: letters asked for, each with what was read instead, in order.
    """

    done: int
    advice: str
    mistakes: tuple[tuple[str, str], ...]


NOTHING_YET = Judgement(0, "", ())


def judge(target: str, signs: Sequence[Letter]) -> Judgement:
    """Judge all that was signed since `target` was shown.

    Every sign counts until the right one comes; `space` and `del` are passed over. The way into J and
    Z, by I and D, is no mistake.
    """
    done, say, mistakes = 0, "", []
    for sign in signs:
        if done == len(target):
            break
        asked = target[done]
        if sign.char == asked:
            done, say = done + 1, ""
        elif sign.char in LETTERS:
            say = advice(asked, sign.char)
            if not is_on_the_way(asked, sign.char):
                mistakes.append((asked, sign.char))
    return Judgement(done, say, tuple(mistakes))
