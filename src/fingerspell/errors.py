"""Everything `fingerspell` raises on purpose; each message is one sentence with the mend in it.

FingerspellError
├── ClassNameError   a name that is none of the 29 classes
├── MediaError       a picture, video, folder or camera that cannot be read
│   ├── PictureError     a picture file that cannot be decoded, and why
│   └── IncompleteError  a source that was not read whole; holds what was read of it (`runtime.reader`)
├── ModelError       a model file that cannot be used
├── DataError        a data set that cannot be fetched, indexed, split or packed
├── TrainingError    options that cannot be, or a run that cannot start or go on
├── StudyError       a study whose options or folder cannot be used
├── SpeechError      text that cannot be said aloud here
├── AppError         the app cannot be started, or what it keeps cannot be read
└── ExportError      an exported model that does not do what the trained one does
"""

from enum import StrEnum


class FingerspellError(Exception):
    """Root of the project's own exceptions."""


class ClassNameError(FingerspellError):
    """A name is none of the 29 classes."""


class MediaError(FingerspellError):
    """A picture, video, folder or camera cannot be read."""


class Fault(StrEnum):
    """Why a picture cannot be decoded."""

    NO_PICTURE = "no picture inside"
    DAMAGED = "damaged or truncated"
    TOO_LARGE = "too large"
    TOO_SMALL = "too small"
    SEVERAL = "several pictures in one file"
    NOT_READ = "format that is not read"


class PictureError(MediaError):
    """A picture file cannot be decoded.

    Attributes:
        fault: why.
    """

    def __init__(self, message: str, fault: Fault) -> None:
        super().__init__(message, fault)  # both, so that it can be pickled
        self.fault = fault

    def __str__(self) -> str:
        return str(self.args[0])


class ModelError(FingerspellError):
    """A model file is missing, damaged or was not made by `fingerspell`."""


class DataError(FingerspellError):
    """A data set cannot be fetched, indexed, split or packed."""


class ExportError(FingerspellError):
    """An exported model disagrees with the network it was made from."""


class SpeechError(FingerspellError):
    """This system has no voice, or it does not start, or fails."""


class TrainingError(FingerspellError):
    """Options of a training run are wrong, or the run cannot start or go on."""


class StudyError(FingerspellError):
    """Options of a study are wrong, or its folder holds none."""


class AppError(FingerspellError):
    """The app cannot be started, or what it keeps cannot be read."""
