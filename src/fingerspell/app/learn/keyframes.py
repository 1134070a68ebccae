"""How a word is fingerspelled: the keyframes of a hand, as a function of the word and its speed.

A letter's time is half hold and half the way to the next; the first and the last letter are held
longest. J and Z are drawn by the wrist; of two like letters the second slides outwards, or a fist
bounces. Fingers open on their way where a thumb comes out from under them. static/hand.js plays this.

Lengths are in palms, of a right hand as others see it: x leads to the thumb's side, y up, z to them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from fingerspell.core import pace

REST, OPEN = "rest", "open"  # poses beside those of the letters
RISE_S = 0.45  # from rest to the first letter, and from the last one to rest
LOW = (-0.15, -0.75, -0.1)  # where the resting hand is
UNDER = frozenset("MNT")  # whose thumb is under the fingers
OPENING = 0.4  # of the open hand, half-way to or from such a letter
FISTS = frozenset("AEMNST")  # whose double bounces; others slide
SLIDE = (-0.36, 0.0, 0.0)  # outwards
BOUNCE, BOUNCE_OPENING = (0.0, 0.0, -0.14), 0.18  # back and forward again, and the fingers relax
Triple = tuple[float, float, float]
HOME: Triple = (0.0, 0.0, 0.0)
Ease = Literal["smooth", "in", "out", "even"]


@dataclass(frozen=True)
class Keyframe:
    """Where the hand is at a time.

    Attributes:
        t: seconds.
        poses: names of poses with their shares, which add up to 1.
        move: from where those have the wrist, in palms.
        turn: of the whole hand, in degrees: roll in the picture, pitch, then yaw about the forearm.
        ease: how the hand comes here from the keyframe before.
    """

    t: float
    poses: Mapping[str, float]
    move: Triple = HOME
    turn: Triple = HOME
    ease: Ease = "smooth"


@dataclass(frozen=True)
class _Stroke:
    """A point on the way of a drawn letter, at a share of its time."""

    share: float
    move: Triple
    turn: Triple = HOME
    ease: Ease = "even"


def _smooth(share: float) -> float:
    share = min(max(share, 0.0), 1.0)
    return share * share * (3 - 2 * share)


def _hook(share: float) -> _Stroke:
    """J: down; the wrist turns until the palm faces the signer, and the fingertip swings in and up."""
    down, turned, up = (
        _smooth(share / 0.6),
        _smooth((share - 0.25) / 0.75),
        _smooth((share - 0.6) / 0.4),
    )
    dip = 4 * turned * (1 - turned)
    return _Stroke(
        share,
        (0.05 - 0.3 * turned, 0.22 - 0.75 * down + 0.3 * up, 0.0),
        (-24.0 * turned, 30.0 * dip, 135.0 * turned),
    )


# Z, as the signer sees it: out, down to the inside at a slant, out.
DRAWN = {
    "J": (0.9, tuple(_hook(step / 16) for step in range(17))),
    "Z": (
        0.9,
        (
            _Stroke(0.0, (0.34, 0.05, 0.0), (-6.0, 0.0, 0.0)),
            _Stroke(0.3, (-0.4, 0.07, 0.0), (8.0, 0.0, 0.0), "smooth"),
            _Stroke(0.7, (0.34, -0.55, 0.0), (-6.0, 6.0, 0.0), "smooth"),
            _Stroke(1.0, (-0.4, -0.53, 0.0), (8.0, 6.0, 0.0), "smooth"),
        ),
    ),
}


def keyframes(word: str, letters_per_s: float) -> list[Keyframe]:
    """A word of the letters A to Z, from rest to rest."""
    letter_s = 1 / letters_per_s
    frames = [Keyframe(0.0, {REST: 1.0}, LOW)]
    time_s, place = RISE_S, HOME
    for i, letter in enumerate(word):
        is_double = i > 0 and word[i - 1] == letter and letter not in DRAWN
        slides = is_double and letter not in FISTS
        place = _sum(place, SLIDE) if slides else place if is_double else HOME
        hold_s = letter_s * pace.HOLD_SHARE * (pace.LONGER_ENDS if i in (0, len(word) - 1) else 1)
        passed = _between(word[i - 1], letter, frames[-1], time_s, place) if i else []
        first, *others = _held(letter, time_s, hold_s, letters_per_s, place)
        held = [replace(first, ease="out") if passed and not is_double else first, *others]
        frames += [*passed, *held]
        time_s = held[-1].t
        if i + 1 < len(word):
            time_s += pace.way_s(letter_s, pace.HOLD_SHARE, is_double=word[i + 1] == letter)
    return [*frames, Keyframe(time_s + RISE_S, {REST: 1.0}, LOW)]


def letter_keyframes(letter: str) -> list[Keyframe]:
    """One letter as lessons show it: a moving letter is drawn, and its beginning held a little."""
    begin = _held(letter, 0.5, 0.0, 1.0, HOME)
    end = begin[-1]
    stays = Keyframe(end.t + 0.8, end.poses, end.move, end.turn)
    first = Keyframe(0.0, begin[0].poses, begin[0].move, begin[0].turn)
    back = Keyframe(stays.t + 0.6, first.poses, first.move, first.turn)
    return [first, *begin, stays, back]


def as_json(frames: Sequence[Keyframe]) -> list[dict[str, Any]]:
    """What a page plays."""
    return [asdict(frame) for frame in frames]


def _held(
    letter: str, start_s: float, hold_s: float, letters_per_s: float, place: Triple
) -> list[Keyframe]:
    """A letter from where it is reached to where it is left."""
    poses = {letter: 1.0}
    if letter not in DRAWN:
        return [
            Keyframe(start_s, poses, place),
            Keyframe(start_s + hold_s, poses, place, ease="even"),
        ]
    own_s, strokes = DRAWN[letter]
    lasts_s = max(hold_s, own_s * pace.drawing_share(letters_per_s))
    return [
        Keyframe(
            start_s + stroke.share * lasts_s,
            poses,
            _sum(place, stroke.move),
            stroke.turn,
            stroke.ease if stroke.share else "smooth",
        )
        for stroke in strokes
    ]


def _between(
    before: str, letter: str, last: Keyframe, reached_s: float, place: Triple
) -> list[Keyframe]:
    """What is half-way from one letter to the next, if anything: an opening or a bounce."""
    ease: Ease
    if before == letter and letter in FISTS:
        opening, move, ease = BOUNCE_OPENING, _sum(place, BOUNCE), "smooth"
    elif before != letter and (before in UNDER or letter in UNDER):
        opening, move, ease = OPENING, _middle(last.move, place), "in"  # passed without a stop
    else:
        return []
    shares: dict[str, float] = {OPEN: opening}
    for name in (before, letter):
        shares[name] = shares.get(name, 0.0) + (1 - opening) / 2
    turn = _middle(last.turn, DRAWN[letter][1][0].turn if letter in DRAWN else HOME)
    return [Keyframe((last.t + reached_s) / 2, shares, move, turn, ease)]


def _sum(a: Triple, b: Triple) -> Triple:
    return (a[0] + b[0], a[1] + b[1], a[2] + b[2])


def _middle(a: Triple, b: Triple) -> Triple:
    return ((a[0] + b[0]) / 2, (a[1] + b[1]) / 2, (a[2] + b[2]) / 2)
