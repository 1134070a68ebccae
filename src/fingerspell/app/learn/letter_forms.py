"""How far a hand is from a letter: each letter's forms as many people sign it, and what is off.

The table beside this file, `forms.json`, is made by `scripts/reader/letter_forms.py` of the landmarks
of many people. A letter has up to four forms, since people sign it in more than one way. Of a form,
the table holds what is usual of each measure, and how much people differ below and above that. A hand
is compared with the form that it is nearest to.

It needs the standard library alone, as all that pages without a server run (`site/`).
"""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from typing import Any, Literal

from fingerspell.app.learn.measures import FINGERS, MEASURES, PARTS, Hand, measures_of

FARTHEST = 6.0  # deviations beyond which being farther makes a form no less likely
TYPICAL = 1.5  # deviations in which two letters differ in a part; what is alike is no cause
# Of a finger: its way over its bones, and its reach; in between, it may pass for either.
STRAIGHT, UP, FOLDED, NOT_FOLDED, TIGHT = 0.93, 0.5, 0.15, 0.3, 0.05
GAPS = {"gap": ("index", "middle"), "ring gap": ("middle", "ring")}
PLACES = {measure: place for place, measure in enumerate(MEASURES)}
Held = Literal["straight", "round", "folded"]


@dataclass(frozen=True)
class Form:
    """One way in which a letter is signed.

    Attributes:
        usual: of each of `MEASURES`, the median.
        below: how much people differ under it, as a standard deviation.
        above: and over it.
    """

    usual: tuple[float, ...]
    below: tuple[float, ...]
    above: tuple[float, ...]

    def of(self, measure: str) -> float:
        """What is usual of a measure."""
        return self.usual[PLACES[measure]]

    @cached_property
    def needs(self) -> dict[str, Held]:
        """How each finger is held."""
        return {finger: held(self.usual, finger) for finger in FINGERS}

    def deviations(self, measured: Sequence[float]) -> list[float]:
        """How far each measure is from what is usual, in standard deviations."""
        return [
            (value - usual) / (below if value < usual else above)
            for value, usual, below, above in zip(
                measured, self.usual, self.below, self.above, strict=True
            )
        ]

    def counts(self, measure: str, measured: Sequence[float]) -> bool:
        """Whether it is a fault to be off there.

        A finger has to be held another way: one that is folded cannot be folded too far. Two fingers
        are together or apart only where both are straight, and have to be.
        """
        part = measure.partition(".")[0]
        if part in GAPS:
            both = [(self.needs[finger], held(measured, finger)) for finger in GAPS[part]]
            return all(needed == seen == "straight" for needed, seen in both)
        return part not in FINGERS or not _may_pass(measured, part, self.needs[part])


def held(measured: Sequence[float], finger: str) -> Held:
    """How a finger is held."""
    reach, straight = _reach_and_straight(measured, finger)
    if straight > STRAIGHT and reach > UP:
        return "straight"
    return "folded" if reach < FOLDED else "round"


def _may_pass(measured: Sequence[float], finger: str, needed: Held) -> bool:
    """Whether a finger is held as it is needed, or nearly so."""
    reach, _ = _reach_and_straight(measured, finger)
    seen = held(measured, finger)
    if needed == "folded":
        return reach < NOT_FOLDED
    return seen == needed or (needed == "round" and seen == "folded" and reach > TIGHT)


def _reach_and_straight(measured: Sequence[float], finger: str) -> tuple[float, float]:
    return measured[PLACES[f"{finger}.reach"]], measured[PLACES[f"{finger}.straight"]]


@dataclass(frozen=True)
class Fault:
    """What is off in a part of a hand.

    Attributes:
        part: one of `PARTS`.
        measure: the one of its measures that is off most.
        value: of that measure.
        deviations: how far it is from what is usual; below 0 if it is less.
        form: what the hand was compared with.
    """

    part: str
    measure: str
    value: float
    deviations: float
    form: Form


@dataclass(frozen=True)
class Forms:
    """The table.

    Attributes:
        letters: the forms of each letter; J and Z, which move, have none.
        noticed: deviations from which a part is off that need not be.
        blamed: the same where the hand was read as another letter.
    """

    letters: Mapping[str, tuple[Form, ...]]
    noticed: float
    blamed: float

    def faults(
        self, letter: str, hand: Hand, seen: str = "", among: Collection[str] = tuple(PARTS)
    ) -> list[Fault]:
        """What is off in a hand that is to sign a letter; what is off most comes first.

        Args:
            letter: that is asked for.
            hand: its landmarks.
            seen: the other letter that was read. What is off must then be what makes the hand look like
                that one.
            among: the parts that it may be.
        """
        if letter not in self.letters:
            return []
        measured = measures_of(hand)
        found = [fault for fault in compared(self.letters[letter], measured) if fault.part in among]
        if seen in self.letters and seen != letter:
            return self._causes(found, letter, seen, measured)
        off = [fault for fault in found if abs(fault.deviations) >= self.noticed]
        return sorted(off, key=lambda fault: -abs(fault.deviations))

    def _causes(
        self, found: Sequence[Fault], letter: str, seen: str, measured: Sequence[float]
    ) -> list[Fault]:
        usual = {fault.part: fault for fault in compared(self.letters[seen], measured)}
        apart = _apart(self.letters[seen], self.letters[letter])

        def cause(fault: Fault) -> float:
            return _square(fault.deviations) - _square(usual[fault.part].deviations)

        blamed = [
            fault
            for fault in found
            if fault.part in apart and abs(fault.deviations) >= self.blamed and cause(fault) > 0
        ]
        return sorted(blamed, key=lambda fault: -cause(fault))


def compared(forms: Sequence[Form], measured: Sequence[float]) -> list[Fault]:
    """What is off most in each part of a hand, against the form that it is nearest to."""
    each = [(form, form.deviations(measured)) for form in forms]
    form, deviations = min(each, key=lambda one: sum(map(_square, one[1])))
    off = [
        x if form.counts(measure, measured) else 0.0
        for measure, x in zip(MEASURES, deviations, strict=True)
    ]
    faults = []
    for part, names in PARTS.items():
        worst = max(names, key=lambda name: abs(off[PLACES[name]]))
        place = PLACES[worst]
        faults.append(Fault(part, worst, measured[place], off[place], form))
    return faults


@cache
def _apart(seen: tuple[Form, ...], asked: tuple[Form, ...]) -> frozenset[str]:
    """The parts that are usually off in hands that sign `seen` where another letter is asked for."""
    each = [{fault.part: abs(fault.deviations) for fault in compared(asked, x.usual)} for x in seen]
    return frozenset(part for part in PARTS if sum(x[part] for x in each) >= TYPICAL * len(each))


def _square(deviations: float) -> float:
    return min(abs(deviations), FARTHEST) ** 2


def read_forms(document: Mapping[str, Any]) -> Forms:
    """The table of a JSON document."""
    letters = {
        letter: tuple(Form(*(tuple(numbers) for numbers in form)) for form in forms)
        for letter, forms in document["letters"].items()
    }
    return Forms(letters, document["noticed"], document["blamed"])


@cache
def people_forms() -> Forms:
    """The table that comes with the package."""
    text = (files("fingerspell.app.learn") / "forms.json").read_text("utf-8")
    return read_forms(json.loads(text))
