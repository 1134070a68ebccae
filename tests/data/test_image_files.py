"""Pictures read from their files every epoch: the same batches as the packed ones."""

import os
import shutil
import signal

import pytest
import torch
from PIL import Image
from tests.data.conftest import write_set
from torchvision.transforms import v2

from fingerspell.data.decode import PackSpec
from fingerspell.data.image_files import FileBatches
from fingerspell.data.loader import Batches, LoaderOptions
from fingerspell.data.pack import pack
from fingerspell.errors import DataError

SPEC = PackSpec(16, scaled_decoding=False)


def as_float(pictures):
    return pictures.float() / 255


def noisy(pictures):
    return as_float(pictures) + torch.rand(())


@pytest.fixture(scope="module")
def packed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("packed")
    return pack(write_set(folder / "set", 23, (40, 30)), folder / "cache", SPEC)


def batches_of(packed, transform=as_float, workers=0, **options):
    return FileBatches(packed, None, LoaderOptions(4, **options), "cpu", SPEC, transform, workers)


@pytest.mark.parametrize("workers", [0, 2])
def test_the_same_batches_as_from_the_array(packed, workers):
    files, array = batches_of(packed, workers=workers), Batches(packed, options=LoaderOptions(4))
    assert len(files) == len(array)
    for ours, theirs in zip(files.epoch(3, 1), array.epoch(3, 1), strict=True):
        assert torch.equal(ours.rows, theirs.rows)
        assert torch.equal(ours.labels, theirs.labels)
        assert torch.equal(ours.pictures, as_float(theirs.pictures))


def test_pixels_are_those_of_pillow_and_torchvision(packed):
    square = FileBatches(
        packed, [5], LoaderOptions(1), "cpu", PackSpec(16, False, False), as_float
    )  # squashed, as torchvision's Resize((16, 16)) does
    [batch] = square.epoch(0)
    with Image.open(packed.index.root / packed.index.pictures[5].path) as picture:
        resized = v2.Resize((16, 16))(picture.convert("RGB"))
    assert torch.equal(batch.pictures[0], as_float(v2.functional.pil_to_tensor(resized)))


def test_chance_depends_on_seed_epoch_and_picture_alone(packed):
    def seen(**options):
        shards = [batches_of(packed, noisy, **options, shard=(r, 2)).epoch(1) for r in range(2)]
        return {
            row: picture
            for shard in shards
            for batch in shard
            for row, picture in zip(batch.rows.tolist(), batch.pictures, strict=True)
        }

    together = {
        row: picture
        for batch in batches_of(packed, noisy, workers=2).epoch(1)
        for row, picture in zip(batch.rows.tolist(), batch.pictures, strict=True)
    }
    apart, other = seen(), seen(seed=1)
    assert len(apart) == 23
    assert all(torch.equal(apart[row], together[row]) for row in together)
    assert not any(torch.equal(apart[row], other[row]) for row in together)


def test_a_process_without_a_share_gets_an_empty_batch(packed):
    shards = [
        FileBatches(packed, [7], LoaderOptions(2, shard=(rank, 2)), "cpu", SPEC, as_float)
        for rank in range(2)
    ]
    shapes = [[batch.pictures.shape for batch in shard.epoch(0)] for shard in shards]
    assert shapes == [[(1, 3, 16, 16)], [(0, 3, 16, 16)]]


@pytest.mark.parametrize("workers", [0, 1])
def test_a_file_that_is_gone_is_told_in_a_sentence(packed, tmp_path, workers):
    root = shutil.copytree(packed.index.root, tmp_path / "set")
    gone = pack(type(packed.index)(root, packed.index.pictures), tmp_path / "cache", SPEC)
    (root / gone.index.pictures[0].path).unlink()
    with pytest.raises(DataError, match=r"cannot be decoded any more .* --loading packed"):
        list(batches_of(gone, workers=workers).epoch(0))


def deadly(_pictures):
    """Ends the process it runs in, as the system does where memory runs out."""
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_decoding_process_that_dies_is_told_in_a_sentence(packed):
    with pytest.raises(DataError, match="was killed, as happens when memory runs out"):
        list(batches_of(packed, deadly, workers=1).epoch(0))
