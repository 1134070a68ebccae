"""What is evaluated on: every picture once, in batches that depend on nothing else."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from fingerspell.core.alphabet import CLASSES, Alphabet
from fingerspell.data.corrections import Correction, Corrections
from fingerspell.data.decode import PackSpec
from fingerspell.data.index import Index, Picture
from fingerspell.data.pack import pack
from fingerspell.errors import DataError
from fingerspell.evaluation.cleaning import write_corrections
from fingerspell.evaluation.pictures import (
    BATCH,
    BATCH_PIXELS,
    Pictures,
    Protocol,
    open_pictures,
    with_distinct_names,
)
from fingerspell.pictures.still import read_picture


@given(st.lists(st.sampled_from([(64, 64), (100, 80), (3000, 2000)]), min_size=1, max_size=200))
def test_batches_hold_every_picture_once(sizes):
    rows = tuple(Picture(f"A/{n}.png", "A", width=w, height=h) for n, (w, h) in enumerate(sizes))
    index = Index(Path("set"), rows)
    batches = Pictures("set", Protocol.GIVEN, index).batches()
    places = np.concatenate([batch.places for batch in batches])
    assert sorted(places.tolist()) == list(range(len(sizes)))
    for batch in batches:
        of_batch = {sizes[place] for place in batch.places.tolist()}
        assert len(of_batch) == 1
        [(width, height)] = of_batch
        assert len(batch.places) <= BATCH
        assert len(batch.places) == 1 or len(batch.places) * width * height <= BATCH_PIXELS


def test_pictures_of_a_folder(stills, samples):
    assert (stills.name, len(stills), stills.n_unusable) == ("samples", 58, 0)
    names = {CLASSES[label] for label in stills.labels.tolist()}
    assert names == set(CLASSES)
    first = stills.index.pictures[0]
    np.testing.assert_array_equal(stills.read(0), read_picture(samples / first.path))


def test_a_pack_is_read_as_it_is_packed(stills, tmp_path):
    packed = pack(stills.index, tmp_path, PackSpec(32))
    pictures = open_pictures(packed.folder, Protocol.GIVEN)
    np.testing.assert_array_equal(pictures.read(7), packed.images[7])
    chosen = pictures.take(np.array([5, 7]))
    np.testing.assert_array_equal(chosen.read(1), packed.images[7])
    assert chosen.labels.tolist() == packed.labels[[5, 7]].tolist()
    assert pictures.sha256 != stills.sha256


def test_a_correction_may_take_an_image_to_or_from_a_class_that_the_models_lack(tmp_path):
    """What shows A is read by them, in whatever folder it lies; what shows ILY is not."""
    root = tmp_path / "set"
    for name in ("A", "ILY"):
        for number in (1, 2):
            (root / name).mkdir(parents=True, exist_ok=True)
            Image.effect_noise((20, 20), 50).save(root / name / f"{number}.png")
    file = tmp_path / "fixes.csv"
    file.write_text("path,label,reason\nA/1.png,ILY,looked\nILY/1.png,A,looked\n")
    opened = open_pictures(root, Protocol.GIVEN, corrections=Corrections.load(file))
    assert [picture.path for picture in opened.index.pictures] == ["A/2.png", "ILY/1.png"]
    assert opened.n_unusable == 2


def test_a_correction_may_name_a_class_that_only_the_models_have(tmp_path):
    for name in ("A", "Y"):
        (tmp_path / "set" / name).mkdir(parents=True)
        Image.effect_noise((20, 20), 50).save(tmp_path / "set" / name / "1.png")
    write_corrections({"Y/1.png": Correction("ILY", "looked")}, tmp_path / "fixes.csv")
    rows = Corrections.load(tmp_path / "fixes.csv")
    alphabet = Alphabet.holding({*CLASSES, "ILY"})
    opened = open_pictures(tmp_path / "set", Protocol.GIVEN, corrections=rows, alphabet=alphabet)
    assert [picture.label for picture in opened.index.pictures] == ["A", "ILY"]
    with pytest.raises(DataError, match="'ILY'"):
        open_pictures(tmp_path / "set", Protocol.GIVEN, corrections=rows)


def test_pictures_turned_by_exif_are_stacked_by_the_size_they_have(tmp_path):
    folder = tmp_path / "set" / "A"
    folder.mkdir(parents=True)
    exif = Image.Exif()
    exif[0x0112] = 6  # lies on its side
    Image.new("RGB", (60, 40), "red").save(folder / "1.jpg", exif=exif)
    Image.new("RGB", (60, 40), "blue").save(folder / "2.jpg")
    [batch] = open_pictures(tmp_path / "set", Protocol.GIVEN).batches()
    shapes = {int(places[0]): pixels.shape for places, pixels in batch.read()}
    assert shapes == {0: (1, 60, 40, 3), 1: (1, 40, 60, 3)}


def test_damaged_pictures_are_left_out_and_counted(tmp_path):
    folder = tmp_path / "set" / "A"
    folder.mkdir(parents=True)
    Image.new("RGB", (40, 40)).save(folder / "good.png")
    (folder / "bad.jpg").write_text("no picture")
    pictures = open_pictures(tmp_path / "set", Protocol.GIVEN)
    assert (len(pictures), pictures.n_unusable) == (1, 1)


def test_signers_are_named_by_a_pattern(samples):
    pictures = open_pictures(samples, Protocol.GIVEN, group_pattern=r"8|\d\d")
    assert {"8"} < set(pictures.groups.tolist())


def test_a_folder_without_pictures_is_refused(tmp_path):
    folder = tmp_path / "set" / "no-class"
    folder.mkdir(parents=True)
    Image.new("RGB", (40, 40)).save(folder / "a.png")
    with pytest.raises(DataError, match="holds no usable images"):
        open_pictures(tmp_path / "set", Protocol.GIVEN)


def test_samples_are_the_same_every_time(stills):
    assert len(stills.sample(10)) == 10
    assert stills.sample(10).sha256 == stills.sample(10).sha256
    assert stills.sample(10).sha256 != stills.sample(10, seed=1).sha256
    assert stills.sample(99) is stills


def test_sets_of_one_name_are_told_apart(stills, tmp_path):
    copy = tmp_path / "other" / "samples" / "A"
    copy.mkdir(parents=True)
    Image.new("RGB", (40, 40)).save(copy / "a.png")
    other = open_pictures(tmp_path / "other" / "samples", Protocol.GIVEN)
    names = [each.name for each in with_distinct_names([stills, other])]
    assert names == ["tests/samples", "other/samples"]
    assert with_distinct_names([stills])[0].name == "samples"
