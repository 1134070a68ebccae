import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from tests.core.pictures import random_pictures

from fingerspell.core.resample import crop

FILTERS = {"bilinear": Image.Resampling.BILINEAR, "bicubic": Image.Resampling.BICUBIC}
fractions = st.floats(0, 1, width=32)


@st.composite
def boxes_inside(draw, width: int, height: int) -> tuple[float, float, float, float]:
    """A box of at least a pixel each way, inside a picture."""
    sides = []
    for length in (width, height):
        side = 1 + draw(fractions) * (length - 1)
        start = draw(fractions) * (length - side)
        sides.append((start, min(start + side, length)))
    (left, right), (top, bottom) = sides
    return left, top, right, bottom


@settings(deadline=None)
@given(
    st.data(), st.integers(2, 90), st.integers(2, 90), st.integers(1, 40), st.sampled_from([*FILTERS])
)
def test_a_box_agrees_with_pillow(data, height, width, size, kernel):
    picture = random_pictures(1, height, width)
    box = data.draw(boxes_inside(width, height))
    view = crop(picture, np.array([box], np.float32), size, kernel=kernel)[0]
    for channel in range(3):
        plane = Image.fromarray(picture[0, :, :, channel].astype(np.float32))  # Pillow rounds no floats
        expected = np.array(plane.resize((size, size), FILTERS[kernel], box=box)).clip(0, 255)
        np.testing.assert_allclose(view[channel], expected, atol=0.05)


@settings(deadline=None)
@given(st.data(), st.integers(2, 60), st.integers(2, 60), st.integers(1, 40), st.integers(0, 200))
def test_boxes_may_be_thought_wider_than_they_are(data, height, width, size, surplus):
    pictures = random_pictures(2, height, width)
    boxes = np.array([data.draw(boxes_inside(width, height)) for _ in pictures], np.float32)
    widest = max(height, width) + surplus
    np.testing.assert_allclose(
        crop(pictures, boxes, size, widest_px=widest), crop(pictures, boxes, size), atol=1e-3
    )


def test_crop_takes_each_picture_its_own_box():
    pictures = random_pictures(2, 8, 8)
    boxes = np.array([[0, 0, 4, 4], [4, 2, 8, 6]], np.float32)
    views = crop(pictures, boxes, 4)
    np.testing.assert_allclose(views[0], pictures[0, :4, :4].transpose(2, 0, 1), atol=1e-4)
    np.testing.assert_allclose(views[1], pictures[1, 2:6, 4:8].transpose(2, 0, 1), atol=1e-4)


def test_crop_outside_the_picture_is_black():
    boxes = np.array([[-40, -40, -20, -20]], np.float32)
    assert not crop(random_pictures(1, 8, 8), boxes, 4).any()


def test_a_box_wider_than_the_picture_has_black_around_it():
    white = np.full((1, 6, 4, 3), 255, np.uint8)
    view = crop(white, np.array([[-8, -6, 12, 14]], np.float32), 20)[0, 0]
    expected = np.zeros((20, 20))
    expected[6:12, 8:12] = 255
    np.testing.assert_allclose(view, expected, atol=1e-3)
