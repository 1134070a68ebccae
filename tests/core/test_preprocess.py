import json
from dataclasses import asdict

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torchvision.transforms.v2 import functional as torchvision

from fingerspell.core.preprocess import PreprocessSpec, crop

PLAIN = {"mean": (0.0, 0.0, 0.0), "std": (1.0, 1.0, 1.0)}
sides = st.integers(2, 90)


def random_pictures(n: int, height: int, width: int) -> np.ndarray:
    return np.random.default_rng(height * 100 + width).integers(0, 256, (n, height, width, 3), np.uint8)


@settings(deadline=None)
@given(height=sides, width=sides, size=st.integers(1, 64))
def test_squashing_agrees_with_torchvision(height, width, size):
    pictures = random_pictures(2, height, width)
    channels_first = torch.from_numpy(pictures).permute(0, 3, 1, 2).float() / 255
    expected = torchvision.resize(channels_first, [size, size], antialias=True)
    result = PreprocessSpec(size, **PLAIN, keep_aspect=False)(pictures)
    np.testing.assert_allclose(result, expected.numpy(), atol=2e-6)


@settings(deadline=None)
@given(height=sides, width=sides, keep_aspect=st.booleans())
def test_numpy_and_torch_agree(height, width, keep_aspect):
    pictures = random_pictures(1, height, width)
    spec = PreprocessSpec(32, keep_aspect=keep_aspect)
    np.testing.assert_allclose(spec(pictures), spec(torch.from_numpy(pictures), torch), atol=1e-5)


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


def test_crop_takes_each_picture_its_own_box():
    pictures = random_pictures(2, 8, 8)
    boxes = np.array([[0, 0, 4, 4], [4, 2, 8, 6]], np.float32)
    views = crop(pictures, boxes, 4)
    np.testing.assert_allclose(views[0], pictures[0, :4, :4].transpose(2, 0, 1), atol=1e-4)
    np.testing.assert_allclose(views[1], pictures[1, 2:6, 4:8].transpose(2, 0, 1), atol=1e-4)


def test_crop_outside_the_picture_is_black():
    boxes = np.array([[-40, -40, -20, -20]], np.float32)
    assert not crop(random_pictures(1, 8, 8), boxes, 4).any()


def test_the_spec_survives_json():
    spec = PreprocessSpec(112, mean=(0.1, 0.2, 0.3), keep_aspect=False)
    assert PreprocessSpec.from_dict(json.loads(json.dumps(asdict(spec)))) == spec


def test_a_foreign_key_is_refused():
    with pytest.raises(TypeError):
        PreprocessSpec.from_dict({**asdict(PreprocessSpec(8)), "colour": "BGR"})
