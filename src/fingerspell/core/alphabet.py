"""The classes that a model tells apart, and what each of them is.

An `Alphabet` travels with every model: decoder, speller, app and evaluation take from it how many
classes there are, which of them are letters, digits or own signs, and which move. `ASL` is the
alphabet of 29 classes as the field's data sets name and order them: torchvision's `ImageFolder` order
of the Kaggle folders (ASCII sort), so class indices agree with every network trained on them.
"""

import string
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any

from fingerspell.errors import ClassNameError

DELETE, NOTHING, SPACE = "del", "nothing", "space"
LETTERS = tuple(string.ascii_uppercase)
CLASSES = (*LETTERS, DELETE, NOTHING, SPACE)
DIGITS = tuple(string.digits)
MOVING_LETTERS = frozenset("JZ")  # drawn in the air; a still picture holds only part of the sign
# Digits whose hand shape is a letter's; what stands beside them tells which is meant (`core.context`).
LOOK_ALIKES = {"0": "O", "2": "V", "6": "W", "9": "F"}
JOINER = "+"  # between the characters of one letter: `C+H` is the letter CH, while `CH` is a word
_BEGIN_AS = {"J": "I", "Z": "D"}  # moving letters, and the hand shapes that draw them

_ALIASES = {
    **{name.lower(): name for name in CLASSES},
    "delete": DELETE,
    "backspace": DELETE,
    "none": NOTHING,
    "blank": NOTHING,
    "_": SPACE,
    " ": SPACE,
}


def parse_class(name: str) -> str:
    """The class of `ASL` that `name` means: any case, and the aliases data sets use.

    >>> parse_class("a"), parse_class("Del"), parse_class("SPACE")
    ('A', 'del', 'space')

    Raises:
        ClassNameError: `name` is none of the 29 classes.
    """
    try:
        return _ALIASES[name.lower()]
    except KeyError:
        raise ClassNameError(
            f"{name!r} is not a class: use one of A to Z, {DELETE}, {NOTHING} or {SPACE}."
        ) from None


def class_named(name: str) -> str:
    """The class that `name` means in any alphabet: one of `ASL`, or one that is called so.

    >>> class_named("a"), class_named("7"), class_named(" ILY "), class_named("c+h")
    ('A', '7', 'ILY', 'C+H')
    """
    if alias := _ALIASES.get(name.lower()):
        return alias
    name = unicodedata.normalize("NFC", name.strip())  # file systems may write Ä as A and two dots
    return name.upper() if _is_joined(name) else name


def _is_joined(name: str) -> bool:
    """Whether a name is that of a letter of several characters."""
    parts = name.split(JOINER)
    return len(parts) > 1 and all(len(part) == 1 and part.isalpha() for part in parts)


class Role(StrEnum):
    """What a class is."""

    LETTER = "letter"
    DIGIT = "digit"
    SIGN = "sign"  # an own sign, which is typed as a word
    EDITING = "editing"  # `space` and `del`
    NOTHING = "nothing"  # what hands do in between


def role_of(name: str) -> Role:
    """What a class is by its name: one character is a letter or a digit, and more are an own sign.

    Characters that are joined by `+` are one letter, too.

    >>> [role_of(name).value for name in ("A", "C+H", "7", "ILY", "del", "nothing")]
    ['letter', 'letter', 'digit', 'sign', 'editing', 'nothing']
    """
    if name == NOTHING:
        return Role.NOTHING
    if name in (SPACE, DELETE):
        return Role.EDITING
    if name in DIGITS:
        return Role.DIGIT
    return Role.LETTER if len(name) == 1 or _is_joined(name) else Role.SIGN


@dataclass(frozen=True)
class Alphabet:
    """The classes of a model.

    Attributes:
        classes: their names, in the order of its probabilities.
        roles: what each of them is.
        moving: names of those that are drawn in the air.
    """

    classes: tuple[str, ...]
    roles: tuple[Role, ...]
    moving: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        if not self.classes or not all(isinstance(name, str) and name for name in self.classes):
            raise ValueError("an alphabet has classes, and all of them have names")
        if len(set(self.classes)) < len(self.classes) or len(self.roles) != len(self.classes):
            raise ValueError("each class of an alphabet has a name and a role of its own")
        if not self.moving <= set(self.classes):
            raise ValueError("what moves is one of the classes")

    @classmethod
    def of(cls, classes: Iterable[str]) -> "Alphabet":
        """The alphabet of classes in this order; their names say what they are."""
        names = tuple(classes)
        return cls(names, tuple(map(role_of, names)), MOVING_LETTERS & set(names))

    @classmethod
    def holding(cls, names: Iterable[str]) -> "Alphabet":
        """The alphabet of data that hold these classes.

        `ASL` if it has them all, so that models of it can be compared whatever the data lack; else
        these alone: letters first, then what edits and `nothing`, own signs, and digits.

        >>> Alphabet.holding({"B", "nothing"}) == ASL
        True
        >>> Alphabet.holding({"ILY", "1", "del", "Ä", "B"}).classes
        ('B', 'Ä', 'del', 'ILY', '1')
        """
        held = set(names)
        if held <= set(CLASSES):
            return ASL
        return cls.of(sorted(held, key=lambda name: (_RANKS[role_of(name)], name)))

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> "Alphabet":
        """What `as_dict` wrote; a document without roles says by its names what they are.

        Raises:
            KeyError, TypeError, ValueError: it is no alphabet.
        """
        named = cls.of(document["classes"])
        roles = tuple(map(Role, document.get("roles", named.roles)))
        return cls(named.classes, roles, frozenset(document.get("moving", named.moving)))

    def as_dict(self) -> dict[str, list[str]]:
        """The alphabet as JSON: `classes`, `roles` and `moving`."""
        return {
            "classes": list(self.classes),
            "roles": [role.value for role in self.roles],
            "moving": sorted(self.moving),
        }

    def __len__(self) -> int:
        return len(self.classes)

    def __contains__(self, name: str) -> bool:
        return name in self.places

    @cached_property
    def places(self) -> Mapping[str, int]:
        """The place of each class among the probabilities."""
        return {name: place for place, name in enumerate(self.classes)}

    def index(self, name: str) -> int:
        """The place of a class.

        Raises:
            KeyError: there is no such class.
        """
        return self.places[name]

    def places_of(self, others: "Alphabet") -> list[int]:
        """The places of another alphabet's classes, in its order.

        Raises:
            KeyError: one of them is no class here.
        """
        return [self.places[name] for name in others.classes]

    def of_role(self, *roles: Role) -> tuple[str, ...]:
        """The classes of some roles."""
        return tuple(name for name, role in zip(self.classes, self.roles, strict=True) if role in roles)

    @cached_property
    def letters(self) -> tuple[str, ...]:
        """The classes that are letters."""
        return self.of_role(Role.LETTER)

    @cached_property
    def digits(self) -> tuple[str, ...]:
        """The classes that are digits."""
        return self.of_role(Role.DIGIT)

    @cached_property
    def turns_into(self) -> Mapping[int, int]:
        """The places of moving letters, by those of the hand shapes that draw them: I to J, D to Z."""
        return {
            self.places[shape]: self.places[drawn]
            for drawn, shape in _BEGIN_AS.items()
            if drawn in self.moving and shape in self
        }

    @cached_property
    def look_alikes(self) -> Mapping[int, int]:
        """The places of letters, by those of the digits whose hand shape is theirs."""
        return {
            self.places[digit]: self.places[letter]
            for digit, letter in LOOK_ALIKES.items()
            if digit in self and letter in self
        }

    def read(self, *, digits: bool) -> "Alphabet":
        """What is read if digits are asked for, or if not: all but these, where there are letters."""
        if digits or not self.letters or not self.digits:
            return self
        return self.without(self.digits)

    def without(self, left_out: Collection[str]) -> "Alphabet":
        """The alphabet without some of its classes.

        Raises:
            ValueError: none would be left.
        """
        kept = [name for name in self.classes if name not in left_out]
        roles = tuple(self.roles[self.places[name]] for name in kept)
        return Alphabet(tuple(kept), roles, self.moving & set(kept))

    def narrowed(self, probabilities: Sequence[float], to: "Alphabet") -> list[float]:
        """The probabilities of some of the classes, as if there were no others.

        Args:
            probabilities: of all classes.
            to: those that are kept.
        """
        if to == self:
            return list(probabilities)
        kept = [probabilities[self.places[name]] for name in to.classes]
        total = sum(kept)
        return [p / total for p in kept] if total else [1 / len(kept)] * len(kept)

    def pooled(self, probabilities: list[float]) -> list[float]:
        """Probabilities in which the letter has also that of the digit which looks like it."""
        if not self.look_alikes:
            return probabilities
        pooled = list(probabilities)
        for digit, letter in self.look_alikes.items():
            pooled[letter], pooled[digit] = pooled[letter] + pooled[digit], 0.0
        return pooled


_RANKS = {Role.LETTER: 0, Role.EDITING: 1, Role.NOTHING: 1, Role.SIGN: 2, Role.DIGIT: 3}
ASL = Alphabet.of(CLASSES)
