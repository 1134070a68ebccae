import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from fingerspell.runtime.hand_square import SPAN, around, side_around


@given(x=st.integers(0, 59), y=st.integers(0, 39), width=st.integers(0, 40), height=st.integers(0, 40))
def test_the_square_around_a_hand(x, y, width, height):
    """Its middle is the hand's, the hand spans its share, and the picture's pixels are in it."""
    picture = np.arange(40 * 60 * 3).astype(np.uint8).reshape(40, 60, 3)
    joints = np.float32([[x, y], [x + width, y + height]])
    square, corner = around(picture, joints)
    side = max(8, width, height) / SPAN
    assert square.shape == (int(np.ceil(side)), int(np.ceil(side)), 3)
    left, top = (int(np.floor((2 * a + b - side) / 2)) for a, b in ((x, width), (y, height)))
    assert corner.tolist() == [left, top]
    np.testing.assert_array_equal(square[y - top, x - left], picture[y, x])


def test_beyond_the_edges_these_go_on():
    picture = np.arange(4 * 6 * 3, dtype=np.uint8).reshape(4, 6, 3)
    square, corner = around(picture, np.float32([[0, 0], [0, 0]]))
    assert side_around(np.float32([[0, 0], [0, 0]])) == 8 / SPAN
    assert corner.tolist() == [-12, -12]
    np.testing.assert_array_equal(square[:13, :13], np.broadcast_to(picture[0, 0], (13, 13, 3)))
    np.testing.assert_array_equal(square[15:, 17:], np.broadcast_to(picture[3, 5], (8, 6, 3)))


def test_a_hand_may_span_more_of_it():
    joints = np.float32([[10, 10], [40, 20]])
    assert side_around(joints, 0.6) == 30 / np.float64(0.6)
    square, _ = around(np.zeros((40, 60, 3), np.uint8), joints, 0.6)
    assert square.shape == (50, 50, 3)
