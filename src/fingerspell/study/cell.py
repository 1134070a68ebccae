"""The process of one cell, so that whatever happens to it, the study goes on.

    python -m fingerspell.study.cell STUDY KEY

It writes its result into its run's folder, and what it does to stderr. It ends, with all that it has
started, when its stdin does: it does not outlive the study.
"""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

RESULT = "result.json"  # in the cell's run folder
_INTERVAL_S = 1.0  # between lines about the preparations


def _lines(what: str, length: int) -> Callable[[int], None]:
    """Tell of the preparations, a line a second; a `Stage`."""
    done, said_at = 0, -_INTERVAL_S

    def advance(n: int) -> None:
        nonlocal done, said_at
        done += n
        now = time.monotonic()
        if now - said_at >= _INTERVAL_S:
            said_at = now
            count = f" {done:,} of {length:,}" if length else ""
            sys.stderr.write(f"{what}{count}\n")
            sys.stderr.flush()

    advance(0)
    return advance


def main(folder: Path, key: str) -> None:
    """Measure the cell of this name."""
    threading.Thread(target=_end_with_stdin, daemon=True).start()
    # Seconds to import, in which the study may end too.
    from fingerspell.study.grid import load_study  # noqa: PLC0415
    from fingerspell.study.measure import measure  # noqa: PLC0415
    from fingerspell.training.record import save_json  # noqa: PLC0415

    study = load_study(folder)
    [cell] = [cell for cell in study.cells() if cell.key == key]
    plan = study.plan(cell, folder)
    result = measure(cell, plan, _lines)
    plan.folder.mkdir(parents=True, exist_ok=True)
    save_json(result.to_json(), plan.folder / RESULT)


def _end_with_stdin() -> None:
    """Wait until the study is gone, then end this process and those it has started."""
    while os.read(0, 1):  # not sys.stdin, whose lock would be held while Python ends
        pass
    if hasattr(os, "killpg"):
        os.killpg(0, signal.SIGKILL)  # the study made this process the first of a group
    os._exit(1)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
