"""How words are fingerspelled, worked by hand."""

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fingerspell.app.learn.keyframes import HOME, RISE_S, SLIDE, Keyframe, keyframes, letter_keyframes
from fingerspell.core.alphabet import LETTERS

WORDS = st.text(LETTERS, min_size=1, max_size=8)
SPEEDS = st.floats(0.5, 8)


def poses_and_times(frames: list[Keyframe]) -> list[tuple[str, float]]:
    return [("+".join(sorted(frame.poses)), round(frame.t, 3)) for frame in frames]


def test_a_word_by_hand():
    """Two letters a second: 0.25 s of hold and of way; the ends are held 1.6 times as long."""
    assert poses_and_times(keyframes("CAB", 2)) == [
        ("rest", 0),
        ("C", 0.45),
        ("C", 0.85),  # 0.4 of hold
        ("A", 1.1),  # 0.25 of way
        ("A", 1.35),  # 0.25 of hold
        ("B", 1.6),
        ("B", 2.0),
        ("rest", 2.45),
    ]


def test_at_twice_the_speed_holds_and_ways_are_half_as_long():
    slow, fast = (poses_and_times(keyframes("CAB", speed)) for speed in (1, 2))
    assert [(name, t - RISE_S) for name, t in slow[1:-1]] == [
        (name, pytest.approx(2 * (t - RISE_S))) for name, t in fast[1:-1]
    ]


def test_a_thumb_comes_out_from_under_opened_fingers():
    half_way = keyframes("MA", 2)[3]
    assert half_way.poses == pytest.approx({"open": 0.4, "M": 0.3, "A": 0.3})
    assert half_way.t == pytest.approx(0.85 + 0.25 / 2)
    assert [frame.ease for frame in keyframes("MA", 2)[3:5]] == ["in", "out"]  # passed without a stop


def test_doubles_slide_and_fists_bounce():
    slides = keyframes("ALL", 2)
    assert [frame.move for frame in slides if "L" in frame.poses] == [HOME, HOME, SLIDE, SLIDE]
    bounces = [frame for frame in keyframes("ASS", 2) if "S" in frame.poses]
    assert [frame.move[2] for frame in bounces] == [0, 0, -0.14, 0, 0]
    assert bounces[2].poses == pytest.approx({"open": 0.18, "S": 0.82})
    assert bounces[2].ease == bounces[3].ease == "smooth"  # it stops where it turns


def test_after_a_double_the_hand_is_back():
    assert keyframes("LLA", 2)[-2].move == HOME


def test_j_goes_down_and_in_and_its_palm_turns_to_the_signer():
    drawn = [frame for frame in keyframes("J", 1) if frame.poses == {"J": 1}]
    assert drawn[-1].t - drawn[0].t == pytest.approx(0.9)
    tips = [fingertip(frame) for frame in drawn]
    assert (
        tips[-1][0] > tips[0][0] + 0.5
    )  # towards the thumb's side, as the hook that the signer writes
    lowest = min(y for _, y in tips)
    assert lowest < tips[-1][1] - 0.1 < tips[0][1] - 0.5
    assert [frame.turn[2] for frame in drawn] == sorted(frame.turn[2] for frame in drawn)
    assert drawn[-1].turn[2] > 90


def fingertip(frame: Keyframe) -> tuple[float, float]:
    """Where the little finger's tip is, which is up and outwards from the wrist in an I."""
    roll, pitch, yaw = (math.radians(angle) for angle in frame.turn)
    x, y, z = -0.42 * math.cos(yaw), 1.55, 0.42 * math.sin(yaw)
    y = y * math.cos(pitch) - z * math.sin(pitch)
    return (
        x * math.cos(roll) - y * math.sin(roll) + frame.move[0],
        x * math.sin(roll) + y * math.cos(roll) + frame.move[1],
    )


def test_z_is_drawn_as_the_signer_writes_it():
    """Their right is who looks at them's left: out, down to the inside at a slant, out."""
    corners = [frame.move for frame in keyframes("Z", 1) if frame.poses == {"Z": 1}]
    one, two, three, four = corners
    assert two[0] < one[0]
    assert two[1] == pytest.approx(one[1], abs=0.05)
    assert three[0] > two[0]
    assert three[1] < two[1]
    assert four[0] < three[0]
    assert four[1] == pytest.approx(three[1], abs=0.05)


def test_fast_words_draw_faster():
    def drawing_s(speed: float) -> float:
        times = [frame.t for frame in keyframes("Z", speed) if frame.poses == {"Z": 1}]
        return times[-1] - times[0]

    assert drawing_s(4) == pytest.approx(drawing_s(2) / 2)


def test_both_of_two_zs_are_drawn():
    corners = [frame.move for frame in keyframes("ZZ", 2) if frame.poses == {"Z": 1}]
    assert corners[:4] == corners[4:]


@given(WORDS, SPEEDS)
def test_any_word_goes_through_its_letters_in_order(word, speed):
    frames = keyframes(word, speed)
    assert all(a.t <= b.t for a, b in pairwise(frames))
    assert all(sum(frame.poses.values()) == pytest.approx(1) for frame in frames)
    held = [next(iter(frame.poses)) for frame in frames if len(frame.poses) == 1][1:-1]
    runs = "".join(name for i, name in enumerate(held) if i == 0 or held[i - 1] != name)
    assert runs == "".join(x for i, x in enumerate(word) if i == 0 or word[i - 1] != x)


@given(WORDS.filter(lambda word: len(word) > 2), SPEEDS)
def test_a_word_takes_about_the_time_that_its_speed_says(word, speed):
    """Letters a second, up to the longer ends and what no hand does faster."""
    took_s = keyframes(word, speed)[-1].t - 2 * RISE_S
    if not set(word) & {"J", "Z"} and speed < 5:
        letters_s = (len(word) - 0.5 + 0.6) / speed  # one way less; the two ends 0.3 letters more each
        assert took_s == pytest.approx(letters_s)


@pytest.mark.parametrize("letter", LETTERS)
def test_a_lesson_s_letter_begins_and_ends_alike(letter):
    frames = letter_keyframes(letter)
    assert (frames[0].poses, frames[0].move) == (frames[-1].poses, frames[-1].move)
    assert all(a.t <= b.t for a, b in pairwise(frames))
