import numpy as np
from PIL import Image

from fingerspell.data.hard_views import HAND_SHARE, NARROWEST, SIDE_PX, hard_view

WHITE, BLACK = Image.new("RGB", (64, 64), "white"), Image.new("RGB", (90, 50))


def test_a_small_still_somewhere_in_the_room():
    shares = []
    for seed in range(40):
        view = hard_view(WHITE, [BLACK], np.random.default_rng(seed))
        assert (view.size, view.mode) == ((SIDE_PX, SIDE_PX), "RGB")
        lit = np.asarray(view).max(2) > 20
        shares.append(lit.mean())
        rows, columns = np.nonzero(lit)
        assert np.ptp(rows) <= SIDE_PX * HAND_SHARE[1] + 4
        assert np.ptp(columns) <= np.ptp(rows) + 4
    assert min(shares) > 0.8 * HAND_SHARE[0] ** 2 * NARROWEST
    assert np.std(shares) > 0.02


def test_the_same_seed_gives_the_same_view():
    first, again, other = (
        np.asarray(hard_view(WHITE, [BLACK], np.random.default_rng(seed))) for seed in (1, 1, 2)
    )
    assert (first == again).all()
    assert (first != other).any()
    assert np.asarray(WHITE).min() == 255
    assert np.asarray(BLACK).max() == 0
