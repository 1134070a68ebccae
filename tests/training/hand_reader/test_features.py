"""What the trunk makes of views is computed once, and goes on where it was stopped."""

import pytest
import torch
from tests.training.hand_reader.test_crops import packed

from fingerspell.errors import DataError
from fingerspell.models.mediapipe_networks import HandTrunk
from fingerspell.progress import unheard
from fingerspell.training.hand_reader import crops, features, small_views
from fingerspell.training.hand_reader.features import FACTS, draw, is_stored, open_features, store

CPU = torch.device("cpu")


def test_views_are_those_of_their_batch(monkeypatch):
    monkeypatch.setattr(features, "BATCH", 4)
    torch.manual_seed(0)
    trunk, samples = HandTrunk().eval(), packed(6)
    see = draw(samples, trunk, 3, CPU)
    with torch.inference_mode():
        (seen, facts), (again, _), (other, _) = (see(batch) for batch in (5, 5, 6))
    for name, array in seen.items():
        assert torch.equal(array, again[name])
        assert not torch.equal(array, other[name])
    assert set(facts) == {*FACTS, "source"}
    generator = torch.Generator().manual_seed(3 * features.MOST_BATCHES + 5)
    index = torch.multinomial(samples.weight, 4, True, generator=generator)
    drawn = crops.draw_crops(samples, index, generator)
    assert torch.equal(facts["label"], drawn.label)
    with torch.inference_mode():
        expected = trunk.middle(drawn.pictures).permute(0, 2, 3, 1)
    torch.testing.assert_close(seen["middle"], expected)
    small = small_views.draw_small(samples, index, generator)
    assert torch.equal(seen["small"], (small.pictures * 255).round().permute(0, 2, 3, 1))
    assert torch.equal(facts["small_joints"], small.joints)


def test_drawing_goes_on_where_it_was_stopped(tmp_path, monkeypatch):
    monkeypatch.setattr(features, "BATCH", 4)
    monkeypatch.setattr(features, "SAVE_EVERY", 1)
    torch.manual_seed(0)
    trunk, samples = HandTrunk().eval(), packed()
    see = draw(samples, trunk, 5, CPU)
    seen, told = [], []

    def until_the_third(batch: int) -> features.Seen:
        seen.append(batch)
        if len(seen) == 3:
            raise KeyboardInterrupt
        return see(batch)

    whole, stopped, n = tmp_path / "whole", tmp_path / "stopped", 11
    store(whole, n, samples.source_names, see, told.append)
    assert told == [0, 4, 4, 3]
    with pytest.raises(KeyboardInterrupt):
        store(stopped, n, samples.source_names, until_the_third, unheard)
    assert not is_stored(stopped, n)
    store(stopped, n, samples.source_names, until_the_third, unheard)
    assert seen == [0, 1, 2, 2]
    assert is_stored(stopped, n)
    one, other = open_features(whole), open_features(stopped)
    assert one.source_names == other.source_names == ("people/anna",)
    for name, array in one.arrays.items():
        assert (array == other.arrays[name]).all(), name
    for name, value in one.facts.items():
        assert torch.equal(value, other.facts[name]), name


def test_damaged_views_are_named(tmp_path):
    (tmp_path / "facts.safetensors").write_bytes(b"damaged")
    with pytest.raises(DataError):
        open_features(tmp_path)
