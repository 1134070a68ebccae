"""Measurements, against NumPy on all pixels, repeated samples and a search by hand."""

from dataclasses import replace

import numpy as np
import pytest
from tests.data.conftest import smooth_picture

from fingerspell.data import facts
from fingerspell.data.facts import colour_statistics, grey_pictures, measure, nearest
from fingerspell.data.index import Index
from fingerspell.data.pack import pack


@pytest.fixture(scope="module")
def pictures() -> np.ndarray:
    """200 pictures [200, 24, 24, 3] that differ in brightness."""
    random = np.random.default_rng(0)
    tones = random.uniform(0.3, 1, (200, 1, 1, 3))
    smooth = np.stack([np.asarray(smooth_picture(random, (24, 24))) for _ in range(200)])
    return (smooth * tones).astype(np.uint8)


def test_mean_and_std_are_those_of_all_pixels(pictures):
    colours = colour_statistics(pictures)
    unit = pictures.reshape(-1, 3) / 255
    assert colours.mean == pytest.approx(unit.mean(0))
    assert colours.std == pytest.approx(unit.std(0))


def test_standard_errors_are_the_spread_of_other_samples(pictures):
    random = np.random.default_rng(1)
    samples = [colour_statistics(pictures[random.integers(0, 200, 50)]) for _ in range(300)]
    for name in ("mean", "std"):
        spread = np.std([getattr(sample, name) for sample in samples], axis=0)
        claimed = np.mean([getattr(sample, f"{name}_error") for sample in samples], axis=0)
        assert claimed == pytest.approx(spread, rel=0.15)


def test_one_picture_has_no_error(pictures):
    assert colour_statistics(pictures[:1]).mean_error is None


@pytest.mark.parametrize("side", [5, 16, 24, 32, 37])
def test_grey_pictures_keep_the_mean(side):
    picture = np.asarray(smooth_picture(np.random.default_rng(0), (side, side)))
    grey = grey_pictures(picture[None])
    assert grey.shape == (1, min(side, 16) ** 2)
    if side % min(side, 16) == 0:
        block = side // min(side, 16)
        luma = picture @ facts.LUMA
        assert grey.mean() == pytest.approx(luma.mean(), abs=1e-2)
        assert grey[0, 0] == pytest.approx(luma[:block, :block].mean(), abs=1e-2)


def test_nearest_is_what_a_search_by_hand_finds(pictures):
    grey = grey_pictures(pictures)
    grey[120] = grey[7]  # a copy
    found = {pair.row: pair for pair in nearest(grey, np.arange(0, 200, 7))}
    for row, pair in found.items():
        levels = np.sqrt(((grey - grey[row]) ** 2).mean(1))
        levels[row] = np.inf
        assert pair.levels == pytest.approx(levels.min(), abs=0.02)
        assert levels[pair.other] == pytest.approx(levels.min(), abs=0.02)
    assert found[7].other == 120


def test_facts_of_a_set(make_set, tmp_path):
    index = make_set(40, (60, 40))
    index = Index(index.root, tuple(replace(p, width=60, height=40) for p in index.pictures))
    measured = measure(pack(index, tmp_path / "cache"))
    assert measured.n == sum(measured.classes.values()) == measured.brightness.sum() == 40
    assert (measured.classes["A"], measured.classes["space"]) == (2, 1)
    assert measured.sizes == {(60, 40): 40}
    assert len(measured.neighbours) == measured.colours.n == 40
