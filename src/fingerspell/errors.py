"""Everything `fingerspell` raises on purpose: the message is for people, the code for programs.

A message is one sentence with the mend in it, and may be worded anew at any time. The code says which
kind of error it is, and stays; a program that has to tell errors apart looks at the class or the code.

FingerspellError         error
├── ClassNameError       class-name       a name that is none of the 29 classes
├── MediaError           media            an image, video, folder or camera that cannot be read
│   ├── PictureError     picture        an image file that cannot be decoded, and why
│   └── IncompleteError  media-incomplete a source that was not read whole; holds what was read of it
├── ModelError           model            a model file that cannot be used
├── DataError            data             a data set that cannot be fetched, indexed, split or packed
├── TrainingError        training         options that cannot be, or a run that cannot start or go on
│   ├── MemoryTooSmallError  memory       a device that has too little memory for a batch
│   └── DivergedError        diverged     a loss that became NaN or infinite
├── TrackingError        tracking         MLflow does not answer, or does not let us in
├── StudyError           study            a study whose options or folder cannot be used
├── SpeechError          speech           text that cannot be said aloud here
├── OutletError          outlet           text or pictures that cannot be given to other programs here
├── AppError             app              the app cannot be started, or what it keeps cannot be read
├── ExportError          export           an exported model that does not do what the trained one does
└── MissingExtraError    missing-extra    a package that comes with an extra is not installed

Where one class has several causes that a program may want to tell apart, the code says more, after a
slash: `media/not-found`.
"""

from collections.abc import Iterator
from enum import StrEnum
from typing import Self


class FingerspellError(Exception):
    """Root of the project's own exceptions.

    Args:
        arguments: the message, and what a subclass keeps beside it.
        why: the cause, where a class has several: it becomes the end of the code.

    Attributes:
        code: which kind of error it is, such as `media` or `media/not-found`.
    """

    code = "error"

    def __init__(self, *arguments: object, why: str = "") -> None:
        super().__init__(*arguments)
        if why:
            self.code = f"{type(self).code}/{why}"

    @classmethod
    def kinds(cls) -> Iterator[type[Self]]:
        """This class and all that are made of it."""
        yield cls
        for kind in cls.__subclasses__():
            yield from kind.kinds()


class ClassNameError(FingerspellError):
    """A name is none of the 29 classes."""

    code = "class-name"


class MediaError(FingerspellError):
    """An image, video, folder or camera cannot be read."""

    code = "media"


class Fault(StrEnum):
    """Why an image cannot be decoded."""

    NO_PICTURE = "no picture inside"
    DAMAGED = "damaged or truncated"
    TOO_LARGE = "too large"
    TOO_SMALL = "too small"
    SEVERAL = "several pictures in one file"
    NOT_READ = "format that is not read"


class PictureError(MediaError):
    """An image file cannot be decoded.

    Attributes:
        fault: why.
    """

    code = "picture"

    def __init__(self, message: str, fault: Fault) -> None:
        super().__init__(message, fault)  # both, so that it can be pickled
        self.fault = fault

    def __str__(self) -> str:
        return str(self.args[0])


class ModelError(FingerspellError):
    """A model file is missing, damaged or was not made by `fingerspell`."""

    code = "model"


class DataError(FingerspellError):
    """A data set cannot be fetched, indexed, split or packed."""

    code = "data"


class ExportError(FingerspellError):
    """An exported model disagrees with the network it was made from."""

    code = "export"


class SpeechError(FingerspellError):
    """This system has no voice, or it does not start, or fails."""

    code = "speech"


class OutletError(FingerspellError):
    """This system lets no program type, or has no virtual camera."""

    code = "outlet"


class TrainingError(FingerspellError):
    """Options of a training run are wrong, or the run cannot start or go on."""

    code = "training"


class MemoryTooSmallError(TrainingError):
    """A device has too little memory for a batch."""

    code = "memory"


class DivergedError(TrainingError):
    """The loss of a training run became NaN or infinite."""

    code = "diverged"


class TrackingError(FingerspellError):
    """MLflow does not answer, or does not let us in."""

    code = "tracking"


class StudyError(FingerspellError):
    """Options of a study are wrong, or its folder holds none."""

    code = "study"


class AppError(FingerspellError):
    """The app cannot be started, or what it keeps cannot be read."""

    code = "app"


class MissingExtraError(FingerspellError):
    """A package that comes with an extra is not installed."""

    code = "missing-extra"
