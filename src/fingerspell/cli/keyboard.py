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
        """The next key that was pressed, or nothing."""
        if not self._is_terminal:
            return ""
        if sys.platform == "win32":
            return msvcrt.getwch() if msvcrt.kbhit() else ""
        ready, _, _ = select.select([sys.stdin], [], [], 0)
        # Not by sys.stdin.read: it would take several keys at once, and keep them from select.
        return os.read(sys.stdin.fileno(), 1).decode(errors="replace") if ready else ""
