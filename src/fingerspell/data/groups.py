"""Where an image comes from: the source or person that its path names, and what is known of people.

An image's `group` is its source, or the person in it where people are asked for. It comes from folders,
from an index, or from a pattern; what else is known of people, from a CSV file.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

from fingerspell.data.index import Index
from fingerspell.errors import DataError
from fingerspell.texts import read_records

PERSON = "person"  # the column of a people file, and the group of a pattern, that name a person
DEFAULT_PERSON_PATTERN = r"(?P<person>.+)_\d+"  # of file names such as `maria_07.jpg`


@dataclass(frozen=True)
class People:
    """What is known of people besides their images; empty where only their names are.

    Attributes:
        file: the CSV file it is from; None where there is none.
        columns: names of the columns besides `person`, in the file's order.
        facts: values by column, of each person.
    """

    file: Path | None = None
    columns: tuple[str, ...] = ()
    facts: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def column(self, name: str) -> dict[str, str]:
        """The values of a column by person; none where there is no such column."""
        return {person: values[name] for person, values in self.facts.items() if name in values}

    @classmethod
    def load(cls, path: Path) -> "People":
        """Read a CSV file with a row a person, a column `person` and any others.

        Raises:
            DataError: the file is missing, or is no such file.
        """
        rows = read_records(path, PERSON)
        if not rows:
            raise DataError(f"{path} names nobody: add a row for each person.")
        columns = tuple(name for name in rows[0][1] if name != PERSON)
        facts: dict[str, dict[str, str]] = {}
        for number, values in rows:
            person = values.pop(PERSON)
            if not person or person in facts:
                what = f"names {person} again" if person else "names no person"
                raise DataError(f"{path}, row {number}, {what}: give each person one row.")
            facts[person] = values
        return cls(path, columns, facts)


def with_groups(index: Index, pattern: str) -> Index:
    r"""The index with its groups taken from the paths, by a search for a regular expression.

    The group is what the expression's groups capture, or else all that it matches: `hand\d` names
    signers, `(.+)_jpg\.rf\.` the photographs that augmented copies were made of.

    Raises:
        DataError: the pattern is no regular expression, or some path does not match.
    """
    expression = _compiled(pattern)
    groups = [_name(expression.search(picture.path)) for picture in index.pictures]
    return _grouped(
        index, groups, lambda path: f"{path} does not match the group pattern {pattern!r}: widen it."
    )


def with_people(index: Index, people: People, pattern: str = "") -> Index | None:
    """The index with the person of each image as its group.

    The pattern is searched for in the file's name without its extension, then in the whole path.
    Without one, the groups that the index has count where the people file has them all, else
    `DEFAULT_PERSON_PATTERN` does.

    Args:
        index: of images.
        people: who there is; empty to take every name.
        pattern: regular expression; its group `person`, its groups, or all that matches is the person.

    Returns:
        The index; None where none of its images is of these people.

    Raises:
        DataError: the pattern is no regular expression, or some images have no person and others do.
    """
    groups = [picture.group for picture in index.pictures]
    if pattern or not people.facts or not set(groups) <= set(people.facts):
        pattern = pattern or DEFAULT_PERSON_PATTERN
        expression = _compiled(pattern)
        groups = [_person(expression, picture.path) for picture in index.pictures]
    if people.facts:
        unknown = sorted(set(groups) - set(people.facts) - {""})
        if len(unknown) == len(set(groups) - {""}):
            return None
        if unknown:
            path = next(p.path for p, g in zip(index.pictures, groups, strict=True) if g == unknown[0])
            raise DataError(
                f"{index.root / path} shows {unknown[0]!r}, who is not in {people.file}: add a row, or "
                "change --person-pattern."
            )
    if not any(groups):
        return None
    return _grouped(
        index,
        groups,
        lambda path: f"{index.root / path} names no person by {pattern!r}: change --person-pattern.",
    )


def _compiled(pattern: str) -> re.Pattern[str]:
    try:
        return re.compile(pattern)
    except re.error as error:
        raise DataError(f"{pattern!r} is not a regular expression ({error}): correct it.") from error


def _person(expression: re.Pattern[str], path: str) -> str:
    return _name(expression.search(PurePosixPath(path).stem) or expression.search(path))


def _name(found: re.Match[str] | None) -> str:
    """What a match names; empty where there is none."""
    if not found:
        return ""
    if PERSON in found.re.groupindex:
        return found[PERSON] or ""
    return "/".join(filter(None, found.groups())) or found[0]


def _grouped(index: Index, groups: list[str], says: Callable[[str], str]) -> Index:
    """The index with these groups; `says` what is wrong with a path that has none."""
    pictures = []
    for picture, group in zip(index.pictures, groups, strict=True):
        if not group:
            raise DataError(says(picture.path))
        pictures.append(replace(picture, group=group))
    return Index(index.root, tuple(pictures))
