"""The report by class as a table, as scikit-learn prints it."""

from fingerspell import html_page as page
from fingerspell.evaluation.classification import report_rows
from fingerspell.evaluation.counts import Counts
from fingerspell.evaluation.report.cells import Row, number

EXPLAINED = (
    "Averages are over the classes that the data holds: in the macro average each class counts the "
    "same, in the weighted average as much as it has images."
)


def report_table(counts: Counts, averages_only: bool = False) -> str:
    """Precision, recall, F1 and support of each class, then accuracy and averages."""
    rows: list[Row] = [
        [
            each.name,
            number(each.precision, ".4f"),
            number(each.recall, ".4f"),
            number(each.f1, ".4f"),
            number(each.support, ",d"),
        ]
        for each in report_rows(counts)
    ]
    shown = rows[-3:] if averages_only else rows
    return page.table(("", "precision", "recall", "F1", "support"), shown)
