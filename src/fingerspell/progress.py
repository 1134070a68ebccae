"""The one way to say how far a piece of work has come.

Work that takes long is given a `Stage`. It is called with what is done next and how much of that there
is, 0 if that is not known, and gives back what is called with how much more is done:

    advance = stage("packing", len(images))
    for image in images:
        ...
        advance(1)
"""

from collections.abc import Callable

Advance = Callable[[int], None]  # so much more is done
Stage = Callable[[str, int], Advance]  # what is done next, and how much of it there is


def unheard(_n: int) -> None:
    """Progress that nobody asked for."""


def silent(_what: str, _length: int) -> Advance:
    """Stages that nobody asked for."""
    return unheard
