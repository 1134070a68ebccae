"""What a learner is told of each letter, how letters are mistaken, and what a level holds."""

from functools import cache

import numpy as np

from fingerspell.core.alphabet import LETTERS, MOVING_LETTERS
from fingerspell.runtime.language import confusion_counts, word_counts

HOW = {
    "A": "make a fist, with the thumb upright beside the index finger",
    "B": "hold the four fingers up and together, with the thumb across the palm",
    "C": "curve fingers and thumb as if round a glass",
    "D": "point the index finger up, and let the other fingertips meet the thumb",
    "E": "curl all fingertips down onto the thumb",
    "F": "let index finger and thumb meet, with the other three fingers up and spread",
    "G": "point index finger and thumb sideways, with a small gap between them",
    "H": "point index and middle finger sideways, together",
    "I": "make a fist and raise the little finger",
    "J": "raise the little finger and draw a J with it: down, then a hook",
    "K": "raise index and middle finger, with the thumb touching between them",
    "L": "point the index finger up and the thumb out, as the letter is written",
    "M": "tuck the thumb under the first three fingers",
    "N": "tuck the thumb under the first two fingers",
    "O": "round all fingertips until they meet the thumb",
    "P": "make a K and point it down",
    "Q": "make a G and point it down",
    "R": "cross the middle finger over the index finger",
    "S": "make a fist, with the thumb across the front of the fingers",
    "T": "make a fist, with the thumb between index and middle finger",
    "U": "raise index and middle finger, close together",
    "V": "raise index and middle finger, spread apart",
    "W": "raise index, middle and ring finger, spread apart",
    "X": "make a fist, and raise the index finger bent like a hook",
    "Y": "stretch out thumb and little finger, with the others folded",
    "Z": "point with the index finger and draw a Z in the air",
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

# How the letters that move begin.
BEGINNINGS = {
    "JI": "I is how J begins: now draw the hook.",
    "ZD": "D is how Z begins: now draw it in the air.",
}

LEVELS = {
    "Clear shapes": "letters that the reader takes for no other",
    "All still letters": "those too that are easily mistaken for each other",
    "All letters": "with J and Z, which move",
}
WORD_LENGTHS = {"Clear shapes": (3, 3), "All still letters": (4, 5), "All letters": (5, 8)}
WORDS_A_LEVEL = 150  # the most frequent ones


def advice(meant: str, seen: str) -> str:
    """What to change when `seen` was read and `meant` was meant: one sentence.

    >>> advice("R", "U")
    'That reads as U: cross the fingers for R.'
    """
    if is_on_the_way(meant, seen):
        return BEGINNINGS[meant + seen]
    return f"That reads as {seen}: {MEND.get(meant + seen, HOW[meant])} for {meant}."


def is_on_the_way(meant: str, seen: str) -> bool:
    """Whether `seen` is how `meant` begins: J begins as I, and Z as D."""
    return meant + seen in BEGINNINGS


@cache
def look_alikes(letter: str) -> tuple[str, ...]:
    """The letters that the bundled model takes `letter` for, or for `letter`; most often first."""
    counts = confusion_counts()
    place = LETTERS.index(letter)
    taken = counts[place] + counts[:, place]
    taken[place] = 0
    order = np.argsort(-taken, kind="stable")
    return tuple(LETTERS[i] for i in order if taken[i] > 0)


@cache
def letters_of(level: str) -> tuple[str, ...]:
    """The letters that are practised at a level, those that are read most surely first."""
    ordered = sorted(
        LETTERS, key=lambda letter: (letter in MOVING_LETTERS, len(look_alikes(letter)) > 0)
    )
    match list(LEVELS).index(level):
        case 0:
            return tuple(x for x in ordered if not look_alikes(x) and x not in MOVING_LETTERS)
        case 1:
            return tuple(x for x in ordered if x not in MOVING_LETTERS)
        case _:
            return tuple(ordered)


@cache
def words_of(level: str) -> tuple[str, ...]:
    """Frequent English words to practise at a level; longer ones as it grows harder."""
    shortest, longest = WORD_LENGTHS[level]
    counts = word_counts()
    moving = MOVING_LETTERS if level != list(LEVELS)[-1] else frozenset()
    fit = [
        word.upper()
        for word in counts
        if shortest <= len(word) <= longest and word.isalpha() and not moving & set(word.upper())
    ]
    fit.sort(key=lambda word: -counts[word.lower()])
    return tuple(fit[:WORDS_A_LEVEL])
