"""The numbers by which the reader decides where it looks and what it believes, with their units.

What each is worth on people left out of training: docs/experiments/49-fewer-rules.md; of tracking:
26-following.md, 29a-search-when-uncertain.md, 30a-palm-score.md and 45-nothing-moves.md there.
"""

import math
from dataclasses import dataclass

from fingerspell.models.mediapipe_networks import HAND_PX


@dataclass(frozen=True)
class ReaderRules:
    """The rules; logits and probabilities are of a hand unless something else is said.

    Attributes:
        fill: share of a view's side that the landmarks span around which it is.
        fill_again: the same at a second look.
        clear: probability of a letter under which what is seen is uncertain.
        small_px: extent of hands in which `HandNet` has its full say.
        large_px: extent from which it has none.
        least_share: least say of the larger view.
        shape_share: of what is said of larger hands, that of the network which sees landmarks alone.
        small_fill: share of `HandNet`'s view that the landmarks span.
        small_view_px: side of that view.
        sure: logit under which the palm detector is asked, too.
        kept: logit from which it is a hand, and is tracked.
        palm: logit of a palm from which it is looked at.
        nothing_weight: of the logit of `nothing`, for each that a hand's is under `kept`.
        nothing_again: how much of it is said once more, by which the network that sees the hand finds
            `nothing` rather than the mean letter: landmarks cannot tell a resting fist from A or S.
        certain: logit under which the whole of a still is looked at. Who shows a still with a hand in
            it shows a letter; in videos hands rest and are on their way as well.
        more: of the logit of `nothing`, taken away in stills for each that a hand's is over `certain`.
        most_more: the most that is taken away.
        sharpness: what logits of stills are multiplied by: a mean is less sure than it is right.
        turns: radians by which hands that fill stills are turned: upright, or as G and H are.
        first_look_px: side of `HandNet`'s view of a whole picture.
        first_look_sharpness: what its heat maps are multiplied by.
        share_of_palm: side of the square around a palm, in palms, as MediaPipe has it.
        up: by how many palms it is moved towards the fingers.
        halved_from_px: side of squares from which a view is of means of four pixels.
        smallest_hand_px: of no hand are fewer pixels looked at.
        close_scores: logits by which an anchor may be under the best and still say where the palm is.
        same_palm: intersection over union from which anchors mean the same palm.
        uncertain_frames: after the first of so many uncertain frames, a tracked hand is detected anew.
        idle_after_s: seconds without a hand after which frames are passed over.
        idle_s: seconds for which what is seen of a frame holds then.
        unmoved_s: the same where nothing has moved since it was looked at in all ways: no hand comes
            into view without changing what is there.
        moved: greys, of 256, by which the mean of a part changes if something moves. Noise of 15 greys,
            as of a webcam in the dark, changes it by about 1.
    """

    fill: float = 0.6
    fill_again: float = 0.48
    clear: float = 0.7
    small_px: float = 30.0
    large_px: float = 60.0
    least_share: float = 0.5
    shape_share: float = 0.35
    small_fill: float = 0.65
    small_view_px: int = 112
    sure: float = 6.5
    kept: float = 3.0
    palm: float = -1.0
    nothing_weight: float = 1.5
    nothing_again: float = 1.5
    certain: float = 5.0
    more: float = 2.0
    most_more: float = 4.0
    sharpness: float = 1.2
    turns: tuple[float, ...] = (0.0, math.pi / 2, -math.pi / 2)
    first_look_px: int = 160
    first_look_sharpness: float = 2.0
    share_of_palm: float = 2.6
    up: float = 0.5
    halved_from_px: float = 1.7 * HAND_PX
    smallest_hand_px: float = 8.0
    close_scores: float = 2.0
    same_palm: float = 0.3
    uncertain_frames: int = 3
    idle_after_s: float = 0.5
    idle_s: float = 0.06
    unmoved_s: float = 0.5
    moved: float = 6.0
