"""Tracking the hand through a video: what the model remembers is given back to it at the next frame.

The rules are the model's own (`fingerspell.models.reader_memory`).
"""

from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from fingerspell.core.types import Frame, FrameClassifier, Prediction

Picture = NDArray[np.uint8]  # RGB [H, W, 3]
Joints = NDArray[np.float32]  # [21, 2], x and y in pixels of a picture, or in fractions of its sides
State = NDArray[np.float32]  # [K], what a model remembers of the frames before


@runtime_checkable
class TrackingClassifier(FrameClassifier, Protocol):
    """A classifier that may remember the frame before."""

    @property
    def can_track(self) -> bool:
        """Whether its model does so."""

    def classify_next(
        self, picture: Picture, state: State | None, dt_s: float, joints: Joints | None = None
    ) -> tuple[Prediction, State]:
        """Classify the next frame of a video.

        Args:
            picture: the frame.
            state: what the frame before left; None at the first one.
            dt_s: seconds since that frame.
            joints: what the hand is near, in fractions, where somebody else has found it.

        Returns:
            what is seen, and the state for the next frame.
        """


class HandTracker:
    """Reads the frames of one video, one after the other.

    Args:
        classifier: reads what is to be seen; one that cannot track is shown each frame by itself.
    """

    def __init__(self, classifier: FrameClassifier) -> None:
        self.classifier = classifier
        self._tracking: TrackingClassifier | None = None
        if isinstance(classifier, TrackingClassifier) and classifier.can_track:
            self._tracking = classifier
        self._state: State | None = None
        self._last_s: float | None = None  # of the frame before

    def look(self, frame: Frame) -> Prediction:
        """Classify the next frame."""
        if self._tracking is None:
            [seen] = self.classifier.classify(frame.pixels[None])
            return seen
        dt_s = 0.0 if self._last_s is None else frame.time_s - self._last_s
        seen, self._state = self._tracking.classify_next(frame.pixels, self._state, dt_s)
        self._last_s = frame.time_s
        return seen
