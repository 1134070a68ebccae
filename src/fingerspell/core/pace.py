"""How fast fingerspelling goes: shares and limits that studies of fluent signers report.

Lessons (`app.learn.motion`) and training (`training.sequence.motion`) move hands with it.
"""

LONGER_ENDS = (
    1.6  # times as long as the others, the first and the last letter are held; people: 1 to 2.2
)
HOLD_SHARE = 0.5  # of a letter's time in which the hand stays; people: 0.35 to 0.7
SHORTEST_WAY_S, SHORTEST_DOUBLE_WAY_S = 0.035, 0.09  # no hand goes faster from letter to letter
SLOWEST_DRAWING_RATE = 2.0  # letters a second, above which J and Z are drawn faster, too


def way_s(letter_s: float, hold_share: float, *, is_double: bool) -> float:
    """Seconds from one letter to the next, where a letter and its way take `letter_s`.

    >>> way_s(0.5, 0.5, is_double=False), way_s(0.1, 0.5, is_double=True)
    (0.25, 0.09)
    """
    return max(letter_s * (1 - hold_share), SHORTEST_DOUBLE_WAY_S if is_double else SHORTEST_WAY_S)


def drawing_share(letters_per_s: float) -> float:
    """How much of its own time drawing a J or a Z takes in a word of that speed.

    >>> drawing_share(1), drawing_share(4)
    (1.0, 0.5)
    """
    return min(1.0, SLOWEST_DRAWING_RATE / letters_per_s)
