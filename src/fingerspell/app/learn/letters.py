"""How each letter is signed, which letters are confused, and what a level holds."""

from collections.abc import Sequence
from functools import cache

from fingerspell.core.alphabet import LETTERS, MOVING_LETTERS
from fingerspell.runtime.language import confusion_counts, word_counts

HOW = {
    "A": "make a fist with the thumb beside the index finger",
    "B": "hold four fingers up and together, with the thumb across the palm",
    "C": "curve your fingers and thumb as if around a glass",
    "D": "point the index finger up and touch the thumb with the other fingertips",
    "E": "curl all fingertips down onto the thumb",
    "F": "touch the thumb with the index finger and spread the other three fingers",
    "G": "point the index finger and thumb sideways, with a small gap between them",
    "H": "point the index and middle finger sideways, together",
    "I": "make a fist and raise the little finger",
    "J": "start with I; draw a J with the little finger, down and round, and turn your wrist "
    "until the palm faces you",
    "K": "raise the index and middle finger, with the thumb touching between them",
    "L": "point the index finger up and the thumb out, like the letter",
    "M": "tuck the thumb under three fingers",
    "N": "tuck the thumb under two fingers",
    "O": "round all fingertips until they meet the thumb",
    "P": "make a K and point it down",
    "Q": "make a G and point it down",
    "R": "cross the middle finger over the index finger",
    "S": "make a fist with the thumb across the front of the fingers",
    "T": "make a fist with the thumb between the index and middle finger",
    "U": "raise the index and middle finger, close together",
    "V": "raise the index and middle finger, spread apart",
    "W": "raise three fingers and spread them",
    "X": "make a fist and raise the index finger, bent like a hook",
    "Y": "stretch out the thumb and little finger, and fold the others",
    "Z": "point with the index finger and draw a Z in the air: across, down at a slant, across; "
    "move the whole hand, and keep the palm forward",
}

# The same for who looks at a hand: "Q is a G pointing down."
WHAT = {
    "A": "a fist with the thumb beside it",
    "B": "a flat hand with the thumb across the palm",
    "C": "a hand curved like the letter",
    "D": "one finger up, the others round on the thumb",
    "E": "fingertips curled down onto the thumb",
    "F": "index finger and thumb in a ring, three fingers up",
    "G": "index finger and thumb pointing sideways",
    "H": "two fingers pointing sideways",
    "I": "a fist with the little finger up",
    "J": "an I that draws a hook",
    "K": "two fingers up with the thumb between them",
    "L": "index finger up and thumb out",
    "M": "a fist with three fingers over the thumb",
    "N": "a fist with two fingers over the thumb",
    "O": "a hand rounded like the letter",
    "P": "a K pointing down",
    "Q": "a G pointing down",
    "R": "two crossed fingers",
    "S": "a fist with the thumb across the front",
    "T": "a fist with the thumb between two fingers",
    "U": "two fingers up, close together",
    "V": "two fingers up, spread apart",
    "W": "three fingers up, spread apart",
    "X": "a fist with the index finger bent like a hook",
    "Y": "thumb and little finger stretched out",
    "Z": "one finger that draws the letter",
}

# What turns the second letter into the first, where one change does it.
MEND = {
    "RU": "cross the fingers",
    "RV": "bring the fingers together and cross them",
    "UR": "hold the fingers side by side, not crossed",
    "UV": "close the gap between the fingers",
    "VU": "spread the fingers apart",
    "VK": "take the thumb away from the fingers",
    "KV": "put the thumb between the fingers",
    "SA": "bring the thumb across the front of the fingers",
    "AS": "put the thumb beside the fist",
    "TS": "put the thumb between index and middle finger",
    "ST": "bring the thumb out to the front",
    "MA": "put the thumb under three fingers",
    "NA": "put the thumb under two fingers",
    "FB": "touch the thumb with the index finger",
    "MN": "put three fingers over the thumb, not two",
    "NM": "put two fingers over the thumb, not three",
    "NT": "push the thumb on, under two fingers",
    "TN": "put one finger over the thumb, not two",
    "TL": "fold the index finger over the thumb",
    "ES": "put the fingertips onto the thumb",
    "SE": "close the fist, with the thumb in front",
    "GH": "point with one finger, the thumb beside it",
    "HG": "point with two fingers together",
    "WV": "raise the ring finger, too",
    "VW": "fold the ring finger",
    "DX": "straighten the index finger",
    "XD": "bend the index finger like a hook",
    "IY": "fold the thumb in",
    "YI": "stretch out the thumb, too",
    "PK": "point the hand down",
    "KP": "point the hand up",
    "QG": "point the hand down",
    "GQ": "point the hand sideways",
}

# The parts of the hand (`measures.PARTS`) in which two letters differ by these descriptions, either way
# round. What is measured as off elsewhere is not what makes the one look like the other.
_FOUR = ("index", "middle", "ring", "little")
_DIFFER = {
    "UV": ("gap",),
    "UR": ("gap",),
    "RV": ("gap",),
    "MN": ("ring", "thumb"),
    "AS": ("thumb",),
    "AT": ("thumb", "index"),
    "ST": ("thumb", "index"),
    "AE": ("thumb", *_FOUR),
    "ES": ("thumb", *_FOUR),
    "ET": ("thumb", *_FOUR),
    "NT": ("thumb", "middle", "index"),
    "AM": ("thumb",),
    "AN": ("thumb",),
    "MS": ("thumb",),
    "NS": ("thumb",),
    "KV": ("thumb", "middle", "gap"),
    "DG": ("pointing", "thumb", "palm", "middle", "ring", "little"),
    "DL": ("thumb", "middle", "ring", "little"),
    "DX": ("index",),
    "GH": ("middle", "gap", "thumb"),
    "GL": ("pointing", "thumb", "palm"),
    "HU": ("pointing",),
    "VW": ("ring", "ring gap"),
    "BF": ("index", "thumb", "gap", "ring gap"),
    "BW": ("little", "gap", "ring gap"),
    "FW": ("index", "little", "thumb"),
    "IY": ("thumb",),
    "EO": ("thumb", "palm", *_FOUR),
    "CO": ("thumb", *_FOUR),
    "KP": ("pointing", "palm", "middle"),
    "GQ": ("pointing", "palm"),
}
DIFFER = {frozenset(pair): parts for pair, parts in _DIFFER.items()}

# How the letters that move begin.
BEGINNINGS = {
    "JI": "J starts like I. Now draw the hook and turn your wrist.",
    "ZD": "Z starts like D. Now draw the Z in the air.",
}

EASY, STILL, EVERY = "Easy letters", "All except J and Z", "All letters"
LEVELS = {
    EASY: "rarely confused with others",
    STILL: "J and Z move, so they come last",
    EVERY: "with J and Z, which move",
}
WORD_LENGTHS = {EASY: (2, 5), STILL: (4, 5), EVERY: (5, 8)}
WORDS_A_LEVEL = {EASY: 24, STILL: 150, EVERY: 150}  # the most frequent ones
FEWEST_WORDS = 2  # so that another can be asked for
VOWELS, ROMAN = frozenset("AEIOUY"), frozenset("IVX")  # lists of words hold abbreviations and numbers


def advice(meant: str, seen: str, what_is_off: str = "") -> str:
    """What to change when `seen` was read and `meant` was asked for.

    Args:
        meant: the letter that was asked for.
        seen: the one that was read.
        what_is_off: a sentence on the hand, if something is clearly off; else the description says it.

    >>> advice("R", "U")
    'That looked like U. For R, cross the fingers.'
    """
    if is_on_the_way(meant, seen):
        return BEGINNINGS[meant + seen]
    instead = what_is_off or f"For {meant}, {MEND.get(meant + seen, HOW[meant])}."
    return f"That looked like {seen}. {instead}"


def is_on_the_way(meant: str, seen: str) -> bool:
    """Whether `seen` is how `meant` begins: J begins as I, and Z as D."""
    return meant + seen in BEGINNINGS


@cache
def look_alikes(letter: str) -> tuple[str, ...]:
    """The letters that the bundled model confuses with `letter`; most often first."""
    counts = confusion_counts()
    place = LETTERS.index(letter)
    taken = {
        other: counts[place][i] + counts[i][place]
        for i, other in enumerate(LETTERS)
        if other != letter and counts[place][i] + counts[i][place] > 0
    }
    return tuple(sorted(taken, key=lambda other: -taken[other]))


def listed(letters: Sequence[str]) -> str:
    """As one says it.

    >>> listed("LAMN")
    'L, A, M and N'
    """
    *first, last = letters
    return f"{', '.join(first)} and {last}" if first else last


@cache
def letters_of(level: str) -> tuple[str, ...]:
    """The letters that are practised at a level, those that are rarely confused first."""
    ordered = sorted(
        LETTERS, key=lambda letter: (letter in MOVING_LETTERS, len(look_alikes(letter)) > 0)
    )
    if level == EASY:
        ordered = [letter for letter in ordered if not look_alikes(letter)]
    return tuple(x for x in ordered if level == EVERY or x not in MOVING_LETTERS)


@cache
def words_of(level: str) -> tuple[str, ...]:
    """Frequent English words of a level's letters; longer ones as it grows harder."""
    shortest, longest = WORD_LENGTHS[level]
    counts, letters = word_counts(), frozenset(letters_of(level))
    fit = [
        upper
        for upper in map(str.upper, counts)
        if shortest <= len(upper) <= longest
        and set(upper) <= letters
        and VOWELS & set(upper)
        and not set(upper) <= ROMAN
    ]
    # Which letters are easy is the model's matter, and words may not be made of them.
    if level == EASY and len(fit) < FEWEST_WORDS:
        return words_of(STILL)
    fit.sort(key=lambda word: -counts[word.lower()])
    return tuple(fit[: WORDS_A_LEVEL[level]])
