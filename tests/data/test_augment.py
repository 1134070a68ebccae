"""Whole batches: reference transforms reproduced, and what must hold for any options."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.data.conftest import smooth_picture
from torchvision.models import EfficientNet_B0_Weights
from torchvision.transforms import v2

from fingerspell.data.augment import Augmentation, not_black
from fingerspell.data.presets import IMAGENET_MEAN, IMAGENET_STD, PRESETS
from fingerspell.errors import DataError


def smooth_batch(n: int = 4, size: tuple[int, int] = (64, 64)) -> torch.Tensor:
    random = np.random.default_rng(0)
    pixels = np.stack([np.asarray(smooth_picture(random, size)) for _ in range(n)])
    return torch.from_numpy(pixels).permute(0, 3, 1, 2)


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("size", [(200, 200), (64, 64), (320, 240), (300, 416)])
def test_r4_is_the_transform_of_the_weights(size):
    pictures = smooth_batch(2, size)
    theirs = EfficientNet_B0_Weights.DEFAULT.transforms()(pictures)
    ours = PRESETS["r4"](pictures)
    # torchvision rounds the resized picture to 8 bits: half a level, over the smallest std
    torch.testing.assert_close(ours, theirs, atol=0.51 / 255 / min(IMAGENET_STD), rtol=0)


@pytest.mark.parametrize(("name", "side"), [("r1", 150), ("r2", 40), ("r3", 200)])
def test_r1_r2_r3_resize_and_normalise(name, side):
    pictures = smooth_batch(2, (180, 180))
    preset = PRESETS[name]
    steps = [v2.ToDtype(torch.float32, scale=True), v2.Resize(side), v2.CenterCrop(side)]
    if preset.mean:
        steps.append(v2.Normalize(preset.mean, preset.std))
    torch.testing.assert_close(preset(pictures), v2.Compose(steps)(pictures))


def test_r0_shows_random_boxes_as_random_resized_crop():
    """In a picture whose red is x and green is y, the colours of a view tell its box."""
    along = (torch.arange(256) + 0.5) / 256
    ramp = torch.stack(
        (along.expand(256, 256), along[:, None].expand(256, 256), along.expand(256, 256))
    )
    crop = Augmentation(size_px=224, crop_area=(0.08, 1.0), crop_aspect=(3 / 4, 4 / 3))
    views = crop(ramp.expand(500, -1, -1, -1), seeded())
    red, green = views[:, 0], views[:, 1]
    width = (red[:, 112, 200] - red[:, 112, 24]) * 224 / 176
    height = (green[:, 200, 112] - green[:, 24, 112]) * 224 / 176
    middle = torch.stack((red[:, 112, 111:113].mean(1), green[:, 111:113, 112].mean(1)), 1)
    sides = torch.stack((width, height), 1)
    assert ((middle - sides / 2 > -1e-3) & (middle + sides / 2 < 1 + 1e-3)).all()
    assert 0.07 < float((width * height).min()) < 0.1
    assert 0.95 < float((width * height).max()) < 1.001
    assert float((width * height).mean()) == pytest.approx(0.54, abs=0.04)
    assert float((width / height).log().mean()) == pytest.approx(0, abs=0.03)
    assert float((width / height).max()) == pytest.approx(4 / 3, abs=0.02)


def test_r0_is_evaluated_like_imagenet():
    pictures = smooth_batch(2, (300, 300))
    reference = v2.Compose(
        [
            v2.ToDtype(torch.float32, scale=True),
            v2.Resize(256),
            v2.CenterCrop(224),
            v2.Normalize(IMAGENET_MEAN, IMAGENET_STD),
        ]
    )
    torch.testing.assert_close(PRESETS["r0"].without_chance(pictures), reference(pictures))


def test_none_only_scales_to_0_1():
    pictures = smooth_batch()
    assert torch.equal(PRESETS["none"](pictures), pictures / 255)


@pytest.mark.parametrize("name", PRESETS)
def test_a_seed_gives_the_same_batch(name):
    pictures = smooth_batch(6)
    first, again, other = (PRESETS[name](pictures, seeded(seed)) for seed in (0, 0, 1))
    assert torch.equal(first, again)
    chance = PRESETS[name] != PRESETS[name].without_chance
    assert torch.equal(first, other) != chance


def test_each_picture_has_parameters_of_its_own():
    pictures = smooth_batch(1).expand(8, -1, -1, -1)
    augmented = PRESETS["strong"](pictures, seeded())
    assert len({picture.numpy().tobytes() for picture in augmented}) == 8


options = st.builds(
    Augmentation,
    resize_px=st.none() | st.integers(8, 40),
    interpolation=st.sampled_from(["bilinear", "bicubic"]),
    size_px=st.integers(8, 40),
    crop_area=st.just((1.0, 1.0)) | st.just((0.2, 0.9)),
    rotation_deg=st.floats(0, 180),
    scale=st.just((0.3, 3.0)),
    translation=st.floats(0, 1),
    shear_deg=st.floats(0, 60),
    perspective=st.floats(0, 0.9),
    mirror=st.floats(0, 1),
    fill=st.sampled_from(["black", "edge"]),
    background=st.floats(0, 1),
    blur=st.floats(0, 1),
    brightness=st.just((0.2, 3.0)),
    contrast=st.just((0.0, 3.0)),
    saturation=st.just((0.0, 3.0)),
    hue=st.floats(0, 0.5),
    tint=st.floats(0, 1),
    noise=st.floats(0, 1),
    jpeg=st.floats(0, 1),
    cut_out=st.floats(0, 1),
)


@settings(max_examples=40, deadline=None)
@given(options=options, n=st.integers(1, 5), size=st.tuples(st.integers(8, 40), st.integers(8, 40)))
def test_any_options_give_pictures_in_range(options, n, size):
    pictures = smooth_batch(n, size)
    backgrounds, masks = smooth_batch(2, (50, 30)), not_black(pictures)
    augmented = options(pictures, seeded(), masks, backgrounds)
    assert (augmented.shape, augmented.dtype) == (
        (n, 3, options.size_px, options.size_px),
        torch.float32,
    )
    assert augmented.isfinite().all()
    assert augmented.min() >= -1e-5
    assert augmented.max() <= 1 + 1e-5


def test_bytes_and_floats_are_the_same_to_it():
    pictures = smooth_batch()
    strong = PRESETS["strong"]
    torch.testing.assert_close(strong(pictures, seeded()), strong(pictures / 255, seeded()))


def test_mirror_always():
    pictures = smooth_batch()
    torch.testing.assert_close(Augmentation(mirror=1.0)(pictures), pictures.flip(3) / 255)


def test_a_background_shows_around_the_hand():
    hand = torch.zeros(1, 3, 32, 32)
    hand[:, 0, 8:24, 8:24] = 1.0
    green = torch.zeros(3, 3, 90, 70)
    green[:, 1] = 1.0
    always = Augmentation(background=1.0)
    shown = always(hand, masks=not_black(hand), backgrounds=green)[0]
    expected = hand[0].clone()
    expected[1] = 1 - hand[0, 0]
    torch.testing.assert_close(shown, expected)
    # Without a mask the picture stays whole, and only what geometry leaves empty is filled.
    assert torch.equal(always(hand, backgrounds=green), hand)
    small = Augmentation(background=1.0, scale=(0.5, 0.5))(hand, backgrounds=green)[0]
    assert small[:, 2, 2].tolist() == pytest.approx([0, 1, 0])
    assert small[:, 9, 9].tolist() == pytest.approx([0, 0, 0])
    assert small[:, 16, 16].tolist() == pytest.approx([1, 0, 0])


def test_the_mask_moves_with_the_hand():
    hand = torch.zeros(1, 3, 33, 33)
    hand[:, 0, 4:12, 10:20] = 1.0
    white = torch.ones(1, 3, 33, 33)
    turned = Augmentation(background=1.0, rotation_deg=180)
    shown = turned(hand.expand(16, -1, -1, -1), seeded(), not_black(hand).expand(16, -1, -1, -1), white)
    # Red hand on white: red is full everywhere, green tells hand from background.
    assert shown[:, 0].min() > 0.999
    torch.testing.assert_close((1 - shown[:, 1]).sum((1, 2)), torch.full((16,), 80.0), atol=1.5, rtol=0)


@pytest.mark.parametrize(
    "impossible",
    [
        {"mirror": 2.0},
        {"scale": (1.2, 0.8)},
        {"scale": (0.0, 1.0)},
        {"hue": 0.7},
        {"jpeg_quality": (0, 50)},
        {"crop_area": (0.5, 1.5)},
        {"blur": float("nan")},
    ],
)
def test_impossible_options_are_refused(impossible):
    [name] = impossible
    with pytest.raises(DataError, match=name):
        Augmentation(**impossible)
