import numpy as np

from fingerspell.core.sight import Sight, in_heights, joined


def seen(n: int) -> Sight:
    rng = np.random.default_rng(0)
    probabilities = rng.dirichlet(np.ones(29), n).astype(np.float32)
    return Sight(probabilities, rng.normal(size=(n, 21, 2)).astype(np.float32), np.ones(n, np.float32))


def test_glances_are_its_rows():
    sight = seen(3)
    second = sight.glances()[1]
    assert second.probabilities == sight.probabilities[1].tolist()
    assert second.joints[:4] == sight.joints[1, :2].ravel().tolist()
    assert second.hand == 1


def test_parts_are_joined_again():
    sight = seen(5)
    whole = joined([sight[:2], sight[2:]])
    assert np.array_equal(whole.joints, sight.joints)
    assert len(whole) == 5


def test_joints_in_heights():
    joints = np.full((21, 2), 0.5, np.float32)
    placed = in_heights(joints, np.zeros((100, 200, 3), np.uint8))
    assert placed is not None
    assert placed[0].tolist() == [1.0, 0.5]
    assert in_heights(None, np.zeros((1, 1, 3), np.uint8)) is None
