import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from fingerspell.core.alphabet import CLASSES
from fingerspell.core.ticks import TICK_S
from fingerspell.models.sequence_net import (
    CHANGE,
    DELAY_TICKS,
    MOTION,
    N_CLASSES,
    N_FEATURES,
    SEEN_TICKS,
    SHAPE,
    SHARE,
    SequenceNet,
    StreamingSequence,
    features,
)


def seen(n: int, hand: float = 1.0):
    generator = torch.Generator().manual_seed(0)
    probabilities = torch.randn((1, n, N_CLASSES), generator=generator).softmax(2)
    joints = torch.randn((1, n, 42), generator=generator)
    return probabilities, joints, torch.full((1, n), hand)


BEFORE = torch.zeros(1, 43)


@settings(max_examples=30, deadline=None)
@given(st.floats(0.1, 10), st.floats(-5, 5), st.floats(-5, 5))
def test_neither_place_nor_size_of_the_hand_matters(size, x, y):
    probabilities, joints, hand = seen(6)
    moved = joints * size + torch.tensor([x, y]).repeat(21)
    numbers = features(probabilities, joints, hand, BEFORE)
    torch.testing.assert_close(features(probabilities, moved, hand, BEFORE), numbers, atol=2e-2, rtol=0)


def test_features_by_hand():
    """A square of landmarks that moves by its own size a second, and does not change its shape."""
    corners = torch.tensor([[-1.0, -1], [1, -1], [1, 1], [-1, 1]]) / math.sqrt(2)
    square = torch.cat([corners.repeat(5, 1), torch.zeros(1, 2)])
    size = math.sqrt(20 / 21)  # root-mean-square distance from the middle
    joints = torch.stack([square, square + torch.tensor([[size * TICK_S, 0]])]).reshape(1, 2, 42)
    first, second = features(torch.full((1, 2, 29), 1 / 29), joints, torch.ones(1, 2), BEFORE)[0]
    assert first.shape == (N_FEATURES,)
    assert float(first[SHAPE].square().sum()) == pytest.approx(21, rel=1e-3)
    assert not first[CHANGE].any()
    assert float(second[CHANGE].abs().max()) < 1e-3
    assert second[MOTION].tolist() == pytest.approx([0.2, 0, 0], abs=1e-3)  # 0.2 for one size a second
    assert float(first[0]) == pytest.approx(math.log(1 / 29) / 4 + 1)
    assert first[-1] == 1


def test_without_a_hand_there_is_only_what_was_said():
    [numbers] = features(*seen(3, hand=0.1), BEFORE)
    assert not numbers[:, SHAPE.start :].any()
    assert numbers[:, : SHAPE.start].any()


def test_features_go_on_from_the_tick_before():
    probabilities, joints, hand = seen(5)
    before = torch.cat([joints[:, 1], hand[:, 1:2]], 1)
    rest = features(probabilities[:, 2:], joints[:, 2:], hand[:, 2:], before)
    torch.testing.assert_close(rest, features(probabilities, joints, hand, BEFORE)[:, 2:])


def test_what_is_given_in_parts_is_told_as_the_whole_is():
    torch.manual_seed(0)
    streaming = StreamingSequence(SequenceNet(8).eval())
    ticks = seen(40)
    state = torch.zeros(1, SEEN_TICKS, StreamingSequence.STATE)
    whole, after = streaming(*ticks, state)
    first, between = streaming(*(part[:, :7] for part in ticks), state)
    second, last = streaming(*(part[:, 7:] for part in ticks), between)
    torch.testing.assert_close(torch.cat([first, second], 1), whole)
    torch.testing.assert_close(last, after)


def test_what_streams_is_the_mean_of_the_network_and_the_frame_reader():
    torch.manual_seed(0)
    net = SequenceNet(8).eval()
    probabilities, joints, hand = seen(40)
    logits, _ = net(features(probabilities, joints, hand, BEFORE), net.start(1))
    state = torch.zeros(1, SEEN_TICKS, StreamingSequence.STATE)
    mixed, _ = StreamingSequence(net)(probabilities, joints, hand, state)
    told = slice(DELAY_TICKS, None)
    of_frames = probabilities[:, :-DELAY_TICKS].clamp(min=1e-4)
    wanted = logits.softmax(2)[:, told] ** SHARE * of_frames ** (1 - SHARE)
    torch.testing.assert_close(mixed[:, told], wanted / wanted.sum(2, keepdim=True))


def test_an_answer_rests_on_its_past_and_a_moment_after_it():
    torch.manual_seed(0)
    net = SequenceNet(8).eval()
    ticks = torch.randn(1, 60, N_FEATURES, requires_grad=True)
    logits, _ = net(ticks, net.start(1))
    logits[0, 40].sum().backward()
    counted = ticks.grad[0].abs().sum(1).nonzero().flatten().tolist()
    assert counted[0] >= 40 - SEEN_TICKS
    assert counted[-1] == 40
    assert DELAY_TICKS / 30 <= 0.3  # live, a letter is told that long after


def test_an_untaught_layer_says_what_the_frame_reader_said():
    net = SequenceNet(8).eval()
    torch.nn.init.zeros_(net.sign.weight)
    torch.nn.init.zeros_(net.sign.bias)
    said = torch.rand(30, len(CLASSES)).softmax(1)
    ticks = torch.zeros(1, 30, N_FEATURES)
    ticks[0, :, :N_CLASSES] = said.log() / 4 + 1
    logits, _ = net(ticks, net.start(1))
    answers = logits[0, DELAY_TICKS:].softmax(1)
    torch.testing.assert_close(answers, said[:-DELAY_TICKS])


def test_the_state_is_the_ticks_that_still_count():
    net = SequenceNet(8).eval()
    ticks = torch.randn(1, 50, N_FEATURES)
    whole, after = net(ticks, net.start(1))
    first, state = net(ticks[:, :7], net.start(1))
    second, last = net(ticks[:, 7:], state)
    torch.testing.assert_close(torch.cat([first, second], 1), whole)
    torch.testing.assert_close(last, after)
