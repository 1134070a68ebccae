"""Spelled words in motion, made from forms: the landmarks of a hand over time, and what it signs when.

A word is holds with transitions between. In a transition the fingers move each at its own time, the
palm turns and travels; a fast hand does not quite reach a form before it goes on to the next, and two
like letters slide, bounce or open between. The hand comes from below and goes back there, resting.
Its timing is what studies of fluent fingerspelling report.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fingerspell.core.alphabet import CLASSES, NOTHING
from fingerspell.core.pace import drawing_share, way_s
from fingerspell.core.types import N_JOINTS
from fingerspell.training.sequence.forms import PALM, Joints, Repertoire

QUIET = CLASSES.index(NOTHING)
J, Z = CLASSES.index("J"), CLASSES.index("Z")
DRAWN_WITH = {J: CLASSES.index("I"), Z: CLASSES.index("D")}  # the hand shapes that draw them
FINGERS = ((1, 2, 3, 4), (6, 7, 8), (10, 11, 12), (14, 15, 16), (18, 19, 20))
BASES = (0, 5, 9, 13, 17)  # where each finger begins
# The finger, and its base, of each landmark: the palm is a sixth "finger" of its own.
FINGER = np.full(N_JOINTS, len(FINGERS))
BASE = np.arange(N_JOINTS)
for _number, (_finger, _base) in enumerate(zip(FINGERS, BASES, strict=True)):
    FINGER[list(_finger)] = _number
    BASE[list(_finger)] = _base


def chance(rng: np.random.Generator, share: float) -> bool:
    """True in this share of draws."""
    return bool(rng.random() < share)


@dataclass(frozen=True)
class Pace:
    """How fast is signed; each range is drawn from anew for every word.

    Attributes:
        letters_per_s: evenly in its logarithm.
        hold_share: of a letter's time in which the hand stays.
        unevenness: standard deviation of the logarithm of a letter's time.
        longer_ends: how many times as long the first and the last letter are held.
        undershoot: how far a hand at 8 letters a second stays from its forms, at most.
    """

    letters_per_s: tuple[float, float] = (0.6, 8.0)
    hold_share: tuple[float, float] = (0.35, 0.7)
    unevenness: float = 0.25
    longer_ends: tuple[float, float] = (1.0, 2.2)
    undershoot: float = 0.3


@dataclass(frozen=True)
class Stay:
    """A sign that is held, or what a resting hand does; its poses are gone through to the end."""

    label: int
    start_s: float
    end_s: float
    poses: Joints
    evidence: NDArray[np.float32] | None = None


@dataclass(frozen=True)
class Spelled:
    """A word in motion, from 0 s on.

    Attributes:
        stays: in order; between one's end and the next's start the hand is on its way.
        seen_s: from when to when the hand is in the image.
        end_s: when the video ends.
        lateness: [stays, 6], how much later than evenly each finger, and the palm, moves after a stay,
            as a share of the transition.
    """

    stays: tuple[Stay, ...]
    seen_s: tuple[float, float]
    end_s: float
    lateness: NDArray[np.float32]

    @property
    def labels(self) -> list[int]:
        """What is signed."""
        return [stay.label for stay in self.stays if stay.label != QUIET]

    def label_at(self, times_s: NDArray[np.float64], margin: float = 0.2) -> NDArray[np.int64]:
        """What is signed at each time; `margin` of a transition still counts as the sign beside it."""
        result = np.full(len(times_s), QUIET)
        ends = [stay.end_s for stay in self.stays]
        starts = [stay.start_s for stay in self.stays]
        for i, stay in enumerate(self.stays):
            before = starts[i] - ends[i - 1] if i else 0.0
            after = starts[i + 1] - ends[i] if i + 1 < len(ends) else 0.0
            within = times_s >= stay.start_s - margin * before
            within &= times_s <= stay.end_s + margin * after
            result[within] = stay.label
        return result


def spelled(
    labels: Sequence[int], person: str, forms: Repertoire, pace: Pace, rng: np.random.Generator
) -> Spelled:
    """One person signs a word: letters by their place in `CLASSES`."""
    rate = np.exp(rng.uniform(*np.log(pace.letters_per_s)))
    hold_share = rng.uniform(*pace.hold_share)
    each_s = np.exp(rng.normal(0, pace.unevenness, len(labels))) / rate
    reach = 1 - pace.undershoot * rng.random() * min(1.0, rate / pace.letters_per_s[1])
    drawn = [_shown(label, person, forms, rng) for label in labels]
    middle = [poses[len(poses) // 2] for poses, _, _ in drawn]
    time_s, stays, place = _lead_in(rng), [], np.zeros(2)
    rest = _rest(middle[0], person, forms, rng) if time_s > 0 else None
    if rest is not None:
        rises_s = max(0.02, time_s - rng.uniform(0.13, 0.7))
        stays.append(Stay(QUIET, 0.0, rises_s, _alive(rest[None], place, rng)))
    for i, (poses, own_s, evidence) in enumerate(drawn):
        hold_s = each_s[i] * hold_share
        if i in (0, len(drawn) - 1):
            hold_s *= rng.uniform(*pace.longer_ends)
        if len(poses) > 1:  # a drawn letter takes its own time, faster in a fast word
            hold_s = max(hold_s, own_s * drawing_share(rate) * rng.uniform(0.6, 1.2))
        near = [middle[j] for j in (i - 1, i + 1) if 0 <= j < len(middle)]
        aim = np.mean(near, 0) if near and len(poses) == 1 else poses
        short = reach * poses + (1 - reach) * aim
        stays.append(Stay(labels[i], time_s, time_s + hold_s, _alive(short, place, rng), evidence))
        is_double = i + 1 < len(drawn) and labels[i + 1] == labels[i]
        place = place + _step(is_double, rng)
        time_s += hold_s + way_s(each_s[i], hold_share, is_double=is_double)
        if is_double:
            stays.append(_between_doubles(stays[-1], time_s, place, rng))
    return _finished(stays, _rest(middle[-1], person, forms, rng), rng)


def _finished(stays: list[Stay], rest: Joints, rng: np.random.Generator) -> Spelled:
    """The word whose hand goes down, mostly, and is in the image from its rising to its resting."""
    seen_until_s = end_s = stays[-1].end_s
    if chance(rng, 0.75):
        lowered_s = rng.uniform(0.12, 0.7)
        stays.append(Stay(QUIET, end_s + lowered_s, end_s + lowered_s + 0.05, rest[None]))
        seen_until_s = end_s + lowered_s * rng.uniform(0.3, 1.3)
        end_s += lowered_s + rng.uniform(0.0, 0.8)
    rises = stays[0].label == QUIET and chance(rng, 0.8)
    seen_from_s = rng.uniform(0, stays[1].start_s) if rises else 0.0
    lateness = rng.normal(0, 0.12, (len(stays), len(FINGERS) + 1)).astype(np.float32)
    return Spelled(tuple(stays), (seen_from_s, seen_until_s), end_s, lateness)


def resting(forms: Repertoire, rng: np.random.Generator) -> Spelled:
    """Somebody who signs no letters: hands that rest, gesture, come and go."""
    time_s, stays, place = 0.0, [], np.zeros(2)
    quiet = forms.by_label.get(QUIET, [])
    for _ in range(int(rng.integers(2, 8))):
        form = quiet[int(rng.integers(len(quiet)))]
        still_s = rng.choice([rng.uniform(0.05, 0.3), rng.uniform(0.3, 1.5)])
        poses = _alive(form.poses, place, rng)
        stays.append(Stay(QUIET, time_s, time_s + still_s, poses, form.evidence))
        time_s += still_s + rng.uniform(0.1, 0.8)
        place = place + rng.normal(0, 1.5, 2)
    lateness = rng.normal(0, 0.2, (len(stays), len(FINGERS) + 1)).astype(np.float32)
    end_s = stays[-1].end_s
    seen = (0.0, end_s) if chance(rng, 0.6) else tuple(np.sort(rng.uniform(0, end_s, 2)).tolist())
    return Spelled(tuple(stays), seen, end_s, lateness)


def poses_at(word: Spelled, times_s: NDArray[np.float64]) -> tuple[Joints, NDArray[np.float32]]:
    """Landmarks [N, 21, 2], and [N, stays]: 1 while a sign is held, less on the way to and from it."""
    starts = np.array([stay.start_s for stay in word.stays])
    ends = np.array([stay.end_s for stay in word.stays])
    now = np.clip(np.searchsorted(starts, times_s, side="right") - 1, 0, len(starts) - 1)
    then = np.minimum(now + 1, len(starts) - 1)
    way_s = np.maximum(starts[then] - ends[now], 1e-3)
    on_way = np.where(then > now, np.clip((times_s - ends[now]) / way_s, 0, 1), 0.0)
    late = (
        on_way[:, None] * (1 + 2 * np.abs(word.lateness[now])) - word.lateness[now].clip(0) * 2
    ).clip(0, 1)
    progress = late * late * (3 - 2 * late)  # [N, 6]
    through = np.clip((times_s - starts[now]) / np.maximum(ends[now] - starts[now], 1e-3), 0, 1)
    result = np.empty((len(times_s), N_JOINTS, 2), np.float32)
    first, second = np.empty_like(result), np.empty_like(result)
    for i, stay in enumerate(word.stays):
        here = now == i
        if here.any():
            first[here] = _along(stay.poses, through[here])
            second[here] = word.stays[then[here][0]].poses[0]
    result = _turned(first, second, progress)
    closeness = np.zeros((len(times_s), len(starts)), np.float32)
    rows = np.arange(len(times_s))
    closeness[rows, now] = np.clip(1 - 2.5 * on_way, 0, 1)
    closeness[rows, then] = np.maximum(closeness[rows, then], np.clip(2.5 * on_way - 1.5, 0, 1))
    return result, closeness


def _along(poses: Joints, share: NDArray[np.float64]) -> Joints:
    at = share * (len(poses) - 1)
    low = np.floor(at).astype(int)
    high = np.minimum(low + 1, len(poses) - 1)
    weight = (at - low)[:, None, None].astype(np.float32)
    return np.asarray((1 - weight) * poses[low] + weight * poses[high], np.float32)


def _turned(first: Joints, second: Joints, progress: NDArray[np.float64]) -> Joints:
    """From one pose to the other; the palm turns, and does not shrink on its way."""
    centre1, centre2 = (x[:, list(PALM)].mean(1, keepdims=True) for x in (first, second))
    angle1, angle2 = (_angle(x) for x in (first, second))
    difference = (angle2 - angle1 + np.pi) % (2 * np.pi) - np.pi
    palm = progress[:, -1]
    upright1, upright2 = _rotated(first - centre1, -angle1), _rotated(second - centre2, -angle2)
    own = np.concatenate([progress[:, :-1], palm[:, None]], 1)[:, FINGER][..., None]
    base = palm[:, None, None] * upright2 + (1 - palm[:, None, None]) * upright1
    offset1, offset2 = upright1 - upright1[:, BASE], upright2 - upright2[:, BASE]
    shape = base[:, BASE] + (1 - own) * offset1 + own * offset2
    centre = (1 - palm[:, None, None]) * centre1 + palm[:, None, None] * centre2
    return np.asarray(_rotated(shape, angle1 + palm * difference) + centre, np.float32)


def _angle(joints: Joints) -> NDArray[np.float64]:
    way = joints[:, 9] - joints[:, 0]
    return np.asarray(np.arctan2(way[:, 1], way[:, 0]), np.float64)


def _rotated(joints: Joints, angle: NDArray[np.float64]) -> Joints:
    cos, sin = np.cos(angle)[:, None], np.sin(angle)[:, None]
    x, y = joints[..., 0], joints[..., 1]
    return np.stack([cos * x - sin * y, sin * x + cos * y], -1)


def _shown(
    label: int, person: str, forms: Repertoire, rng: np.random.Generator
) -> tuple[Joints, float, NDArray[np.float32] | None]:
    """Poses, how long they take, and what is said of them."""
    if label in DRAWN_WITH and (label not in forms.by_label or chance(rng, 0.5)):
        form = forms.draw(person, DRAWN_WITH[label], rng)
        return (drawn_j if label == J else drawn_z)(form.poses[0], rng), rng.uniform(0.4, 1.0), None
    form = forms.draw(person, label, rng)
    if label not in DRAWN_WITH and len(form.poses) > 1:  # one moment of a letter that does not move
        at = int(rng.integers(len(form.poses) // 4, 3 * len(form.poses) // 4 + 1))
        return form.poses[at : at + 1] - form.poses[at, list(PALM)].mean(0), 0.0, None
    return form.poses, form.seconds, form.evidence


def drawn_j(hand: Joints, rng: np.random.Generator) -> Joints:
    """The hand of an I that draws a J: down, then the wrist turns, and the little finger swings up."""
    share = np.linspace(0, 1, 12)[:, None, None]
    down, turn = np.clip(share * 2, 0, 1), np.clip(share * 2 - 0.7, 0, 1.3) / 1.3
    side = np.sign(hand[4, 0] - hand[17, 0]) or 1.0  # towards the thumb
    narrow = 1 - turn * rng.uniform(0.2, 1.1)  # seen from its edge, or from the other side
    moved = hand[None] * np.concatenate([narrow, np.ones_like(narrow)], 2)
    angle = side * turn[:, 0, 0] * rng.uniform(0.5, 2.0)
    way = np.concatenate(
        [side * turn * rng.uniform(0.1, 0.7), down * rng.uniform(0.2, 0.9) - turn * 0.3], 2
    )
    return np.asarray(_rotated(moved, angle) + way, np.float32)


def drawn_z(hand: Joints, rng: np.random.Generator) -> Joints:
    """The hand of a D whose index finger draws a Z."""
    width, height = rng.uniform(0.5, 2.0), rng.uniform(0.4, 1.8)
    side = rng.choice([-1.0, 1.0], p=[0.15, 0.85]) * (np.sign(hand[4, 0] - hand[17, 0]) or 1.0)
    corners = np.array([[0, 0], [side * width, 0], [0, height], [side * width, height]])
    corners = corners + rng.normal(0, 0.1, corners.shape)
    at = np.linspace(0, 3, 16)
    way = np.stack([np.interp(at, range(4), corners[:, k]) for k in (0, 1)], 1)
    tilt = np.interp(at, range(4), rng.normal(0, 0.25, 4))
    lean = np.broadcast_to(hand, (len(at), N_JOINTS, 2))
    return np.asarray(_rotated(lean, tilt) + way[:, None], np.float32)


def _alive(poses: Joints, place: NDArray[np.float64], rng: np.random.Generator) -> Joints:
    """Poses at a place; a hand that holds still moves a little all the same."""
    if len(poses) == 1:
        drift, lean = rng.normal(0, 0.04, 2), rng.normal(0, 0.04)
        end = _rotated(poses, np.array([lean])) + drift
        poses = np.concatenate([poses, end])
    return np.asarray(poses + place, np.float32)


def _step(is_double: bool, rng: np.random.Generator) -> NDArray[np.float64]:
    """How far the hand goes from one letter to the next."""
    if is_double and chance(rng, 0.6):
        return np.array([rng.choice([-1, 1]) * rng.uniform(0.3, 1.2), rng.normal(0, 0.08)])
    return rng.normal(0, 0.06 if is_double else 0.12, 2)


def _between_doubles(
    before: Stay, next_s: float, place: NDArray[np.float64], rng: np.random.Generator
) -> Stay:
    """What tells two like letters apart: a lift, a bounce or an opening; a slide needs nothing more."""
    middle_s = (before.end_s + next_s) / 2
    pose = before.poses[-1].copy()
    centre = pose[list(PALM)].mean(0)
    kind = str(rng.choice(["lift", "opening", "slide"], p=[0.4, 0.3, 0.3]))
    if kind == "lift":
        pose = pose - np.array([0, rng.uniform(0.1, 0.5)])
    elif kind == "opening":
        pose = centre + (pose - centre) * rng.uniform(0.75, 0.95) + rng.normal(0, 0.06, pose.shape)
    else:
        pose = (pose + pose - centre + place) / 2
    return Stay(QUIET, middle_s, middle_s + 1e-3, np.asarray(pose[None], np.float32))


def _lead_in(rng: np.random.Generator) -> float:
    """Seconds before the first letter; none in a third of words, whose video was cut there."""
    return 0.0 if chance(rng, 0.25) else float(rng.uniform(0.16, 1.2))


def _rest(towards: Joints, person: str, forms: Repertoire, rng: np.random.Generator) -> Joints:
    """A hand that rests or relaxes, below."""
    if chance(rng, 0.35) and QUIET in forms.by_label:
        quiet = forms.by_label[QUIET]
        shape = quiet[int(rng.integers(len(quiet)))].poses[0]
    else:  # what it showed, with something of anything else
        labels = list(forms.by_person[person])
        other = forms.draw(person, labels[int(rng.integers(len(labels)))], rng).poses[0]
        weight = rng.uniform(0, 0.8)
        shape = weight * other + (1 - weight) * (towards - towards[list(PALM)].mean(0))
    shape = _rotated(shape[None], np.array([rng.normal(0, 0.5)]))[0]
    return np.asarray(shape + np.array([rng.normal(0, 0.8), rng.uniform(0.5, 4.0)]), np.float32)
