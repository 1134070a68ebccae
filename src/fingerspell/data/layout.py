"""What the path of a picture says about it: its class, its source and its split.

Knows the shapes in which alphabet data sets come, and nothing about pictures or disks:
`asl_alphabet_train/asl_alphabet_train/A/A1.jpg`, `asl_alphabet_test/A_test.jpg`, `webcam/a/1.png`,
`test/signer3/space/x.jpg`, `dataset5/C/a/color_0_0002.png`.
"""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, takewhile
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
_Chain = tuple[str, ...]  # names of folders, from the outermost
_FLAT_NAME = re.compile(r"(.+)_test", re.IGNORECASE)  # Kaggle's `A_test.jpg`, outside class folders
# Around a class in a folder's name: `hand_C`, `01_A`, `A_train`, `B images`.
_BEFORE_CLASS = re.compile(r"(?:asl|class|gesture|hand|label|letter|sign|\d+)[_\-. ]+", re.IGNORECASE)
_AFTER_CLASS = re.compile(r"[_\-. ]+(?:data|frames|hand|images|letter|pictures|samples|sign)", re.I)


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
    >>> parse_path("01_A/1.png")
    Place(label='A', group='', split='')
    >>> parse_path("digits/7/1.png")
    Place(label='', group='digits', split='')
    """
    label, sources = _class_and_sources(path)
    split = next(filter(None, map(split_of, PurePosixPath(path).parts[:-1])), "")
    if not label and (flat := _FLAT_NAME.fullmatch(PurePosixPath(path).stem)):
        label = label_of(flat[1])
        split = split or ("test" if label else "")
    return Place(label, next(iter(sources), ""), split)


def groups_of(paths: Sequence[str]) -> list[str]:
    """The source or signer of every picture of a data set, which all paths together tell.

    It is the outermost folder that names neither a class nor a split. Folders around all pictures say
    nothing where there are signers' folders below them, and sources with such folders are one source
    for each signer. Signers' folders are several folders side by side that hold several classes each.

    >>> groups_of(["five/A/a/1.png", "five/A/b/1.png", "five/B/a/1.png", "five/B/b/1.png"])
    ['A', 'A', 'B', 'B']
    >>> groups_of(["kaggle_train/kaggle_train/A/1.png", "kaggle_test/A_test.png"])
    ['kaggle', 'kaggle']
    """
    labels, chains = zip(*map(_class_and_sources, paths), strict=True) if paths else ((), ())
    classes: dict[_Chain, set[str]] = defaultdict(set)
    for label, chain in zip(labels, chains, strict=True):
        for depth in range(len(chain)):
            classes[chain[: depth + 1]].add(label)
    signers: dict[_Chain, set[_Chain]] = defaultdict(set)  # by the folder around them
    for chain, held in classes.items():
        if len(held) > 1:
            signers[chain[:-1]].add(chain)
    shortest, longest = min(chains, default=()), max(chains, default=())  # in order of their letters
    around = tuple(
        one
        for one, _ in takewhile(lambda both: both[0] == both[1], zip(shortest, longest, strict=False))
    )
    start = len(around) if len(signers[around]) > 1 else 0
    return [_group(chain, start, signers) for chain in chains]


def _group(chain: _Chain, start: int, signers: Mapping[_Chain, set[_Chain]]) -> str:
    """The source of a picture in a chain of folders, of which `start` stand around all pictures."""
    source, inner = chain[: start + 1], chain[: start + 2]
    if len(inner) > len(source) and len(beside := signers.get(source, set())) > 1 and inner in beside:
        source = inner
    *_, last = source or ("",)
    is_of_one_class = label_of(last) and source not in signers.get(source[:-1], set())
    return "" if is_of_one_class else "/".join(source[start:])


def split_of(folder: str) -> str:
    """The split that a folder's name speaks of, or nothing."""
    word = _SPLIT_WORD.search(folder)
    return _SPLIT_OF_WORD[word[1].lower()] if word else ""


def label_of(name: str) -> str:
    """The class that a folder's name means, or nothing.

    >>> label_of("A "), label_of("A_train"), label_of("hand_C"), label_of("01_A"), label_of("signer_A")
    ('A', 'A', 'C', 'A', '')
    """
    name = name if name.isspace() else name.strip()
    bare = _SPLIT_WORD.sub("", name).strip("_-. ") or name
    before, after = _BEFORE_CLASS.match(bare), _AFTER_CLASS.search(bare)
    inner = bare[before.end() if before else 0 : after.start() if after else None]
    for candidate in (name, bare, inner):
        try:
            return parse_class(candidate)
        except ClassNameError:
            continue
    return ""


def _class_and_sources(path: str) -> tuple[str, _Chain]:
    """The class that the innermost such folder names, and what the other folders say of sources."""
    *folders, _ = PurePosixPath(path).parts
    label = ""
    for place in reversed(range(len(folders))):
        if label := label_of(folders[place]):
            del folders[place]
            break
    names = (_SPLIT_WORD.sub("", folder).strip("_-. ") for folder in folders)
    return label, tuple(name for name, _ in groupby(filter(None, names)))  # Kaggle doubles folders
