"""The published tables, against a copy of R1's as it is printed."""

import pytest

from fingerspell.study.published import published, r1_results

R1 = """
| 128 | 1 | 2.859 | 2500.82 | 99.87 | 99.91 | 99.88 |
| 128 | 2 | 1.569, 1.531 | 2306.56 | 99.89 | 99.95 | 100.0 |
| 128 | 3 | 1.419, 1.381, 1.373 | 2296.49 | 99.84 | 99.90 | 99.88 |
| 128 | 4 | 1.355, 1.317, 1.317, 1.317 | 2335.14 | 99.86 | 99.88 | 99.94 |
| 256 | 1 | 2.859 | 2461.46 | 99.66 | 99.87 | 99.88 |
| 256 | 2 | 2.921, 2.851 | 2360.52 | 99.71 | 99.88 | 99.71 |
| 256 | 3 | 1.809, 1.739, 1.719 | 2028.72 | 99.64 | 99.82 | 99.82 |
| 256 | 4 | 1.649, 1.579, 1.579, 1.579 | 2350.78 | 99.86 | 99.88 | 99.94 |
| 512 | 1 | 7.403 | 2674.47 | 97.86 | 98.93 | 98.62 |
| 512 | 2 | 3.219, 3.113 | 2417.13 | 99.25 | 99.77 | 99.71 |
| 512 | 3 | 3.633, 3.497, 3.477 | 2218.39 | 99.19 | 99.67 | 99.42 |
| 512 | 4 | 3.035, 2.899, 2.899, 2.899 | 2329.82 | 98.91 | 99.53 | 99.42 |
"""


def test_r1_is_as_published():
    printed = [[cell.strip() for cell in line.split("|")[1:-1]] for line in R1.strip().splitlines()]
    rows = published()["R1"].rows
    assert len(rows) == len(printed) == 12
    for row, (batch, gpus, memory, seconds, train, validation, test) in zip(rows, printed, strict=True):
        assert (row.batch_size, row.devices) == (int(batch), int(gpus))
        assert row.memory_gb == tuple(map(float, memory.split(",")))
        assert row.total_s == float(seconds)
        assert row.train_accuracy == pytest.approx(float(train) / 100)
        assert row.validation_accuracy == pytest.approx(float(validation) / 100)
        assert row.test_accuracy == pytest.approx(float(test) / 100)
        assert (row.epochs, row.n_train, row.n_test) == (25, 76_760, 1_741)


def test_r1s_cells_are_results_of_a_study():
    results = r1_results()
    assert {len(each.driver_mb) == each.cell.devices for each in results} == {True}
    first = results[0]
    assert first.seconds_per_epoch == pytest.approx(2500.82 / 25)
    assert first.images_per_s == pytest.approx(76_760 / (2500.82 / 25))
    assert first.gradient_bytes == 4 * 544_713
    assert [each.cell.strategy for each in results[:2]] == ["single", "dp"]


def test_what_the_notes_say_of_contradictions_is_so():
    r0, r1, r2, r3 = (published()[name] for name in ("R0", "R1", "R2", "R3"))
    accuracies = [accuracy for row in r0.rows for accuracy in row.test_accuracy_by_epoch]
    odd = [each for each in accuracies if abs(each * 28 - round(each * 28)) > 0.03]
    assert odd == [0.671]
    assert [row.test_accuracy_by_epoch[-1] for row in r0.rows] == [row.test_accuracy for row in r0.rows]
    four = {row.name: row for row in r1.rows}
    same = ("train_accuracy", "validation_accuracy", "test_accuracy")
    assert all(getattr(four["128 on 4"], name) == getattr(four["256 on 4"], name) for name in same)
    assert four["128 on 1"].memory_gb == four["256 on 1"].memory_gb
    for row in r1.rows:  # cut off, not rounded: a number of 1,741
        assert row.test_accuracy == pytest.approx(round(row.test_accuracy * 1741) / 1741, abs=1e-4)
    assert r2.rows[0].n_train + r2.rows[0].n_test + 8_120 == 81_200
    assert 10 * r3.rows[0].n_train == 7 * 87_000
    assert set(r1.verdicts) == {"H1", "H2", "H3", "H4"}
    assert all(report.rows and report.notes for report in published().values())
