"""What a training of the reader begins with."""

import pytest
import torch
from tests.training.hand_reader.conftest import write_mediapipe

from fingerspell.errors import DataError, ModelError
from fingerspell.models.reader import HandReader
from fingerspell.models.reader_file import load_learned
from fingerspell.runtime.onnx_classifier import bundled_file
from fingerspell.training.hand_reader.start import measure_norms, pretrained_reader, reader_at_start


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


def test_it_goes_on_from_a_reader_or_begins_anew(reader_data):
    bundled = HandReader()
    load_learned(bundled, bundled_file().read_bytes(), "default")
    further, afresh = (reader_at_start(reader_data, weights) for weights in ("default", "random"))
    for ends_of in (lambda it: it.letters.last_layer, lambda it: it.small.letter[-1]):
        mine, known, other = (ends_of(each).weight for each in (further, bundled, afresh))
        assert torch.equal(mine, known)
        assert not torch.equal(other, known)
    assert torch.equal(further.palms.stem.weight, afresh.palms.stem.weight)


def test_merged_norms_are_measured_and_the_network_says_the_same():
    """As in training, where each batch is normalised by itself."""
    reader = HandReader()
    load_learned(reader, bundled_file().read_bytes(), "default")
    views = torch.randn(24, 3, 112, 112, generator=torch.Generator().manual_seed(0))
    net, dropout = reader.small.eval(), reader.small.letter[2]
    with torch.no_grad():
        before = net(views).logits
        in_training = net.train()(views).logits
        load_learned(reader, bundled_file().read_bytes(), "default")
        measure_norms(net, views)
        torch.testing.assert_close(net(views).logits, before, atol=1e-3, rtol=1e-3)
        net.train()
        dropout.eval()
        torch.testing.assert_close(net(views).logits, before, atol=1e-3, rtol=1e-3)
    assert (in_training - before).abs().max() > 0.1


def test_what_is_missing_is_named(tmp_path, reader_data):
    with pytest.raises(DataError) as missing:
        pretrained_reader(tmp_path / "empty")
    assert "tools/hand_data/make" in str(missing.value)
    for path in (tmp_path / "no.onnx", reader_data / "t32" / "A" / "0.png"):
        with pytest.raises(ModelError):
            reader_at_start(reader_data, str(path))
