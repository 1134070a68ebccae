import json
from dataclasses import asdict

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.core.pictures import random_pictures
from torchvision.transforms import InterpolationMode
from torchvision.transforms.v2 import functional as torchvision

from fingerspell.core.preprocess import PreprocessSpec
from fingerspell.errors import ModelError

PLAIN = {"mean": (0.0, 0.0, 0.0), "std": (1.0, 1.0, 1.0)}
sides = st.integers(2, 90)


@settings(deadline=None)
@given(height=sides, width=sides, size=st.integers(1, 64))
def test_squashing_agrees_with_torchvision(height, width, size):
    pictures = random_pictures(2, height, width)
    channels_first = torch.from_numpy(pictures).permute(0, 3, 1, 2).float() / 255
    expected = torchvision.resize(channels_first, [size, size], antialias=True)
    result = PreprocessSpec(size, **PLAIN, keep_aspect=False)(pictures)
    np.testing.assert_allclose(result, expected.numpy(), atol=2e-6)


@settings(deadline=None)
@given(
    height=sides,
    width=sides,
    keep_aspect=st.booleans(),
    crop_share=st.sampled_from([1.0, 0.6]),
    kernel=st.sampled_from(["bilinear", "bicubic"]),
)
def test_numpy_and_torch_agree(height, width, keep_aspect, crop_share, kernel):
    pictures = random_pictures(1, height, width)
    spec = PreprocessSpec(32, keep_aspect=keep_aspect, crop_share=crop_share, kernel=kernel)
    np.testing.assert_allclose(spec(pictures), spec(torch.from_numpy(pictures), torch), atol=1e-5)


@settings(deadline=None)
@given(height=sides, width=sides, size=st.integers(1, 64))
def test_bicubic_agrees_with_torchvision(height, width, size):
    pictures = random_pictures(2, height, width)
    channels_first = torch.from_numpy(pictures).permute(0, 3, 1, 2).float() / 255
    bicubic = InterpolationMode.BICUBIC
    expected = torchvision.resize(channels_first, [size, size], bicubic, antialias=True).clamp(0, 1)
    result = PreprocessSpec(size, **PLAIN, keep_aspect=False, kernel="bicubic")(pictures)
    np.testing.assert_allclose(result, expected.numpy(), atol=5e-6)


@settings(deadline=None)
@given(
    height=sides,
    width=sides,
    resize=st.integers(8, 64),
    size=st.integers(1, 63),
    kernel=st.sampled_from(["bilinear", "bicubic"]),
)
def test_a_part_kept_is_resize_and_centre_crop(height, width, resize, size, kernel):
    size = min(size, resize - 1)
    pictures = random_pictures(1, height, width)
    # In 64 bits: torchvision's own rounding is not ours to answer for.
    channels_first = torch.from_numpy(pictures).permute(0, 3, 1, 2).double() / 255
    resized = torchvision.resize(channels_first, resize, InterpolationMode(kernel), antialias=True)
    expected = torchvision.center_crop(resized, size).clamp(0, 1)
    spec = PreprocessSpec(size, **PLAIN, keep_aspect=False, crop_share=size / resize, kernel=kernel)
    np.testing.assert_allclose(spec(pictures), expected.numpy(), atol=1e-5)


def test_a_part_kept_of_a_black_square():
    white = np.full((1, 10, 20, 3), 255, np.uint8)
    view = PreprocessSpec(12, **PLAIN, crop_share=12 / 20)(white)[0, 0]
    np.testing.assert_array_equal(view[0], 0)
    np.testing.assert_allclose(view[1:11], 1, atol=1e-6)
    np.testing.assert_array_equal(view[11], 0)


@pytest.mark.parametrize("size", [4, 13, 60])
def test_bicubic_around_a_picture_is_black(size):
    spec = PreprocessSpec(size, **PLAIN, kernel="bicubic")
    view = spec(np.full((1, 10, 20, 3), 255, np.uint8))[0, 0]
    assert set(np.unique(view.round(5))) == {0, 1}


@pytest.mark.parametrize("values", [{"crop_share": 0}, {"crop_share": 1.1}, {"kernel": "nearest"}])
def test_a_spec_that_cannot_be_is_refused(values):
    with pytest.raises(ModelError, match=r"cannot be .*: give"):
        PreprocessSpec(8, **values)


def test_metadata_from_before_there_was_a_kernel_still_loads():
    old = {"size_px": 8, "mean": [0.5] * 3, "std": [0.25] * 3, "keep_aspect": True}
    assert PreprocessSpec.from_dict(old) == PreprocessSpec(8)


@pytest.mark.parametrize("kernel", ["bilinear", "bicubic"])
def test_nothing_leaves_the_pictures_device(kernel):
    spec = PreprocessSpec(8, crop_share=0.5, kernel=kernel)
    views = spec(torch.empty(2, 10, 12, 3, dtype=torch.uint8, device="meta"), torch)
    assert (views.device.type, views.shape) == ("meta", (2, 3, 8, 8))


def test_keeping_the_aspect_centres_the_picture_in_black():
    white = np.full((1, 10, 20, 3), 255, np.uint8)
    view = PreprocessSpec(20, **PLAIN)(white)[0, 0]
    np.testing.assert_array_equal(view[:5], 0)
    np.testing.assert_array_equal(view[5:15], 1)
    np.testing.assert_array_equal(view[15:], 0)


def test_normalising_by_hand():
    grey = np.full((1, 4, 4, 3), 51, np.uint8)  # 0.2 of 255
    view = PreprocessSpec(4, mean=(0.1, 0.2, 0.3), std=(0.5, 1.0, 0.1))(grey)
    np.testing.assert_allclose(view[0, :, 0, 0], [0.2, 0.0, -1.0], atol=1e-6)


def test_the_spec_survives_json():
    spec = PreprocessSpec(112, mean=(0.1, 0.2, 0.3), keep_aspect=False)
    assert PreprocessSpec.from_dict(json.loads(json.dumps(asdict(spec)))) == spec


def test_a_foreign_key_is_refused():
    with pytest.raises(TypeError):
        PreprocessSpec.from_dict({**asdict(PreprocessSpec(8)), "colour": "BGR"})
