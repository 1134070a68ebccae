"""What of a folder is passed over, and why, in the words of every command that takes one."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import Any

MAX_SHOWN = 8  # names in a sentence
MAX_KEPT = 100  # names in JSON
NO_CLASS, LINKED, OTHER_KIND = "in no class folder", "linked folder", "of a kind that is not read"
TEXT, HIDDEN = "text", "hidden or system file"
# What lies beside pictures to be read by people and programs: nobody takes it for a picture.
_TEXT_SUFFIXES = frozenset(
    {"", ".cff", ".cfg", ".csv", ".db", ".htm", ".html", ".ini", ".ipynb", ".json", ".jsonl"}
    | {".license", ".log", ".md", ".md5", ".parquet", ".pdf", ".py", ".rst", ".sh", ".sha256", ".toml"}
    | {".tsv", ".txt", ".xls", ".xlsx", ".xml", ".yaml", ".yml"}
)
_PICTURE_SUFFIXES = frozenset(
    {".cr2", ".cr3", ".dng", ".jp2", ".jxl", ".nef", ".psd", ".raw", ".svg", ".tif", ".tiff"}
)
_NUMBER = re.compile(r"(\d+)")


@dataclass(frozen=True)
class PassedOver:
    """Files of a folder that are passed over for one reason.

    Attributes:
        reason: why.
        n: how many files, or linked folders.
        of: how many pictures there are in all.
        names: how many of them by folder, by suffix or by path, as the reason has it; the commonest.
    """

    reason: str
    n: int
    of: int
    names: Mapping[str, int]

    def sentence(self) -> str:
        """For people; empty where it is nothing that they miss."""
        is_one = self.n == 1
        share = f"{self.n:,} of {self.of:,} {'image' if self.of == 1 else 'images'}"
        share += " is" if is_one else " are"
        if self.reason == NO_CLASS:
            return f"{share} in no class folder: {_listed(sorted(self.names, key=_natural))}"
        if self.reason == LINKED:
            what = "1 linked folder is" if is_one else f"{self.n:,} linked folders are"
            return f"{what} not followed: {_listed(list(self.names))}; copy what is in them there"
        if self.reason == OTHER_KIND:
            what = "1 file is of a kind" if is_one else f"{self.n:,} files are of kinds"
            kinds = _listed([f"{n:,} {suffix}" for suffix, n in self.names.items()])
            mend = "; save images as JPEG" if _PICTURE_SUFFIXES & self.names.keys() else ""
            return f"{what} not read here: {kinds}{mend}"
        if self.reason in (TEXT, HIDDEN):
            return ""
        return f"{share} left out ({self.reason}): {_listed(list(self.names))}"


def told(root: Path, passed: Iterable[PassedOver]) -> list[str]:
    """The sentences for people about a folder."""
    return [f"{root}: {sentence}" for each in passed if (sentence := each.sentence())]


def documents(passed: Iterable[PassedOver]) -> list[dict[str, Any]]:
    """The same as JSON holds it."""
    return [asdict(each) for each in passed]


def of_problem(reason: str, paths: Sequence[str], of: int) -> Iterator[PassedOver]:
    """Pictures or folders that are passed over for one reason; those in no class by their folder."""
    names = map(_folder, paths) if reason == NO_CLASS else paths
    yield from _passed(reason, of, Counter(names))


def of_other_files(paths: Sequence[str], of: int) -> Iterator[PassedOver]:
    """Files that are no pictures, by suffix, text apart from what might be missed."""
    suffixes = Counter(PurePosixPath(path).suffix.lower() for path in paths)
    texts = {suffix: n for suffix, n in suffixes.items() if suffix in _TEXT_SUFFIXES}
    yield from _passed(OTHER_KIND, of, {k: n for k, n in suffixes.items() if k not in texts})
    yield from _passed(TEXT, of, texts)


def _passed(reason: str, of: int, names: Mapping[str, int]) -> Iterator[PassedOver]:
    if names:
        commonest = sorted(names.items(), key=lambda item: (-item[1], item[0]))[:MAX_KEPT]
        yield PassedOver(reason, sum(names.values()), of, dict(commonest))


def _folder(path: str) -> str:
    parent = PurePosixPath(path).parent.as_posix()
    return "the folder itself" if parent == "." else parent


def _natural(name: str) -> list[tuple[int, str]]:
    """Sorts 2 before 10."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in _NUMBER.split(name)]


def _listed(names: Sequence[str]) -> str:
    more = len(names) - MAX_SHOWN
    return ", ".join(names[:MAX_SHOWN]) + (f" and {more:,} more" if more > 0 else "")
