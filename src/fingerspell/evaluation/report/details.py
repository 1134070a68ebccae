"""One model on one set, in all detail: folded up below the overview."""

from collections.abc import Iterator, Mapping

from fingerspell import html_page as page
from fingerspell.evaluation.documents import source_shares
from fingerspell.evaluation.evaluate import Evaluation, SetEvaluation
from fingerspell.evaluation.metrics import ClassCurves, curves_of, spread_of
from fingerspell.evaluation.report import plotly_charts as charts
from fingerspell.evaluation.report.cells import Row, number
from fingerspell.evaluation.report.classes import EXPLAINED, report_table
from fingerspell.evaluation.report.galleries import Drawn, Galleries
from fingerspell.evaluation.report.people import people_parts

THRESHOLDS_EXPLAINED = (
    "If an image counts as of a class from this probability on, whatever the other classes have: the "
    "point of the precision-recall curve with the highest F1, and the point of the ROC curve with the "
    "most true positives less false positives (Youden's J). They were chosen on these images, so on "
    "others they do a little worse."
)
LABELS_EXPLAINED = (
    "Of each person and letter whose images are mostly and surely read as one other letter, one image: "
    "the label may be wrong, or it is a form that the model does not know."
)


def set_section(evaluation: Evaluation, on_set: SetEvaluation, gallery: Galleries, opened: bool) -> str:
    """The folded section of one on_set."""
    pictures = on_set.pictures
    heading = f"{evaluation.facts.name} on {pictures.name} ({pictures.protocol.heading})"
    parts = [*_mistakes(on_set, gallery), *people_parts(on_set), *_classes(on_set)]
    parts += _probabilities(on_set)
    return page.details(heading, *parts, *_conditions(on_set), opened=opened)


def _mistakes(on_set: SetEvaluation, gallery: Galleries) -> Iterator[str]:
    counts = on_set.predictions.counts
    yield page.section(
        "Who is taken for whom",
        charts.CONFUSION_EXPLAINED,
        page.chart(charts.confusion_heatmap(counts), 620),
        level=3,
    )
    if gallery.pairs:
        pairs = (
            page.figure(
                "".join(_image(each) for each in (pair.mistaken, pair.meant) if each),
                f"{pair.confusion.truth} read as {pair.confusion.predicted}: "
                f"{pair.confusion.n:,} times, {pair.confusion.rate:.1%}",
                kind="pair",
            )
            for pair in gallery.pairs
        )
        yield page.section(
            "Most confused pairs",
            "The surest mistake, and beside it the surest right image of what it was read as.",
            page.grid("pairs", pairs),
            level=3,
        )
    for heading, note, drawn in (
        ("Worst mistakes", "The most confident ones.", gallery.mistakes),
        ("Labels to check", LABELS_EXPLAINED, gallery.labels),
        ("Where it looked", "Grad-CAM: in red, what spoke for the wrong class.", gallery.looks),
    ):
        if drawn:
            figures = (page.figure(_image(each), each.path) for each in drawn)
            yield page.section(heading, note, page.grid("gallery", figures), level=3)


def _classes(on_set: SetEvaluation) -> Iterator[str]:
    curves = curves_of(on_set.predictions)
    rows: list[Row] = []
    for name, figures in on_set.metrics.per_class.items():
        areas = curves.get(name)
        rows.append(
            [
                name,
                number(figures.support, ",d"),
                number(figures.recall, ".1%"),
                number(figures.precision, ".1%"),
                number(figures.f1, ".3f"),
                number(figures.true_positives, ",d"),
                number(figures.false_negatives, ",d"),
                number(figures.false_positives, ",d"),
                number(figures.true_negatives, ",d"),
                number(areas.average_precision if areas else None, ".4f"),
                number(areas.roc_area if areas else None, ".4f"),
            ]
        )
    counted = ("read", "missed", "wrongly read", "rightly not read")
    counts = on_set.predictions.counts
    yield page.section(
        "Each class against the rest",
        page.table(
            ("class", "n", "recall", "precision", "F1", *counted, "average precision", "ROC area"),
            rows,
        ),
        EXPLAINED,
        report_table(counts, averages_only=True),
        page.chart(charts.class_bars(counts), 620),
        level=3,
    )
    yield page.section(
        "Precision and recall", page.chart(charts.curve_lines(curves, "pr"), 380), level=3
    )
    yield page.section("ROC", page.chart(charts.curve_lines(curves, "roc"), 380), level=3)
    yield page.section("Thresholds", THRESHOLDS_EXPLAINED, _thresholds(curves), level=3)


def _thresholds(curves: Mapping[str, ClassCurves]) -> str:
    rows: list[Row] = []
    for name, curve in curves.items():
        for title, point in (("F1", curve.by_f1), ("Youden", curve.by_youden)):
            rows.append(
                [
                    name,
                    title,
                    number(point.probability, ".3f"),
                    number(point.recall, ".1%"),
                    number(point.precision, ".1%"),
                    number(point.false_positive_rate, ".2%"),
                ]
            )
    headings = ("class", "best by", "from probability", "recall", "precision", "false positive rate")
    return page.table(headings, rows)


def _probabilities(on_set: SetEvaluation) -> Iterator[str]:
    calibration = on_set.calibration
    yield page.section(
        "Is it as sure as it is right?",
        f"Expected calibration error {calibration.error:.3f} (15 bins). Below the dotted line it "
        "is surer than it should be.",
        page.chart(charts.reliability_lines(calibration), 380),
        page.chart(charts.confidence_bars(calibration), 320),
        level=3,
    )


def _conditions(on_set: SetEvaluation) -> Iterator[str]:
    shares = source_shares(on_set)
    if shares and on_set.people is None:
        mean, deviation = spread_of(shares.values())
        yield page.section(
            "By source",
            f"{mean:.1%} ± {deviation:.1%}: mean and standard deviation over {len(shares)} sources.",
            page.chart(charts.source_bars(shares), 80 + 26 * len(shares)),
            level=3,
        )
    if on_set.robustness:
        first = next(iter(on_set.robustness.values()))
        n = next(iter(first.values())).n
        lines = (
            page.chart(charts.robustness_lines(levels, kind), 280)
            for kind, levels in on_set.robustness.items()
        )
        yield page.section("When the image changes", f"{n:,} images drawn at random.", *lines, level=3)


def _image(drawn: Drawn) -> str:
    return page.image(drawn.pixels, drawn.path, "JPEG")
