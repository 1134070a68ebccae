import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from fingerspell.core.alphabet import CLASSES, Alphabet
from fingerspell.core.decoding.decoder import LetterDecoder
from fingerspell.core.decoding.options import DecoderOptions
from fingerspell.core.lexicon import Lexicon
from fingerspell.core.spelling.speller import Speller
from fingerspell.core.types import Letter, LetterEvent

# One spell of a sign: (class, seconds).
Spell = tuple[str, float]


def one_hot(sign: str, confidence: float = 0.97) -> np.ndarray:
    probabilities = np.full(len(CLASSES), (1 - confidence) / (len(CLASSES) - 1))
    probabilities[CLASSES.index(sign)] = confidence
    return probabilities


def decode(spells: list[Spell], fps: float = 30, confidence: float = 0.97) -> list[LetterEvent]:
    decoder, events, frame, until_s = LetterDecoder(), [], 0, 0.0
    for sign, seconds in spells:
        until_s += seconds
        while frame / fps < until_s:
            events += decoder.push(frame / fps, one_hot(sign, confidence))
            frame += 1
    return events + decoder.flush()


def letters_of(events: list[LetterEvent]) -> list[Letter]:
    return [event.letter for event in events if event.kind == "ended"]


def chars_of(events: list[LetterEvent]) -> str:
    signs = {"space": " ", "del": "-"}
    return "".join(signs.get(letter.char, letter.char) for letter in letters_of(events))


@pytest.mark.parametrize("fps", [10, 15, 25, 29.97, 60])
def test_a_word_with_its_times(fps):
    events = decode([("nothing", 0.5), ("H", 0.6), ("I", 0.6), ("nothing", 0.5)], fps)
    first, second = letters_of(events)
    assert (first.char, second.char) == ("H", "I")
    # A sign is seen a smoothing time late, and a frame late at most.
    assert first.start_s == pytest.approx(0.5, abs=0.08 + 1 / fps)
    assert first.end_s == pytest.approx(1.1, abs=0.08 + 1 / fps)
    assert second.start_s == pytest.approx(1.1, abs=0.08 + 1 / fps)
    assert first.probability > 0.9


def test_a_held_letter_is_one_letter():
    assert chars_of(decode([("L", 5.0)])) == "L"


def test_a_double_letter_needs_a_release():
    assert chars_of(decode([("L", 0.5), ("nothing", 0.3), ("L", 0.5)])) == "LL"
    assert chars_of(decode([("L", 0.5), ("nothing", 0.04), ("L", 0.5)])) == "L"


def test_a_flash_is_no_letter():
    assert chars_of(decode([("A", 0.5), ("B", 0.04), ("A", 0.5)])) == "A"


def test_an_unsure_classifier_says_nothing():
    assert decode([("A", 1.0)], confidence=0.65) == []


def test_a_word_without_a_sure_sign_does_not_count():
    unsure = [("A", 0.5, 0.6), ("B", 0.5, 0.6), ("nothing", 1.0, 0.9)]
    decoder, events, frame = LetterDecoder(), [], 0
    for sign, seconds, confidence in [*unsure, ("C", 0.5, 0.6), ("D", 0.5, 0.9), ("E", 0.5, 0.6)]:
        for _ in range(round(seconds * 30)):
            told = decoder.push(frame / 30, one_hot(sign, confidence))
            # A and B never count; C waits for D; E is in a word that counts.
            assert not told or sign in "DE"
            events += told
            frame += 1
    events += decoder.flush()
    assert chars_of(events) == "CDE"
    kinds = ["began", "ended", "began", "ended", "began", "ended"]
    assert [event.kind for event in events] == kinds
    assert letters_of(events)[0].start_s == pytest.approx(2.0, abs=0.1)


def test_a_word_that_does_not_count_leaves_the_pause_whole():
    spells = [("A", 0.97), ("nothing", 0.97), ("B", 0.6), ("nothing", 0.97), ("C", 0.97)]
    decoder, events, frame = LetterDecoder(), [], 0
    for sign, confidence in spells:
        for _ in range(30):
            events += decoder.push(frame / 30, one_hot(sign, confidence))
            frame += 1
    first, space, last = letters_of(events + decoder.flush())
    assert (first.char, space.char, last.char) == ("A", "space", "C")
    assert (space.start_s, space.end_s) == (first.end_s, last.start_s)


def test_at_five_frames_a_second_one_frame_is_a_letter():
    decoder, events = LetterDecoder(), []
    for i, sign in enumerate(["nothing", "A", "B", "A", "nothing", "nothing"]):
        events += decoder.push(i / 5, one_hot(sign))
    assert chars_of(events + decoder.flush()) == "ABA"


def test_a_sign_that_is_not_sure_must_stay_longer():
    def read(seconds: float, confidence: float) -> str:
        decoder, events = LetterDecoder(), []
        shown = [("A", 0.97)] * 15 + [("B", confidence)] * round(seconds * 30) + [("C", 0.97)] * 15
        for i, (sign, sure) in enumerate(shown):
            events += decoder.push(i / 30, one_hot(sign, sure))
        return chars_of(events + decoder.flush())

    assert read(0.17, 0.9) == "ABC"
    assert read(0.17, 0.65) == "AC"
    assert read(0.3, 0.65) == "ABC"


def test_within_a_word_less_is_enough():
    """Once a sign was sure, and until a pause; not for the first sign of a word."""

    def read(*shown: tuple[str, float, float]) -> str:
        decoder, events, frame = LetterDecoder(), [], 0
        for sign, confidence, seconds in shown:
            for _ in range(round(seconds * 30)):
                events += decoder.push(frame / 30, one_hot(sign, confidence))
                frame += 1
        return chars_of(events + decoder.flush())

    faint, sure, away = ("B", 0.38, 0.5), ("A", 0.97, 0.5), ("nothing", 0.97, 0.3)
    assert read(sure, faint, sure) == "ABA"
    assert read(sure, away, faint) == "AB"
    assert read(faint, sure) == "A"
    assert read(sure, ("nothing", 0.97, 1.2), faint) == "A"
    assert read(sure, ("B", 0.2, 0.5), sure) == "AA"  # A was away


def unsure(sign: str, probability: float) -> np.ndarray:
    """Probably `nothing`, and if it is a letter, then `sign`."""
    return probability * one_hot(sign, 1.0) + (1 - probability) * one_hot("nothing")


def glimpsed(*shown: tuple[str, float, float]) -> list[tuple[str, str]]:
    """Each sign that is read, of (class, seconds, probability), and the glimpses before it."""
    decoder, events, frames = LetterDecoder(), [], []
    for sign, seconds, probability in shown:
        frames += [unsure(sign, probability)] * round(seconds * 30)
    for i, frame in enumerate(frames):
        events += decoder.push(i / 30, frame)
    ended = letters_of(events + decoder.flush())
    return [(letter.char, "".join(glimpse.char for glimpse in letter.glimpses)) for letter in ended]


def test_a_letter_comes_with_the_glimpses_since_the_one_before():
    rest = ("nothing", 0.1, 1.0)
    first, glimpse, second, third = ("C", 0.4, 0.9), ("A", 0.3, 0.22), ("T", 0.4, 0.9), ("S", 0.4, 0.9)
    read = glimpsed(first, rest, glimpse, rest, second, rest, third)
    assert read == [("C", ""), ("T", "A"), ("S", "")]
    assert glimpsed(glimpse, rest, second) == [("T", "A")]
    assert glimpsed(first, rest, ("A", 0.08, 0.22), rest, second) == [("C", ""), ("T", "")]


def test_glimpses_at_a_pause_belong_to_the_word_that_they_are_nearer_to():
    near, far = ("nothing", 0.1, 1.0), ("nothing", 1.0, 1.0)
    word, glimpse = ("T", 0.4, 0.9), ("A", 0.3, 0.22)
    assert glimpsed(word, near, glimpse, far, word) == [("T", ""), ("space", "A"), ("T", "")]
    assert glimpsed(word, far, glimpse, near, word) == [("T", ""), ("space", ""), ("T", "A")]
    assert glimpsed(word, near, glimpse, far, ("space", 0.4, 0.9)) == [("T", ""), ("space", "A")]
    unsure_word = ("E", 0.4, 0.6)  # does not count, nor do the glimpses after it
    read = glimpsed(word, far, unsure_word, near, glimpse, far, word)
    assert read == [("T", ""), ("space", ""), ("T", "")]


def test_j_keeps_the_glimpses_before_the_i_it_began_as():
    rest = ("nothing", 0.1, 1.0)
    assert glimpsed(("A", 0.3, 0.22), rest, ("I", 0.3, 0.9), ("J", 0.4, 0.9)) == [("J", "A")]


def test_hysteresis_keeps_a_letter_that_wavers_between_the_thresholds():
    decoder = LetterDecoder()
    confidences = [0.9] * 10 + [0.28] * 10 + [0.9] * 10  # begins at 0.3, leave at 0.25
    events = [e for i, c in enumerate(confidences) for e in decoder.push(i / 30, one_hot("A", c))]
    assert chars_of(events + decoder.flush()) == "A"


def test_a_letter_begins_where_the_last_ended_though_it_was_ahead_before():
    """E is let go while L is ahead, but not for long enough to begin yet."""
    frames = (
        [one_hot("E")] * 10 + [0.4 * one_hot("E") + 0.6 * one_hot("L")] * 2 + [unsure("L", 0.65)] * 12
    )
    decoder = LetterDecoder()
    events = [event for i, frame in enumerate(frames) for event in decoder.push(i / 30, frame)]
    first, second = letters_of(events + decoder.flush())
    assert (first.char, second.char) == ("E", "L")
    assert first.end_s == second.start_s


def test_a_letter_ends_where_the_next_begins():
    """Though it is still likely enough not to have ended by itself."""
    both = one_hot("B", 0.6)
    both[CLASSES.index("A")] = 0.35
    decoder, events = LetterDecoder(), []
    for i, probabilities in enumerate([one_hot("A")] * 3 + [both] * 3):
        events += decoder.push(i / 5, probabilities)
    first, second = letters_of(events + decoder.flush())
    assert (first.char, second.char) == ("A", "B")
    assert first.end_s == second.start_s == pytest.approx(0.5)


@pytest.mark.parametrize("fps", [5, 10, 30, 60])
def test_i_that_is_drawn_on_is_j(fps):
    events = decode([("nothing", 0.4), ("I", 0.4), ("J", 0.4), ("nothing", 0.6)], fps)
    assert [(e.kind, e.letter.char) for e in events] == [
        ("began", "I"),
        ("became", "J"),
        ("ended", "J"),
    ]
    assert events[2].letter.start_s == events[0].letter.start_s
    assert chars_of(decode([("D", 0.4), ("nothing", 0.1), ("Z", 0.4)], 30)) == "Z"


def test_i_and_j_with_time_between_are_two_letters():
    assert chars_of(decode([("I", 0.4), ("nothing", 0.5), ("J", 0.4)])) == "IJ"
    assert chars_of(decode([("I", 0.4), ("nothing", 0.15), ("I", 0.4)])) == "II"
    assert chars_of(decode([("I", 0.4), ("nothing", 0.15), ("D", 0.4)])) == "ID"


@pytest.mark.parametrize("fps", [5, 15, 60])
def test_a_pause_is_a_space(fps):
    events = decode([("H", 0.4), ("I", 0.4), ("nothing", 1.4), ("A", 0.4), ("nothing", 2.0)], fps)
    assert chars_of(events) == "HI A"
    space = letters_of(events)[2]
    assert space.start_s == letters_of(events)[1].end_s
    assert space.end_s == letters_of(events)[3].start_s
    assert 0.5 < space.probability < 1


def test_no_space_is_added_to_a_space_or_after_the_last_word():
    assert chars_of(decode([("H", 0.4), ("nothing", 1.4), ("space", 0.4), ("nothing", 1.4)])) == "H "
    assert chars_of(decode([("H", 0.4), ("nothing", 1.4), ("del", 0.4), ("nothing", 1.4)])) == "H-"


def test_a_pause_after_del_is_a_space_unless_it_took_a_space_back():
    def read(*signs: str) -> str:
        shown = [spell for sign in signs for spell in ((sign, 0.5), ("nothing", 0.1))]
        return chars_of(decode([*shown, ("nothing", 1.0), ("Y", 0.5)]))

    assert read("H", "I", "K", "del") == "HIK- Y"
    assert read("H", "I", "space", "del") == "HI -Y"
    assert read("H", "I", "space") == "HI Y"
    assert read("H", "del") == "H-Y"  # nothing stands before it
    assert read("H", "I", "space", "A", "del") == "HI A-Y"  # a space does


def test_a_pause_after_a_word_that_was_taken_back_is_no_second_space():
    rest, pause = ("nothing", 0.1), ("nothing", 1.0)
    shown = [("H", 0.5), rest, ("I", 0.5), pause, ("Y", 0.5), rest, ("del", 0.5), pause, ("Z", 0.5)]
    assert chars_of(decode(shown)) == "HI Y-Z"


def test_a_gap_without_frames_is_a_pause_too():
    decoder = LetterDecoder()
    events = [e for t in (0.0, 0.1, 5.0, 5.1) for e in decoder.push(t, one_hot("A"))]
    assert chars_of(events + decoder.flush()) == "A A"


def test_began_comes_while_the_sign_is_held():
    decoder = LetterDecoder()
    events = [e for i in range(6) for e in decoder.push(i / 30, one_hot("A"))]
    assert [event.kind for event in events] == ["began"]
    assert events[0].letter.start_s == 0.0


def test_flush_ends_the_last_letter_and_starts_afresh():
    decoder = LetterDecoder()
    for i in range(10):
        decoder.push(i / 30, one_hot("A"))
    assert [event.kind for event in decoder.flush()] == ["ended"]
    assert decoder.flush() == []
    assert decoder.push(0.0, one_hot("A")) == []  # time may start again


def test_a_gap_without_frames_ends_the_letter():
    decoder = LetterDecoder()
    for i in range(10):
        decoder.push(i / 30, one_hot("A"))
    [event] = decoder.push(60.0, one_hot("A"))
    assert event.kind == "ended"
    assert event.letter.end_s == pytest.approx(9 / 30)


def test_wrong_input_is_refused():
    decoder = LetterDecoder()
    decoder.push(1.0, one_hot("A"))
    with pytest.raises(ValueError, match="backwards"):
        decoder.push(0.5, one_hot("A"))
    with pytest.raises(ValueError, match="29 probabilities"):
        decoder.push(2.0, np.zeros(28))
    with pytest.raises(ValueError, match="must be numbers"):
        decoder.push(2.0, np.full(29, np.nan))
    with pytest.raises(ValueError, match="leave_probability"):
        DecoderOptions(enter_probability=0.4, leave_probability=0.6)
    with pytest.raises(ValueError, match="word_probability"):
        DecoderOptions(word_probability=0.1)
    with pytest.raises(ValueError, match="glimpse_probability"):
        DecoderOptions(glimpse_probability=0.0)
    for wrong_s in (-1.0, math.nan, math.inf):
        with pytest.raises(ValueError, match="min_hold_s must be a number of seconds"):
            DecoderOptions(min_hold_s=wrong_s)
    with pytest.raises(ValueError, match="pause_s"):
        DecoderOptions(pause_s=0.01)


posteriors = hnp.arrays(
    np.float64, st.tuples(st.integers(1, 80), st.just(29)), elements=st.floats(0.001, 1.0)
).map(lambda p: p**8 / (p**8).sum(1, keepdims=True))


@settings(deadline=None, max_examples=100)
@given(
    posteriors,
    st.sampled_from([5, 12.5, 30, 60]),
    st.sampled_from(
        [DecoderOptions(), DecoderOptions(min_hold_s=0.03, release_s=0.02, smoothing_s=0.01)]
    ),
)
def test_events_are_well_formed(probabilities, fps, options):
    """Every letter begins, then ends; they do not overlap; pushing anew gives the same events."""

    def run() -> list[LetterEvent]:
        decoder = LetterDecoder(options)
        events = [e for i, p in enumerate(probabilities) for e in decoder.push(i / fps, p)]
        return events + decoder.flush()

    events = run()
    assert events == run()
    Speller(Lexicon({"the": 10, "cat": 5})).correct(letters_of(events))
    kinds = [event.kind for event in events if event.kind != "became"]
    assert kinds == ["began", "ended"] * (len(kinds) // 2)
    ended = letters_of(events)
    assert all(letter.char != "nothing" for letter in ended)
    assert all(0 <= letter.probability <= 1 for letter in ended)
    assert all(letter.start_s <= letter.end_s for letter in ended)
    assert all(a.end_s <= b.start_s for a, b in itertools.pairwise(ended))
    for before, letter in itertools.pairwise([None, *ended]):
        # A pause that is a space lasts until the letter after it begins.
        until_s = (before.start_s if before.char == "space" else before.end_s) if before else 0.0
        times = [until_s, *(t for g in letter.glimpses for t in (g.start_s, g.end_s))]
        assert times == sorted(times)
        assert letter.char == "space" or times[-1] <= letter.start_s


def test_another_alphabet_is_read_by_the_same_rules():
    """Two digits and an own sign, no `nothing`: each is held, and 2 counts as V where there is V."""
    alphabet = Alphabet.of(("V", "ILY", "2", "4"))
    decoder, events = LetterDecoder(alphabet=alphabet), []
    for frame in range(75):
        said = [[0.4, 0.0, 0.5, 0.1], [0.0, 0.9, 0.0, 0.1], [0.0, 0.1, 0.0, 0.9]][frame // 25]
        events += decoder.push(frame / 25, said)
    events += decoder.flush()
    letters = [event.letter.char for event in events if event.kind == "ended"]
    assert letters == ["V", "ILY", "4"]
    with pytest.raises(ValueError, match="expected 4 probabilities"):
        decoder.push(4.0, [0.5, 0.5])
