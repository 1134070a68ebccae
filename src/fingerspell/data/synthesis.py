"""Fingerspelled video of any text, made from stills, with exact timing as ground truth.

A video is a list of `Slot`s: a still, how long it is held, and how long it fades into the next.
`spell` writes the slots of a text the way signers vary (pace, pauses, releases between double
letters), `render` shows them to a camera that sways, shakes and adds noise, and `ground_truth` says
when each sign was there. What it cannot show is how one hand shape turns into the next: a crossfade
is two hands at once.

This module knows nothing of networks or of video files; randomness comes from a generator it is given.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from fingerspell.core.alphabet import LETTERS, NOTHING, SPACE
from fingerspell.core.text import plain
from fingerspell.core.types import Frame, Letter
from fingerspell.errors import DataError

Stills = Mapping[str, Sequence[Image.Image]]  # class to its pictures, RGB


@dataclass(frozen=True)
class Slot:
    """A still that is held for `hold_s`, then fades into the next within `fade_s`."""

    sign: str
    picture: Image.Image
    hold_s: float
    fade_s: float


@dataclass(frozen=True)
class Signing:
    """How a text is signed.

    Attributes:
        letters_per_s: pace; a letter with its transition takes the inverse of it.
        unevenness: standard deviation of the logarithm of a letter's time.
        fade_share: share of a letter's time that the transition takes, at most `max_fade_s`.
        max_fade_s: longest transition.
        release_s: longest time for which the hand lets go between double letters.
        word_gap: a `space` sign between words, as the Kaggle alphabet has it, or a pause.
        min_pause_s: shortest pause between words; slow signers pause for two letters' time.
        rest_s: hands at rest before the first letter and after the last.
    """

    letters_per_s: float = 2.0
    unevenness: float = 0.15
    fade_share: float = 0.3
    max_fade_s: float = 0.2
    release_s: float = 0.25
    word_gap: Literal["sign", "pause"] = "pause"
    min_pause_s: float = 1.0
    rest_s: float = 0.8

    def __post_init__(self) -> None:
        times = (self.unevenness, self.fade_share, self.max_fade_s, self.release_s, self.min_pause_s)
        if not (0 < self.letters_per_s < math.inf and 0 <= self.rest_s < math.inf):
            raise ValueError("letters_per_s must be more than 0, and rest_s not negative")
        if not all(0 <= value < math.inf for value in times):
            raise ValueError("times and shares must not be negative")


@dataclass(frozen=True)
class Camera:
    """What a camera does to the stills.

    Attributes:
        side_px: side of the square frames.
        sway: slow drift, as a share of the side.
        travel: how far the hand moves between two signs, as a share of the side.
        jitter: standard deviation of the shake from frame to frame, as a share of the side.
        noise: standard deviation of the noise of each pixel, in grey levels of 0..255.
    """

    side_px: int = 192
    sway: float = 0.012
    travel: float = 0.0
    jitter: float = 0.0
    noise: float = 0.0

    def __post_init__(self) -> None:
        if self.side_px < 1 or not (self.jitter >= 0 and self.noise >= 0):
            raise ValueError("side_px must be at least 1, jitter and noise not negative")


def spell(text: str, stills: Stills, rng: np.random.Generator, signing: Signing) -> list[Slot]:
    """The slots of `text`, which is letters and spaces.

    Stills are drawn anew for every sign, but a double letter shows one still twice: the same hand.

    Raises:
        DataError: there is nothing to sign, or no still of a sign that is needed.
    """
    letters = plain(text)
    if not letters:
        raise DataError("there is no text to sign: give letters and spaces.")
    if strange := sorted(set(letters) - {*LETTERS, " "}):
        raise DataError(f"{''.join(strange)!r} cannot be spelled: give letters from A to Z and spaces.")
    spaces = {SPACE} if signing.word_gap == "sign" else set()
    needed = {NOTHING, *letters.replace(" ", ""), *(spaces if " " in letters else ())}
    if missing := sorted(sign for sign in needed if not stills.get(sign)):
        raise DataError(
            f"there are no stills of {', '.join(missing)}: add them, or spell another text."
        )
    rest_s, fade_s = signing.rest_s, min(signing.max_fade_s, 0.3)
    slots = [Slot(NOTHING, _draw(stills[NOTHING], rng), rest_s, fade_s)]
    picture = slots[0].picture
    for before, char in pairwise(f" {letters}"):
        period_s = float(rng.lognormal(0.0, signing.unevenness)) / signing.letters_per_s
        fade_s = min(signing.max_fade_s, signing.fade_share * period_s)
        if char == before:  # the hand lets go between the two
            release_s = min(signing.release_s, 0.4 * period_s)
            slots.append(Slot(NOTHING, _draw(stills[NOTHING], rng), release_s, fade_s))
        if char == " " and signing.word_gap == "pause":
            pause_s = max(signing.min_pause_s, 2 * period_s)
            slots.append(Slot(NOTHING, _draw(stills[NOTHING], rng), pause_s, fade_s))
            continue
        sign = SPACE if char == " " else char
        picture = picture if char == before else _draw(stills[sign], rng)
        slots.append(Slot(sign, picture, period_s - fade_s, fade_s))
    return [*slots, Slot(NOTHING, _draw(stills[NOTHING], rng), rest_s, 0.0)]


def ground_truth(slots: Sequence[Slot]) -> list[Letter]:
    """The signs with their times: each from the middle of one transition to the middle of the next."""
    truth, start_s, fade_in_s = [], 0.0, 0.0
    for slot in slots:
        end_s = start_s + fade_in_s + slot.hold_s
        if slot.sign != NOTHING:
            truth.append(Letter(slot.sign, start_s + fade_in_s / 2, end_s + slot.fade_s / 2, 1.0))
        start_s, fade_in_s = end_s, slot.fade_s
    return truth


def frame_count(slots: Sequence[Slot], fps: float) -> int:
    """How many frames a video of `slots` has."""
    return round(sum(slot.hold_s + slot.fade_s for slot in slots) * fps)


def render(
    slots: Sequence[Slot],
    fps: float,
    camera: Camera,
    rng: np.random.Generator | None = None,
) -> Iterator[Frame]:
    """The frames of a video of `slots`: RGB uint8 [side, side, 3], `fps` a second.

    Args:
        slots: what is shown.
        fps: frames a second.
        camera: what it does to the stills.
        rng: for jitter and noise.

    Raises:
        ValueError: `fps` is not more than 0, or `rng` is missing where it is needed.
    """
    if not fps > 0:
        raise ValueError("fps must be more than 0")
    if (camera.jitter or camera.noise) and rng is None:
        raise ValueError("jitter and noise need rng")
    starts = np.cumsum([0.0] + [slot.hold_s + slot.fade_s for slot in slots])
    size = (camera.side_px, camera.side_px)
    pictures = [slot.picture.resize(size, Image.Resampling.BICUBIC) for slot in slots]
    rng_or_still = rng if camera.jitter or camera.noise else None
    for number in range(frame_count(slots, fps)):
        time_s = number / fps
        index = min(int(np.searchsorted(starts, time_s + 1e-9, "right")) - 1, len(slots) - 1)
        following = min(index + 1, len(slots) - 1)
        slot = slots[index]
        faded = max(0.0, time_s - starts[index] - slot.hold_s)
        share = min(1.0, faded / slot.fade_s) if slot.fade_s else 0.0
        shake = rng_or_still.normal(0, camera.jitter, 2) if rng_or_still else np.zeros(2)
        mixed = (1 - share) * _seen(pictures[index], time_s, camera, share, shake)
        if share:
            mixed += share * _seen(pictures[following], time_s, camera, share - 1, shake)
        if rng_or_still:
            mixed += rng_or_still.normal(0, camera.noise, mixed.shape).astype(np.float32)
        yield Frame(time_s, mixed.round().clip(0, 255).astype(np.uint8))


def _seen(
    picture: Image.Image, time_s: float, camera: Camera, along: float, shake: NDArray[np.float64]
) -> NDArray[np.float32]:
    """The picture as the camera sees it, `along` its way (-1..1) from or to another sign."""
    side = camera.side_px
    zoom = 0.96 + 0.01 * math.sin(1.7 * time_s)
    x = side * (0.02 + camera.sway * math.sin(2.3 * time_s) + camera.travel * along + shake[0])
    y = side * (0.02 + camera.sway * math.cos(1.9 * time_s) + shake[1])
    matrix = (zoom, 0, x, 0, zoom, y)
    moved = picture.transform(picture.size, Image.Transform.AFFINE, matrix, Image.Resampling.BILINEAR)
    return np.asarray(moved, np.float32)


def _draw(pictures: Sequence[Image.Image], rng: np.random.Generator) -> Image.Image:
    return pictures[int(rng.integers(len(pictures)))]
