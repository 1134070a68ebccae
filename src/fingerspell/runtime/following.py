"""Following the hand through a video: the next look is at where it was.

To find a hand takes most of the time that reading one does, and may find another one. In a video it is
near where it was a moment ago, so the reader is told the joints of the frame before; once there is no
hand any more it looks for one by itself. Where it cannot tell what is signed, it may look at the wrong
place: then it looks for the hand anew, now and then. To look all over a picture and find no hand takes
longest: where none has been for a while, it is done less often than 30 times a second.
"""

import math
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from fingerspell.core.types import N_JOINTS, Frame, FrameClassifier, Prediction

# Joints that are not a number: of a frame whose hand was not seen in the frame before.
ANYWHERE = np.full((N_JOINTS, 2), np.nan, np.float32)
KEPT = 0.5  # probability of a hand from which it is followed
# Under this probability of a class what is seen is in doubt; after the first of so many frames in doubt
# the hand is looked for anew. See docs/experiments/29a-search-when-uncertain.md.
CLEAR, DOUBTFUL_FRAMES = 0.7, 3
# After so many seconds without a hand, what is seen of a frame holds for those that follow within this.
IDLE_AFTER_S, IDLE_S = 0.5, 0.06


@runtime_checkable
class FollowingClassifier(FrameClassifier, Protocol):
    """A classifier that can be told where the hand was."""

    @property
    def can_follow(self) -> bool:
        """Whether its model makes use of it."""

    def classify_near(self, picture: NDArray[np.uint8], joints: NDArray[np.float32]) -> Prediction:
        """Classify RGB [H, W, 3], a frame of a video.

        Args:
            picture: the frame.
            joints: what the hand is near, [21, 2], fractions of width and height; or `ANYWHERE`.
        """


class HandFollower:
    """Reads the frames of one video, one after the other.

    Args:
        classifier: reads what is to be seen; one that cannot follow is shown each frame by itself.
    """

    def __init__(self, classifier: FrameClassifier) -> None:
        self.classifier = classifier
        self._following: FollowingClassifier | None = None
        if isinstance(classifier, FollowingClassifier) and classifier.can_follow:
            self._following = classifier
        self._joints: NDArray[np.float32] | None = None  # in the frame before, as `Prediction` has them
        self._in_doubt = 0  # frames, up to the one before
        self._idle: Prediction | None = None  # what is seen while no hand has been there for a while
        self._looked_s = -math.inf  # when a frame was last looked at
        self._hand_s = math.inf  # when a hand was last seen, or the video began

    def look(self, frame: Frame) -> Prediction:
        """Classify the next frame."""
        if self._idle is not None and frame.time_s - self._looked_s < IDLE_S:
            return self._idle
        seen, self._looked_s = self._look(frame.pixels), frame.time_s
        self._in_doubt = 0 if seen.probabilities.max() >= CLEAR else self._in_doubt + 1
        sure = seen.hand_probability is not None and seen.hand_probability >= KEPT
        self._joints = seen.joints if sure else None
        may_be = sure or seen.hand_probability is None
        self._hand_s = frame.time_s if may_be else min(self._hand_s, frame.time_s)
        self._idle = seen if frame.time_s - self._hand_s > IDLE_AFTER_S else None
        return seen

    def _look(self, picture: NDArray[np.uint8]) -> Prediction:
        if self._following is None:
            [seen] = self.classifier.classify(picture[None])
            return seen
        anew = self._in_doubt % DOUBTFUL_FRAMES == 1
        near = ANYWHERE if self._joints is None or anew else self._joints
        return self._following.classify_near(picture, near)
