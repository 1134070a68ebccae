"""What the path of a picture says about it: its class, its source and its split.

Knows the shapes in which alphabet data sets come, and nothing about pictures or disks:
`asl_alphabet_train/asl_alphabet_train/A/A1.jpg`, `asl_alphabet_test/A_test.jpg`, `webcam/a/1.png`,
`test/signer3/space/x.jpg`, `dataset5/C/a/color_0_0002.png`.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import groupby, takewhile
from pathlib import PurePosixPath

from fingerspell.core.alphabet import class_named, parse_class
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
        label: the class; one of the 29, unless all paths together tell others.
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
    return _place(path, {})


def places_of(paths: Sequence[str]) -> list[Place]:
    """What every path of a data set says, with the groups that all of them together tell.

    Classes have any names: a folder beside those of letters, or, where no folder is named by a letter,
    each of several folders with pictures is a class of its own.

    >>> [place.label for place in places_of(["A/1.png", "ILY/1.png", "7/1.png", "more/7/1.png"])]
    ['A', 'ILY', '7', '']
    >>> [place.label for place in places_of(["hello/1.png", "thanks/1.png"])]
    ['hello', 'thanks']
    >>> [place.label for place in places_of(["wall/1.png", "wall/2.png"])]
    ['', '']
    """
    own = _own_classes(paths)
    places = [_place(path, own) for path in paths]
    groups = _groups([_class_and_sources(path, own) for path in paths])
    return [replace(place, group=group) for place, group in zip(places, groups, strict=True)]


def _place(path: str, own: Mapping[str, str]) -> Place:
    label, sources = _class_and_sources(path, own)
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
    return _groups([_class_and_sources(path, {}) for path in paths])


def _groups(read: Sequence[tuple[str, _Chain]]) -> list[str]:
    """The groups of pictures of these classes, in these chains of folders."""
    chains = [chain for _, chain in read]
    classes: dict[_Chain, set[str]] = defaultdict(set)
    for label, chain in read:
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


@lru_cache(maxsize=4096)
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


def _class_and_sources(path: str, own: Mapping[str, str]) -> tuple[str, _Chain]:
    """The class that the innermost such folder names, and what the other folders say of sources.

    Args:
        path: of a picture.
        own: the classes of folders, by their paths, whose names are none of the 29.
    """
    *folders, _ = PurePosixPath(path).parts
    label = ""
    for place in reversed(range(len(folders))):
        if label := label_of(folders[place]) or own.get("/".join(folders[: place + 1]), ""):
            del folders[place]
            break
    names = (_SPLIT_WORD.sub("", folder).strip("_-. ") for folder in folders)
    return label, tuple(name for name, _ in groupby(filter(None, names)))  # Kaggle doubles folders


def _own_classes(paths: Sequence[str]) -> dict[str, str]:
    """Folders that are classes without the name of one of the 29, by their paths, with their names."""
    unnamed: set[_Chain] = set()
    # The folders around those of letters, and how many folders are within these.
    beside: dict[_Chain, set[int]] = defaultdict(set)
    for path in paths:
        parts = PurePosixPath(path).parts
        named = next((n for n in reversed(range(len(parts) - 1)) if label_of(parts[n])), None)
        if named is not None:
            beside[parts[:named]].add(len(parts) - named)
        elif not _place(path, {}).label:
            unnamed.add(parts[:-1])
    found = {
        chain: class_named(chain[-1])
        for folders in unnamed
        for chain in _candidates(folders, beside)
        if _SPLIT_WORD.sub("", chain[-1]).strip("_-. ")
    }
    is_set = beside or len(set(found.values())) > 1
    return {"/".join(chain): name for chain, name in found.items()} if is_set else {}


def _candidates(folders: _Chain, beside: Mapping[_Chain, set[int]]) -> Iterator[_Chain]:
    """The folder that may be the class of pictures in `folders`.

    It is beside those of letters, and its pictures are as far within it as theirs.
    """
    if not beside:
        yield from [folders] if folders else []
        return
    for depth in reversed(range(len(folders))):
        if len(folders) + 1 - depth in beside.get(folders[:depth], ()):
            yield folders[: depth + 1]
            return
