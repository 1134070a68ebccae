"""Processes that share work: how many there may be, and how each of them ends."""

import os
import signal
import threading
from multiprocessing import parent_process


def cores() -> int:
    """The cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def begin_worker() -> None:
    """Make this process one of a pool's: it leaves Ctrl-C to its parent, and ends with it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """Leave when the parent was killed: the other processes hold its queue open and would wait."""
    if parent := parent_process():
        parent.join()
        os._exit(1)
