import numpy as np
import pytest
from PIL import Image
from tests.training.conftest import write_pictures

from fingerspell.data.decode import PackSpec
from fingerspell.data.leakage import Part
from fingerspell.data.pack import pack
from fingerspell.data.remember import remembered_scan
from fingerspell.errors import DataError
from fingerspell.progress import silent
from fingerspell.training.options import DataOptions
from fingerspell.training.run_images import prepare


def test_parts_are_whole_and_apart(pictures, tmp_path):
    material = prepare(pictures, tmp_path, tmp_path / "packs", DataOptions(), 0, 32, silent)
    packed, rows = material.open("1")
    assert packed.images.shape == (180, 32, 32, 3)
    together = np.concatenate(list(rows.values()))
    assert sorted(together) == list(range(180))
    assert material.fingerprint["folds"]["1"] == {p.name.lower(): len(rows[p]) for p in Part}
    assert (tmp_path / "split.json").exists()


def test_colours_are_those_of_the_training_part(pictures, tmp_path):
    """Reference: NumPy over all pixels at once."""
    material = prepare(pictures, tmp_path, tmp_path / "packs", DataOptions(), 0, 32, silent)
    packed, rows = material.open("1")
    pixels = packed.images[rows[Part.TRAIN]].reshape(-1, 3) / 255
    mean, std = material.colours("1")
    assert mean == pytest.approx(pixels.mean(0))
    assert std == pytest.approx(pixels.std(0))


def test_what_is_packed_already_is_taken_as_it_is(pictures, tmp_path):
    packed = pack(remembered_scan(pictures, tmp_path).index, tmp_path, PackSpec(16))
    material = prepare(packed.folder, tmp_path, tmp_path, DataOptions(), 0, 32, silent)
    assert (material.pack, material.fingerprint["pack_px"]) == (packed.folder, 16)
    with pytest.raises(DataError, match="is packed already"):
        prepare(packed.folder, tmp_path, tmp_path, DataOptions(share=0.5), 0, 32, silent)
    with pytest.raises(DataError, match="is packed at 16 pixels, not at 32: leave out --pack-px"):
        prepare(packed.folder, tmp_path, tmp_path, DataOptions(pack_px=32), 0, 32, silent)
    prepare(packed.folder, tmp_path, tmp_path, DataOptions(squash=True), 0, 32, silent)  # all square


@pytest.mark.parametrize(
    ("squash", "message"),
    [
        (False, "with black borders, .* pack it again with"),
        (True, "squashed, .* pack it again without"),
    ],
)
def test_a_pack_is_not_taken_for_one_of_another_shape(tmp_path, squash, message):
    data = write_pictures(tmp_path / "set", "AB", 10)
    for path in data.glob("*/*.png"):
        with Image.open(path) as picture:
            picture.crop((0, 0, 32, 24)).save(path)
    packed = pack(remembered_scan(data, tmp_path).index, tmp_path, PackSpec(16, keep_aspect=not squash))
    prepare(packed.folder, tmp_path, tmp_path, DataOptions(squash=squash), 0, 32, silent)
    with pytest.raises(DataError, match=message):
        prepare(packed.folder, tmp_path, tmp_path, DataOptions(squash=not squash), 0, 32, silent)
