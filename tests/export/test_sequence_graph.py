import json

import numpy as np
import onnx
import pytest
import torch

from fingerspell.core.alphabet import CLASSES
from fingerspell.core.decoding.options import DecoderOptions
from fingerspell.core.sequence import SequenceDecoder
from fingerspell.core.ticks import Glance
from fingerspell.errors import ModelError
from fingerspell.export.sequence_graph import sequence_to_onnx, with_sequence
from fingerspell.models.sequence_net import DELAY_TICKS, SEEN_TICKS, SequenceNet, StreamingSequence
from fingerspell.runtime.onnx_classifier import METADATA_KEY, OnnxClassifier, bundled_file
from fingerspell.runtime.reader import Reader
from fingerspell.runtime.sequence_network import ABOUT_KEY, SEQUENCE_KEY, OnnxSequence


@pytest.fixture(scope="module")
def net() -> SequenceNet:
    torch.manual_seed(0)
    return SequenceNet(16).eval()


@pytest.fixture(scope="module")
def graph(net) -> bytes:
    return sequence_to_onnx(net)


@pytest.mark.parametrize("cuts", [(20,), (1,) * 20, (3, 9, 8)])
def test_it_says_what_the_network_says_however_the_ticks_come(net, graph, cuts):
    ticks = torch.rand(1, 20, len(CLASSES)), torch.rand(1, 20, 42), torch.rand(1, 20)
    state = torch.zeros(1, SEEN_TICKS, StreamingSequence.STATE)
    with torch.inference_mode():
        wanted = StreamingSequence(net)(*ticks, state)[0][0].numpy()
    glances = list(map(Glance, *(part[0].tolist() for part in ticks)))
    exported = OnnxSequence(graph, "model.onnx")
    state, rows, at = exported.start(), [], 0
    for n in cuts:
        said, state = exported.step(glances[at : at + n], state)
        rows += said
        at += n
    assert np.array(rows) == pytest.approx(wanted, abs=1e-5)


def test_what_it_says_of_itself(graph):
    exported = OnnxSequence(graph, "model.onnx")
    assert exported.delay_ticks == DELAY_TICKS


def test_a_model_carries_it_and_reads_with_it(tmp_path, graph):
    content = bundled_file().read_bytes()
    path = tmp_path / "model.onnx"
    path.write_bytes(with_sequence(content, graph, "model.onnx", {"version": "9.9"}))
    classifier = OnnxClassifier(path)
    assert classifier.name == "fingerspell-reader 9.9"
    reader = Reader(classifier)
    assert isinstance(reader.decoder(), SequenceDecoder)
    assert Reader(classifier, DecoderOptions(pause_s=2)).options.pause_s == 2
    # All else that the file says of itself stays, and what was put in can be taken out.
    bare = with_sequence(path.read_bytes(), None, "model.onnx")
    kept = {each.key: each.value for each in onnx.load_model_from_string(bare).metadata_props}
    assert SEQUENCE_KEY not in kept
    assert json.loads(kept[METADATA_KEY])["name"] == "fingerspell-reader"


def test_what_cannot_be_used_is_refused(tmp_path, graph):
    with pytest.raises(ModelError, match=r"m\.onnx is not an ONNX model"):
        with_sequence(b"no model", graph, "m.onnx")
    other = onnx.load_model_from_string(graph)
    document = {**json.loads(other.metadata_props[0].value), "state": [3, 4]}
    onnx.helper.set_model_props(other, {ABOUT_KEY: json.dumps(document)})
    for content in (b"", b"nothing", other.SerializeToString()):
        path = tmp_path / "model.onnx"
        path.write_bytes(with_sequence(bundled_file().read_bytes(), content, "m.onnx"))
        with pytest.raises(ModelError, match=r"model\.onnx holds a sequence reader"):
            OnnxClassifier(path)
