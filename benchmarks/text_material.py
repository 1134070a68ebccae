"""The videos on which `text_quality.py` measures, as what a model says of each of their frames.

Rendering and classifying take nearly all the time, so the answers are kept in a folder: deleting it is
always safe. Frame rates of 15 and 10 are every second and third frame of the 30 rendered.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image
from rich.progress import track

from fingerspell.core.alphabet import LETTERS, NOTHING, SPACE
from fingerspell.core.types import Frame, Letter
from fingerspell.data.hard_views import hard_view
from fingerspell.data.synthesis import Camera, Signing, Slot, ground_truth, render, spell
from fingerspell.evaluation.array_cache import load_arrays, save_arrays
from fingerspell.evaluation.observed import Observed, observe
from fingerspell.runtime.media.picture_frames import pictures_in
from fingerspell.runtime.media.video import video_frames
from fingerspell.runtime.reader import Reader

FPS = 30
STILLS_PER_CLASS = 60
CAMERA = Camera(side_px=160, travel=0.08, jitter=0.004, noise=4.0)
WAVING = Camera(side_px=160, sway=0.15, jitter=0.004, noise=4.0)
QUIET_FPS = 15
DOWN_S = 0.6  # at the start of each real clip the hands are down for at least this long


@dataclass(frozen=True)
class Clip:
    """A video: its text, when each sign was there, and what the model saw in its frames."""

    text: str
    truth: list[Letter]
    seen: Observed

    def every(self, step: int) -> "Clip":
        """The same video at a lower frame rate: every `step`-th frame."""
        return Clip(self.text, self.truth, self.seen.every(step))


class Material:
    """Makes clips for one reader, and keeps what it said of them in `folder`."""

    def __init__(self, reader: Reader, data: Path, folder: Path, seed: int) -> None:
        self.reader, self.data, self.folder, self.seed = reader, data, folder, seed

    def sentences(self, sets: tuple[str, ...], texts: list[str], *, hard: bool = False) -> list[Clip]:
        """Synthesised sentences, each with stills of one of `sets`, at 1 to 4 letters a second.

        `hard` shows the stills as cameras of unseen signers might (see `fingerspell.data.hard_views`).
        """
        clips = []
        for number, text in enumerate(track(texts, "+".join(sets), transient=True)):
            rng = np.random.default_rng([self.seed, number])
            name = sets[number % len(sets)]
            stills = self._hard_stills(name) if hard else self._stills(name)
            gap = "sign" if number % 2 and SPACE in stills else "pause"
            pace = float(rng.uniform(1, 4))
            slots = spell(text, stills, rng, Signing(letters_per_s=pace, word_gap=gap))
            key = f"{name}{'-hard' * hard}-{self.seed}-{number}"
            clips.append(self._sentence(key, text, slots, rng))
        return clips

    def letters(self, name: str) -> dict[str, Clip]:
        """The real clips of a set, one a letter, hands down at both ends."""
        paths = {path.stem: path for path in sorted((self.data / name).glob("*.mp4"))}
        return {
            letter: self._clip(f"{name}-{letter}", lambda path=path: video_frames(path))
            for letter, path in track(paths.items(), name, transient=True)
            if letter in LETTERS
        }

    def quiet(self, seconds: float) -> dict[str, Clip]:
        """Videos without signs, `seconds` in all, and then people who sign words instead of letters."""
        down = _joined([_start(clip, DOWN_S) for clip in self.letters("sibi_letters").values()])
        part_s = (seconds - float(down.seen.times_s[-1])) / 4
        return {
            "hands down (`sibi_letters`)": down,
            "hands at rest (`aslalphabets_test` nothing)": self._scene(
                "aslalphabets_test/nothing", CAMERA, part_s
            ),
            "the same, waving": self._scene("aslalphabets_test/nothing", WAVING, part_s),
            "an empty room (`kaggle64_test` nothing)": self._scene(
                "kaggle64_test/nothing", CAMERA, part_s
            ),
            "empty rooms (`backgrounds`, trained on)": self._scene("backgrounds", CAMERA, part_s),
            "words are signed (`upper_bodies`, trained on)": self._scene(
                "upper_bodies", CAMERA, seconds / 5
            ),
        }

    def _scene(self, folder: str, camera: Camera, seconds: float) -> Clip:
        def frames() -> Iterator[Frame]:
            rng = np.random.default_rng([self.seed, len(folder)])
            paths = sorted((self.data / folder).rglob("*.jpg")) or pictures_in(self.data / folder)
            slots, left_s = [], seconds
            while left_s > 0:
                picture = Image.open(paths[int(rng.integers(len(paths)))]).convert("RGB")
                slots.append(Slot(NOTHING, picture, float(rng.uniform(1, 4)), 0.3))
                left_s -= slots[-1].hold_s + slots[-1].fade_s
            yield from render(slots, QUIET_FPS, camera, rng)

        return self._clip(f"quiet-{folder.replace('/', '-')}-{camera.sway}-{seconds:.0f}", frames)

    def _sentence(self, name: str, text: str, slots: list[Slot], rng: np.random.Generator) -> Clip:
        clip = self._clip(name, lambda: render(slots, FPS, CAMERA, rng))
        return Clip(text.upper(), ground_truth(slots), clip.seen)

    def _clip(self, name: str, frames: Callable[[], Iterable[Frame]]) -> Clip:
        path = self.folder / f"{name}.npz"
        if known := load_arrays(path):
            return Clip("", [], Observed(**known))
        seen = observe(self.reader.classifier, frames())
        save_arrays(path, vars(seen))
        return Clip("", [], seen)

    @cache  # noqa: B019 - one object lives as long as the program
    def _stills(self, name: str) -> dict[str, list[Image.Image]]:
        stills = {
            folder.name: [Image.open(path).convert("RGB") for path in _spread(pictures_in(folder))]
            for folder in sorted((self.data / name).iterdir())
        }
        if NOTHING not in stills:
            stills[NOTHING] = self._stills("aslalphabets_test")[NOTHING]
        return stills

    @cache  # noqa: B019
    def _hard_stills(self, name: str) -> dict[str, list[Image.Image]]:
        rng = np.random.default_rng(self.seed)
        paths = _spread(sorted((self.data / "backgrounds").rglob("*.jpg")))
        rooms = [Image.open(path).convert("RGB") for path in paths]
        return {
            sign: [hard_view(still, rooms, rng) for still in stills]
            for sign, stills in self._stills(name).items()
        }


def _spread(paths: list[Path]) -> list[Path]:
    """At most `STILLS_PER_CLASS` from all over a list that goes from one signer to the next."""
    n = min(STILLS_PER_CLASS, len(paths))
    return [paths[i * len(paths) // n] for i in range(n)]


def spelled_with(letters: dict[str, Clip], text: str) -> Clip:
    """The clips of the letters of `text`, one after the other; spaces are left out."""
    letters_only = text.upper().replace(" ", "")
    return Clip(letters_only, [], _joined([letters[letter] for letter in letters_only]).seen)


def _joined(clips: list[Clip]) -> Clip:
    """One video of several; each frame is shown until the next comes."""
    times, start_s = [], 0.0
    for clip in clips:
        times.append(clip.seen.times_s + start_s)
        start_s = float(times[-1][-1]) + 1 / FPS
    parts = (
        np.concatenate([getattr(clip.seen, name) for clip in clips])
        for name in ("probabilities", "joints", "hand")
    )
    return Clip("", [], Observed(np.concatenate(times), *parts))


def _start(clip: Clip, seconds: float) -> Clip:
    n = int(np.sum(clip.seen.times_s < seconds))
    return Clip("", [], Observed(*(values[:n] for values in vars(clip.seen).values())))
