"""How people show the signs: stills and short clips of landmarks, from images and from landmark files.

All are brought to one measure: the palm is one long, its middle is where a form begins.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fingerspell.core.alphabet import CLASSES, MOVING_LETTERS, NOTHING, SPACE, parse_class
from fingerspell.core.sight import Sight
from fingerspell.core.ticks import HAND
from fingerspell.core.types import N_JOINTS
from fingerspell.errors import ClassNameError, DataError

PALM = (0, 5, 9, 13, 17)  # the wrist and where the four fingers begin
SLIM = "BFUVW"  # letters of upright hands, by which the shape of a landmark file's images is told
USUAL_ASPECT = 4 / 3  # width to height of images, where nothing tells it
LEAST_FRAMES = 5  # of a clip whose hand is seen
STILLS_AXES = 3  # of an array of stills; one of clips has one more
LARGEST_FRACTION = 10.0  # of width or height, where a hand may be; larger numbers are pixels
LEAST_SIGNS = 15  # that somebody shows, to spell words in the samples
NO_SIGN = "-"  # in landmark files

Joints = NDArray[np.float32]


@dataclass(frozen=True)
class Form:
    """How one person once showed a sign.

    Attributes:
        label: place of the sign in `CLASSES`.
        person: who it was, or the file where that is not known.
        poses: float32 [K, 21, 2]; K is 1 for a still.
        seconds: how long the clip took; 0 for a still.
        evidence: float32 [29], logarithms of what the frame reader said of a still; None if unknown.
    """

    label: int
    person: str
    poses: Joints
    seconds: float = 0.0
    evidence: NDArray[np.float32] | None = None


def measured(joints: Joints) -> Joints:
    """Landmarks [K, 21, 2] with the palm one long (as in most of them), its middle at the origin."""
    palm = np.linalg.norm(joints[:, [5, 9, 17]] - joints[:, :1], axis=2).max(1)
    origin = joints[0, list(PALM)].mean(0)
    return np.asarray((joints - origin) / max(float(np.median(palm)), 1e-6), np.float32)


def forms_of_pictures(sight: Sight, labels: Sequence[str], people: Sequence[str]) -> list[Form]:
    """Stills of what a frame reader saw in images; those without a hand are left out."""
    logarithms = np.log(np.maximum(sight.probabilities, 1e-6))
    return [
        Form(CLASSES.index(label), person, measured(sight.joints[i : i + 1]), 0.0, logarithms[i])
        for i, (label, person) in enumerate(zip(labels, people, strict=True))
        if sight.hand[i] >= HAND and np.isfinite(sight.joints[i]).all()
    ]


def slimness(joints: Joints) -> float:
    """Width to height of hands [K, 21, 2]: the median."""
    extent = np.ptp(joints, axis=1)
    return float(np.median(extent[:, 0] / np.maximum(extent[:, 1], 1e-6)))


def load_landmarks(path: Path, upright: Mapping[str, float], fps: float = 20.0) -> list[Form]:
    """The forms of a landmark file (.npz): `xyz` [N, 21, 3] or [N, T, 21, 3], `text`, `person`, `fps`.

    x and y are fractions of width and height, whose proportion the files do not tell: it is chosen so
    that the hands of `SLIM` are as slim as `upright` says they are in images.

    Raises:
        DataError: it is no such file.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        xy = arrays["xyz"].astype(np.float32)[..., :2]
        texts = [str(text) for text in arrays["text"]]
        people = [str(p) for p in arrays["person"]] if "person" in arrays else [path.stem] * len(texts)
        clips = xy[:, None] if xy.ndim == STILLS_AXES else xy
    except (OSError, ValueError, KeyError) as error:
        raise _unfit(path) from error
    if clips.shape[2:] != (N_JOINTS, 2) or not len(clips) == len(texts) == len(people):
        raise _unfit(path)
    fps = float(arrays.get("fps", fps))
    in_pixels = np.nanmax(np.abs(clips)) > LARGEST_FRACTION
    aspect = 1.0 if in_pixels else _aspect(clips, texts, upright)
    clips = clips * np.array([aspect, 1], np.float32)
    forms = (_form(clip, t, p, fps) for clip, t, p in zip(clips, texts, people, strict=True))
    return [form for form in forms if form is not None]


def _unfit(path: Path) -> DataError:
    return DataError(
        f"{path} is not a landmark file: it needs `xyz` [N, 21, 3] or [N, T, 21, 3] and `text` [N]."
    )


def _aspect(clips: Joints, texts: Sequence[str], upright: Mapping[str, float]) -> float:
    ratios = []
    for letter, wanted in upright.items():
        shown = clips[[text == letter for text in texts]].reshape(-1, N_JOINTS, 2)
        shown = shown[np.isfinite(shown).all((1, 2))]
        if len(shown):
            ratios.append(wanted / slimness(shown))
    return float(np.clip(np.median(ratios), 0.5, 2)) if ratios else USUAL_ASPECT


def _form(clip: Joints, text: str, person: str, fps: float) -> Form | None:
    seen = clip[np.isfinite(clip).all((1, 2))]
    try:
        label = parse_class(NOTHING if text == NO_SIGN else text)
    except ClassNameError:
        return None
    if label == SPACE or len(seen) < (LEAST_FRAMES if len(clip) > 1 else 1):
        return None  # these files' sign for a space is nobody else's
    is_still = len(clip) == 1
    if label in MOVING_LETTERS and is_still:
        return None  # which half of the sign it shows is not known
    return Form(CLASSES.index(label), person, measured(seen), 0.0 if is_still else len(seen) / fps)


def uprightness(sight: Sight, labels: Sequence[str]) -> dict[str, float]:
    """How slim the hands of the letters of `SLIM` are in images, whose proportions are known."""
    seen = (sight.hand >= HAND) & np.isfinite(sight.joints).all((1, 2))
    chosen = {letter: seen & (np.array(labels) == letter) for letter in SLIM}
    return {letter: slimness(sight.joints[rows]) for letter, rows in chosen.items() if rows.any()}


class Repertoire:
    """Forms by person and by sign.

    Args:
        forms: of any number of people.
    """

    def __init__(self, forms: Iterable[Form]) -> None:
        self.forms = list(forms)
        self.by_label: dict[int, list[Form]] = {}
        self.by_person: dict[str, dict[int, list[Form]]] = {}
        for form in self.forms:
            self.by_label.setdefault(form.label, []).append(form)
            self.by_person.setdefault(form.person, {}).setdefault(form.label, []).append(form)
        # Who shows most signs can spell; the forms of all others are borrowed.
        self.people = sorted(p for p, signs in self.by_person.items() if len(signs) >= LEAST_SIGNS)

    def parted(self, every: int) -> "tuple[Repertoire, Repertoire]":
        """Without every so many-th of those who can spell, and they alone, beside who borrows."""
        apart = set(self.people[every // 2 :: every])
        others = set(self.people) - apart
        return (
            Repertoire(form for form in self.forms if form.person not in apart),
            Repertoire(form for form in self.forms if form.person not in others),
        )

    def draw(self, person: str, label: int, rng: np.random.Generator) -> Form:
        """A form of a person, or of anybody where they show none."""
        own = self.by_person[person].get(label)
        choices = own or self.by_label[label]
        return choices[int(rng.integers(len(choices)))]
