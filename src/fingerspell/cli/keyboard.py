"""Single keys from the terminal, without waiting for any."""

import os
import sys
from types import TracebackType
from typing import Self

if sys.platform == "win32":
    import msvcrt
else:
    import select
    import termios
    import tty

ESCAPE = "\x1b"  # begins what keys without a character send
LONGEST_SEQUENCE = 32  # bytes


class Keyboard:
    """Gives keys as they are pressed, unechoed; gives none where standard input is no terminal."""

    def __enter__(self) -> Self:
        self._is_terminal = sys.stdin.isatty()
        if self._is_terminal and sys.platform != "win32":
            self._before = termios.tcgetattr(sys.stdin)
            tty.setcbreak(sys.stdin)
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        if self._is_terminal and sys.platform != "win32":
            termios.tcsetattr(sys.stdin, termios.TCSADRAIN, self._before)

    def pressed(self) -> str:
        """The next key that was pressed, or nothing; arrows, function keys and the like are none."""
        if not self._is_terminal:
            return ""
        if sys.platform == "win32":
            key = msvcrt.getwch() if msvcrt.kbhit() else ""
            if key in ("\x00", "\xe0"):  # what follows says which of these it is
                msvcrt.getwch()
                return ""
            return key
        # Not by sys.stdin.read: it would take several keys at once, and keep them from select.
        key = os.read(sys.stdin.fileno(), 1).decode(errors="replace") if _is_waiting() else ""
        if key == ESCAPE:
            while _is_waiting():  # C, Q or S, at the end of it, is no key that was pressed
                os.read(sys.stdin.fileno(), LONGEST_SEQUENCE)
            return ""
        return key


def _is_waiting() -> bool:
    """Whether the terminal has something to read."""
    return bool(select.select([sys.stdin], [], [], 0)[0])
