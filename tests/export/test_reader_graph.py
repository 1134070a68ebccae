"""The reader's graph says what PyTorch says, with and without a hand that is known before."""

import json

import numpy as np
import onnx
import pytest
import torch
from tests.conftest import REPOSITORY

from fingerspell.export.onnx_file import About, export_model
from fingerspell.export.reader_graph import reader_to_onnx
from fingerspell.models.reader import HandReader
from fingerspell.models.reader_memory import Memory
from fingerspell.models.reader_rules import ReaderRules
from fingerspell.pictures.still import read_picture
from fingerspell.runtime.onnx_classifier import (
    INPUTS,
    OUTPUTS,
    SURE,
    OnnxClassifier,
    open_session,
)

pytestmark = pytest.mark.slow  # to export it takes minutes

STILLS = sorted((REPOSITORY / "tests" / "samples").glob("*/*.jpg"))


def random_reader() -> HandReader:
    """Random weights, the last layers' large enough that every network has a say."""
    torch.manual_seed(0)
    reader = HandReader().eval()
    with torch.no_grad():
        for layer in (reader.letters.last_layer, reader.shape.net.layers[-1], reader.small.letter[-1]):
            layer.weight.mul_(10)
    return reader


@pytest.fixture(scope="module")
def reader() -> HandReader:
    reader = random_reader()
    # Untrained, it is unsure of every hand: known ones are kept, others searched for at any palm, and
    # all that are not small are looked at again.
    reader.rules = ReaderRules(kept=-1e3, sure=1e3, palm=-1e3, clear=2.0)
    return reader


@pytest.fixture(scope="module")
def exported(reader, tmp_path_factory) -> OnnxClassifier:
    path = tmp_path_factory.mktemp("model") / "m.onnx"
    about = About("n", "1", ["a"], {"metrics": {"accuracy": 0.5}})
    result = export_model(reader, path, about, STILLS[:4], int8=True)
    assert (result.n, result.contradicted) == (2, 0)  # untrained, it is sure of nothing
    assert result.largest_difference < 0.1
    assert result.n_bytes == path.stat().st_size < 10_000_000
    onnx.checker.check_model(onnx.load(path), full_check=True)
    return OnnxClassifier(path)


def test_it_describes_itself(exported, reader):
    assert exported.name == "n 1"
    assert exported.can_track
    assert exported.preprocess == reader.spec
    assert exported.metadata["training_data"] == ["a"]
    assert exported.metadata["metrics"] == {"accuracy": 0.5}
    json.dumps(exported.metadata)


@pytest.mark.parametrize("side_px", [24, 48, 90, 500])
def test_it_reads_a_known_hand_as_pytorch_does(exported, reader, side_px):
    """Small, medium and large ones, and one that is looked at at half its pixels."""
    picture = np.resize(read_picture(STILLS[5]), (700, 500, 3))
    before = np.random.default_rng(1).random((21, 2), np.float32)
    before = before * side_px / np.float32([500, 700]) + np.float32(0.1)
    start = torch.zeros(1, HandReader.STATE)
    start[0, :43] = torch.from_numpy(np.append(before, SURE))
    expected = reader(torch.tensor(picture)[None], start, torch.zeros(1), torch.tensor([False]))
    seen, state = exported.classify_next(picture, None, 0.0, before)
    np.testing.assert_allclose(state[:42], expected[3][0, :42], atol=0.02)
    assert seen.hand_probability == pytest.approx(expected[2].item(), abs=0.02)
    np.testing.assert_allclose(seen.joints, expected[1][0], atol=0.02)
    np.testing.assert_allclose(seen.probabilities, expected[0][0], atol=0.03)
    assert expected[0].max() > 0.05  # by chance each class has 0.034


@torch.no_grad()
def test_it_searches_in_three_ways_and_looks_again(exported, reader):
    """By the quick look and at palms without and with a margin: each is the surest now and then."""
    ways = set()
    for path in STILLS[::2]:
        picture = read_picture(path)
        pictures = torch.tensor(picture)[None]
        margins = torch.tensor([[False], [True]])
        palms = [reader.find_palm(pictures, with_margin)[0] for with_margin in margins]
        squares = (reader.find_hand(pictures), *palms)
        new = torch.tensor([False])
        looks = [reader.look_again(pictures, reader.look(pictures, each), new) for each in squares]
        [seen] = exported.classify(picture[None])
        expected = [reader.answer(pictures, *look, ~new) for look in looks]
        differences = [np.abs(seen.joints - joints[0].numpy()).max() for _, joints, _ in expected]
        way = int(np.argmin(differences))
        assert differences[way] < 0.02
        np.testing.assert_allclose(seen.probabilities, expected[way][0][0], atol=0.03)
        ways.add(way)
    assert ways == {0, 1, 2}


def test_it_remembers_a_video_as_pytorch_does(tmp_path):
    """In which no hand is seen: all ways to look for one come in turn, and what holds is told again."""
    reader = random_reader()
    reader.rules = ReaderRules(kept=1e3, sure=1e3, palm=-1e3)
    names = list(INPUTS), list(OUTPUTS)
    session = open_session(reader_to_onnx(reader.eval(), *names).SerializeToString(), threads=1)
    still, looks = read_picture(STILLS[5]), 0
    state = known = torch.zeros(1, HandReader.STATE)
    for i in range(24):
        picture = np.ascontiguousarray(np.roll(still, 10 * (i // 3), 1))[None]
        dt_s, is_still = torch.tensor([0.04 if i % 3 else 0.2]), torch.tensor([False])
        *expected, known = reader(torch.tensor(picture), known, dt_s, is_still)
        given = zip(names[0], (picture, state.numpy(), dt_s.numpy(), is_still.numpy()), strict=True)
        *seen, state = map(torch.from_numpy, session.run(names[1], dict(given)))
        for one, other in zip(seen, expected, strict=True):  # weights are stored in 8 bits
            torch.testing.assert_close(one, other, atol=0.1, rtol=0)
        remembered, memory = Memory.of(state), Memory.of(known)
        for name in ("uncertain", "without_s", "looked_s", "looks", "unmoved", "parts"):
            torch.testing.assert_close(getattr(remembered, name), getattr(memory, name))
        looks += memory.looked_s.item() == 0
    assert 12 < looks < 24
