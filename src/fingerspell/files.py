"""Files and folders written whole or not at all."""

import errno
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

UNFINISHED = ".unfinished-"  # names begin with it: short, so that whatever has a name can be written


def write_atomically(path: Path, content: bytes) -> None:
    """Write `content` to `path` so that a reader sees the old file or the new one, never a part.

    Raises:
        OSError: as `replacing` does.
    """
    with replacing(path) as unfinished:
        unfinished.write_bytes(content)


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """An empty file beside `path` to write to; once that is done it takes the place of `path`.

    It is flushed to the disk and renamed. A link stays one, and who may read an old file is who may
    read the new one.

    Raises:
        OSError: the folder cannot be written to, the disk is full, or `path` is no file, such as a
            device; what was there is untouched.
    """
    path = Path(os.path.realpath(path))  # `resolve` raises no OSError at a ring of links
    mode = _mode(path)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=UNFINISHED)
    os.close(handle)
    unfinished = Path(name)
    try:
        yield unfinished
        _flush(unfinished, os.O_RDWR)
        unfinished.chmod(mode)  # mkstemp's own mode shuts everybody else out
        unfinished.replace(path)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
    if os.name == "posix":  # have the new name survive a loss of power too
        _flush(path.parent, os.O_RDONLY)


@contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """A folder beside `path` to write into; once that is done it takes the place of `path`.

    Args:
        path: is not there, or is an empty folder. The folders around it are made.

    Raises:
        OSError: it cannot be written, or something is in `path`.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = Path(tempfile.mkdtemp(dir=path.parent, prefix=UNFINISHED))
    try:
        yield unfinished
        unfinished.chmod(0o777 & ~_umask())  # mkdtemp's own mode shuts everybody else out
        if path.is_dir():
            path.rmdir()  # Windows replaces no folder, not even an empty one
        unfinished.rename(path)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise


def _flush(path: Path, access: int) -> None:
    """Have a file or a folder on the disk."""
    handle = os.open(path, access)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _mode(path: Path) -> int:
    """The permissions of the file at `path`, or of a new one where none is."""
    try:
        old = path.stat().st_mode
    except FileNotFoundError:
        return 0o666 & ~_umask()
    if not stat.S_ISREG(old):
        raise OSError(errno.EINVAL, "not a file", str(path))
    return stat.S_IMODE(old)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
