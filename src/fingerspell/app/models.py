"""The readers of the models that can be chosen, each loaded once for all visitors."""

import hashlib
from functools import cache, lru_cache
from pathlib import Path

from platformdirs import user_data_path

from fingerspell.app import settings
from fingerspell.runtime.onnx_classifier import bundled_file
from fingerspell.runtime.reader import BUNDLED, Reader, load_reader

KEPT = 3  # models in memory at a time; the bundled one takes about 60 MB

_files: dict[str, Path] = {}  # of the models that pages read with, by their digest


@lru_cache(maxsize=KEPT)
def load_cached(model: str, hands: str) -> Reader:
    """The reader of `default` or of a model file, with what `hands` has find the hand.

    Raises:
        ModelError: the file is missing, damaged, or no model of ours; or MediaPipe cannot be had.
    """
    return load_reader(model, hands=hands)


def reader_of(model: str) -> Reader:
    """The reader of a model, as the app was started.

    Raises:
        ModelError: as for `load_cached`.
    """
    return load_cached(model, settings.current().hands)


def unspelled(model: str) -> Reader:
    """The same without spelling correction; shares the model's memory.

    Raises:
        ModelError: as for `load_cached`.
    """
    return _unspelled(reader_of(model))


@lru_cache(maxsize=KEPT)  # a session that is given another reader begins a new text
def _unspelled(reader: Reader) -> Reader:
    return Reader(reader.classifier, reader.options)


@cache
def digest_of(model: str) -> str:
    """SHA-256 of a model that was loaded, as hexadecimal; `find_model` finds its file from now on."""
    path = Path(str(bundled_file()) if model == BUNDLED else model)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    _files[digest] = path
    return digest


def find_model(digest: str) -> Path | None:
    """The file of a model by its digest; None where no page was told it."""
    return _files.get(digest)


def own_models() -> list[Path]:
    """The models that this computer's user has taught in the app, the newest first."""
    if not settings.current().is_local:
        return []
    return sorted(own_folder().glob("*.onnx"), key=lambda path: -path.stat().st_mtime)


def own_folder() -> Path:
    """Where these are kept."""
    return user_data_path("fingerspell") / "models"
