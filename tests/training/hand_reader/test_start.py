"""What a training of the reader begins with."""

import pytest
import torch
from tests.training.hand_reader.conftest import write_mediapipe

from fingerspell.errors import DataError, ModelError
from fingerspell.models.reader import HandReader
from fingerspell.models.reader_file import load_learned
from fingerspell.runtime.onnx_classifier import bundled_file
from fingerspell.training.hand_reader.start import pretrained_reader, reader_at_start


def test_a_reader_begins_with_mediapipes_weights(tmp_path):
    """Of each joint's x, y and depth in 224 pixels, x and y are kept, as shares of the view."""
    torch.manual_seed(0)
    known = HandReader()
    heads = torch.nn.ModuleList(torch.nn.Linear(1152, n) for n in (1, 1, 63, 63))
    write_mediapipe(tmp_path, known, heads)
    begun = pretrained_reader(tmp_path)
    for module in ("palms", "trunk"):
        pairs = zip(
            getattr(begun, module).parameters(), getattr(known, module).parameters(), strict=True
        )
        assert all(torch.equal(mine, theirs) for mine, theirs in pairs)
    torch.testing.assert_close(begun.letters.hand.weight, heads[1].weight)
    torch.testing.assert_close(begun.letters.joints.weight[2], heads[2].weight[3] / 224)
    torch.testing.assert_close(begun.letters.joints.bias[41], heads[2].bias[61] / 224)


def test_it_goes_on_from_a_reader_or_takes_its_network_for_small_hands_alone(reader_data):
    bundled = HandReader()
    load_learned(bundled, bundled_file().read_bytes(), "default")
    further, afresh = (reader_at_start(reader_data, weights) for weights in ("default", "random"))
    for begun in (further, afresh):
        assert torch.equal(begun.small.letter[-1].weight, bundled.small.letter[-1].weight)
    assert torch.equal(further.letters.last_layer.weight, bundled.letters.last_layer.weight)
    assert not torch.equal(afresh.letters.last_layer.weight, bundled.letters.last_layer.weight)
    assert torch.equal(further.palms.stem.weight, afresh.palms.stem.weight)


def test_what_is_missing_is_named(tmp_path, reader_data):
    with pytest.raises(DataError) as missing:
        pretrained_reader(tmp_path / "empty")
    assert "tools/hand_data/make" in str(missing.value)
    for path in (tmp_path / "no.onnx", reader_data / "t32" / "A" / "0.png"):
        with pytest.raises(ModelError):
            reader_at_start(reader_data, str(path))
