"""The top of the page: what counts, for all models together."""

from collections.abc import Sequence
from datetime import UTC, datetime

from fingerspell import html_page as page
from fingerspell.evaluation.changes import pairings
from fingerspell.evaluation.counts import Counts
from fingerspell.evaluation.documents import left_out_sources
from fingerspell.evaluation.evaluate import Evaluation, SetEvaluation
from fingerspell.evaluation.metrics import Share, spread_of
from fingerspell.evaluation.pictures import Protocol
from fingerspell.evaluation.report import plotly_charts as charts
from fingerspell.evaluation.report.cells import Row, number, share_cell
from fingerspell.html_page import Cell

TITLE = "Evaluation"
SIDE_BY_SIDE = (Protocol.STRANGERS, Protocol.BLOCK, Protocol.RANDOM, Protocol.GIVEN, Protocol.SEEN)
NEAR = "near training"
NEAR_EXPLAINED = (
    "Near training: share of the images that have a near-duplicate among those that the model learned "
    "from, by a perceptual hash; a lower bound, and known only of splits that fingerspell made."
)
EXPLAINED = (
    "Unseen signers: people and rooms the model never saw. Block split: other seconds of the videos "
    "it learned from. Random split: other frames of them, many with a near-duplicate in training. "
    "In-corpus: the same recordings or people, split by others. Only the first tells how the model "
    "does for you. In brackets the 95 % interval (Wilson), which takes images for independent: "
    "frames of one video are not. Predictions range over all 29 classes."
)


def headline(evaluations: Sequence[Evaluation]) -> str:
    """The one figure that counts, of the best model."""
    best = max(evaluations, key=lambda each: each.headline.metrics.accuracy.value)
    on_set = best.headline
    accuracy, pictures = on_set.metrics.accuracy, on_set.pictures
    figure = f'<p class="headline">{accuracy}</p>'
    who = {
        Protocol.STRANGERS: "images of unseen signers are recognised",
        Protocol.SEEN: "images it was trained on are recognised, which says nothing",
    }.get(
        pictures.protocol,
        "in-corpus images are recognised; how well it reads unseen signers is not known",
    )
    text = (
        f"of {accuracy.n:,} {who}: {best.facts.name} on {pictures.name}. "
        f"{datetime.now(UTC):%Y-%m-%d}, fingerspell evaluate."
    )
    return page.section(TITLE, figure, text, level=1)


def protocols(evaluations: Sequence[Evaluation]) -> str:
    """Accuracy of each model under each protocol, then on each set."""
    used = {each.pictures.protocol for evaluation in evaluations for each in evaluation.on_sets}
    shown = [each for each in SIDE_BY_SIDE if each in used or each in SIDE_BY_SIDE[:3]]
    pooled: list[Row] = [
        [evaluation.facts.name, *(share_cell(_pooled(evaluation, each)) for each in shown)]
        for evaluation in evaluations
    ]
    rows = [
        _set_row(evaluation, on_set)
        for evaluation in evaluations
        for on_set in evaluation.strangest_first
    ]
    headings = ("model", "data", "protocol", "n", "right", "letters", "mirrored", "macro F1")
    on_sets = [each for evaluation in evaluations for each in evaluation.on_sets]
    notes = {note for each in on_sets for note in each.pictures.notes}
    n_bars = len(on_sets)
    return page.section(
        "It depends on who is in the images",
        page.table(("model", *(each.heading for each in shown)), pooled),
        EXPLAINED,
        page.chart(charts.protocol_bars(evaluations), 130 + 45 * n_bars),
        page.table((*headings, "top 3", "calibration error", NEAR, "left out"), rows),
        NEAR_EXPLAINED,
        *sorted(notes),
        _left_out(evaluations),
    )


def _pooled(evaluation: Evaluation, protocol: Protocol) -> Share:
    counts = Counts.none()
    for on_set in evaluation.on_sets:
        if on_set.pictures.protocol is protocol:
            counts += on_set.predictions.counts
    return Share.of(counts.right, counts.n)


def _set_row(evaluation: Evaluation, on_set: SetEvaluation) -> Row:
    metrics, pictures, mirrored = on_set.metrics, on_set.pictures, on_set.mirrored
    turned = Share.of(mirrored.letters_right, mirrored.n_letters) if mirrored else Share.of(0, 0)
    return [
        evaluation.facts.name,
        pictures.name,
        Cell(pictures.protocol.heading, list(Protocol).index(pictures.protocol)),
        Cell(f"{len(pictures):,}", len(pictures)),
        share_cell(metrics.accuracy),
        share_cell(metrics.letters),
        share_cell(turned, ""),
        number(metrics.macro_f1, ".3f"),
        number(metrics.top3.value, ".1%"),
        number(on_set.calibration.error, ".3f"),
        number(pictures.near_training, ".1%"),
        number(pictures.n_unusable, ",d"),
    ]


def _left_out(evaluations: Sequence[Evaluation]) -> str:
    """Models that were each trained without one source, evaluated on it."""
    counts = left_out_sources(evaluations)
    if len(counts) < 2:  # noqa: PLR2004
        return ""
    shares = {name: Share.of(each.right, each.n) for name, each in counts.items()}
    mean, deviation = spread_of(shares.values())
    together = sum(counts.values(), Counts.none())
    text = (
        f"Each source was read by models trained without it: {mean:.1%} ± {deviation:.1%} (mean and "
        f"standard deviation over {len(shares)} sources), "
        f"{Share.of(together.right, together.n)} of all images."
    )
    chart = page.chart(charts.source_bars(shares), 80 + 26 * len(shares))
    return page.section("One source left out in turn", text, chart, level=3)


def compared(evaluations: Sequence[Evaluation]) -> str:
    """Differences between several models, with tests, and what the models cost."""
    if len(evaluations) == 1:
        return ""
    rows: list[Row] = [
        [
            pair.first,
            pair.second,
            pair.data,
            number(pair.comparison.n, ",d"),
            Cell(
                f"{100 * pair.comparison.difference:+.2f} ({100 * pair.comparison.low:+.2f} to "
                f"{100 * pair.comparison.high:+.2f})",
                pair.comparison.difference,
            ),
            number(pair.comparison.only_first, ",d"),
            number(pair.comparison.only_second, ",d"),
            number(pair.comparison.p_value, ".2g"),
        ]
        for pair in pairings(evaluations)
    ]
    headings = ("first", "second", "data", "n", "points", "only first", "only second", "p")
    models: list[Row] = [
        [
            each.facts.model,
            each.facts.name,
            number(each.facts.parameters, ",d"),
            number(each.facts.n_bytes / 1e6, ".1f"),
            share_cell(each.headline.metrics.accuracy),
        ]
        for each in evaluations
    ]
    chart = page.chart(charts.cost_points(evaluations), 380)
    return page.section(
        "Models compared",
        page.table(("model", "name", "parameters", "MB", "headline"), models),
        "Differences in percentage points on the same images, with the 95 % interval of a bootstrap "
        "of images; how many images only one of the two read rightly; p of McNemar's exact test.",
        page.table(headings, rows),
        *([chart] if any(each.speed for each in evaluations) else []),
    )


def speeds(evaluations: Sequence[Evaluation]) -> str:
    """How fast the models are, where they were timed."""
    rows: list[Row] = []
    for evaluation in evaluations:
        if speed := evaluation.speed:
            numbers = (
                speed.latency_ms,
                speed.latency_p95_ms,
                speed.images_per_s,
                speed.video_fps,
                speed.video_frame_p95_ms,
                speed.peak_memory_mb,
            )
            keeps_up = "yes" if speed.real_time else "no"
            where = f"{speed.threads} threads, {speed.hardware}"
            cells = [number(value, ",.1f") for value in numbers]
            rows.append([evaluation.facts.name, *cells, keeps_up, where])
    if not rows:
        return ""
    headings = ("ms an image", "95th percentile", "images/s", "video frames/s", "ms a frame, p95")
    return page.section(
        "Speed",
        page.table(("model", *headings, "MB", "30 frames/s", "on"), rows),
        "One image at a time, from its file (in memory) to its letter; images/s in batches; video "
        "of 640x480, from the file to the letters; memory at its highest, of the whole process. It "
        "keeps up with 30 frames/s if 19 frames of 20 do.",
    )
