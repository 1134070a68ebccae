"""Labels corrected by hand: a CSV file of images that show another sign, or none, each with a reason.

Nothing on disk changes. An image that is left out stays in the index, as one with a problem, so that
nothing that counts images, such as folds of people, moves when a row is added.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from fingerspell.core.alphabet import CLASSES, DIGITS, class_named
from fingerspell.data.index import Index, Picture
from fingerspell.data.scan import Problem
from fingerspell.errors import DataError
from fingerspell.texts import read_records

COLUMNS = ("path", "label", "reason")


@dataclass(frozen=True)
class Correction:
    """What one image shows: a class, or nothing to be used where `label` is empty; and why."""

    label: str
    reason: str


@dataclass(frozen=True)
class Corrected:
    """An index after corrections.

    Attributes:
        index: all images; those left out have a problem.
        file: the corrections.
        found: rows of the file whose image is in the index.
        relabelled: images that have another label now.
        left_out: images that are not used any more.
        reasons: images relabelled or left out, by reason, the most frequent first.
    """

    index: Index
    file: Path
    found: frozenset[str]
    relabelled: int
    left_out: int
    reasons: Mapping[str, int]

    def __str__(self) -> str:
        """For people, in a sentence."""
        return (
            f"Of {self.index.root.resolve().name}, {self.relabelled:,} images were relabelled and "
            f"{self.left_out:,} left out by {self.file.name}."
        )


@dataclass(frozen=True)
class Corrections:
    """The rows of a file, by path relative to the data set's folder."""

    file: Path
    rows: Mapping[str, Correction]

    @classmethod
    def load(cls, path: Path) -> "Corrections":
        """Read a CSV file with the columns path, label and reason.

        Raises:
            DataError: the file is missing, or a row names no reason or no path, or a path twice.
        """
        known: dict[str, Correction] = {}
        for number, row in read_records(path, *COLUMNS):
            name, label, reason = (row[column] for column in COLUMNS)
            if name in known or not name or not reason:
                what = f"names {name} again" if name in known else "has no path or no reason"
                raise DataError(f"{path}, row {number}, {what}: correct the row.")
            known[name] = Correction(class_named(label) if label else "", reason)
        return cls(path, known)

    def applied(self, index: Index, known: Iterable[str] = ()) -> Corrected:
        """Correct an index; rows that name none of its images change nothing.

        Args:
            index: of a data set.
            known: classes of the models that are evaluated on it.

        Raises:
            DataError: a row gives an image a class that is neither a usual one, nor another image's,
                nor a model's, since a slip of the pen would be a new class.
        """
        labels = {picture.label for picture in index.pictures}
        classes = labels.union(CLASSES, DIGITS, known)
        pictures = []
        reasons: Counter[str] = Counter()
        found, relabelled, left_out = set(), 0, 0
        for old in index.pictures:
            correction = self.rows.get(old.path)
            if correction is None:
                pictures.append(old)
                continue
            found.add(old.path)
            if correction.label and correction.label not in classes:
                raise DataError(
                    f"{self.file} calls {old.path} {correction.label!r}, which is no class of "
                    f"{index.root.resolve().name} or of a model: correct the row."
                )
            new = _corrected(old, correction)
            if new != old:
                reasons[correction.reason] += 1
                relabelled += bool(correction.label)
                left_out += not correction.label
            pictures.append(new)
        return Corrected(
            Index(index.root, tuple(pictures)),
            self.file,
            frozenset(found),
            relabelled,
            left_out,
            dict(reasons.most_common()),
        )

    def check_found(self, *sets: Corrected) -> None:
        """See that each row names one image.

        Raises:
            DataError: an image is in none of the sets, or in several.
        """
        times = Counter(path for each in sets for path in each.found)
        roots = ", ".join(str(each.index.root) for each in sets)
        for path in self.rows:
            if not times[path]:
                raise DataError(f"{self.file} names {path}, which is not in {roots}: correct its path.")
            if times[path] > 1:
                raise DataError(
                    f"{self.file} names {path}, which is in several of {roots}: give one set at a time."
                )


def _corrected(picture: Picture, correction: Correction) -> Picture:
    """A usable image with another label or none; of the others, only the unnamed can be mended."""
    if picture.problem not in ("", Problem.UNKNOWN_CLASS):
        return picture
    if correction.label:
        return replace(picture, label=correction.label, problem="")
    return picture if picture.problem else replace(picture, problem=Problem.LEFT_OUT)
