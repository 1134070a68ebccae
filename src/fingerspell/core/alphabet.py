"""The 29 classes of the ASL alphabet as the field's data sets name and order them.

The order is torchvision's `ImageFolder` order of the Kaggle folders (ASCII sort), so class indices
agree with every network trained on them.
"""

import string

from fingerspell.errors import ClassNameError

DELETE, NOTHING, SPACE = "del", "nothing", "space"
LETTERS = tuple(string.ascii_uppercase)
CLASSES = (*LETTERS, DELETE, NOTHING, SPACE)
MOVING_LETTERS = frozenset("JZ")  # drawn in the air; a still picture holds only part of the sign

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
    """The class that `name` means: any case, and the aliases data sets use.

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
