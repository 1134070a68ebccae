"""What is measured of a hand's shape: 15 numbers of its 21 landmarks, the same for either hand.

The hand's own axes are from the wrist to the bases of its fingers, and across these from the index to
the little finger; lengths are in palms. So place, size and mirror image make no difference. Landmarks
are flat: whether the palm or its back faces the camera cannot be told from them.

It needs the standard library alone, as all that pages without a server run (`site/`).
"""

import math
from collections.abc import Sequence
from itertools import pairwise
from statistics import median

Point = tuple[float, float]
Hand = Sequence[Point]  # [21], x and y of the landmarks, in heights of the image

# Each finger from its base to its tip.
FINGERS = {
    "index": (5, 6, 7, 8),
    "middle": (9, 10, 11, 12),
    "ring": (13, 14, 15, 16),
    "little": (17, 18, 19, 20),
}
THUMB = (1, 2, 3, 4)
WRIST, WIDE = 0, 1.4  # a palm is about 1.4 times as long as it is wide
LEAST = 1e-6  # of a length that is divided by
WIDEST = 3.0  # of a palm, in its lengths; one that points at the camera has no length

# The parts of a hand that can be wrong, each with what is measured of it.
PARTS = {
    "index": ("index.reach", "index.straight"),
    "middle": ("middle.reach", "middle.straight"),
    "ring": ("ring.reach", "ring.straight"),
    "little": ("little.reach", "little.straight"),
    "gap": ("gap",),
    "ring gap": ("ring gap",),
    "thumb": ("thumb.across", "thumb.along", "thumb.straight"),
    "pointing": ("pointing",),
    "palm": ("palm",),
}
MEASURES = tuple(name for names in PARTS.values() for name in names)
# What of the hand each part is, as landmarks to draw a line through.
LINES = {
    **FINGERS,
    "gap": (8, 7, 6, 5, 9, 10, 11, 12),
    "ring gap": (12, 11, 10, 9, 13, 14, 15, 16),
    "thumb": THUMB,
    "pointing": (0, 5, 9, 13, 17, 0),
    "palm": (0, 5, 9, 13, 17, 0),
}


def measures_of(hand: Hand) -> tuple[float, ...]:
    """The measures of a hand, in the order of `MEASURES`.

    Of a finger, `reach` is how far its tip is beyond its base, along the palm: about 1 if it is up,
    below 0 if it is folded. `straight` is the way from base to tip over the way along the bones. `gap`
    is how far the middle finger's tip is beside that of the index finger, below 0 if they cross; `ring
    gap` the same of ring and middle finger. The thumb's tip is seen from the index finger's base:
    `across` towards the little finger, `along` the palm. `pointing` is 1 up, 0 sideways, and -1 down;
    `palm` is its width over its length, small if the hand is seen from the side.
    """
    wrist = hand[WRIST]
    bases = [hand[finger[0]] for finger in FINGERS.values()]
    middle = (sum(x for x, _ in bases) / 4, sum(y for _, y in bases) / 4)
    length, width = math.dist(wrist, middle), math.dist(bases[0], bases[3])
    size = max(length, WIDE * width, LEAST)
    up = _scaled(_minus(middle, wrist), 1 / max(length, LEAST))
    across = (-up[1], up[0])
    if _dot(across, _minus(bases[3], bases[0])) < 0:
        across = (up[1], -up[0])
    found = {"pointing": -up[1], "palm": min(width / max(length, LEAST), WIDEST)}
    for name, bones in FINGERS.items():
        reach = _minus(hand[bones[3]], hand[bones[0]])
        found[f"{name}.reach"] = _dot(reach, up) / size
        found[f"{name}.straight"] = _straightness(hand, bones)
    for name, tips in (("gap", (8, 12)), ("ring gap", (12, 16))):
        found[name] = _dot(_minus(hand[tips[1]], hand[tips[0]]), across) / size
    thumb = _minus(hand[THUMB[3]], bases[0])
    found["thumb.across"], found["thumb.along"] = _dot(thumb, across) / size, _dot(thumb, up) / size
    found["thumb.straight"] = _straightness(hand, THUMB)
    return tuple(found[name] for name in MEASURES)


def middle_of(hands: Sequence[Hand]) -> Hand:
    """The median of each landmark over some frames."""
    return [
        (median(hand[i][0] for hand in hands), median(hand[i][1] for hand in hands))
        for i in range(len(hands[0]))
    ]


def palm_of(hand: Hand) -> tuple[Point, float]:
    """Where the middle of a palm is, and how long it is; in heights of the image."""
    bases = [hand[finger[0]] for finger in FINGERS.values()]
    middle = (sum(x for x, _ in bases) / 4, sum(y for _, y in bases) / 4)
    size = max(math.dist(hand[WRIST], middle), WIDE * math.dist(bases[0], bases[3]), LEAST)
    return ((middle[0] + hand[WRIST][0]) / 2, (middle[1] + hand[WRIST][1]) / 2), size


def _straightness(hand: Hand, bones: Sequence[int]) -> float:
    way = sum(math.dist(hand[a], hand[b]) for a, b in pairwise(bones))
    return math.dist(hand[bones[0]], hand[bones[-1]]) / max(way, LEAST)


def _minus(a: Point, b: Point) -> Point:
    return a[0] - b[0], a[1] - b[1]


def _scaled(a: Point, by: float) -> Point:
    return a[0] * by, a[1] * by


def _dot(a: Point, b: Point) -> float:
    return a[0] * b[0] + a[1] * b[1]
