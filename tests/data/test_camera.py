"""Light, blur, noise and JPEG, against torchvision, Pillow and the standard library."""

import colorsys
import io

import numpy as np
import pytest
import torch
from PIL import Image
from tests.data.conftest import smooth_picture
from torchvision.transforms.v2 import functional as reference

from fingerspell.data import camera


@pytest.fixture
def pictures() -> torch.Tensor:
    """Four smooth pictures, 48 x 80, with room at both ends, so that no colour is clipped."""
    random = np.random.default_rng(0)
    pixels = np.stack([np.asarray(smooth_picture(random, (80, 48))) for _ in range(4)])
    return torch.from_numpy(pixels).permute(0, 3, 1, 2) / 255 * 0.4 + 0.3


def coloured(pictures: torch.Tensor, **changed: torch.Tensor) -> torch.Tensor:
    n = len(pictures)
    neutral = {name: torch.ones(n) for name in ("brightness", "contrast", "saturation")}
    neutral |= {"hue": torch.zeros(n), "tint": torch.ones(n, 3)}
    return camera.adjust_colour(pictures, **(neutral | changed))


@pytest.mark.parametrize("name", ["brightness", "contrast", "saturation"])
def test_colours_change_as_torchvisions(pictures, name):
    factors = torch.tensor([0.5, 0.9, 1.0, 1.3])
    adjust = getattr(reference, f"adjust_{name}")
    theirs = torch.stack([adjust(p, float(f)) for p, f in zip(pictures, factors, strict=True)])
    torch.testing.assert_close(coloured(pictures, **{name: factors}), theirs, atol=2e-4, rtol=0)


def test_all_together_are_one_after_the_other(pictures):
    theirs = reference.adjust_brightness(pictures, 0.9)
    theirs = reference.adjust_contrast(theirs, 0.8)
    theirs = reference.adjust_saturation(theirs, 1.1)
    factors = {"brightness": 0.9, "contrast": 0.8, "saturation": 1.1}
    ours = coloured(pictures, **{name: torch.full((4,), value) for name, value in factors.items()})
    torch.testing.assert_close(ours, theirs, atol=2e-4, rtol=0)


def test_hue_turns_i_and_q_and_keeps_the_luma():
    colour = torch.tensor([0.5, 0.45, 0.6])
    turned = coloured(colour.reshape(1, 3, 1, 1), hue=torch.tensor([0.25])).flatten()
    luma, i, q = colorsys.rgb_to_yiq(*colour.tolist())
    assert colorsys.rgb_to_yiq(*turned.tolist()) == pytest.approx((luma, -q, i), abs=0.02)


def test_tint_is_a_gain_of_each_channel(pictures):
    tint = torch.tensor([[1.1, 1.0, 0.9]] * 4)
    torch.testing.assert_close(coloured(pictures, tint=tint), pictures * tint[:, :, None, None])


def test_blur_is_torchvisions(pictures):
    sigma = torch.tensor([0.4, 1.0, 1.5, 2.0])
    ours = camera.blur(pictures, sigma)
    for picture, blurred, one in zip(pictures, ours, sigma.tolist(), strict=True):
        theirs = reference.gaussian_blur(picture, [13, 13], [one, one])
        inside = (slice(None), slice(6, -6), slice(6, -6))  # torchvision reflects at the border
        torch.testing.assert_close(blurred[inside], theirs[inside], atol=1e-5, rtol=0)


def test_no_blur_at_all(pictures):
    torch.testing.assert_close(camera.blur(pictures, torch.zeros(4)), pictures)
    assert camera.blur(pictures[:0], torch.zeros(0)).shape == (0, 3, 48, 80)


@pytest.mark.parametrize("size", [(80, 48), (67, 45)])
@pytest.mark.parametrize("quality", [5, 30, 75, 95])
def test_jpeg_is_pillows(size, quality):
    picture = smooth_picture(np.random.default_rng(1), size)
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=quality, subsampling="4:2:0")
    theirs = np.asarray(Image.open(file)).astype(float)
    pixels = torch.from_numpy(np.asarray(picture).copy()).permute(2, 0, 1)[None] / 255
    ours = camera.jpeg(pixels, torch.tensor([float(quality)]))[0].permute(1, 2, 0).numpy() * 255
    lost = np.abs(theirs - np.asarray(picture)).mean()
    assert np.abs(ours - theirs).mean() < 1.3
    assert np.abs(ours - theirs).mean() < lost / 2


def test_jpeg_of_each_quality(pictures):
    qualities = torch.tensor([3.0, 20.0, 60.0, 100.0])
    lost = (
        (camera.jpeg(pictures[:1].expand(4, -1, -1, -1), qualities) - pictures[0]).abs().mean((1, 2, 3))
    )
    assert (lost.diff() < 0).all()


def test_noise_has_its_standard_deviation():
    grey = torch.full((3, 3, 64, 64), 0.5)
    noisy = camera.add_noise(grey, torch.tensor([0.0, 0.02, 0.1]), torch.Generator().manual_seed(0))
    assert noisy.std((1, 2, 3)).tolist() == pytest.approx([0, 0.02, 0.1], rel=0.03)


def test_cover_hides_a_rectangle_and_nothing_else():
    white = torch.ones(2, 3, 8, 10)
    covered = camera.cover(
        white,
        middle_px=torch.tensor([[3.0, 4.0], [9.0, 1.0]]),
        sides_px=torch.tensor([[4.0, 2.0], [2.0, 2.0]]),
        colour=torch.tensor([[0.0, 0.5, 0.25]] * 2),
    )
    expected = white.clone()
    expected[0, :, 3:5, 1:5] = expected[1, :, 0:2, 8:10] = torch.tensor([0.0, 0.5, 0.25])[:, None, None]
    assert torch.equal(covered, expected)
