"""Samples to learn from: words in motion as a frame reader would see them, at ticks, with their signs.

What the frame reader says of a pose comes from a network on landmarks that was taught by it
(`Imitation`), and, while a form is held whose image it has seen, from what it said of that: its
errors, of hands it never learned, are then the ones that a sequence reader has to cope with.
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from fingerspell.core.alphabet import CLASSES, DELETE, MOVING_LETTERS, SPACE
from fingerspell.core.sight import Sight
from fingerspell.core.ticks import at_ticks
from fingerspell.models.sequence_net import features
from fingerspell.training.sequence.forms import Form, Joints, Repertoire
from fingerspell.training.sequence.imitation import Imitation
from fingerspell.training.sequence.motion import (
    QUIET,
    Pace,
    Spelled,
    chance,
    poses_at,
    resting,
    spelled,
)
from fingerspell.training.sequence.spelled_words import Words

LONGEST_S = 6.0  # of a sample
QUIET_SHARE = 0.2  # of samples in which nothing is signed
EDIT_SHARE = 0.12  # of words in which `space` is signed, and in which `del` is


@dataclass(frozen=True)
class Camera:
    """How words are filmed; drawn anew for every word.

    Attributes:
        usual_fps: most videos have one of these frame rates.
        fps: the others are anywhere between, evenly in the logarithm.
        noise: of the landmarks, in palms: evenly in the logarithm.
        lost: share of frames whose hand is not seen, at most.
        dropped: share of frames that are missing, at most.
        blind: share of words of which the frame reader tells nothing.
        doubt: logarithm of the factor by which the frame reader is surer: its mean and deviation.
        bias: how much a word's signs are all mistaken alike, in logarithms of probabilities, at most.
        quiet_bias: deviation of the same for `nothing`, which a frame reader sees in moving hands.
        wavering: how much they are mistaken now and then, at most, though the hand does not move.
    """

    usual_fps: tuple[float, ...] = (24.0, 25.0, 30.0, 30.0, 15.0, 60.0)
    fps: tuple[float, float] = (8.0, 60.0)
    noise: tuple[float, float] = (0.004, 0.1)
    lost: float = 0.06
    dropped: float = 0.15
    blind: float = 0.1
    doubt: tuple[float, float] = (-0.6, 0.4)
    bias: float = 0.8
    quiet_bias: float = 1.2
    wavering: float = 1.5


@dataclass(frozen=True)
class Sample:
    """T ticks.

    Attributes:
        numbers: float32 [T, N_FEATURES].
        labels: int64 [T], what is signed at each.
    """

    numbers: NDArray[np.float32]
    labels: NDArray[np.int64]


class Studio:
    """Makes samples.

    Args:
        forms: of the people who sign.
        imitation: of the frame reader.
        words: texts of the letters A to Z, and how often each is drawn.
        absent: what the frame reader said of images without a hand, logarithms [N, 29].
        pace: how fast is signed.
        camera: how it is filmed.
    """

    def __init__(
        self,
        forms: Repertoire,
        imitation: Imitation,
        words: Words,
        absent: NDArray[np.float32],
        pace: Pace | None = None,
        camera: Camera | None = None,
    ) -> None:
        self.forms, self.imitation, self.words, self.absent = forms, imitation, words, absent
        self.pace, self.camera = pace or Pace(), camera or Camera()
        edits = map(CLASSES.index, (SPACE, DELETE))
        self.edits = [label for label in edits if label in forms.by_label]
        self.pictured: dict[int, list[Form]] = {
            label: [form for form in forms.by_label[label] if form.evidence is not None]
            for label in forms.by_label
        }

    def sample(self, rng: np.random.Generator) -> Sample:
        """One word, or somebody who signs nothing."""
        return self.filmed(self.scene(rng), rng)

    def scene(self, rng: np.random.Generator) -> Spelled:
        """What is signed in a sample, in motion."""
        person = self.forms.people[int(rng.integers(len(self.forms.people)))]
        if QUIET in self.forms.by_label and chance(rng, QUIET_SHARE):
            return resting(self.forms, rng)
        labels = [CLASSES.index(char) for char in self.words.draw(rng)]
        for edit in self.edits:
            if chance(rng, EDIT_SHARE):
                labels.insert(int(rng.integers(1, len(labels) + 1)), edit)
        word = spelled(labels, person, self.forms, self.pace, rng)
        while word.end_s > LONGEST_S and len(labels) > 1:
            labels = labels[: len(labels) // 2]
            word = spelled(labels, person, self.forms, self.pace, rng)
        return word

    def filmed(self, word: Spelled, rng: np.random.Generator) -> Sample:
        """What is seen of a word at each tick."""
        times_s, sight = self.film(word, rng)
        ticks_s, seen = zip(*at_ticks(zip(times_s.tolist(), sight.glances(), strict=True)), strict=True)
        probabilities, joints, hand = (torch.tensor([part]) for part in zip(*seen, strict=True))
        before = torch.zeros(1, joints.shape[2] + 1)
        numbers = features(probabilities, joints, hand, before)[0].numpy()
        return Sample(numbers, word.label_at(np.array(ticks_s)))

    def film(self, word: Spelled, rng: np.random.Generator) -> tuple[NDArray[np.float64], Sight]:
        """The times of frames, and what is seen in each."""
        times_s = self._times(min(word.end_s, LONGEST_S), rng)
        poses, closeness = poses_at(word, times_s)
        joints = _seen_by(poses, rng) + self._shaken(poses.shape, rng)
        said = np.exp(self._evidence(word, joints, closeness, rng))
        sight = Sight(said, joints, np.ones(len(times_s), np.float32))
        out = (times_s < word.seen_s[0]) | (times_s > word.seen_s[1])
        return times_s, self._lost(sight, out, rng)

    def _times(self, end_s: float, rng: np.random.Generator) -> NDArray[np.float64]:
        camera = self.camera
        fps = float(rng.choice(camera.usual_fps))
        if chance(rng, 0.3):
            fps = float(np.exp(rng.uniform(*np.log(camera.fps))))
        times_s = np.arange(0, max(end_s, 3 / fps), 1 / fps)
        if chance(rng, 0.3):
            times_s = np.sort(times_s + rng.uniform(-0.3, 0.3, len(times_s)) / fps)
        if chance(rng, 0.3):
            kept = rng.random(len(times_s)) >= rng.uniform(0, camera.dropped)
            kept[:2] = True
            times_s = times_s[kept]
        return np.asarray(times_s - times_s[0], np.float64)

    def _shaken(self, shape: tuple[int, ...], rng: np.random.Generator) -> Joints:
        """How wrongly landmarks are seen: anew in each frame, and slowly changing."""
        size = np.exp(rng.uniform(*np.log(self.camera.noise)))
        return np.asarray(size * (rng.normal(0, 0.7, shape) + _slow(shape, rng)), np.float32)

    def _evidence(
        self, word: Spelled, joints: Joints, closeness: NDArray[np.float32], rng: np.random.Generator
    ) -> NDArray[np.float32]:
        """Logarithms [N, 29] of what the frame reader says of each frame."""
        said = self.imitation(joints)
        for i, stay in enumerate(word.stays):
            own = stay.evidence
            if own is None and stay.label != QUIET and CLASSES[stay.label] not in MOVING_LETTERS:
                pictured = self.pictured.get(stay.label)
                if pictured and chance(rng, 0.7):
                    own = pictured[int(rng.integers(len(pictured)))].evidence
            if own is not None:
                weight = closeness[:, i : i + 1] * rng.uniform(0.2, 0.9)
                said = (1 - weight) * said + weight * own
        if chance(rng, self.camera.blind):
            return np.full_like(said, -np.log(len(CLASSES)))
        said = said + self._mistaken(len(said), rng)
        said = said * np.exp(rng.normal(*self.camera.doubt))
        return np.asarray(said - np.logaddexp.reduce(said, 1, keepdims=True), np.float32)

    def _mistaken(self, n: int, rng: np.random.Generator) -> NDArray[np.float32]:
        """What is added to logarithms of probabilities: anew in each frame, slowly, and throughout."""
        each = rng.normal(0, rng.uniform(0.1, 0.7), (n, len(CLASSES)))
        each += rng.uniform(0, self.camera.wavering) * _slow(each.shape, rng)
        all_along = rng.normal(0, rng.uniform(0, self.camera.bias), len(CLASSES))
        all_along[QUIET] += rng.normal(0, self.camera.quiet_bias)
        return np.asarray(each + all_along, np.float32)

    def _lost(self, sight: Sight, out: NDArray[np.bool_], rng: np.random.Generator) -> Sight:
        """Frames whose hand is out of the image or not seen."""
        if chance(rng, 0.4):
            out = out | (rng.random(len(out)) < rng.uniform(0, self.camera.lost))
        said = sight.probabilities.copy()
        if out.any():
            said[out] = np.exp(self.absent[rng.integers(len(self.absent), size=int(out.sum()))])
        return Sight(said, sight.joints, np.where(out, 0, sight.hand).astype(np.float32))


def _slow(shape: tuple[int, ...], rng: np.random.Generator) -> NDArray[np.float64]:
    """Noise of N frames that changes within some frames; its deviation is about 1."""
    every = rng.uniform(3, 12)
    at = np.arange(shape[0]) / every
    low = at.astype(int)
    knots = rng.normal(0, 1, (low[-1] + 2, *shape[1:]))
    weight = (at - low).reshape(-1, *[1] * (len(shape) - 1))
    return np.asarray((1 - weight) * knots[low] + weight * knots[low + 1], np.float64)


def _seen_by(poses: Joints, rng: np.random.Generator) -> Joints:
    """Of either hand, a little turned and stretched: no two cameras stand alike."""
    angle = rng.normal(0, 0.12)
    cos, sin = np.cos(angle), np.sin(angle)
    stretch = np.exp(rng.normal(0, 0.06, 2))
    matrix = np.array([[cos, -sin], [sin, cos]]) @ np.diag(stretch)
    if chance(rng, 0.5):
        matrix = np.diag([-1.0, 1.0]) @ matrix
    return np.asarray(poses @ matrix.T, np.float32)
