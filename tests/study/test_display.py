"""The time left, worked by hand."""

from fingerspell.study.display import seconds_left
from fingerspell.study.results import Cell, Loading, Result, Status

SMALL, LARGE = Cell("tiny", "single", 1, 32), Cell("tiny", "single", 1, 64)
OTHER = Cell("aslnet", "single", 1, 32)
FROM_FILES = Cell("tiny", "single", 1, 32, loading=Loading.REPORTS)


def ended(cell, seconds):
    return Result(cell, Status.DONE, total_s=seconds)


def test_nothing_is_known_before_a_cell_has_ended():
    assert seconds_left(SMALL, 1.0, [LARGE], []) is None


def test_cells_take_as_long_as_those_most_like_them():
    known = [ended(SMALL, 10.0), ended(FROM_FILES, 100.0), ended(OTHER, 1000.0)]
    # LARGE is like SMALL in all but the batch, and 4 of its seconds have passed.
    assert seconds_left(LARGE, 4.0, [], known) == 6.0
    assert seconds_left(LARGE, 400.0, [], known) == 0.0
    again = Cell("aslnet", "ddp", 2, 64)
    unknown = Cell("dexnet", "single", 1, 32)
    expected = 6.0 + 1000.0 + (10.0 + 100.0 + 1000.0) / 3
    assert abs(seconds_left(LARGE, 4.0, [again, unknown], known) - expected) < 1e-9
