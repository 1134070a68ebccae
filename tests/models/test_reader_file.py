"""What a reader has learned comes back out of its file."""

import numpy as np
import onnx
import pytest
import torch
from PIL import Image

from fingerspell.errors import ModelError
from fingerspell.export.last_layer import LastLayer
from fingerspell.export.onnx_file import About, export_model
from fingerspell.models.reader import HandReader
from fingerspell.models.reader_file import load_learned
from fingerspell.runtime.onnx_classifier import bundled_file


def test_the_last_layers_joined_again_are_those_of_the_file():
    content = bundled_file().read_bytes()
    reader = HandReader()
    load_learned(reader, content, "default")
    weight, _ = reader.last_layers()
    torch.testing.assert_close(weight, torch.from_numpy(LastLayer(content, "default").weight[:29]))
    assert weight.abs().max() > 0.1


@pytest.mark.slow
def test_every_learned_part_of_an_exported_reader_comes_back(tmp_path):
    """Within what 8 bits keep; with 8-bit layers and without."""
    torch.manual_seed(0)
    reader = HandReader().eval()
    for module in reader.small.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.bias.data.normal_(0, 0.1)
    pictures = []
    for i in range(4):
        pictures.append(tmp_path / f"{i}.png")
        Image.effect_noise((90, 80), 60 + i).convert("RGB").save(pictures[-1])
    export_model(reader, tmp_path / "reader.onnx", About("a", "1", []), pictures, int8=True)
    found = HandReader().eval()
    found.palms.load_state_dict(reader.palms.state_dict())
    load_learned(found, (tmp_path / "reader.onnx").read_bytes(), "a")
    for mine, theirs in zip(found.letters.parameters(), reader.letters.parameters(), strict=True):
        torch.testing.assert_close(mine, theirs, atol=0.01 * float(theirs.abs().max()), rtol=0)
    view = torch.rand(2, 3, 112, 112)
    with torch.inference_mode():
        mine, theirs = (each.small(view).features for each in (found, reader))
    torch.testing.assert_close(mine, theirs, atol=0.05 * float(theirs.abs().max()), rtol=0)


@pytest.mark.parametrize("content", [b"", b"no model", onnx.ModelProto().SerializeToString()])
def test_what_holds_no_reader_is_refused_and_changes_nothing(content):
    reader = HandReader()
    before = [parameter.detach().numpy().copy() for parameter in reader.parameters()]
    with pytest.raises(ModelError):
        load_learned(reader, content, "wrong.onnx")
    for mine, old in zip(reader.parameters(), before, strict=True):
        np.testing.assert_array_equal(mine.detach().numpy(), old)
