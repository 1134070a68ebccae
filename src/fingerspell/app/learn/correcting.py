"""What to say of a part of the hand that is off, in one plain sentence."""

from dataclasses import dataclass

from fingerspell.app.learn.letter_forms import UP, Fault, people_forms
from fingerspell.app.learn.letters import DIFFER
from fingerspell.app.learn.measures import FINGERS, PARTS, Hand

# Where each letter needs the thumb.
THUMB = {
    "A": "beside the index finger",
    "B": "across the palm",
    "C": "curved, opposite the fingers",
    "D": "on the tip of the middle finger",
    "E": "under the fingertips",
    "F": "on the tip of the index finger",
    "G": "beside the index finger",
    "H": "folded over the ring finger",
    "I": "folded over the fingers",
    "K": "between the index and middle finger",
    "L": "stretched out",
    "M": "under three fingers",
    "N": "under two fingers",
    "O": "at the fingertips",
    "P": "between the index and middle finger",
    "Q": "beside the index finger",
    "R": "folded over the ring finger",
    "S": "across the front of the fingers",
    "T": "between the index and middle finger",
    "U": "folded over the ring finger",
    "V": "folded over the ring finger",
    "W": "folded over the little finger",
    "X": "folded over the fingers",
    "Y": "stretched out",
}
_FOUR = tuple(FINGERS)
# The fingers that are neither straight nor folded into the palm, and how a letter needs them.
ROUND = {
    "C": (_FOUR, "round, as if around a glass"),
    "D": (("middle", "ring", "little"), "round, on the thumb"),
    "E": (_FOUR, "curled down onto the thumb"),
    "F": (("index",), "bent down to the thumb"),
    "O": (_FOUR, "round, at the thumb"),
    "X": (("index",), "bent like a hook"),
}
GAPS = {"gap": "index and middle fingers", "ring gap": "middle and ring fingers"}
CROSSED, SPREAD = "R", "FKVW"  # letters with crossed fingers, and with spread ones
NOT_UP = {"G": "sideways", "H": "sideways", "P": "down", "Q": "down"}
FROM_THE_SIDE = "CO"  # letters whose shape shows from the side
EITHER_WAY = "GHPQ"  # letters that show the camera a palm, a back or an edge
APART = 0.35  # palms between two fingertips from which fingers are apart
UPRIGHT, DOWN = 0.7, -0.4  # of `pointing`


@dataclass(frozen=True)
class Correction:
    """What to change in a hand.

    Attributes:
        part: of the hand, to be shown on it.
        sentence: that says it.
    """

    part: str
    sentence: str


def correction(letter: str, hand: Hand, seen: str = "") -> Correction | None:
    """What is off most in a hand that is to sign a letter, or None.

    Args:
        letter: that is asked for.
        hand: its landmarks.
        seen: the letter that was read, if one was.
    """
    among = DIFFER.get(frozenset((letter, seen)), tuple(PARTS))
    for fault in people_forms().faults(letter, hand, seen, among):
        if text := sentence(letter, fault):
            return Correction(fault.part, text)
    return None


def sentence(letter: str, fault: Fault) -> str:
    """What is off, and what the letter needs; "" where both are the same by its description.

    >>> sentence("W", Fault("ring", "ring.reach", 0.1, -6.0, people_forms().letters["W"][0]))
    'Your ring finger is bent; W needs it straight.'
    """
    if fault.part in FINGERS:
        seen, need = _of_finger(letter, fault)
        what = f"{fault.part} finger is"
    elif fault.part in GAPS:
        seen, need = _of_gap(letter, fault)
        what = f"{GAPS[fault.part]} are"
    elif fault.part == "thumb":
        seen, need = _of_thumb(letter, fault)
        what = "thumb is"
    else:
        seen, need = (
            _of_pointing(letter, fault) if fault.part == "pointing" else _of_palm(letter, fault)
        )
        what = "hand" if fault.part == "pointing" else "hand is"
    them = "them" if fault.part in GAPS else "it"
    return f"Your {what} {seen}; {letter} needs {them} {need}." if seen else ""


def _of_finger(letter: str, fault: Fault) -> tuple[str, str]:
    fingers, need = ROUND.get(letter, ((), ""))
    if fault.part in fingers:
        return "too straight" if fault.deviations > 0 else "folded too far", need
    if fault.deviations > 0:
        return "straight" if fault.value > UP else "half open", "folded"
    return ("bent", "straight") if fault.form.needs[fault.part] == "straight" else ("", "")


def _of_gap(letter: str, fault: Fault) -> tuple[str, str]:
    need = "crossed" if letter == CROSSED else "apart" if letter in SPREAD else "side by side"
    if letter == CROSSED and fault.part == "gap":
        return ("not crossed", need) if fault.value > 0 else ("", "")
    if fault.value < 0:
        return "crossed", need
    if fault.deviations > 0:
        return ("apart", need) if need != "apart" else ("", "")
    return ("too close together", need) if need == "apart" else ("", "")


def _of_thumb(letter: str, fault: Fault) -> tuple[str, str]:
    too_far = fault.deviations > 0
    place = {
        "thumb.across": "too far in" if too_far else "too far out",
        "thumb.along": "too high" if too_far else "too low",
        "thumb.straight": "too straight" if too_far else "bent",
    }[fault.measure]
    fine = THUMB[letter] == "stretched out" and place in ("too far out", "too straight")
    return ("", "") if fine else (place, THUMB[letter])


def _of_pointing(letter: str, fault: Fault) -> tuple[str, str]:
    seen = "up" if fault.value > UPRIGHT else "down" if fault.value < DOWN else "sideways"
    need = NOT_UP.get(letter, "up")
    if seen != need:
        return f"points {seen}", f"to point {need}"
    return ("is tilted", "upright") if need == "up" else ("", "")


def _of_palm(letter: str, fault: Fault) -> tuple[str, str]:
    if letter in FROM_THE_SIDE:
        return ("turned to the front", "turned to the side") if fault.deviations > 0 else ("", "")
    is_fault = fault.deviations < 0 and letter not in EITHER_WAY
    return ("turned to the side", "turned to the front") if is_fault else ("", "")
