import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fingerspell.core.alphabet import CLASSES, NOTHING
from fingerspell.core.decoding.decoder import LetterDecoder
from fingerspell.core.sequence import Answers, SequenceDecoder, glance_of
from fingerspell.core.ticks import TICK_S

DELAY = 4


class Echo:
    """Says of the tick `DELAY` ago what the frame reader said then; its state is what came since."""

    delay_ticks = DELAY

    def start(self):
        return [[0.0] * len(CLASSES)] * DELAY

    def step(self, ticks, state):
        both = state + [tick.probabilities for tick in ticks]
        return both[: len(ticks)], both[len(ticks) :]


def one_hot(sign, probability=0.97):
    rest = (1 - probability) / (len(CLASSES) - 1)
    return np.where(np.arange(len(CLASSES)) == CLASSES.index(sign), probability, rest).astype(
        np.float32
    )


def frames_of(spells, fps):
    end_s = sum(seconds for _, seconds in spells)
    ends = np.cumsum([seconds for _, seconds in spells])
    for time_s in np.arange(0, end_s, 1 / fps):
        place = min(int(np.searchsorted(ends, time_s, side="right")), len(spells) - 1)
        yield float(time_s), one_hot(spells[place][0])


def text_of(events):
    return "".join(event.letter.char for event in events if event.kind == "ended")


def decoded(spells, fps=30.0):
    decoder, events = SequenceDecoder(Echo()), []
    for time_s, probabilities in frames_of(spells, fps):
        events += decoder.push(time_s, probabilities, hand=0.0)
    return events + decoder.flush()


@pytest.mark.parametrize("fps", [8, 15, 25, 29.97, 60])
def test_a_word_at_any_frame_rate(fps):
    spells = [(NOTHING, 0.4), ("C", 0.4), ("A", 0.4), ("T", 0.5)]
    events = decoded(spells, fps)
    assert text_of(events) == "CAT"
    first = next(event.letter for event in events if event.kind == "ended")
    assert first.start_s == pytest.approx(0.4, abs=TICK_S + 1 / fps)
    assert first.end_s == pytest.approx(0.8, abs=2 * TICK_S + 1 / fps)


def test_the_letter_that_is_held_at_the_end_is_read():
    assert text_of(decoded([("A", 0.1)])) == "A"


def test_double_letters_have_something_between():
    assert text_of(decoded([("L", 0.4), (NOTHING, 0.2), ("L", 0.4)])) == "LL"
    assert text_of(decoded([("L", 2.0)])) == "L"


def test_letters_are_told_as_soon_as_the_network_speaks_of_them():
    decoder = SequenceDecoder(Echo())
    for time_s, probabilities in frames_of([(NOTHING, 0.5), ("B", 1.0)], 30):
        if any(event.kind == "began" for event in decoder.push(time_s, probabilities, hand=0.0)):
            break
    assert time_s == pytest.approx(0.5 + DELAY * TICK_S, abs=5 * TICK_S)


signs = st.sampled_from([NOTHING, "A", "B", "J"])


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(signs, st.floats(0.05, 0.6)), min_size=1, max_size=8))
def test_it_reads_what_the_rules_read_of_the_network(spells):
    """At 30 frames a second each frame is a tick, so the rules can be asked directly."""
    rules, events = LetterDecoder(), []
    for time_s, probabilities in frames_of(spells, 30):
        events += rules.push(time_s, probabilities)
    assert text_of(decoded(spells)) == text_of(events + rules.flush())


def test_after_a_gap_it_begins_afresh():
    decoder, events = SequenceDecoder(Echo()), []
    for start_s, sign in ((0.0, "A"), (5.0, "A")):
        for i in range(15):
            events += decoder.push(start_s + i / 30, one_hot(sign), hand=0.0)
    assert text_of(events + decoder.flush()).replace("space", " ") == "A A"


def test_it_can_be_used_again_after_the_end():
    decoder = SequenceDecoder(Echo())
    for _ in range(2):
        events = [e for t, p in frames_of([("D", 0.5)], 30) for e in decoder.push(t, p, hand=0.0)]
        assert text_of(events + decoder.flush()) == "D"
    assert decoder.flush() == []


def test_what_cannot_be_is_refused():
    decoder = SequenceDecoder(Echo())
    decoder.push(1.0, one_hot("A"), hand=0.0)
    with pytest.raises(ValueError, match="backwards"):
        decoder.push(0.5, one_hot("A"), hand=0.0)
    with pytest.raises(ValueError, match="29"):
        decoder.push(2.0, np.ones(3))


def test_where_nothing_is_known_of_the_hand_the_rules_read_alone():
    decoder, rules = SequenceDecoder(Echo()), LetterDecoder()
    for time_s, probabilities in frames_of([(NOTHING, 0.3), ("H", 0.5), ("I", 0.5)], 30):
        assert decoder.push(time_s, probabilities) == rules.push(time_s, probabilities)
    assert decoder.flush() == rules.flush()


def test_answers_are_of_the_times_at_which_they_were_true():
    """`Echo` says what it was shown, so that what is said of a time is what was seen then."""
    answers, shown = Answers(Echo(), max_gap_s=1.0), [(NOTHING, 0.3), ("C", 0.3)]
    said = []
    for time_s, probabilities in frames_of(shown, 30):
        said += answers.see(time_s, glance_of(probabilities.tolist(), None, 0.0))
    said += answers.end()
    times_s = [time_s for time_s, _ in said]
    assert times_s == pytest.approx(np.arange(len(times_s)) * TICK_S)
    assert times_s[-1] == pytest.approx(0.6, abs=2 * TICK_S)
    told = [(time_s, CLASSES[int(np.argmax(row))]) for time_s, row in said]
    assert all(sign == (NOTHING if time_s < 0.3 - 1e-6 else "C") for time_s, sign in told)
