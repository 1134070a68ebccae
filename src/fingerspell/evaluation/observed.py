"""What a reader sees in the frames of videos and in images, kept so that it need not look again.

Looking takes nearly all the time; whatever decodes letters from it is quick, and is tried often.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fingerspell.core.sight import Sight, in_heights, joined
from fingerspell.core.types import N_JOINTS, Frame, FrameClassifier, alphabet_of
from fingerspell.evaluation.array_cache import load_arrays, save_arrays
from fingerspell.pictures.still import read_picture
from fingerspell.progress import Advance, unheard
from fingerspell.runtime.hand_tracking import HandTracker
from fingerspell.runtime.media import open_media

_FORMAT = 2  # raise it when the same model and video would give other observations
CHUNK = 100  # images that are kept together


@dataclass(frozen=True)
class Observed:
    """A video of N frames, as a reader sees it.

    Attributes:
        times_s: float64 [N].
        probabilities: float32 [N, C].
        joints: float32 [N, 21, 2], in heights of the image; NaN where the model gives none.
        hand: float32 [N], probability of a hand; 1 where the model gives none.
        shown_s: float64 [N], how long each frame is shown; NaN where that is not known, and None where
            it is of no frame.
    """

    times_s: NDArray[np.float64]
    probabilities: NDArray[np.float32]
    joints: NDArray[np.float32]
    hand: NDArray[np.float32]
    shown_s: NDArray[np.float64] | None = None

    def __len__(self) -> int:
        return len(self.times_s)

    def frames(
        self,
    ) -> Iterator[tuple[float, float | None, NDArray[np.float32], NDArray[np.float32], float]]:
        """Time, time shown, probabilities, landmarks and hand probability of each frame."""
        shown_s = np.full(len(self), np.nan) if self.shown_s is None else self.shown_s
        seen = zip(self.probabilities, self.joints, self.hand.tolist(), strict=True)
        times = zip(self.times_s.tolist(), shown_s.tolist(), seen, strict=True)
        for time_s, lasts_s, each in times:
            yield time_s, None if np.isnan(lasts_s) else lasts_s, *each

    def every(self, step: int) -> "Observed":
        """The same video at a lower frame rate: every `step`-th frame."""
        return Observed(
            self.times_s[::step], self.probabilities[::step], self.joints[::step], self.hand[::step]
        )


def observe(classifier: FrameClassifier, frames: Iterable[Frame]) -> Observed:
    """Look at every frame of a video, tracking the hand as `Reader` does."""
    tracker = HandTracker(classifier)
    times, probabilities, joints, hands, shown = [], [], [], [], []
    for frame in frames:
        seen = tracker.look(frame)
        placed = in_heights(seen.joints, frame.pixels)
        unknown = np.full((N_JOINTS, 2), np.nan, np.float32)
        times.append(frame.time_s)
        shown.append(np.nan if frame.duration_s is None else frame.duration_s)
        probabilities.append(seen.probabilities)
        joints.append(unknown if placed is None else placed)
        hands.append(1.0 if seen.hand_probability is None else seen.hand_probability)
    return Observed(
        np.array(times, np.float64),
        np.array(probabilities, np.float32).reshape(-1, len(alphabet_of(classifier))),
        np.array(joints, np.float32).reshape(-1, N_JOINTS, 2),
        np.array(hands, np.float32),
        np.array(shown, np.float64),
    )


class Observer:
    """Observes videos and images, and keeps what it saw in a folder.

    Args:
        classifier: looks at the frames.
        digest: of the classifier, so that another one's observations are never taken for its own.
        cache: folder that keeps them; None keeps none.
    """

    def __init__(
        self, classifier: FrameClassifier, digest: str = "", cache: Path | None = None
    ) -> None:
        self.classifier, self.digest, self.cache = classifier, digest, cache

    def video(self, path: Path) -> Observed:
        """What is seen in a video file.

        Raises:
            MediaError: the video cannot be read to its end.
            DataError: the cache cannot be written to.
        """
        if self.cache is None:
            return observe(self.classifier, open_media(path).frames())
        key = hashlib.sha256(f"{_FORMAT}{self.digest}".encode() + path.read_bytes()).hexdigest()
        kept = self.cache / f"video-{key[:24]}.npz"
        if known := load_arrays(kept):
            return Observed(**known)
        observed = observe(self.classifier, open_media(path).frames())
        save_arrays(kept, vars(observed))
        return observed

    def pictures(self, paths: Sequence[Path], advance: Advance = unheard) -> Sight:
        """What is seen in images, each as the first frame of a video.

        They are kept by the hundred, so that what was seen is not lost where the work is stopped.

        Raises:
            MediaError: an image is damaged.
            DataError: the cache cannot be written to.
        """
        parts = []
        for first in range(0, len(paths), CHUNK):
            chunk = paths[first : first + CHUNK]
            parts.append(self._chunk(chunk))
            advance(len(chunk))
        return joined(parts)

    def _chunk(self, paths: Sequence[Path]) -> Sight:
        key = hashlib.sha256(f"{_FORMAT}{self.digest}".encode())
        for path in paths:
            status = path.stat()
            key.update(f"{path.name}{status.st_size}{status.st_mtime_ns}".encode())
        kept = self.cache / f"pictures-{key.hexdigest()[:24]}.npz" if self.cache else None
        if known := load_arrays(kept):
            return Sight(**known)
        stills = (observe(self.classifier, [Frame(0.0, read_picture(path))]) for path in paths)
        seen = joined([Sight(still.probabilities, still.joints, still.hand) for still in stills])
        if kept:
            save_arrays(kept, vars(seen))
        return seen
