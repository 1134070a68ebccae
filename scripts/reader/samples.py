"""The training pictures, decoded once and kept in memory, with what is known of each."""

from collections.abc import Container, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from fingerspell.core.alphabet import CLASSES, LETTERS, NOTHING, parse_class
from fingerspell.data.corrections import Correction, Corrections
from fingerspell.data.groups import People
from needed import missing

PACKED_PX = 256  # pictures are kept as squares of this side, so hands keep the pixels they have
HALVED_PX = PACKED_PX // 2  # also the side of the masks that `cut_out_hands.py` writes
RENDERED = "rendered"  # by `render_hands.py`
HANDLESS = "handless/"  # of people whose hands `cut_out_hands.py` painted over
SAME_PERSON = {"people/aplha5": "people/adi3220"}  # two repositories that may show one man
PEOPLE = "people"  # sets of one to three signers each, told apart by the names of their pictures
UNKNOWN = -1  # label of hands that are no letter, or might be one
UNUSUAL_TRUST = 0.2  # weight of the letter's loss where the sign is an unusual one


@dataclass(frozen=True)
class Source:
    """A training set.

    Attributes:
        weight: how often it is drawn.
        classes: class of each folder that has one; None where folders are named by their classes.
        unusual: letters signed in a way few others use, to be trusted less.
        most_per_folder: pictures taken of a folder.
        empty: the pictures show no hands.
        resting: how many times as often as others hands that sign nothing are drawn.
        by_person: pictures are called `<person>_<number>`, and each person is a source of its own.
        is_open: anybody may use the set and pass on what was made of it; of people, `people.csv` says.
    """

    weight: float
    classes: Mapping[str, str] | None = None
    unusual: str = ""
    most_per_folder: int = 10_000
    empty: bool = False
    resting: float = 1.0
    by_person: bool = False
    is_open: bool = True

    def label(self, folder: str) -> int:
        """Index of a folder's class, or `UNKNOWN`."""
        sign = folder if self.classes is None else self.classes.get(folder)
        return UNKNOWN if sign is None else CLASSES.index(parse_class(sign))

    def trust(self, folder: str) -> float:
        """Weight of the letter's loss in a folder's pictures."""
        return UNUSUAL_TRUST if folder in self.unusual else 1.0

    def share(self, label: int, *, found: bool, n: int) -> float:
        """How often one of the set's `n` pictures is drawn."""
        is_resting = found and label == CLASSES.index(NOTHING)
        return self.weight / n * (self.resting if is_resting else 1.0)


# Weights are near the square root of each set's size, more for sets with more people and rooms.
SOURCES = {
    "aslalphabets": Source(100, resting=12),
    "roboflow_letters": Source(65),
    "kaggle64": Source(60, unusual="MNTX", most_per_folder=200, is_open=False),
    "meyyappan": Source(55),
    "massey": Source(45, is_open=False),
    "t32": Source(35),
    "digits218": Source(60, classes={"0": "O", "2": "V", "5": NOTHING, "6": "W", "9": "F"}),
    "rps_webcam": Source(30, classes={}),
    "upper_bodies": Source(30, classes={}),
    "backgrounds": Source(20, empty=True),
    HANDLESS + "rps_webcam": Source(20, empty=True),
    HANDLESS + "upper_bodies": Source(25, empty=True),
    # A third of views. J and Z are stills out of a motion: many show I or D.
    PEOPLE: Source(330, unusual="JZ", by_person=True),
    # A sixth.
    RENDERED: Source(170, classes={sign: sign for sign in (*LETTERS, NOTHING)}, resting=2),
}
# Of views, in which the hand is before another background; rendered hands have none.
CUT_OUT_SHARE = {"massey": 0.7, RENDERED: 1.0}
OTHER_CUT_OUT_SHARE = 0.35
# Of the archives of most sets.
MAKERS = {
    "joints": "label_joints.py",
    "hands": "cut_out_hands.py",
    "searched": "look_for_hands.py",
}
N_PLACES = 3  # of each picture without a hand


def names_of(text: str) -> list[str]:
    """The sets of a comma-separated list, as options of the other scripts have it."""
    return list(filter(None, text.split(",")))


def left_out_of(text: str, data: Path, *, licensed_only: bool = False) -> set[str]:
    """What not to learn from: sets, `people/NAME`, and `people:K/N`, fold K of N (from 0) of people.

    Args:
        text: these, with commas between them.
        data: folder of the sets.
        licensed_only: all sets and people under no open licence, too.
    """
    names = set(names_of(text)) | (not_open(data) if licensed_only else set())
    for fold in [name for name in names if name.startswith(f"{PEOPLE}:")]:
        first, n = map(int, fold.partition(":")[2].split("/"))
        names.remove(fold)
        names.update(person for person, of in folds_of(data, n).items() if of == first)
    return names


def not_open(data: Path) -> set[str]:
    """The sets, and the people of `DATA/people.csv`, that are under no open licence."""
    licences = People.load(data / "people.csv").column("licence")
    closed = {f"{PEOPLE}/{who}" for who, licence in licences.items() if not licence.startswith("MIT")}
    return closed | {name for name, source in SOURCES.items() if not source.is_open}


def folds_of(data: Path, n: int) -> dict[str, int]:
    """The fold, 0 to `n` - 1, of each person of `PEOPLE`."""
    people = sorted({person_of(path) for path in read_archive(data, "joints", PEOPLE)["paths"]})
    distinct = [person for person in people if person not in SAME_PERSON]
    folds = {person: i % n for i, person in enumerate(distinct)}
    return folds | {twin: folds[of] for twin, of in SAME_PERSON.items() if of in folds}


def data_set(source: str) -> str:
    """The set that the pictures of a source are from."""
    return source.removeprefix(HANDLESS).partition("/")[0]


def person_of(path: str) -> str:
    """The source of a picture of `PEOPLE`: `people/<person>`.

    >>> person_of("A/rpkw789_12.jpg")
    'people/rpkw789'
    """
    return f"{PEOPLE}/{Path(path).stem.rpartition('_')[0]}"


@cache
def corrections() -> Mapping[str, Correction]:
    """What pictures of `PEOPLE` show that are in another folder; each was looked at."""
    return Corrections.load(Path(__file__).with_name("people_corrections.csv")).rows


def shown_in(path: str, source: Source) -> str:
    """The sign of a picture, by its folder or as it was corrected; empty if it is not to be used."""
    known = corrections().get(path) if source.by_person else None
    return path.split("/", maxsplit=1)[0] if known is None else known.label


def is_left_out(source: str, leave_out: Container[str]) -> bool:
    """Whether a source, or the set that it is part of, is not to be learned from."""
    return source in leave_out or data_set(source) in leave_out


@dataclass(frozen=True)
class Samples:
    """N training samples; a picture with two hands is two samples.

    Attributes:
        pictures: uint8 RGB [N, 3, 256, 256], the picture at the top left of a black square.
        halved: the same at half the size, [N, 3, 128, 128].
        size: width and height of the picture in its square, pixels [N, 2].
        joints: [N, 21, 2] x and y in pixels of the square; zeros where not `found`.
        found: bool [N], the joints are known.
        label: class index [N], or `UNKNOWN`.
        trust: weight of the letter's loss [N].
        weight: how often each is drawn [N].
        mask: uint8 [N, 1, 128, 128], 255 where the hand is in the halved picture.
        cut_out_share: share of its views [N] in which the hand is before another background.
        rooms: indices of the pictures without hands or people.
        people: indices of the pictures of people without hands.
        places: [N, 3, 2, 2], lower and upper end of what the reader takes for a hand in pictures
            without one, x and y in pixels of the square; zeros in others.
        source: index in `source_names` of each [N].
        source_names: the sources; each person of `PEOPLE` is one.
    """

    pictures: Tensor
    halved: Tensor
    size: Tensor
    joints: Tensor
    found: Tensor
    label: Tensor
    trust: Tensor
    weight: Tensor
    mask: Tensor
    cut_out_share: Tensor
    rooms: Tensor
    people: Tensor
    places: Tensor
    source: Tensor
    source_names: tuple[str, ...]


@dataclass(frozen=True)
class _Row:
    path: Path
    source: str
    joints: np.ndarray  # [21, 2], fractions of the picture
    found: bool
    label: int
    trust: float = 1.0
    mask: np.ndarray | None = None  # [128, 16], rows of bits
    cut_out_share: float = 0.0
    places: np.ndarray = field(default_factory=lambda: np.zeros((N_PLACES, 2, 2), np.float32))


def load_samples(data: Path, leave_out: set[str]) -> Samples:
    """Decode every training picture under `data`, but for the sets and people in `leave_out`."""
    rows: list[_Row] = []
    weights: list[float] = []
    rooms: list[int] = []
    people: list[int] = []
    for name, source in SOURCES.items():
        if is_left_out(name, leave_out):
            continue
        set_rows = [
            row for row in _rows_of(data, name, source) if not is_left_out(row.source, leave_out)
        ]
        if source.empty:
            empty = people if name.startswith(HANDLESS) else rooms
            empty += range(len(rows), len(rows) + len(set_rows))
        rows += set_rows
        weights += [source.share(row.label, found=row.found, n=len(set_rows)) for row in set_rows]
    names = tuple(dict.fromkeys(row.source for row in rows))
    pictures = np.zeros((len(rows), 3, PACKED_PX, PACKED_PX), np.uint8)
    halved = np.zeros((len(rows), 3, HALVED_PX, HALVED_PX), np.uint8)
    size = np.zeros((len(rows), 2), np.float32)
    mask = np.zeros((len(rows), 1, HALVED_PX, HALVED_PX), np.uint8)

    def pack(i: int) -> None:
        with Image.open(rows[i].path) as picture:
            scale = PACKED_PX / max(picture.size)
            width, height = (max(1, round(side * scale)) for side in picture.size)
            resized = picture.convert("RGB").resize((width, height), Image.Resampling.BILINEAR)
        pictures[i, :, :height, :width] = np.asarray(resized).transpose(2, 0, 1)
        quads = pictures[i].reshape(3, HALVED_PX, 2, HALVED_PX, 2)
        halved[i] = quads.mean((2, 4), dtype=np.float32)
        size[i] = width, height
        if (bits := rows[i].mask) is not None:
            mask[i, 0] = 255 * np.unpackbits(bits, axis=1)

    with ThreadPoolExecutor() as pool:
        list(pool.map(pack, range(len(rows))))
    return Samples(
        pictures=torch.from_numpy(pictures),
        halved=torch.from_numpy(halved),
        size=torch.from_numpy(size),
        joints=torch.from_numpy(np.stack([row.joints for row in rows]) * size[:, None]),
        found=torch.tensor([row.found for row in rows]),
        label=torch.tensor([row.label for row in rows]),
        trust=torch.tensor([row.trust for row in rows]),
        weight=torch.tensor(weights),
        mask=torch.from_numpy(mask),
        cut_out_share=torch.tensor([row.cut_out_share for row in rows]),
        rooms=torch.tensor(rooms),
        people=torch.tensor(people),
        places=torch.from_numpy(np.stack([row.places for row in rows]) * size[:, None, None]),
        source=torch.tensor([names.index(row.source) for row in rows]),
        source_names=names,
    )


def archive_path(data: Path, made: str, name: str) -> Path:
    """Where what was `made` of a set is kept: a key of `MAKERS`."""
    return data / made / f"{name}.npz"


def read_archive(data: Path, made: str, name: str) -> dict[str, np.ndarray]:
    """`DATA/<made>/<name>.npz`, loaded: an open one would be decompressed again at every look.

    Raises:
        FileNotFoundError: it has not been made.
    """
    path = archive_path(data, made, name)
    if not path.exists():
        script = "render_hands.py" if name == RENDERED else MAKERS.get(made, "see_landmarks.py")
        raise FileNotFoundError(missing(path, script) + ".")
    with np.load(path) as archive:
        return dict(archive)


def _rows_of(data: Path, name: str, source: Source) -> Iterator[_Row]:
    if source.empty:
        yield from _empty_rows_of(data, name)
        return
    labelled, masks = read_archive(data, "joints", name), read_archive(data, "hands", name)["masks"]
    cut_out_share = CUT_OUT_SHARE.get(name, OTHER_CUT_OUT_SHARE)
    by_folder: dict[str, list[int]] = {}
    for i, path in enumerate(labelled["paths"]):
        if sign := shown_in(path, source):
            by_folder.setdefault(sign, []).append(i)
    for folder, members in by_folder.items():
        step = max(1, len(members) // source.most_per_folder)
        label, trust = source.label(folder), source.trust(folder)
        for i in members[::step][: source.most_per_folder]:
            found = labelled["found"][i] > 0
            hands = np.flatnonzero(found)
            if source.classes is None and found.all():  # the signing hand is the raised one
                hands = labelled["joints"][i][:, :, 1].mean(1).argmin(keepdims=True)
            path = data / name / labelled["paths"][i]
            origin = person_of(labelled["paths"][i]) if source.by_person else name
            for hand in hands:
                joints, mask = labelled["joints"][i][hand], masks[i, hand]
                yield _Row(path, origin, joints, True, label, trust, mask, cut_out_share)
            if not len(hands):
                yield _Row(path, origin, np.zeros((21, 2), np.float32), False, label, trust)


def _empty_rows_of(data: Path, name: str) -> Iterator[_Row]:
    searched = read_archive(data, "searched", name)
    parts = (searched[part] for part in ("paths", "places", "presence"))
    for path, places, presence in zip(*parts, strict=True):
        hand_left = name.startswith(HANDLESS) and presence.max() > 0  # not painted over
        if not hand_left:
            no_joints, nothing = np.zeros((21, 2), np.float32), CLASSES.index(NOTHING)
            yield _Row(data / name / path, name, no_joints, False, nothing, places=places)
