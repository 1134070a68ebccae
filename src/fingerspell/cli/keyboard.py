"""Single keys from the terminal, without waiting for any."""

import os
import sys
from contextlib import suppress
from types import TracebackType
from typing import Self

if sys.platform == "win32":
    import msvcrt
else:
    import select
    import termios
    import tty

ESCAPE = b"\x1b"  # begins what keys without a character send (ECMA-48, "control sequences")
SEQUENCE_ENDS = bytes(range(0x40, 0x7F))
SEQUENCE_S = 0.02  # by when the rest of it has come, over SSH too


class Keyboard:
    """Gives keys as they are pressed, unechoed; gives none where standard input is no terminal."""

    def __enter__(self) -> Self:
        # A program that was started with its standard input closed has none.
        self._is_terminal = sys.stdin is not None and sys.stdin.isatty()
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
            with suppress(termios.error):  # its window may have been closed
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
        key = _waiting_byte(0.0)
        if key == ESCAPE:
            _skip_sequence()
            return ""
        return key.decode(errors="replace")


def _skip_sequence() -> None:
    """Take what follows ESC in what arrows and function keys send; C, Q or S at its end is no key."""
    if (second := _waiting_byte(SEQUENCE_S)) == b"O":
        _waiting_byte(SEQUENCE_S)
    elif second == b"[":
        while (byte := _waiting_byte(SEQUENCE_S)) and byte not in SEQUENCE_ENDS:
            pass


def _waiting_byte(timeout_s: float) -> bytes:
    """The next byte from the terminal; none if there is none by then."""
    ready, _, _ = select.select([sys.stdin], [], [], timeout_s)
    # Not by sys.stdin.read: it would take several keys at once, and keep them from select.
    return os.read(sys.stdin.fileno(), 1) if ready else b""
