import torch

from fingerspell.core.alphabet import CLASSES
from fingerspell.core.sight import N_CLASSES, N_FEATURES
from fingerspell.models.sequence_net import DELAY_TICKS, SEEN_TICKS, SequenceNet


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
