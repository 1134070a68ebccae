"""To look at something now and then, beside the work that goes on."""

import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self


class Repeating:
    """Calls in a thread, every so many seconds, while the context lasts.

    Args:
        interval_s: seconds between two calls, and before the first.
        call: what is called.
    """

    def __init__(self, interval_s: float, call: Callable[[], None]) -> None:
        self._interval_s, self._call = interval_s, call
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _at: TracebackType | None
    ) -> None:
        self._is_over.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._is_over.wait(self._interval_s):
            self._call()
