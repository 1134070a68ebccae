"""What pages say of a picture, from the probabilities of its signs."""

from collections.abc import Sequence

from fingerspell.core.alphabet import ASL, Alphabet, Role, role_of

MOST_LISTED = 5  # signs of a picture
LEAST_LISTED = 0.005  # probability of a sign that is listed; what is less would be shown as 0 %
HAND_THERE = 0.5  # probability of a hand, from which on it is drawn


def likeliest(
    probabilities: Sequence[float], alphabet: Alphabet = ASL
) -> tuple[tuple[str, float], ...]:
    """The likeliest signs of an alphabet with their probabilities, likeliest first."""
    ordered = sorted(zip(alphabet.classes, probabilities, strict=True), key=lambda each: -each[1])
    listed = (each for each in ordered[1:MOST_LISTED] if each[1] >= LEAST_LISTED)
    return (ordered[0], *listed)


def letter_of(best: Sequence[tuple[str, float]], *, has_hand: bool) -> str:
    """What a picture types; "" where no hand, or no such sign, was seen."""
    sign = best[0][0]
    is_typed = role_of(sign) not in (Role.EDITING, Role.NOTHING)
    return sign if has_hand and is_typed else ""
