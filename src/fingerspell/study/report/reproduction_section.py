"""The part on reproduction: the reports' tables, ours beside them, and why they differ."""

from collections.abc import Sequence

from fingerspell import page
from fingerspell.evaluation.metrics import Share
from fingerspell.evaluation.report.cells import Row, number
from fingerspell.page import Cell
from fingerspell.study.published import PublishedReport, PublishedRun, published
from fingerspell.study.report.material import Material
from fingerspell.study.reproduction import Run, beside, differences, of_observation

_HEADINGS = (
    *("run", "who", "images/s", "s an epoch", "s in all, at the report's epochs", "GB a device"),
    *("train", "validation", "test", "n test", "images an epoch", "epochs", "how"),
)


def reproduction(material: Material) -> str:
    """A table for each report."""
    runs = [*map(of_observation, material.observations), *material.runs]
    text = (
        "Rows of the reports, and under each what was measured here with the same recipe, devices and "
        "batch, in the same units. In brackets the 95 % interval (Wilson) of a test accuracy, where "
        "the number of images is known. A random split of video frames says nothing about unseen "
        "signers: see `fingerspell evaluate`."
    )
    parts = [_report(report, runs) for report in published().values()]
    return page.section("The reports R0 to R4 beside this study", text, *parts)


def _report(report: PublishedReport, runs: Sequence[Run]) -> str:
    pairs = beside(report, runs)
    rows: list[Row] = []
    unlike: dict[str, None] = {}
    for row, ours in pairs:
        rows.append(_published(report.report, row))
        for run in ours:
            rows.append(_measured(row, run))
            unlike |= dict.fromkeys(differences(report, row, run))
    missing = [row.name for row, ours in pairs if not ours]
    measured = [f"Not measured here: {', '.join(missing)}."] if missing else []
    why = [_items("Why they differ", list(unlike))] if unlike else []
    return page.details(
        f"{report.report}: {report.title}",
        page.table(_HEADINGS, rows),
        *measured,
        *_by_epoch(pairs),
        *why,
        _items("Of the report", report.notes),
        opened=bool(unlike),
    )


def _items(heading: str, sentences: Sequence[str]) -> str:
    return page.section(heading, *sentences, level=3)


def _published(report: str, row: PublishedRun) -> Row:
    rate = row.n_train / row.epoch_s if row.n_train and row.epoch_s else None
    memory = ", ".join(f"{gb:.3f}" for gb in row.memory_gb)
    return [
        row.name,
        f"report {report}",
        number(rate, ",.0f"),
        number(row.epoch_s, ",.1f"),
        number(row.total_s, ",.2f"),
        Cell(memory, max(row.memory_gb, default=None)),
        number(row.train_accuracy, ".2%"),
        number(row.validation_accuracy, ".2%"),
        _accuracy(row.test_accuracy, row.n_test or 0),
        number(row.n_test, ",d"),
        number(row.n_train, ",d"),
        number(row.epochs, "d"),
        "",
    ]


def _measured(row: PublishedRun, run: Run) -> Row:
    rate = run.n_train / run.seconds_per_epoch if run.seconds_per_epoch else None
    in_all = run.seconds_per_epoch * row.epochs if row.epochs else None
    return [
        row.name,
        f"here: {run.name}",
        number(rate, ",.0f"),
        number(run.seconds_per_epoch, ",.1f"),
        number(in_all, ",.2f"),
        number(run.memory_gb or None, ".3f"),
        number(run.train_accuracy, ".2%"),
        number(run.validation_accuracy, ".2%"),
        _accuracy(run.test_accuracy, run.n_test),
        number(run.n_test or None, ",d"),
        number(run.n_train, ",d"),
        number(run.epochs, "d"),
        f"{run.how}; {run.hardware}",
    ]


def _accuracy(accuracy: float | None, n: int) -> Cell:
    if accuracy is None:
        return Cell("", None)
    return Cell(str(Share.of(round(accuracy * n), n)) if n else f"{accuracy:.2%}", accuracy)


def _by_epoch(pairs: Sequence[tuple[PublishedRun, list[Run]]]) -> list[str]:
    """Test accuracy of every epoch, where a report gives it."""
    rows: list[Row] = []
    for row, ours in pairs:
        lines = [("report", row.test_accuracy_by_epoch)]
        lines += [(f"here: {run.name}", run.test_accuracy_by_epoch) for run in ours]
        for who, accuracies in lines:
            if row.test_accuracy_by_epoch and accuracies:
                n = len(row.test_accuracy_by_epoch)
                shown = [number(each, ".1%") for each in accuracies[:n]]
                losses = f"{row.first_loss} to {row.last_loss}" if who == "report" else ""
                rows.append([row.name, who, *shown, *[Cell("", None)] * (n - len(shown)), losses])
    if not rows:
        return []
    epochs = [f"epoch {number_}" for number_ in range(1, len(rows[0]) - 2)]
    table = page.table(("run", "who", *epochs, "loss, first to last"), rows)
    return [page.section("Test accuracy by epoch", table, level=3)]
