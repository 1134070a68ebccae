"""Files written whole or not at all."""

import errno
import os
import stat
import tempfile
from pathlib import Path


def write_atomically(path: Path, content: bytes) -> None:
    """Write `content` to `path` so that a reader sees the old file or the new one, never a part.

    The file is written beside its target under a temporary name, flushed to the disk and renamed. A
    link stays one, and who may read an old file is who may read the new one.

    Raises:
        OSError: the folder cannot be written to, the disk is full, or `path` is no file, such as a
            device; what was there is untouched.
    """
    path = Path(os.path.realpath(path))  # `resolve` raises no OSError at a ring of links
    mode = _mode(path)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    unfinished = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        unfinished.chmod(mode)  # mkstemp's own mode shuts everybody else out
        unfinished.replace(path)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
    _flush_folder(path.parent)


def _flush_folder(folder: Path) -> None:
    """Have the new name survive a loss of power too, where the system can flush folders."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
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
