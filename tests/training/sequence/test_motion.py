import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.training.sequence.hands import hand

from fingerspell.core.alphabet import CLASSES, LETTERS, NOTHING
from fingerspell.training.sequence.forms import (
    PALM,
    Form,
    Repertoire,
    load_landmarks,
    measured,
    slimness,
)
from fingerspell.training.sequence.motion import (
    QUIET,
    Pace,
    Spelled,
    Stay,
    drawn_j,
    drawn_z,
    poses_at,
    resting,
    spelled,
)


@pytest.fixture(scope="module")
def forms() -> Repertoire:
    return Repertoire(
        Form(CLASSES.index(sign), person, measured(hand(100 * p + i)[None]))
        for p, person in enumerate(("ann", "ben"))
        for i, sign in enumerate((*LETTERS, NOTHING))
        if sign not in "JZ" or sign == NOTHING
    )


def text_of(word: Spelled) -> str:
    return "".join(CLASSES[label] for label in word.labels)


@settings(max_examples=60, deadline=None)
@given(st.text(st.sampled_from(LETTERS), min_size=1, max_size=6), st.integers(0, 9999))
def test_a_word_signs_its_letters_in_order(text, seed):
    repertoire = Repertoire(
        Form(CLASSES.index(letter), "ann", measured(hand(i)[None]))
        for i, letter in enumerate("ABCDEFGHIKLMNOPQRSTUVWXY")
    )
    rng = np.random.default_rng(seed)
    labels = [CLASSES.index(letter) for letter in text]
    word = spelled(labels, "ann", repertoire, Pace(), rng)
    assert text_of(word) == text
    starts = [stay.start_s for stay in word.stays]
    ends = [stay.end_s for stay in word.stays]
    assert all(start <= end for start, end in zip(starts, ends, strict=True))
    assert all(end <= start for end, start in zip(ends, starts[1:], strict=False))
    ticks = np.arange(0, word.end_s, 1 / 200)
    shown = word.label_at(ticks)
    changes = shown[np.flatnonzero(np.diff(shown, prepend=QUIET))]
    assert "".join(CLASSES[i] for i in changes if i != QUIET) == text
    poses, closeness = poses_at(word, ticks)
    assert np.isfinite(poses).all()
    assert closeness.min() >= 0
    assert closeness.max() <= 1


def test_a_sign_is_shown_while_it_is_held_and_reached_from_the_one_before():
    first, second = measured(hand(1)[None]), measured(hand(2)[None])
    stays = (Stay(0, 0.0, 1.0, first), Stay(1, 2.0, 3.0, second))
    word = Spelled(stays, (0, 3), 3.0, np.zeros((2, 6), np.float32))
    poses, closeness = poses_at(word, np.array([0.5, 1.0, 1.5, 2.0, 2.5]))
    assert poses[[0, 1]] == pytest.approx(np.concatenate([first, first]), abs=1e-5)
    assert poses[[3, 4]] == pytest.approx(np.concatenate([second, second]), abs=1e-5)
    assert closeness.tolist() == [[1, 0], [1, 0], [0, 0], [0, 1], [0, 1]]
    palms = np.linalg.norm(poses[:, 9] - poses[:, 0], axis=1)
    assert palms[2] == pytest.approx((palms[0] + palms[4]) / 2, rel=0.05)  # it turns, and stays as long


def test_drawn_letters_move_as_they_are_drawn():
    rng = np.random.default_rng(0)
    still = measured(hand(3)[None])[0]
    along_z = drawn_z(still, rng)[:, list(PALM)].mean(1)
    turns = np.sign(np.diff(along_z[[0, 5, 10, 15], 0]))
    assert turns[0] == turns[2] == -turns[1]
    down = drawn_j(still, rng)[:, list(PALM)].mean(1)
    assert down[5, 1] > down[0, 1]


def test_who_signs_nothing_has_no_letters(forms):
    word = resting(forms, np.random.default_rng(0))
    assert word.labels == []
    assert set(word.label_at(np.linspace(0, word.end_s, 50)).tolist()) == {QUIET}


def test_people_are_parted_and_borrow_what_they_do_not_show(forms):
    assert forms.people == ["ann", "ben"]
    others, apart = forms.parted(2)
    assert (others.people, apart.people) == (["ann"], ["ben"])
    rng = np.random.default_rng(0)
    few = Repertoire([*apart.forms, Form(CLASSES.index("J"), "eve", np.zeros((5, 21, 2)), 0.5)])
    assert few.draw("ben", CLASSES.index("J"), rng).person == "eve"
    assert few.draw("ben", CLASSES.index("A"), rng).person == "ben"


def test_palms_are_one_long():
    one = measured(5 * hand(4)[None] + 3)
    assert max(np.linalg.norm(one[0, [5, 9, 17]] - one[0, 0], axis=1)) == pytest.approx(1)
    assert one[0, list(PALM)].mean(0) == pytest.approx([0, 0], abs=1e-6)
    assert one == pytest.approx(measured(hand(4)[None]), abs=1e-5)


def test_landmark_files_are_brought_to_true_proportions(tmp_path):
    joints = np.stack([hand(i) for i in range(6)])
    wide = joints * np.array([9 / 16, 1])  # as fractions of a picture of 16:9
    xyz = np.concatenate([wide, np.zeros((6, 21, 1))], 2)
    path = tmp_path / "people.npz"
    np.savez(path, xyz=xyz, text=np.array(["B", "F", "U", "V", "W", "?"]), person=np.array(["p"] * 6))
    upright = {letter: slimness(joints[i : i + 1]) for i, letter in enumerate("BFUVW")}
    forms = load_landmarks(path, upright)
    assert [CLASSES[form.label] for form in forms] == list("BFUVW")
    assert forms[0].poses == pytest.approx(measured(joints[:1]), abs=1e-4)
