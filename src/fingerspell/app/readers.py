"""The readers of the models that can be chosen, each loaded once for all visitors."""

import hashlib
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, cast

from platformdirs import user_data_path

from fingerspell.app import settings
from fingerspell.core.types import known_to
from fingerspell.runtime.onnx_classifier import bundled_file
from fingerspell.runtime.reader import BUNDLED, Reader, load_reader

if TYPE_CHECKING:
    from fingerspell.runtime.mediapipe_hands import WithMediapipe
    from fingerspell.runtime.onnx_classifier import OnnxClassifier

KEPT = 3  # models in memory at a time; the bundled one takes about 60 MB

_files: dict[str, Path] = {}  # of the models that pages read with, by their digest


@lru_cache(maxsize=KEPT)
def load_cached(model: str, hands: str) -> Reader:
    """The reader of `default` or of a model file, with what `hands` has find the hand.

    Raises:
        ModelError: the file is missing, damaged, or no model of ours; or MediaPipe cannot be had.
    """
    return load_reader(model, hands=hands)


def reader_of(model: str, *, digits: bool = False) -> Reader:
    """The reader of a model, as the app was started; that of digits, too, shares the model's memory.

    Raises:
        ModelError: as for `load_cached`.
    """
    reader = load_cached(model, settings.current().hands)
    return _telling_digits(reader) if digits and tells_digits(reader) else reader


def tells_digits(reader: Reader) -> bool:
    """Whether a reader's model tells digits beside letters, so that they may be asked for."""
    known = known_to(reader.classifier)
    return known.read(digits=False) != known


@lru_cache(maxsize=KEPT)
def _telling_digits(reader: Reader) -> Reader:
    classifier = cast("OnnxClassifier | WithMediapipe", reader.classifier).telling(digits=True)
    return Reader(classifier, reader.options, reader.speller)


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
