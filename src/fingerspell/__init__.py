"""Images and video of American Sign Language fingerspelling become text.

import fingerspell
reader = fingerspell.load_reader()
print(reader.read("hello.mp4").text)
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fingerspell.core.decoding.options import DecoderOptions
    from fingerspell.core.types import Frame, Letter, LetterEvent, Prediction, Transcript
    from fingerspell.errors import FingerspellError, MediaError, ModelError
    from fingerspell.runtime.media import open_media
    from fingerspell.runtime.reader import IncompleteError, Reader, load_reader

    __version__: str

# Public name -> the module it is loaded from when first used, so that importing costs nothing.
_HOMES = {
    "DecoderOptions": "core.decoding.options",
    "FingerspellError": "errors",
    "Frame": "core.types",
    "IncompleteError": "runtime.reader",
    "Letter": "core.types",
    "LetterEvent": "core.types",
    "MediaError": "errors",
    "ModelError": "errors",
    "Prediction": "core.types",
    "Reader": "runtime.reader",
    "Transcript": "core.types",
    "load_reader": "runtime.reader",
    "open_media": "runtime.media",
}

__all__ = [
    "DecoderOptions",
    "FingerspellError",
    "Frame",
    "IncompleteError",
    "Letter",
    "LetterEvent",
    "MediaError",
    "ModelError",
    "Prediction",
    "Reader",
    "Transcript",
    "__version__",
    "load_reader",
    "open_media",
]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        return import_module("importlib.metadata").version("fingerspell")
    if name not in _HOMES:
        raise AttributeError(f"module 'fingerspell' has no attribute {name!r}")
    return getattr(import_module(f"fingerspell.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
