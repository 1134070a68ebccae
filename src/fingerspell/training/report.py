"""How preparations are reported."""

from collections.abc import Callable

Report = Callable[[str, int, int | None], None]  # what is being done, how much is done, and of how much
