"""Following the hand through a video: the next look is at where it was.

To find a hand takes most of the time that reading one does, and may find another one. In a video it is
near where it was a moment ago, so the reader is told the joints of the frame before; once there is no
hand any more it looks for one by itself. Where it cannot tell what is signed, it may look at the wrong
place: then it looks for the hand anew, now and then. To look all over a picture and find no hand takes
longest: where none has been for a while, it is done less often than 30 times a second, and seldom while
nothing moves.
"""

import math
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from fingerspell.core.alphabet import Alphabet
from fingerspell.core.types import N_JOINTS, Frame, FrameClassifier, Prediction, alphabet_of

# Joints that are not a number: of a frame whose hand was not seen in the frame before.
ANYWHERE = np.full((N_JOINTS, 2), np.nan, np.float32)
KEPT = 0.5  # probability of a hand from which it is followed
# Under this probability of a class what is seen is in doubt; after the first of so many frames in doubt
# the hand is looked for anew. See docs/experiments/29a-search-when-uncertain.md.
CLEAR, DOUBTFUL_FRAMES = 0.7, 3
# After so many seconds without a hand, what is seen of a frame holds for those that follow within this.
IDLE_AFTER_S, IDLE_S = 0.5, 0.06
# While nothing moves it holds for longer: no hand comes into view without changing what is there.
UNMOVED_S = 0.5
# A part of the picture has moved if its mean changes by so many of 256 greys: noise of 15 greys, as of
# a webcam in the dark, changes the means of 256 pixels by 1.3.
MOVED, PART_PX, LONGEST_PX = 6.0, 16, 160
# The same by the names that pages know: they track hands by it, too (app/live/static/following.js).
RULES = {
    "kept": KEPT,
    "clear": CLEAR,
    "uncertain": DOUBTFUL_FRAMES,
    "idleAfterS": IDLE_AFTER_S,
    "idleS": IDLE_S,
    "unmovedS": UNMOVED_S,
    "moved": MOVED,
    "partPx": PART_PX,
    "longestPx": LONGEST_PX,
}


def page_rules(known: Alphabet, read: Alphabet) -> dict[str, Any]:
    """What a page is told that runs a model by itself: `RULES`, and which classes are read.

    Args:
        known: the classes that the model tells apart.
        read: those that are read; of others it takes no notice.

    Returns:
        also `read`: the places of these classes; and `alike`: pairs of places among them, of digits and
        of the letters that look like them.
    """
    places = [known.index(name) for name in read.classes]
    return RULES | {"read": places, "alike": list(read.look_alikes.items())}


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
        self.classifier, self._alphabet = classifier, alphabet_of(classifier)
        self._following: FollowingClassifier | None = None
        if isinstance(classifier, FollowingClassifier) and classifier.can_follow:
            self._following = classifier
        self._joints: NDArray[np.float32] | None = None  # in the frame before, as `Prediction` has them
        self._in_doubt = 0  # frames, up to the one before
        # What is seen while no hand has been there for a while, and the means of that frame's parts.
        self._idle: tuple[Prediction, NDArray[np.float32]] | None = None
        self._looked_s = -math.inf  # when a frame was last looked at
        self._hand_s = math.inf  # when a hand was last seen, or the video began

    def look(self, frame: Frame) -> Prediction:
        """Classify the next frame."""
        if self._idle is not None:
            idle, parts = self._idle
            since_s = frame.time_s - self._looked_s
            if since_s < IDLE_S or (since_s < UNMOVED_S and not has_moved(parts, frame.pixels)):
                return idle
        seen, self._looked_s = self._look(frame.pixels), frame.time_s
        clearest = max(self._alphabet.pooled(seen.probabilities.tolist()))
        self._in_doubt = 0 if clearest >= CLEAR else self._in_doubt + 1
        sure = seen.hand_probability is not None and seen.hand_probability >= KEPT
        self._joints = seen.joints if sure else None
        may_be = sure or seen.hand_probability is None
        self._hand_s = frame.time_s if may_be else min(self._hand_s, frame.time_s)
        is_idle = frame.time_s - self._hand_s > IDLE_AFTER_S
        self._idle = (seen, means_of_parts(frame.pixels)) if is_idle else None
        return seen

    def _look(self, picture: NDArray[np.uint8]) -> Prediction:
        if self._following is None:
            [seen] = self.classifier.classify(picture[None])
            return seen
        anew = self._in_doubt % DOUBTFUL_FRAMES == 1
        near = ANYWHERE if self._joints is None or anew else self._joints
        return self._following.classify_near(picture, near)


def has_moved(before: NDArray[np.float32], picture: NDArray[np.uint8]) -> bool:
    """Whether a picture, RGB [H, W, 3], differs from one with these means of its parts."""
    parts = means_of_parts(picture)
    return parts.shape != before.shape or float(np.abs(parts - before).max()) >= MOVED


def means_of_parts(picture: NDArray[np.uint8]) -> NDArray[np.float32]:
    """The mean green of parts of a picture, RGB [H, W, 3]: a coarse grid, at most 10 x 10."""
    step = max(1, -(-max(picture.shape[:2]) // LONGEST_PX))
    green = Image.fromarray(picture[::step, ::step, 1])
    columns, rows = (max(1, round(side / PART_PX)) for side in green.size)
    return np.asarray(green.resize((columns, rows), Image.Resampling.BOX), np.float32)
