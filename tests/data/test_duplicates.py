"""Hashes against scipy's DCT, and near-duplicates against comparing all with all."""

import io
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from scipy.fft import dctn

from fingerspell.data.duplicates import Lookalikes, hashes_of, near_pairs, perceptual_hashes
from fingerspell.data.index import Picture
from fingerspell.errors import DataError

# Hashes near a few centres, so that there are clusters, equal ones and far ones.
hashes = st.lists(
    st.builds(
        lambda centre, bits: centre ^ sum({1 << bit for bit in bits}),
        st.sampled_from([0, 2**64 - 1, 0x0123456789ABCDEF]),
        st.lists(st.integers(0, 63), max_size=5),
    ),
    max_size=30,
).map(lambda values: np.array(values, np.uint64))


def all_pairs(values, max_distance):
    """Every pair of positions whose values differ in few bits, the slow way."""
    numbers = [int(value) for value in values]
    return {
        (i, j)
        for i, j in combinations(range(len(numbers)), 2)
        if (numbers[i] ^ numbers[j]).bit_count() <= max_distance
    }


def test_hashes_are_the_signs_of_low_frequencies():
    greys = np.random.default_rng(0).integers(0, 256, (50, 32, 32), np.uint8)
    for grey, value in zip(greys, perceptual_hashes(greys).tolist(), strict=True):
        frequencies = dctn(grey.astype(float), norm="ortho")[1:9, 1:9]
        assert f"{value:064b}" == "".join("1" if f > 0.01 else "0" for f in frequencies.ravel())


def test_flat_pictures_agree():
    greys = np.stack([np.full((32, 32), grey, np.uint8) for grey in range(256)])
    assert not perceptual_hashes(greys).any()


def test_compressing_again_changes_few_bits(samples):
    pictures = [Image.open(path).convert("L") for path in sorted(samples.glob("*/*.jpg"))]
    changed = []
    for picture in pictures:
        buffer = io.BytesIO()
        picture.resize((160, 160)).save(buffer, "JPEG", quality=70)
        changed.append(Image.open(buffer))
    before, after = (
        perceptual_hashes(np.stack([np.asarray(p.resize((32, 32), Image.Resampling.BOX)) for p in ps]))
        for ps in (pictures, changed)
    )
    same = np.bitwise_count(before ^ after)
    other = np.bitwise_count(before ^ np.roll(after, 2))
    assert np.median(same) <= 2
    assert np.median(other) > 12


@given(hashes, st.integers(0, 7))
def test_near_pairs_are_all_there_each_once(values, max_distance):
    found = near_pairs(values, max_distance).tolist()
    assert len(found) == len({tuple(pair) for pair in found})
    assert {tuple(pair) for pair in found} == all_pairs(values, max_distance)


@given(hashes, st.integers(0, 4), st.data())
def test_counts_between_kinds(values, max_distance, data):
    keys = data.draw(st.lists(st.integers(0, 2), min_size=len(values), max_size=len(values)))
    expected = np.zeros((3, 3), int)
    for i, j in all_pairs(values, max_distance):
        expected[keys[i], keys[j]] += 1
        if keys[i] != keys[j]:
            expected[keys[j], keys[i]] += 1
    lookalikes = Lookalikes.of(values, max_distance)
    np.testing.assert_array_equal(lookalikes.count(np.array(keys, int), 3), expected)


@given(hashes, st.data())
def test_who_resembles_whom(values, data):
    those = np.array(
        data.draw(st.lists(st.booleans(), min_size=len(values), max_size=len(values))), bool
    )
    pairs = all_pairs(values, 3)
    expected = [
        bool(those[i]) or any(those[b if a == i else a] for a, b in pairs if i in (a, b))
        for i in range(len(values))
    ]
    assert Lookalikes.of(values, 3).resembles(those).tolist() == expected


@given(hashes, st.data())
def test_within_classes_ignores_pairs_across(values, data):
    keys = np.array(
        data.draw(st.lists(st.integers(0, 2), min_size=len(values), max_size=len(values))), int
    )
    all_classes = Lookalikes.of(values).count(keys, 3)
    own_class = Lookalikes.within_classes(values, keys.astype(str)).count(keys, 3)
    np.testing.assert_array_equal(own_class, np.diag(np.diag(all_classes)))


@given(hashes, st.data())
def test_examples_are_real_and_there_are_some_where_there_are_pairs(values, data):
    keys = np.array(
        data.draw(st.lists(st.integers(0, 2), min_size=len(values), max_size=len(values))), int
    )
    across = {(i, j) for i, j in all_pairs(values, 3) if keys[i] != keys[j]}
    examples = Lookalikes.of(values, 3).examples(keys, 1000)
    assert {tuple(sorted(pair)) for pair in examples} <= across
    assert bool(examples) == bool(across)
    assert Lookalikes.of(values, 3).examples(keys, 1) == examples[:1]


def test_a_thousand_equal_pictures_are_one_node():
    lookalikes = Lookalikes.of(np.zeros(100_000, np.uint64))
    assert len(lookalikes.edges) == 0
    keys = np.arange(100_000) % 2
    assert lookalikes.count(keys, 2)[0, 1] == 50_000**2


def test_an_index_without_hashes_is_refused():
    with pytest.raises(DataError, match="lacks perceptual hashes"):
        hashes_of([Picture("A/1.jpg", "A")])
