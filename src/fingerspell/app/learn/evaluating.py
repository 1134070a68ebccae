"""Whether what was signed is what was asked for."""

from collections.abc import Sequence
from dataclasses import dataclass

from fingerspell.app.learn.correcting import Correction, correction
from fingerspell.app.learn.letters import advice, is_on_the_way
from fingerspell.app.learn.measures import middle_of
from fingerspell.app.live.trace import Trace
from fingerspell.core.alphabet import LETTERS
from fingerspell.core.types import Letter


@dataclass(frozen=True)
class Evaluation:
    """How far a learner has come with a letter or a word.

    Attributes:
        done: letters of it that were signed, in order.
        advice: what to change in the letter that is being tried; "" if nothing was wrong with it.
        mistakes: letters asked for, each with what was read instead, in order.
        part: of the hand, that the advice is on; "" if it is on none.
    """

    done: int
    advice: str
    mistakes: tuple[tuple[str, str], ...]
    part: str = ""


NOTHING_YET = Evaluation(0, "", ())
UNSEEN = Trace()  # of signs whose landmarks are not known


def evaluate(target: str, signs: Sequence[Letter], trace: Trace = UNSEEN) -> Evaluation:
    """Evaluate all that was signed since `target` was shown.

    Every sign counts until the right one comes; `space` and `del` are passed over. The way into J and
    Z, by I and D, is no mistake.

    Args:
        target: the letter or word.
        signs: that were read.
        trace: where the hand was meanwhile.
    """
    done, wrong, mistakes = 0, None, []
    for sign in signs:
        if done == len(target):
            break
        asked = target[done]
        if sign.char == asked:
            done, wrong = done + 1, None
        elif sign.char in LETTERS:
            wrong = sign
            if not is_on_the_way(asked, sign.char):
                mistakes.append((asked, sign.char))
    if wrong is None:
        return Evaluation(done, "", tuple(mistakes))
    off = correct(target[done], wrong, trace)
    say = advice(target[done], wrong.char, off.sentence if off else "")
    return Evaluation(done, say, tuple(mistakes), off.part if off else "")


def correct(asked: str, sign: Letter, trace: Trace) -> Correction | None:
    """What was off in the hand that made a sign, where `asked` was asked for."""
    hands = [hand for _, hand in trace.between(sign.start_s, sign.end_s)]
    return correction(asked, middle_of(hands), sign.char) if hands else None
