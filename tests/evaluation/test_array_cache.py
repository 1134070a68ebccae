"""Arrays in a cache come back as they were, or not at all."""

import numpy as np
import pytest

from fingerspell.errors import DataError
from fingerspell.evaluation.array_cache import load_arrays, save_arrays

ARRAYS = {"a": np.arange(6, dtype=np.float32).reshape(2, 3), "b": np.array([True])}


def test_what_is_kept_comes_back(tmp_path):
    save_arrays(tmp_path / "new" / "kept.npz", ARRAYS)
    known = load_arrays(tmp_path / "new" / "kept.npz")
    assert known.keys() == ARRAYS.keys()
    for name, array in ARRAYS.items():
        assert known[name].dtype == array.dtype
        np.testing.assert_array_equal(known[name], array)


@pytest.mark.parametrize("share", [0, 0.3, 0.6, 0.95])
def test_damage_is_as_nothing(tmp_path, share):
    save_arrays(tmp_path / "kept.npz", ARRAYS)
    content = (tmp_path / "kept.npz").read_bytes()
    (tmp_path / "kept.npz").write_bytes(content[: int(share * len(content))])
    assert load_arrays(tmp_path / "kept.npz") is None
    assert load_arrays(tmp_path / "none.npz") is None
    assert load_arrays(None) is None


def test_a_folder_that_cannot_be(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match="choose another cache folder"):
        save_arrays(tmp_path / "file" / "kept.npz", ARRAYS)
