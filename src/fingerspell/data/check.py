"""Judge a data set as a whole: what it holds, what is wrong with it, and which pictures to keep.

An error makes results wrong or pictures unusable; a warning is for people to decide on.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

import numpy as np

from fingerspell.core.alphabet import Role, role_of
from fingerspell.data.copies import copy_pairs
from fingerspell.data.duplicates import MAX_DISTANCE, Lookalikes, hashes_of
from fingerspell.data.index import Index, Picture
from fingerspell.data.scan import Problem, Remark, Scan

MAX_EXAMPLES = 100
SCARCE = 0.5  # of the median number of pictures in a class; fewer are an imbalance
_TEST_FIRST = ("test", "validation", "train", "")  # which of identical pictures stays
_MENDS: Mapping[str, str] = {
    Problem.EMPTY: "copy it again, or leave it out with --fix",
    Problem.UNREADABLE: "change its permissions, or leave it out with --fix",
    Problem.NO_PICTURE: "replace it, or leave it out with --fix",
    Problem.DAMAGED: "copy it again, or leave it out with --fix",
    Problem.TOO_LARGE: "shrink it, or leave it out with --fix",
    Problem.TOO_SMALL: "leave it out with --fix: a hand needs 16 pixels a side",
    Problem.SEVERAL: "export the one that is meant, or leave it out with --fix",
    Problem.NOT_READ: "export it as JPEG, or leave it out with --fix; HEIC needs the extra `heic`",
    Problem.BROKEN_LINK: "copy the file there, or leave it out with --fix",
    Problem.OUTSIDE_LINK: "copy the file there, or leave it out with --fix",
    Problem.UNKNOWN_CLASS: "put it into a folder named by its class, or leave it out with --fix",
    Problem.LEFT_OUT: "it is not used; see the corrections for why",
    Remark.WRONG_SUFFIX: "rename it; it is read all the same",
    Remark.OTHER_FILE: "it is passed over",
    Remark.FOLDER_LINK: "it is not followed; copy the folder there",
    Remark.EMPTY_FOLDER: "add images, or remove the folder",
}


@dataclass(frozen=True)
class Finding:
    """One kind of fault.

    Attributes:
        kind: what is wrong.
        severity: "error" or "warning".
        count: how many files, or pairs of files, or classes it concerns.
        mend: what to do about it.
        examples: at most `MAX_EXAMPLES` of them, each a path, or the paths that agree, or a class.
    """

    kind: str
    severity: str
    count: int
    mend: str
    examples: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Report:
    """What `check` found.

    Attributes:
        root: the folder.
        n_pictures: files named as pictures.
        n_usable: those that can be decoded and have a class.
        n_ignored: hidden and system files passed over.
        n_bytes: of all pictures.
        classes: usable pictures in each of the classes present.
        missing_classes: those of the 29 that have none; of other alphabets, none is missing.
        groups: usable pictures of each source.
        splits: usable pictures in each split that the folders name.
        sizes: usable pictures of each "width x height", the most frequent first.
        modes: usable pictures of each of Pillow's colour modes.
        near_duplicate_pairs: usable pictures that look the same but are different files, in pairs:
            "within_class", "across_classes", "across_splits".
        findings: errors first.
    """

    root: str
    n_pictures: int
    n_usable: int
    n_ignored: int
    n_bytes: int
    classes: Mapping[str, int]
    missing_classes: tuple[str, ...]
    groups: Mapping[str, int]
    splits: Mapping[str, int]
    sizes: Mapping[str, int]
    modes: Mapping[str, int]
    near_duplicate_pairs: Mapping[str, int]
    findings: tuple[Finding, ...]

    @property
    def has_errors(self) -> bool:
        """Whether anything found makes pictures unusable or results wrong."""
        return any(finding.severity == "error" for finding in self.findings)

    def as_dict(self) -> dict[str, Any]:
        """The report as JSON holds it."""
        return {**asdict(self), "has_errors": self.has_errors}


def check(scan: Scan, max_distance: int = MAX_DISTANCE) -> Report:
    """Judge what a scan found; near-duplicates differ in at most `max_distance` of 64 bits."""
    usable = scan.index.usable.pictures
    counts = Counter(picture.label for picture in usable)
    alphabet = scan.index.alphabet.classes
    classes = {label: counts[label] for label in alphabet if counts[label]}
    pairs, near = _near_duplicates(usable, max_distance)
    found = [*_file_findings(scan), *_exact_duplicates(usable), *near]
    found += [*_odd_modes(usable), *_scarce_classes(classes), *_own_signs(classes)]
    return Report(
        root=str(scan.index.root),
        n_pictures=len(scan.index.pictures),
        n_usable=len(usable),
        n_ignored=scan.n_ignored,
        n_bytes=sum(picture.n_bytes for picture in scan.index.pictures),
        classes=classes,
        missing_classes=tuple(label for label in alphabet if label not in classes),
        groups=_tally(picture.group for picture in usable),
        splits=_tally(picture.split for picture in usable),
        sizes=_tally(f"{picture.width}x{picture.height}" for picture in usable),
        modes=_tally(picture.mode for picture in usable),
        near_duplicate_pairs=pairs,
        findings=tuple(sorted(found, key=lambda finding: finding.severity)),
    )


def clean(index: Index) -> Index:
    """The pictures to keep: usable, and of identical ones one, from the test set if one is there.

    Identical pictures of different classes all go, since nobody knows which class is right.
    """
    kept = set()
    for copies in _identical(index.usable.pictures):
        if len({picture.label for picture in copies}) == 1:
            kept.add(min(copies, key=lambda p: (_TEST_FIRST.index(p.split), p.path)).path)
    return Index(index.root, tuple(p for p in index.pictures if p.path in kept))


def _identical(pictures: Iterable[Picture]) -> list[list[Picture]]:
    """The pictures, those with the same bytes together."""
    copies: dict[str, list[Picture]] = defaultdict(list)
    for picture in pictures:
        copies[picture.sha256].append(picture)
    return list(copies.values())


def _tally(values: Iterable[str]) -> dict[str, int]:
    return dict(Counter(filter(None, values)).most_common())


def _finding(
    kind: str, severity: str, mend: str, examples: Sequence[tuple[str, ...]], count: int | None = None
) -> list[Finding]:
    """A finding, or nothing where there are no examples of it."""
    if not examples:
        return []
    count = len(examples) if count is None else count
    return [Finding(kind, severity, count, mend, tuple(examples[:MAX_EXAMPLES]))]


def _file_findings(scan: Scan) -> list[Finding]:
    findings: list[Finding] = []
    for problem in Problem:
        paths = [(p.path,) for p in scan.index.pictures if p.problem == problem]
        severity = "warning" if problem is Problem.LEFT_OUT else "error"
        findings += _finding(problem, severity, _MENDS[problem], paths)
    for remark, names in scan.remarks.items():
        findings += _finding(remark, "warning", _MENDS[remark], [(name,) for name in names])
    return findings


def _exact_duplicates(pictures: Iterable[Picture]) -> list[Finding]:
    sets = [copies for copies in _identical(pictures) if len(copies) > 1]
    by_kind: dict[str, list[tuple[str, ...]]] = {"classes": [], "splits": [], "": []}
    for copies in sets:
        contradictory = len({picture.label for picture in copies}) > 1
        straddling = len({picture.split for picture in copies}) > 1
        kind = "classes" if contradictory else "splits" if straddling else ""
        by_kind[kind].append(tuple(picture.path for picture in copies))
    same, one_class = "identical pictures", "keep the right one; --fix leaves all of them out"
    return [
        *_finding(f"{same} in different classes", "error", one_class, by_kind["classes"]),
        *_finding(
            f"{same} in different splits", "error", "the test copy stays with --fix", by_kind["splits"]
        ),
        *_finding(same, "warning", "one stays with --fix", by_kind[""]),
    ]


def _near_duplicates(
    usable: Iterable[Picture], max_distance: int
) -> tuple[dict[str, int], list[Finding]]:
    """Pairs of different files that look the same, counted, and what to say of them."""
    pictures = [copies[0] for copies in _identical(usable)]
    lookalikes = Lookalikes.of(hashes_of(pictures), max_distance).joined(copy_pairs(pictures))
    n_pairs: dict[str, int] = {}
    findings: list[Finding] = []
    for kind, mend, values in (
        ("classes", "look whether the class is right", [p.label for p in pictures]),
        ("splits", "split anew with `data split --by block`", [p.split for p in pictures]),
    ):
        names, keys = np.unique(values, return_inverse=True)
        matrix = lookalikes.count(keys, len(names))
        across = n_pairs[f"across_{kind}"] = int(np.triu(matrix, 1).sum())
        if kind == "classes":
            n_pairs["within_class"] = int(np.trace(matrix))
        pairs = lookalikes.examples(keys, MAX_EXAMPLES)
        paths = [(pictures[i].path, pictures[j].path) for i, j in pairs]
        findings += _finding(f"near-duplicates in different {kind}", "warning", mend, paths, across)
    return n_pairs, findings


def _odd_modes(pictures: Iterable[Picture]) -> list[Finding]:
    paths = [(picture.path, picture.mode) for picture in pictures if picture.mode != "RGB"]
    return _finding("not RGB", "warning", "it is converted; transparency becomes black", paths)


def _own_signs(classes: Mapping[str, int]) -> list[Finding]:
    """Classes that are no letter, digit or editing sign: a mistyped folder is one, too."""
    own = [(label, str(n)) for label, n in classes.items() if role_of(label) == Role.SIGN]
    mend = "rename the folder if it is meant to be a letter; the letter CH is C+H"
    return _finding("own sign", "warning", mend, own)


def _scarce_classes(classes: Mapping[str, int]) -> list[Finding]:
    usual = median(classes.values()) if classes else 0
    scarce = [(label, str(count)) for label, count in classes.items() if count < SCARCE * usual]
    mend = f"add images: classes have {usual:g} in the median"
    return _finding("class with few pictures", "warning", mend, scarce)
