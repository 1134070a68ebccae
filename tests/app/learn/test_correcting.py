"""What is said of hands drawn by hand, against the descriptions of the letters."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.app.learn.hands import hand, mirrored, turned

from fingerspell.app.learn.correcting import THUMB, correction
from fingerspell.app.learn.letter_forms import Form, Forms, people_forms
from fingerspell.app.learn.letters import DIFFER
from fingerspell.app.learn.measures import LINES, MEASURES, PARTS, measures_of, middle_of
from fingerspell.core.alphabet import LETTERS, MOVING_LETTERS

STILL = [letter for letter in LETTERS if letter not in MOVING_LETTERS]
B = hand()
U = hand("straight straight folded folded", (0.5, 0.66))
CLOSE = "Your index and middle fingers are too close together; V needs them apart."
V = hand("straight straight folded folded", (0.5, 0.66), (-12, 8, 0, 0))
W = hand("straight straight straight folded", (0.58, 0.66), (-12, 0, 12, 0))


def measured(points) -> dict[str, float]:
    return dict(zip(MEASURES, measures_of(points), strict=True))


def test_measures_worked_by_hand():
    """A palm 0.3 wide and 0.2 long, the wrist straight below its middle; the fingers are 0.2 long."""
    points = [(0.0, 0.0), *[(-0.2, -0.1 - 0.02 * i) for i in range(4)]]
    for x in (-0.15, -0.05, 0.05, 0.15):
        points += [(x, -0.2), (x, -0.3), (x, -0.35), (x, -0.4)]
    points[8] = (-0.15, -0.3)  # the index finger's tip, back at its first joint
    seen = measured(points)
    size = 1.4 * 0.3  # the palm's width counts, since it is wider than long
    assert seen["middle.reach"] == pytest.approx(0.2 / size)
    assert seen["middle.straight"] == pytest.approx(1)
    assert seen["index.reach"] == pytest.approx(0.1 / size)
    assert seen["index.straight"] == pytest.approx(0.1 / 0.2)
    assert (seen["gap"], seen["ring gap"]) == pytest.approx((0.1 / size, 0.1 / size))
    assert (seen["pointing"], seen["palm"]) == (pytest.approx(1), pytest.approx(1.5))
    assert (seen["thumb.across"], seen["thumb.along"]) == pytest.approx((-0.05 / size, -0.04 / size))


@given(st.floats(0.2, 3), st.floats(-2, 2), st.floats(-2, 2), st.booleans())
def test_place_size_and_mirror_image_make_no_difference(scale, x, y, is_left):
    points = mirrored(V) if is_left else V
    moved = [(a * scale + x, b * scale + y) for a, b in points]
    assert measures_of(moved) == pytest.approx(measures_of(V), abs=1e-6)


def test_turning_a_hand_changes_where_it_points_alone():
    upright, sideways = measured(V), measured(turned(V, 90))
    assert upright.pop("pointing") == pytest.approx(1, abs=0.01)
    assert sideways.pop("pointing") == pytest.approx(0, abs=0.05)
    assert sideways == pytest.approx(upright)


def test_the_middle_of_hands_is_that_of_each_landmark():
    assert middle_of([B, V, V]) == [pytest.approx(point) for point in V]


@pytest.mark.parametrize(("letter", "points"), [("B", B), ("U", U), ("V", V), ("V", mirrored(V))])
def test_nothing_is_off_in_a_hand_that_signs_the_letter(letter, points):
    assert correction(letter, points) is None


@pytest.mark.parametrize(
    ("letter", "points", "seen", "part", "sentence"),
    [
        ("W", V, "V", "ring", "Your ring finger is bent; W needs it straight."),
        ("V", W, "W", "ring", "Your ring finger is straight; V needs it folded."),
        ("B", W, "W", "little", "Your little finger is bent; B needs it straight."),
        ("U", V, "V", "gap", "Your index and middle fingers are apart; U needs them side by side."),
        (
            "V",
            U,
            "U",
            "gap",
            "Your index and middle fingers are too close together; V needs them apart.",
        ),
        ("R", U, "U", "gap", "Your index and middle fingers are not crossed; R needs them crossed."),
        ("U", turned(U, 90), "H", "pointing", "Your hand points sideways; U needs it to point up."),
        ("B", V, "", "ring", "Your ring finger is bent; B needs it straight."),
    ],
)
def test_the_finger_that_is_off_is_named(letter, points, seen, part, sentence):
    for either in (points, mirrored(points)):
        said = correction(letter, either, seen)
        assert (said.part, said.sentence) == (part, sentence)


def test_moving_letters_are_not_corrected():
    assert correction("J", B) is None
    assert correction("Z", B, "D") is None


def test_a_form_that_some_people_sign_is_not_corrected():
    """Two forms of one letter, a finger straight in one and folded in the other."""
    usual = measures_of(B)
    other = measures_of(W)
    spread = (0.05,) * len(MEASURES)
    one = Forms({"B": (Form(usual, spread, spread),)}, 5.0, 2.5)
    both = Forms({"B": (Form(usual, spread, spread), Form(other, spread, spread))}, 5.0, 2.5)
    assert one.faults("B", W)[0].part == "little"
    assert both.faults("B", W) == []


def test_a_straight_finger_cannot_be_too_straight():
    spread = (0.01,) * len(MEASURES)
    forms = Forms({"B": (Form(measures_of(B), spread, spread),)}, 5.0, 2.5)
    longer = [(x, y - 0.03 if i in (8, 12, 16, 20) else y) for i, (x, y) in enumerate(B)]
    assert not {fault.part for fault in forms.faults("B", longer)} & {
        "index",
        "middle",
        "ring",
        "little",
    }


def test_the_table_has_every_still_letter_and_the_measures():
    forms = people_forms().letters
    assert sorted(forms) == STILL == sorted(THUMB)
    for form in (form for each in forms.values() for form in each):
        assert len(form.usual) == len(form.below) == len(form.above) == len(MEASURES)
        assert min(*form.below, *form.above) > 0
    assert set(LINES) == set(PARTS)
    assert {part for parts in DIFFER.values() for part in parts} <= set(PARTS)
