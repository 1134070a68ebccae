"""Standard output and standard error that are closed, full, or that nobody reads any more."""

import errno
import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

STDOUT, STDERR = 1, 2
# What writing to a stream fails with: a full disk, a limit, a closed terminal, a stream that is closed.
FAILURES = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF)


def prepare_streams() -> None:
    """Have something in the place of streams that are closed, or the next file would take it.

    What is printed where nobody can read it fails; what is told on standard error is lost, and nothing
    else with it.
    """
    for number, access in enumerate((os.O_RDONLY, os.O_RDONLY, os.O_WRONLY)):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, access)  # takes the first number that is free
    if sys.stdout is None:
        sys.stdout = open(STDOUT, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    if sys.stderr is None or os.name == "posix":
        encoding = sys.stderr.encoding if sys.stderr else "utf-8"
        raw = _Forgiving(STDERR, "w", closefd=False)
        sys.stderr = io.TextIOWrapper(
            raw,
            encoding,
            "backslashreplace",
            line_buffering=True,
            write_through=True,
        )


class _Forgiving(io.FileIO):
    """A stream that may be full or closed: what is written to it then is lost."""

    def write(self, content: "ReadableBuffer", /) -> int:
        try:
            return super().write(content) or 0
        except OSError:
            return memoryview(content).nbytes


@contextmanager
def output_that_may_fail() -> Iterator[None]:
    """End with a sentence where standard output cannot be written; silently if its reader has left."""
    try:
        try:
            yield
        finally:
            sys.stdout.flush()
    except OSError as error:
        is_stream = error.filename is None and error.errno in (*FAILURES, errno.EPIPE)
        if not is_stream:
            raise
        with suppress(OSError):  # else Python tries to write the rest when it ends
            os.dup2(os.open(os.devnull, os.O_WRONLY), STDOUT)
        if error.errno != errno.EPIPE:
            sys.stderr.write(
                f"error: the output cannot be written ({error.strerror}): "
                "make room for it, or give a folder with -o.\n"
            )
        sys.exit(1)
