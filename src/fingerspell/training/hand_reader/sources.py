"""The sets that the reader learns from: how much each counts, whom it shows, and what is left out.

A data folder holds the sets as folders of images, one folder a sign, and, made of them by
`tools/hand_data`, `joints/SET.npz` (landmarks), `hands/SET.npz` (masks), `searched/SET.npz` (what looks
like a hand in images without one) and `mediapipe/` (weights).
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import as_file, files
from pathlib import Path

import numpy as np

from fingerspell.core.alphabet import CLASSES, LETTERS, NOTHING, parse_class
from fingerspell.data.corrections import Correction, Corrections
from fingerspell.data.groups import People
from fingerspell.errors import DataError

RENDERED = "rendered"  # hands of a body model
HANDLESS = "handless/"  # people whose hands were painted over
PEOPLE = "people"  # sets of one to three signers each, told apart by the names of their images
SAME_PERSON = {"people/aplha5": "people/adi3220"}  # two repositories that may show one man
UNKNOWN = -1  # label of hands that are no letter, or might be one
UNUSUAL_TRUST = 0.2  # weight of the letter's loss where the sign is an unusual one
_ALL_BUT = f"{PEOPLE}:all-but-"
_CORRECTIONS = "people_corrections.csv"


@dataclass(frozen=True)
class Source:
    """A training set.

    Attributes:
        weight: how often it is drawn.
        classes: class of each folder that has one; None where folders are named by their classes.
        unusual: letters signed in a way few others use, to be trusted less.
        most_per_folder: images taken of a folder.
        empty: the images show no hands.
        resting: how many times as often as others hands that sign nothing are drawn.
        by_person: images are called `<person>_<number>`, and each person is a source of its own.
        is_open: anybody may use the set and pass on what was made of it; of people, `people.csv` says.
        cut_out_share: of views, in which the hand is before another background.
    """

    weight: float
    classes: Mapping[str, str] | None = None
    unusual: str = ""
    most_per_folder: int = 10_000
    empty: bool = False
    resting: float = 1.0
    by_person: bool = False
    is_open: bool = True
    cut_out_share: float = 0.35

    def label(self, folder: str) -> int:
        """Index of a folder's class, or `UNKNOWN`."""
        sign = folder if self.classes is None else self.classes.get(folder)
        return UNKNOWN if sign is None else CLASSES.index(parse_class(sign))

    def trust(self, folder: str) -> float:
        """Weight of the letter's loss in a folder's images."""
        return UNUSUAL_TRUST if folder in self.unusual else 1.0

    def share(self, label: int, *, found: bool, n: int) -> float:
        """How often one of the set's `n` images is drawn."""
        is_resting = found and label == CLASSES.index(NOTHING)
        return self.weight / n * (self.resting if is_resting else 1.0)


# Weights are near the square root of each set's size, more for sets with more people and rooms.
SOURCES = {
    "aslalphabets": Source(100, resting=12),
    "roboflow_letters": Source(65),
    "kaggle64": Source(60, unusual="MNTX", most_per_folder=200, is_open=False),
    "meyyappan": Source(55),
    "massey": Source(45, is_open=False, cut_out_share=0.7),
    "t32": Source(35),
    "digits218": Source(60, classes={"0": "O", "2": "V", "5": NOTHING, "6": "W", "9": "F"}),
    "rps_webcam": Source(30, classes={}),
    "upper_bodies": Source(30, classes={}),
    "backgrounds": Source(20, empty=True),
    HANDLESS + "rps_webcam": Source(20, empty=True),
    HANDLESS + "upper_bodies": Source(25, empty=True),
    # A third of views. J and Z are stills out of a motion: many show I or D.
    PEOPLE: Source(330, unusual="JZ", by_person=True),
    # A sixth; they have no background of their own.
    RENDERED: Source(
        170, classes={sign: sign for sign in (*LETTERS, NOTHING)}, resting=2, cut_out_share=1.0
    ),
}
_MAKERS = {
    "joints": "label_joints.py",
    "hands": "cut_out_hands.py",
    "searched": "look_for_hands.py",
}


def data_set(source: str) -> str:
    """The set that the images of a source are from.

    >>> data_set("handless/rps_webcam"), data_set("people/anna")
    ('rps_webcam', 'people')
    """
    return source.removeprefix(HANDLESS).partition("/")[0]


def person_of(path: str) -> str:
    """The source of an image of `PEOPLE`.

    >>> person_of("A/rpkw789_12.jpg")
    'people/rpkw789'
    """
    return f"{PEOPLE}/{Path(path).stem.rpartition('_')[0]}"


def origin_of(path: str, name: str) -> str:
    """The source of an image of the set `name`: the person, where the set tells people apart."""
    source = SOURCES.get(name)
    return person_of(path) if source is not None and source.by_person else name


def is_left_out(source: str, leave_out: Collection[str]) -> bool:
    """Whether a source, or the set that it is part of, is not to be learned from."""
    return source in leave_out or data_set(source) in leave_out


def left_out_of(text: str, data: Path, *, licensed_only: bool = False) -> frozenset[str]:
    """What not to learn from.

    `people:K/N` is fold K of N (from 0) of people, and `people:all-but-N` all people but N of those
    who are not left out otherwise, evenly by name.

    Args:
        text: sets, `people/NAME` and these, with commas between them.
        data: folder of the sets.
        licensed_only: all sets and people under no open licence, too.

    Raises:
        DataError: there is no such set or person, or the files of the people cannot be read.
    """
    names = {name.strip() for name in text.split(",") if name.strip()}
    groups = {name for name in names if name.startswith(f"{PEOPLE}:")}
    has_people = any(name.startswith(f"{PEOPLE}/") for name in names)
    known = {*SOURCES, *(_people(data) if has_people else ())}
    if unknown := sorted(names - groups - known):
        raise DataError(
            f"{unknown[0]!r} cannot be left out: give {', '.join(SOURCES)}, people/NAME or people:0/3."
        )
    chosen = (names - groups) | (_not_open(data) if licensed_only else set())
    few = {group for group in groups if group.startswith(_ALL_BUT)}
    for group in groups - few:
        chosen |= _fold(group, data)
    for group in few:
        chosen |= _all_but(group, chosen, data)
    return frozenset(chosen)


def folds_of(data: Path, n: int) -> dict[str, int]:
    """The fold, 0 to `n` - 1, of each person of `PEOPLE`."""
    people = _people(data)
    distinct = [person for person in people if person not in SAME_PERSON]
    folds = {person: i % n for i, person in enumerate(distinct)}
    return folds | {twin: folds[of] for twin, of in SAME_PERSON.items() if of in folds}


def _fold(text: str, data: Path) -> set[str]:
    first, _, n = text.partition(":")[2].partition("/")
    if not (first.isdecimal() and n.isdecimal() and int(first) < int(n)):
        raise DataError(
            f"{text!r} is no group of people: write people:0/3 for the first of three folds, or "
            f"{_ALL_BUT}20 for all but 20."
        )
    return {person for person, of in folds_of(data, int(n)).items() if of == int(first)}


def _all_but(text: str, left_out: Collection[str], data: Path) -> set[str]:
    n = text.removeprefix(_ALL_BUT)
    others = [person for person in _people(data) if not is_left_out(person, left_out)]
    if not n.isdecimal() or int(n) > len(others):
        raise DataError(f"{text!r} asks for people who are not there: there are {len(others)} others.")
    kept = {others[place * len(others) // int(n)] for place in range(int(n))}
    return set(others) - kept


def _people(data: Path) -> list[str]:
    return sorted({person_of(path) for path in read_archive(data, "joints", PEOPLE)["paths"]})


def _not_open(data: Path) -> set[str]:
    """The sets, and the people of `DATA/people.csv`, that are under no open licence."""
    licences = People.load(data / "people.csv").column("licence")
    closed = {f"{PEOPLE}/{who}" for who, licence in licences.items() if not licence.startswith("MIT")}
    return closed | {name for name, source in SOURCES.items() if not source.is_open}


@cache
def _corrections() -> Mapping[str, Correction]:
    """What images of `PEOPLE` show that are in another folder; each was looked at."""
    with as_file(files("fingerspell.training.hand_reader") / _CORRECTIONS) as path:
        return Corrections.load(path).rows


def shown_in(path: str, source: Source) -> str:
    """The sign of an image, by its folder or as it was corrected; empty if it is not to be used."""
    known = _corrections().get(path) if source.by_person else None
    return path.split("/", maxsplit=1)[0] if known is None else known.label


def archive_path(data: Path, made: str, name: str) -> Path:
    """Where what was `made` of a set is kept: joints, hands, searched, or what the reader has seen."""
    return data / made / f"{name}.npz"


def read_archive(data: Path, made: str, name: str) -> dict[str, np.ndarray]:
    """`DATA/<made>/<name>.npz`, loaded: an open one would be decompressed again at every look.

    Raises:
        DataError: it has not been made, or is damaged.
    """
    path = archive_path(data, made, name)
    script = "render_hands.py" if name == RENDERED else _MAKERS.get(made, "see_landmarks.py")
    try:
        with np.load(path) as archive:
            return dict(archive)
    except FileNotFoundError as error:
        raise DataError(f"{path} is missing: tools/hand_data/{script} makes it.") from error
    except (OSError, ValueError) as error:
        raise DataError(f"{path} is damaged: make it again with tools/hand_data/{script}.") from error
