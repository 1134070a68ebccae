"""What the path of a picture says about it: its class, its source and its split.

Knows the shapes in which alphabet data sets come, and nothing about pictures or disks:
`asl_alphabet_train/asl_alphabet_train/A/A1.jpg`, `asl_alphabet_test/A_test.jpg`, `webcam/a/1.png`,
`test/signer3/space/x.jpg`.
"""

import re
from dataclasses import dataclass
from pathlib import PurePosixPath

from fingerspell.core.alphabet import parse_class
from fingerspell.errors import ClassNameError

_SPLIT_OF_WORD = {
    "train": "train",
    "training": "train",
    "val": "validation",
    "valid": "validation",
    "validation": "validation",
    "test": "test",
    "testing": "test",
}
_SPLIT_WORD = re.compile(rf"(?:^|[_\-. ])({'|'.join(_SPLIT_OF_WORD)})(?=$|[_\-. ])", re.IGNORECASE)
_FLAT_NAME = re.compile(r"(.+)_test", re.IGNORECASE)  # Kaggle's `A_test.jpg`, outside class folders


@dataclass(frozen=True)
class Place:
    """What a path says; a field is empty where it says nothing.

    Attributes:
        label: one of the 29 classes.
        group: the source or signer: the outermost folder that names neither a class nor a split.
        split: "train", "validation" or "test".
    """

    label: str = ""
    group: str = ""
    split: str = ""


def parse_path(path: str) -> Place:
    """Read class, source and split off a path relative to the data set's folder.

    The class is the innermost folder whose name is one. Words for splits are not part of a source's
    name, so that `kaggle` and `kaggle_test` are one source.

    >>> parse_path("asl_alphabet_train/asl_alphabet_train/del/del7.jpg")
    Place(label='del', group='asl_alphabet', split='train')
    >>> parse_path("asl_alphabet_test/space_test.jpg")
    Place(label='space', group='asl_alphabet', split='test')
    >>> parse_path("webcam/a/1.png")
    Place(label='A', group='webcam', split='')
    >>> parse_path("digits/7/1.png")
    Place(label='', group='digits', split='')
    """
    *folders, name = PurePosixPath(path).parts
    labels = [label_of(folder) for folder in folders]
    label = next(filter(None, reversed(labels)), "")
    if label:
        del folders[len(labels) - 1 - labels[::-1].index(label)]
    split = next(filter(None, map(split_of, folders)), "")
    if not label and (flat := _FLAT_NAME.fullmatch(PurePosixPath(name).stem)):
        label = label_of(flat[1])
        split = split or ("test" if label else "")
    sources = (_SPLIT_WORD.sub("", folder).strip("_-. ") for folder in folders)
    return Place(label, next(filter(None, sources), ""), split)


def split_of(folder: str) -> str:
    """The split that a folder's name speaks of, or nothing."""
    word = _SPLIT_WORD.search(folder)
    return _SPLIT_OF_WORD[word[1].lower()] if word else ""


def label_of(name: str) -> str:
    """The class that a name means, or nothing."""
    try:
        return parse_class(name)
    except ClassNameError:
        return ""
