"""Tables over epochs, by a case worked by hand."""

import csv
import json

import pytest
from tests.study.worlds import COSTS, measure, model_of

from fingerspell.study.costs import observe
from fingerspell.study.report.findings import epoch_tables, load_epochs, save_epochs
from fingerspell.study.results import Cell


@pytest.fixture
def results():
    """One device twice, two devices once."""
    cells = [
        Cell("aslnet", "single", 1, 64),
        Cell("aslnet", "single", 1, 64, repeat=1),
        Cell("aslnet", "ddp", 2, 64),
    ]
    return [measure(cell, model_of(COSTS)) for cell in cells]


def row(epoch, seconds, loss, validation, test=None):
    figures = {"train_seconds": seconds, "train_loss": loss, "validation_accuracy": validation}
    return {"epoch": epoch, **figures, **({} if test is None else {"test_accuracy": test})}


def rows_of(results, with_test=True):
    tested = 0.5 if with_test else None
    return {
        results[0].cell.key: [row(1, 8, 3.0, 0.1, tested), row(2, 6, 2.0, 0.2, tested)],
        results[1].cell.key: [row(1, 4, 2.0, 0.3, tested), row(2, 4, 1.0, 0.4, tested)],
        results[2].cell.key: [row(1, 5, 2.5, 0.2, 0.25)],
    }


def test_means_over_repeats_by_devices(results):
    tables = list(epoch_tables(observe(results), rows_of(results), lambda _: "all cells"))
    assert [table.title for table in tables] == [
        "test accuracy",
        "training loss",
        "seconds of training",
    ]
    assert {table.columns for table in tables} == {("1 device", "2 devices, ddp")}
    assert tables[0].rows == ((0.5, 0.25), (0.5, None))
    assert tables[1].rows == ((2.5, 2.5), (1.5, None))
    assert tables[2].rows == ((6, 5), (5, None))


def test_validation_where_not_every_epoch_was_tested(results):
    accuracy, *_ = epoch_tables(observe(results), rows_of(results, with_test=False), lambda _: "")
    assert accuracy.title == "validation accuracy"
    assert accuracy.rows[0] == pytest.approx((0.2, 0.2))


def test_runs_whose_folders_are_gone_are_left_out(results, tmp_path):
    rows = rows_of(results)
    folder = tmp_path / results[2].cell.key
    folder.mkdir()
    (folder / "metrics.jsonl").write_text("".join(json.dumps(r) + "\n" for r in rows[folder.name]))
    found = load_epochs(tmp_path, results)
    assert found == {folder.name: rows[folder.name]}
    tables = list(epoch_tables(observe(results), found, lambda _: ""))
    assert {table.columns for table in tables} == {("2 devices, ddp",)}


def test_the_table_of_all_epochs(results, tmp_path):
    save_epochs(rows_of(results), results, tmp_path / "epochs.csv")
    with (tmp_path / "epochs.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [(r["devices"], r["repeat"], r["epoch"]) for r in rows] == [
        *(("1", "0", "1"), ("1", "0", "2"), ("1", "1", "1"), ("1", "1", "2")),
        ("2", "0", "1"),
    ]
    assert rows[3]["train_loss"] == "1.0"
