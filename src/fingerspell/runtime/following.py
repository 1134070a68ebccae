"""Following the hand through a video: the next look is at where it was.

To find a hand takes most of the time that reading one does, and may find another one. In a video it is
near where it was a moment ago, so the reader is told the joints of the frame before; once there is no
hand any more it looks for one by itself. Where it cannot tell what is signed, it may look at the wrong
place: then it looks for the hand anew, now and then.
"""

from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from fingerspell.core.types import FrameClassifier, Prediction

KEPT = 0.5  # probability of a hand from which it is followed
# Under this probability of a class what is seen is in doubt; after the first of so many frames in doubt
# the hand is looked for anew. See docs/experiments.md, section 29.
CLEAR, DOUBTFUL_FRAMES = 0.7, 3


@runtime_checkable
class FollowingClassifier(FrameClassifier, Protocol):
    """A classifier that can be told where the hand was."""

    @property
    def can_follow(self) -> bool:
        """Whether its model makes use of it."""

    def classify_near(self, picture: NDArray[np.uint8], joints: NDArray[np.float32]) -> Prediction:
        """Classify RGB [H, W, 3], the hand being near joints [21, 2], fractions of width and height."""


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

    def look(self, picture: NDArray[np.uint8]) -> Prediction:
        """Classify the next frame, RGB uint8 [H, W, 3]."""
        anew = self._in_doubt % DOUBTFUL_FRAMES == 1
        if self._following is None or self._joints is None or anew:
            [seen] = self.classifier.classify(picture[None])
        else:
            seen = self._following.classify_near(picture, self._joints)
        self._in_doubt = 0 if seen.probabilities.max() >= CLEAR else self._in_doubt + 1
        sure = seen.hand_probability is not None and seen.hand_probability >= KEPT
        self._joints = seen.joints if sure else None
        return seen
