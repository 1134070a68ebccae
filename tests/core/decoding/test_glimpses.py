import math

import numpy as np
import pytest

from fingerspell.core.alphabet import LETTERS
from fingerspell.core.decoding.glimpses import Glimpses

FRAME_S = 0.1


def letters(**probabilities: float) -> np.ndarray:
    seen = np.full(len(LETTERS), 0.01)
    for letter, probability in probabilities.items():
        seen[LETTERS.index(letter)] = probability
    return seen


def watch(glimpses: Glimpses, from_s: float, *frames: np.ndarray) -> float:
    """Show frames, one every tenth of a second; returns when the last of them ends."""
    for frame in frames:
        glimpses.see(from_s, from_s + FRAME_S, frame.tolist())
        from_s += FRAME_S
    return from_s


def chars(glimpses: Glimpses, next_s: float) -> tuple[str, str]:
    after, nearer = glimpses.before(next_s)
    return "".join(g.char for g in after), "".join(g.char for g in nearer)


def test_a_letter_that_is_ahead_for_a_while_is_a_glimpse():
    glimpses = Glimpses(LETTERS, 0.12, hold_s=0.15, reach_s=0.85)
    glimpses.begin(1.0)
    end_s = watch(glimpses, 1.1, letters(A=0.2), letters(A=0.3, B=0.1), letters(A=0.2), letters())
    after, nearer = glimpses.before(end_s + 0.01)
    assert nearer == ()
    [glimpse] = after
    assert (glimpse.char, glimpse.probability) == ("A", 0.3)
    assert (glimpse.start_s, glimpse.end_s) == pytest.approx((1.1, 1.4))


def test_what_is_short_or_faint_or_not_ahead_is_none():
    glimpses = Glimpses(LETTERS, 0.12, hold_s=0.15, reach_s=0.85)
    short, faint = letters(A=0.2), letters(B=0.11)
    behind = letters(C=0.2, D=0.3)
    end_s = watch(glimpses, 0.0, short, faint, faint, faint, behind, behind, letters())
    assert chars(glimpses, end_s) == ("", "D")


def test_what_is_still_ahead_is_the_next_sign_itself():
    glimpses = Glimpses(LETTERS, 0.12, hold_s=0.15, reach_s=0.85)
    end_s = watch(glimpses, 0.0, *[letters(A=0.2)] * 3, *[letters(B=0.4)] * 3)
    assert chars(glimpses, end_s - 2.9 * FRAME_S) == ("", "A")


def test_each_belongs_to_the_nearer_sign_and_is_forgotten_far_from_both():
    glimpses = Glimpses(LETTERS, 0.12, hold_s=0.15, reach_s=0.85)
    glimpses.begin(0.0)
    for letter, start_s in (("A", 0.3), ("B", 3.0), ("C", 9.0)):
        watch(glimpses, start_s, *[letters(**{letter: 0.2})] * 2, letters())
    assert chars(glimpses, 9.5) == ("A", "C")
    assert chars(glimpses, 3.5) == ("A", "")  # C came after that
    glimpses.begin(9.6)
    assert chars(glimpses, 10.0) == ("", "")


def test_ten_minutes_without_a_sign_leave_little_behind():
    glimpses = Glimpses(LETTERS, 0.12, hold_s=0.15, reach_s=0.85)
    frames = [letters(**{"AB"[i // 2 % 2]: 0.2}) for i in range(6000)]
    end_s = watch(glimpses, 0.0, *frames)
    after, nearer = glimpses.before(end_s)
    assert after == ()
    assert 1 < len(nearer) <= math.ceil(0.85 / (2 * FRAME_S))
    assert len(glimpses._seen) <= 2 * len(nearer)
