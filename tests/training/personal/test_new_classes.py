"""What `benchmarks/new_classes.py` counts: people, and the share of their images."""

import numpy as np
from benchmarks.new_classes import people_in_turn, share

from fingerspell.core.alphabet import DIGITS, Alphabet
from fingerspell.data.index import Index, Picture


def test_people_are_told_by_the_order_of_their_images(tmp_path):
    """By hand: 0, 1 and 4; 0 and 2; 2 and 3, where the second person has no 4 and the third no 0."""
    taken = {11: "0", 12: "1", 15: "4", 16: "0", 17: "2", 18: "2", 30: "3"}
    rows = [Picture(f"{label}/IMG_{number}.JPG", label=label) for number, label in taken.items()]
    index = Index(tmp_path, tuple(sorted(rows, key=lambda row: row.path)))
    people = people_in_turn(index, Alphabet.of(DIGITS))
    by_path = {row.path: person for row, person in zip(index.pictures, people.tolist(), strict=True)}
    assert [by_path[row.path] for row in rows] == [0, 0, 0, 1, 1, 2, 2]


def test_the_interval_is_of_people():
    """By hand: of two people, one always right and one always wrong, samples give 0, 1/2 or 1."""
    right, people = np.repeat([True, False], 10), np.repeat([4, 7], 10)
    assert share(right, people) == "50.0% (0.0 to 100.0)"
    assert share(right | True, people) == "100.0% (100.0 to 100.0)"
