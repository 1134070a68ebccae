"""Figures over people against a case worked by hand, scikit-learn, and a bootstrap written out."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, recall_score

from fingerspell.core.alphabet import CLASSES
from fingerspell.data.groups import People
from fingerspell.evaluation.people import (
    STILL_LETTERS,
    Reading,
    difference_of,
    figures_of,
    group_of,
    mean_over,
)
from fingerspell.evaluation.predict import Predictions


def reading(*rows: tuple[str, str, str, int], second: str = "B") -> Reading:
    """Rows of person, letter, read as, and how many images; `second` is the next likeliest class."""
    spread = [row[:3] for row in rows for _ in range(row[3])]
    labels = np.array([CLASSES.index(letter) for _, letter, _ in spread])
    probabilities = np.full((len(spread), len(CLASSES)), 0.001, np.float32)
    probabilities[:, CLASSES.index(second)] = 0.1
    probabilities[np.arange(len(spread)), [CLASSES.index(read) for _, _, read in spread]] = 0.8
    return Reading.of(
        np.array([person for person, _, _ in spread]), Predictions.of(labels, probabilities)
    )


def test_a_case_by_hand():
    read = reading(
        ("ann", "A", "A", 19),
        ("ann", "D", "Z", 1),  # 95 %
        ("bob", "A", "A", 9),
        ("bob", "A", "nothing", 1),  # 90 %
        ("cyd", "B", "B", 1),
        ("cyd", "B", "Z", 1),  # 50 %, with no J and Z 100 %
        ("cyd", "J", "J", 3),
        ("cyd", "Z", "D", 1),
        ("dan", "J", "J", 1),  # no still letter
        ("dan", "space", "A", 1),
    )
    figures = figures_of(read, People(facts={"ann": {"tone": "dark"}}))
    assert figures is not None
    assert [person.name for person in figures.people] == ["cyd", "bob", "ann"]
    assert [person.accuracy for person in figures.people] == [0.5, 0.9, 0.95]
    assert (figures.mean.people, figures.mean.images) == (3, 32)
    assert figures.mean.value == pytest.approx((0.5 + 0.9 + 0.95) / 3)
    assert figures.mean.deviation == pytest.approx(np.std([0.5, 0.9, 0.95], ddof=1))
    assert (figures.worst_tenth, figures.n_worst) == (0.5, 1)
    assert (figures.good, figures.very_good) == (pytest.approx(2 / 3), pytest.approx(1 / 3))
    assert figures.without_moving.value == pytest.approx((1 + 0.9 + 0.95) / 3)
    assert figures.worst_without_moving == pytest.approx(0.9)
    assert (figures.errors, figures.errors_moving, figures.errors_nothing) == (3, 2, 1)
    assert figures.others == ("dan",)
    worst = figures.people[0]
    assert (worst.moving, worst.moving_right, worst.nothing) == (4, 3, 0)
    assert dict(worst.mistakes) == {("B", "Z"): 1}
    assert figures.people[2].facts == {"tone": "dark"}
    assert figures.by_letter["A"].mean.value == pytest.approx((1 + 0.9) / 2)
    assert dict(figures.by_letter["A"].read_as) == {"nothing": 1}
    assert figures.by_letter["J"].mean.people == 2
    assert set(figures.by_letter) == set("ABDJZ")


def test_readings_are_put_together_and_taken_apart():
    first, second = reading(("ann", "A", "A", 2)), reading(("bob", "D", "Z", 1))
    both = first + second
    for part, chosen in ((first, [True, True, False]), (second, [False, False, True])):
        taken = both.take(np.array(chosen))
        for field in dataclasses.fields(Reading):
            assert np.array_equal(getattr(taken, field.name), getattr(part, field.name))


def test_the_worst_tenth_is_rounded_up():
    rows = [(f"p{n:02}", "A", "A", n) for n in range(1, 12)] + [
        (f"p{n:02}", "A", "S", 20 - n) for n in range(1, 12)
    ]
    figures = figures_of(reading(*rows), People())
    assert figures.n_worst == 2
    assert figures.worst_tenth == pytest.approx((1 / 20 + 2 / 20) / 2)


def test_columns_group_people_and_say_what_they_do_not_group():
    tones = ["brown, dim", "Brown (two men)", "light", ""]
    facts = {f"p{n}": {"skin_tone": tone, "set": f"s{n}", "one": "x"} for n, tone in enumerate(tones)}
    known = People(None, ("skin_tone", "set", "one"), facts)
    rows = [("p0", "A", "A", 2), ("p1", "A", "A", 1), ("p1", "A", "S", 1), ("p2", "A", "S", 2)]
    figures = figures_of(reading(*rows, ("p3", "A", "A", 2)), known)  # each with 0.8, right or wrong
    tones_found = figures.by_column["skin_tone"]
    counts = {value: (group.mean.people, group.mean.images) for value, group in tones_found.items()}
    assert counts == {"brown": (2, 4), "light": (1, 2), "not stated": (1, 2)}
    errors = [group.calibration_error for group in tones_found.values()]
    assert errors == pytest.approx([0.8 - 3 / 4, 0.8, 0.2], abs=1e-3)
    assert set(figures.by_column) == {"skin_tone", "set"}
    assert figures.columns_left_out == ("one",)
    assert np.isnan(tones_found["light"].mean.low)


@pytest.mark.parametrize(
    ("value", "group"),
    [
        ("very dark", "very dark"),
        ("light brown and dark frames", "light brown"),
        ("brown-dark", "brown"),
        ("light (East Asian)", "light"),
        ("medium (Malaysian)", "medium"),
        (" ", "not stated"),
    ],
)
def test_skin_tones_fall_into_few_groups(value, group):
    assert group_of("skin_tone", value) == group


def test_no_image_of_a_still_letter():
    assert figures_of(reading(("ann", "J", "J", 3)), People()) is None


ROWS = st.lists(
    st.tuples(
        st.sampled_from("pqrst"), st.sampled_from(["A", "T", "J", "space"]), st.sampled_from(CLASSES)
    ),
    min_size=1,
    max_size=80,
)


@settings(deadline=None, max_examples=25)
@given(ROWS)
def test_figures_agree_with_scikit_learn(rows):
    read = reading(*((*row, 1) for row in rows))
    figures = figures_of(read, People())
    still = [row for row in rows if row[1] in STILL_LETTERS]
    if figures is None:
        assert not still
        return
    persons = sorted({row[0] for row in still})
    own = {p: [row for row in still if row[0] == p] for p in persons}
    expected = [accuracy_score([r[1] for r in own[p]], [r[2] for r in own[p]]) for p in persons]
    found = {person.name: person.accuracy for person in figures.people}
    assert [found[p] for p in persons] == pytest.approx(expected)
    assert figures.mean.value == pytest.approx(np.mean(expected))
    assert figures.errors == sum(row[1] != row[2] for row in still)
    assert figures.mean.low <= figures.mean.value <= figures.mean.high or len(persons) == 1
    for letter in {row[1] for row in still}:
        by_person = [
            recall_score([letter] * len(reads), reads, labels=[letter], average="micro")
            for p in persons
            if (reads := [row[2] for row in own[p] if row[1] == letter])
        ]
        assert figures.by_letter[letter].mean.value == pytest.approx(np.mean(by_person))


@settings(deadline=None, max_examples=25)
@given(ROWS, st.randoms())
def test_order_changes_nothing_and_two_parts_make_the_whole(rows, random):
    whole = reading(*((*row, 1) for row in rows))
    shuffled = list(rows)
    random.shuffle(shuffled)
    half = len(rows) // 2
    parts = [
        reading(*((*row, 1) for row in part)) for part in (shuffled[:half], shuffled[half:]) if part
    ]
    together = parts[0] + parts[1] if len(parts) > 1 else parts[0]
    first, second = figures_of(whole, People()), figures_of(together, People())
    assert (first is None) == (second is None)
    if first is None or second is None:
        return
    order = [(p.name, p.images, p.right, dict(p.mistakes)) for p in first.people]
    assert order == [(p.name, p.images, p.right, dict(p.mistakes)) for p in second.people]
    assert dataclasses.astuple(first.mean) == pytest.approx(
        dataclasses.astuple(second.mean), nan_ok=True
    )
    assert first.without_moving.value >= first.mean.value - 1e-9


def test_the_interval_is_that_of_a_bootstrap_written_out():
    values = np.random.default_rng(3).beta(8, 1, 40)
    dice = np.random.default_rng(5)
    means = [dice.choice(values, 40).mean() for _ in range(9999)]
    mean = mean_over(values, 400)
    assert (mean.low, mean.high) == pytest.approx(tuple(np.percentile(means, [2.5, 97.5])), abs=0.002)
    assert mean == mean_over(values, 400)


def test_two_models_by_person():
    first = figures_of(
        reading(("a", "A", "A", 9), ("a", "A", "B", 1), ("b", "A", "A", 2), ("c", "A", "S", 4)),
        People(),
    )
    second = figures_of(reading(("a", "A", "A", 10), ("b", "A", "S", 2), ("c", "A", "S", 4)), People())
    difference = difference_of(first, second)
    assert difference.mean.value == pytest.approx((-0.1 + 1 + 0) / 3)
    assert (difference.better, difference.worse, difference.mean.people) == (1, 1, 3)
    assert difference.mean.low < difference.mean.value < difference.mean.high
    assert difference.mean.as_points.startswith("+30.00 (")
    alike = difference_of(first, first).mean
    assert (alike.value, alike.low, alike.high) == (0, 0, 0)


def test_without_j_and_z_the_next_likeliest_counts():
    read = reading(("a", "B", "Z", 1), ("a", "D", "J", 1), ("a", "A", "A", 1), second="B")
    assert [CLASSES[n] for n in read.still] == ["B", "B", "A"]
    assert [CLASSES[n] for n in read.predicted] == ["Z", "J", "A"]
