"""Following the hand through a video: the next look is at where it was.

In a whole picture a hand may be few pixels, and a face or the other hand may draw the reader away
from it. In a video it is near where it was a moment ago, so the reader is shown the square around that
place, and the whole picture again once there is no hand in it; see docs/experiments.md, section 26.
"""

import numpy as np
from numpy.typing import NDArray

from fingerspell.core.types import FrameClassifier, Prediction
from fingerspell.runtime.hand_square import around, side_around

FOUND = 0.9  # probability of a hand in the whole picture from which it is followed
KEPT = 0.95  # and in the square, for it to be followed further


class HandFollower:
    """Reads the frames of one video, one after the other.

    A hand so large that the square would be as large as the picture is not followed, nor is any where
    the classifier does not tell joints.

    Args:
        classifier: reads what is to be seen.
    """

    def __init__(self, classifier: FrameClassifier) -> None:
        self.classifier = classifier
        self._joints: NDArray[np.float32] | None = None  # in the frame before, as `Prediction` has them

    def look(self, picture: NDArray[np.uint8]) -> Prediction:
        """Classify the next frame, RGB uint8 [H, W, 3]; its joints are fractions of the whole of it."""
        seen = self._look_around(picture)
        if seen is None:
            [seen] = self.classifier.classify(picture[None])
            self._joints = seen.joints if _shows_hand(seen, FOUND) else None
        else:
            self._joints = seen.joints
        return seen

    def _look_around(self, picture: NDArray[np.uint8]) -> Prediction | None:
        """What is where the hand was; None if none was or is there."""
        if self._joints is None:
            return None
        sides = np.array(picture.shape[1::-1], np.float32)
        before = self._joints * sides
        if side_around(before) >= sides.max():
            return None
        square, corner = around(picture, before)
        [seen] = self.classifier.classify(square[None])
        if seen.joints is None or not _shows_hand(seen, KEPT):
            return None
        joints = (corner + seen.joints * square.shape[0]) / sides
        return Prediction(seen.probabilities, joints, seen.hand_probability)


def _shows_hand(seen: Prediction, at_least: float) -> bool:
    return seen.hand_probability is not None and seen.hand_probability >= at_least
