"""The coach speaks of a hand that holds still; rhythm is worked out by hand."""

import pytest
from tests.app.learn.hands import hand, mirrored
from tests.app.times import NOON, later

from fingerspell.app.learn.coaching import Coach
from fingerspell.app.learn.evaluating import evaluate
from fingerspell.app.learn.measures import LINES
from fingerspell.app.learn.practice import CHALLENGE, Practice, as_spelled
from fingerspell.app.learn.practice_schedule import Progress
from fingerspell.app.learn.rhythm import rhythm_of
from fingerspell.app.live.text_session import Seen, TextSession
from fingerspell.app.live.trace import KEPT, Trace
from fingerspell.core.alphabet import CLASSES
from fingerspell.core.decoding.decoder import LetterDecoder
from fingerspell.core.types import Letter

V = hand("straight straight folded folded", (0.5, 0.66), (-12, 8, 0, 0))
W = hand("straight straight straight folded", (0.58, 0.66), (-12, 0, 12, 0))
BENT = "Your ring finger is bent; W needs it straight."


def held(points, seconds: float, start_s: float = 0.0, trace: Trace | None = None) -> Trace:
    trace = trace or Trace()
    for step in range(round(seconds * 20) + 1):
        trace.add(start_s + step / 20, points)
    return trace


def test_a_trace_gives_back_the_frames_of_a_time():
    trace = held(V, 2)
    frames = trace.between(0.5, 1.0)
    assert [round(time_s, 2) for time_s, _ in frames] == [round(0.5 + i / 20, 2) for i in range(11)]
    assert frames[0][1] == [pytest.approx(point, abs=1e-6) for point in V]
    assert len(held(V, KEPT / 20 + 5).between(0, 1e9)) == KEPT


def test_a_hand_that_is_held_is_corrected_and_marked():
    coach = Coach("W")
    assert not coach.see(0.0, held(V, 0.5))
    assert not coach.see(1.5, held(V, 1.5))  # the letter before may still be held
    assert coach.see(2.0, held(V, 2))
    assert (coach.said.sentence, coach.off) == (BENT, LINES["ring"])
    assert not coach.see(2.05, held(V, 2.05))  # nothing new


def test_a_hand_that_has_just_come_is_not_corrected():
    coach = Coach("W", begun_s=0.0)
    assert not coach.see(9.5, held(V, 0.5, 9.0))
    assert coach.off == ()


def test_a_hand_on_its_way_is_not_corrected():
    trace, coach = held(V, 1), Coach("W", begun_s=0.0)
    held(mirrored(V), 1, 1.05, trace)
    assert not coach.see(1.5, trace)
    assert (coach.said, coach.off) == (None, ())


def test_a_right_hand_takes_the_correction_back():
    coach, trace = Coach("V", begun_s=0.0), held(W, 2)
    assert coach.see(2.0, trace)
    assert coach.see(5.0, held(V, 2.5, 2.5, trace))
    assert (coach.said, coach.off) == (None, ())


def test_a_wrong_letter_is_told_by_the_finger_that_is_off():
    signs = [Letter("V", 1.0, 1.5, 0.9)]
    assert evaluate("W", signs, held(V, 2)).advice == f"That looked like V. {BENT}"
    assert evaluate("W", signs, held(V, 2)).part == "ring"
    # Without landmarks, and where nothing is off, the description says it.
    assert evaluate("W", signs).advice == "That looked like V. For W, raise the ring finger, too."
    assert evaluate("W", signs, held(W, 2)).advice == evaluate("W", signs).advice


def test_what_is_off_now_is_said_unless_it_was_just_said():
    practice = Practice(Progress(None), "Letters", "Easy letters", NOON)
    practice.target = "W"
    hint = Coach("W", begun_s=0.0)
    hint.see(2.0, held(V, 2))
    practice.take([], later(1), held(V, 2), hint.said)
    assert practice.feedback() == ("", BENT)
    practice.take([Letter("V", 1.0, 1.5, 0.9)], later(1), held(V, 2), hint.said)
    assert practice.feedback() == ("wrong", f"That looked like V. {BENT}")


def test_in_a_challenge_nothing_hides_the_result():
    practice = Practice(Progress(None), CHALLENGE, "Easy letters", NOON)
    practice.start_clock(NOON, later(60))
    practice.target = "W"
    hint = Coach("W", begun_s=0.0)
    hint.see(2.0, held(V, 2))
    practice.take([], later(1), held(V, 2), hint.said)
    assert not practice.runs(later(61))
    assert practice.feedback() == ("", "Time's up: 0 letters.")


def test_a_right_letter_with_a_finger_off_is_praised_and_corrected():
    practice = Practice(Progress(None), "Letters", "Easy letters", NOON)
    practice.target = "W"
    assert practice.take([Letter("W", 1.0, 1.5, 0.9)], later(1), held(V, 2))
    assert practice.feedback() == ("right", f"Correct, first try! {BENT}")


def test_a_session_marks_what_its_coach_says():
    session = TextSession("test", LetterDecoder(), None)
    probabilities = [float(name == "nothing") for name in CLASSES]
    assert "off" not in session.take(Seen(probabilities, V, 1.0), 0.0)
    session.coach = Coach("W")
    answers = [session.take(Seen(probabilities, V, 1.0), step / 20) for step in range(1, 60)]
    assert answers[-1]["off"] == list(LINES["ring"])
    assert [answer["caption"]["revision"] for answer in answers if "caption" in answer] == [1]


def letters(word: str, *starts_s: float) -> list[Letter]:
    return [Letter(c, s, s + 0.2, 0.9) for c, s in zip(word, starts_s, strict=True)]


def test_rhythm_worked_by_hand():
    even = rhythm_of(letters("WORD", 0.0, 0.5, 1.0, 1.5), held(V, 2))
    assert (even.letters_per_s, even.unevenness, even.bounce) == (2.0, 0.0, pytest.approx(0))
    assert even.sentences() == [
        "2.0 letters a second.",
        "Your rhythm is even.",
        "Your hand stays steady.",
    ]
    # Waits of 0.5, 0.5 and 2 s: their mean is 1, and their deviation the root of 0.5.
    uneven = rhythm_of(letters("WORD", 0.0, 0.5, 1.0, 3.0), Trace())
    assert (uneven.unevenness, uneven.bounce) == (pytest.approx(0.5**0.5), None)
    assert uneven.sentences() == [
        "1.0 letters a second.",
        "Your rhythm is uneven: you waited longest before D.",
    ]
    assert rhythm_of(letters("A", 0.0), Trace()) is None


def test_a_hand_that_bounces_is_told_so_except_between_like_letters():
    trace = Trace()
    for step in range(41):
        lift = 0.3 if 5 <= step % 20 < 15 else 0.0  # up and down in each second
        trace.add(step / 20, [(x, y - lift) for x, y in V])
    bounced = rhythm_of(letters("ABC", 0.0, 1.0, 2.0), trace)
    assert bounced.bounce == pytest.approx(2 * 0.3 / 0.305, rel=0.05)  # a palm is 0.305 long
    assert bounced.sentences()[-1] == "Your hand bounces: keep it at one height."
    assert rhythm_of(letters("LL", 0.0, 1.0), trace).bounce is None


def test_the_letters_of_a_word_are_picked_from_what_was_signed():
    signs = letters("ATBBC", 0, 1, 2, 3, 4)
    assert [sign.start_s for sign in as_spelled("ABC", signs)] == [0, 2, 4]
