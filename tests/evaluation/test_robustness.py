"""What is done to pictures, checked on pictures whose answer is known."""

import numpy as np
import pytest

from fingerspell.evaluation.predict import Predictor
from fingerspell.evaluation.robustness import LEVELS, MIRRORED, STEPS, Altered, measure_robustness

from .conftest import BrightnessClassifier


@pytest.fixture
def noise():
    return np.random.default_rng(0).integers(0, 256, (3, 96, 128, 3), np.uint8)


def test_the_first_level_changes_nothing(noise):
    for kind, levels in LEVELS.items():
        np.testing.assert_array_equal(Altered(kind, levels[0])(noise), noise)


def test_every_level_gives_pictures_of_the_same_kind(noise):
    for kind, levels in LEVELS.items():
        for level in levels[1:]:
            changed = Altered(kind, level)(noise)
            assert (changed.shape, changed.dtype) == (noise.shape, np.uint8)
            assert not np.array_equal(changed, noise)


def test_mirrored_brightness_and_rotation(noise):
    np.testing.assert_array_equal(MIRRORED(noise), noise[:, :, ::-1])
    darker = Altered("brightness", 0.5)(noise)
    np.testing.assert_allclose(darker, noise // 2, atol=1)
    square = noise[:, :, :96]
    turned = Altered("rotation, degrees", 90)(square)
    np.testing.assert_allclose(turned, np.rot90(square, axes=(1, 2)), atol=1)


def test_scaling_shrinks_towards_the_middle():
    white = np.full((1, 40, 40, 3), 255, np.uint8)
    small = Altered("scale", 0.5)(white)[0, :, :, 0]
    assert small[20, 20] == 255
    assert small[5, 5] == 0
    assert small.mean() == pytest.approx(255 / 4, rel=0.15)


def test_blur_keeps_the_mean_and_takes_the_edges(noise):
    blurred = Altered("blur, % of the side", 3)(noise)
    assert blurred.std() < 0.8 * noise.std()
    flat = np.full((1, 20, 20, 3), 77, np.uint8)
    np.testing.assert_allclose(Altered("blur, % of the side", 3)(flat), 77, atol=1)


def test_counts_by_level(stills):
    sample, seen = stills.sample(6), []
    with Predictor(BrightnessClassifier()) as predictor:
        measured = measure_robustness(predictor, sample, seen.append)
        unchanged = predictor.predict(sample).counts
    assert sum(seen) == STEPS * 6
    for kind, levels in measured.items():
        assert list(levels) == sorted(LEVELS[kind])
        assert all(counts.n == 6 for counts in levels.values())
        same = levels[LEVELS[kind][0]]
        np.testing.assert_array_equal(same.confusion, unchanged.confusion)
