"""Pack a data set once: decode with every core into one uint8 array that is mapped, never loaded.

    <cache>/<key>/images.npy      uint8 [N, S, S, 3], RGB
                  index.csv       the N rows, in the same order
                  manifest.json   written last

The key is a hash of the rows (path, content, label) and of the `PackSpec`, so a folder with that name
holds that data or nothing does. A pack is made in a folder beside it and renamed when it is whole:
being killed at any moment leaves remains that the next attempt sweeps away, and nothing half-valid.
One process packs at a time; the others wait, then find the work done.

The array is [N, S, S, 3] because decoders write and `core/preprocess.py` reads it so, and because
PyTorch sees it, transposed for free, as `channels_last`, the memory format it convolves fastest.

This module needs no PyTorch; `data/loader.py` makes batches.
"""

import errno
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock
from numpy.lib.format import open_memmap
from numpy.typing import NDArray

from fingerspell.core.alphabet import Alphabet
from fingerspell.data.decode import PackSpec, Pixels
from fingerspell.data.decode_all import decode_all
from fingerspell.data.index import Index
from fingerspell.errors import DataError
from fingerspell.files import write_atomically
from fingerspell.processes import cores
from fingerspell.progress import Advance, unheard

FORMAT = 1  # raise it when the same rows and spec would give other pixels
IMAGES, INDEX, MANIFEST = "images.npy", "index.csv", "manifest.json"


@dataclass(frozen=True)
class Packed:
    """A packed data set.

    Attributes:
        folder: where it lies.
        index: the pictures' rows, in the order of the array.
        images: RGB uint8 [N, S, S, 3], mapped from the disk; writes to it stay in memory.
        spec: how it was packed.
    """

    folder: Path
    index: Index
    images: Pixels
    spec: PackSpec

    @property
    def alphabet(self) -> Alphabet:
        """The classes of the pictures."""
        return self.index.alphabet

    @property
    def labels(self) -> NDArray[np.int64]:
        """The place of each picture's class in the alphabet, [N]."""
        places = self.alphabet.places
        return np.array([places[p.label] for p in self.index.pictures], np.int64)


def pack(
    index: Index,
    cache: Path,
    spec: PackSpec | None = None,
    workers: int | None = None,
    advance: Advance = unheard,
) -> Packed:
    """Pack the usable pictures of `index`, or find them packed already.

    Args:
        index: rows with `sha256`, as a scan makes them; those with a problem or no class are left out.
        cache: folder of packs; made where it is missing.
        spec: size and shape; 64 pixels where not given.
        workers: processes that decode; one for each core by default.
        advance: called in this thread as pictures are decoded.

    Raises:
        DataError: there is nothing to pack, a picture is damaged or has changed, or the folder cannot
            be written to.
    """
    spec, index = spec or PackSpec(), index.usable
    if not index.pictures:
        raise DataError(f"{index.root} holds no usable images: see `data check` for what is wrong.")
    folder = cache / content_key(index, spec)
    try:
        if not is_packed(folder):
            cache.mkdir(parents=True, exist_ok=True)
            with FileLock(cache / f".{folder.name}.lock"):
                if not is_packed(folder):  # nobody did it while this process waited
                    with _whole_or_nothing(folder) as unfinished:
                        _write(unfinished, index, spec, workers or cores(), advance)
    except OSError as error:
        raise DataError(
            f"{cache} cannot be packed into ({error.strerror or error}): choose another folder with -o."
        ) from error
    # The rows given may differ from those stored in what is no part of the key, such as the group.
    return Packed(folder, index, _map_images(folder), spec)


def open_packed(folder: Path) -> Packed:
    """Open what `pack` made.

    Raises:
        DataError: the folder holds no whole pack.
    """
    if not is_packed(folder):
        raise DataError(f"{folder} holds no packed data set: make one with `fingerspell data pack`.")
    manifest = _manifest(folder)
    index = Index.load(folder / INDEX, Path(manifest["root"]))
    return Packed(folder, index, _map_images(folder), PackSpec(**manifest["spec"]))


def is_packed(folder: Path) -> bool:
    """Whether a folder holds a whole pack: a manifest of this format, and the bytes it promises."""
    manifest = _manifest(folder)
    if manifest.get("format") != FORMAT:
        return False
    try:
        return all((folder / name).stat().st_size == size for name, size in manifest["bytes"].items())
    except FileNotFoundError:
        return False


def content_key(index: Index, spec: PackSpec) -> str:
    """Name of the pack of these rows with this spec: 16 hexadecimal digits.

    Raises:
        DataError: a row has no hash of its file.
    """
    digest = hashlib.sha256(json.dumps([FORMAT, asdict(spec)]).encode())
    for picture in index.pictures:
        if not picture.sha256:
            raise DataError(f"{picture.path} has no sha256 in the index: index the data set again.")
        digest.update(json.dumps([picture.path, picture.sha256, picture.label]).encode())
    return digest.hexdigest()[:16]


@contextmanager
def _whole_or_nothing(folder: Path) -> Iterator[Path]:
    """A folder to write into that becomes `folder` at the end; only the holder of the lock may ask."""
    for remains in folder.parent.glob(f".{folder.name}.*.part"):
        shutil.rmtree(remains, ignore_errors=True)
    unfinished = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}.", suffix=".part"))
    try:
        yield unfinished
        shutil.rmtree(folder, ignore_errors=True)  # a pack that somebody damaged
        unfinished.chmod(0o755)  # mkdtemp's own mode shuts everybody else out
        unfinished.rename(folder)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise


def _write(folder: Path, index: Index, spec: PackSpec, workers: int, advance: Advance) -> None:
    shape = (len(index.pictures), spec.size_px, spec.size_px, 3)
    images = open_memmap(folder / IMAGES, "w+", np.uint8, shape)
    reserve(folder / IMAGES)
    decode_all(index.root, index.pictures, folder / IMAGES, spec, workers, advance)
    images.flush()
    del images
    index.save(folder / INDEX)
    manifest = {
        "format": FORMAT,
        "key": content_key(index, spec),
        "spec": asdict(spec),
        "shape": shape,
        "root": str(index.root.resolve()),
        "bytes": {name: (folder / name).stat().st_size for name in (IMAGES, INDEX)},
    }
    write_atomically(folder / MANIFEST, json.dumps(manifest, indent=2).encode())


def reserve(path: Path) -> None:
    """Claim a file's disk space now: a full disk is an error here, a fatal signal in a mapped write.

    Raises:
        OSError: the disk is too full.
    """
    size = path.stat().st_size
    if size > shutil.disk_usage(path.parent).free:
        raise OSError(errno.ENOSPC, f"{size / 1e9:.1f} GB do not fit on the disk")
    if hasattr(os, "posix_fallocate"):
        with path.open("r+b") as file:
            os.posix_fallocate(file.fileno(), 0, size)


def _manifest(folder: Path) -> dict[str, Any]:
    """The manifest; empty where there is none that can be read."""
    try:
        manifest = json.loads((folder / MANIFEST).read_bytes())
    except (OSError, ValueError):
        return {}
    return manifest if isinstance(manifest, dict) else {}


def _map_images(folder: Path) -> Pixels:
    """Copy on write: PyTorch wants arrays it could write to, and the file stays as it is."""
    return open_memmap(folder / IMAGES, "c")
