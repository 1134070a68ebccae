"""What `fingerspell evaluate` prints for people."""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from fingerspell.cli.evaluate_people import (
    print_doubtful_labels,
    print_people,
    print_people_together,
)
from fingerspell.core.text import named

if TYPE_CHECKING:
    from fingerspell.evaluation.changes import Pairing
    from fingerspell.evaluation.evaluate import Evaluation, SetEvaluation
    from fingerspell.evaluation.missed import Missed
    from fingerspell.evaluation.sequences import SequenceFigures
    from fingerspell.evaluation.speed import Speed

PIPED_COLUMNS = 140  # of a table that goes to a file
MOST_MISSED = 12  # ways of reading a character wrong that are named
MOST_PAIRS = 20  # that are named; report.json has the whole matrix


def print_evaluations(evaluations: "Sequence[Evaluation]", pairs_at_least: int = 0) -> None:
    """Print each model on each set, unseen signers first, then its speed and its reading of video.

    Pairs of classes are named that were confused at least so many times; with 0, none.
    """
    from fingerspell.evaluation.changes import pairings  # noqa: PLC0415  (SciPy takes a second)

    console = Console(highlight=False, width=None if sys.stdout.isatty() else PIPED_COLUMNS)
    for evaluation in evaluations:
        _print_one(console, evaluation, pairs_at_least)
    for pair in pairings(evaluations):
        console.print(_compared(pair), soft_wrap=True)
    print_people_together(console, evaluations)
    if any(evaluation.on_sets for evaluation in evaluations):
        console.print(
            "In brackets the 95 % interval (Wilson), which takes images for independent: frames of "
            "one video are not. Predictions range over all 29 classes. Near training: the share of the "
            "images that have a near-duplicate among those that the model learned from, where a split "
            "tells.",
            soft_wrap=True,
        )


def _print_one(console: Console, evaluation: "Evaluation", pairs_at_least: int) -> None:
    console.print(f"[bold]{escape(evaluation.facts.name)}[/] ({escape(evaluation.facts.model)})")
    if evaluation.on_sets:
        console.print(_table(evaluation))
    notes = [note for each in evaluation.on_sets for note in each.pictures.notes]
    for note in dict.fromkeys(notes):
        console.print(f"[yellow]{escape(note)}[/]", soft_wrap=True)
    for each in evaluation.strangest_first:
        if pairs_at_least:
            console.print(_pairs(each, pairs_at_least), soft_wrap=True)
        if each.people:
            print_people(console, each.pictures.name, each.people)
            print_doubtful_labels(console, each.doubtful_labels)
    if evaluation.speed:
        console.print(_speed(evaluation.speed), soft_wrap=True)
    if evaluation.sequences:
        console.print(_video(evaluation.sequences), soft_wrap=True)
        console.print(_errors(evaluation.sequences))
        console.print(_missed(evaluation.sequences.missed), soft_wrap=True)


def _table(evaluation: "Evaluation") -> Table:
    table = Table(box=None, pad_edge=False)
    mirrored = any(each.mirrored for each in evaluation.on_sets)
    table.add_column("protocol")
    table.add_column("data")
    for title in (
        "n",
        "right",
        "letters",
        *(["mirrored"] if mirrored else []),
        "macro F1",
        "top 3",
        "near training",
    ):
        table.add_column(title, justify="right")
    for each in evaluation.strangest_first:
        metrics, near = each.metrics, each.pictures.near_training
        turned = []
        if mirrored:
            counts = each.mirrored
            turned = [
                f"{counts.letters_right / counts.n_letters:.1%}" if counts and counts.n_letters else ""
            ]
        table.add_row(
            each.pictures.protocol.heading,
            escape(each.pictures.name),
            f"{len(each.pictures):,}",
            str(metrics.accuracy),
            str(metrics.letters) if metrics.letters.n else "",
            *turned,
            f"{metrics.macro_f1:.3f}",
            f"{metrics.top3.value:.1%}",
            "not known" if near is None else f"{near:.1%}",
        )
    return table


def _pairs(on_set: "SetEvaluation", at_least: int) -> str:
    """The most confused pairs, in a line."""
    from fingerspell.evaluation.metrics import confusions_of  # noqa: PLC0415  (SciPy takes a second)

    found = confusions_of(on_set.predictions.counts, at_least)
    name = f"{escape(on_set.pictures.name)}, read wrongly {at_least} times or more:"
    if not found:
        return f"{name} no pair of classes"
    said = [f"{each.truth} as {each.predicted} {each.n:,} ({each.rate:.1%})" for each in found]
    more = f" and {len(said) - MOST_PAIRS:,} more pairs" if len(said) > MOST_PAIRS else ""
    return f"{name} {', '.join(said[:MOST_PAIRS])}{more}"


def _compared(pair: "Pairing") -> str:
    """Two models on the same images."""
    each = pair.comparison
    return escape(
        f"{pair.first} and {pair.second} on {pair.data}, n = {each.n:,}: only the first is right "
        f"{each.only_first:,} times, only the second {each.only_second:,} times; "
        f"{100 * each.difference:+.2f} points ({100 * each.low:+.2f} to {100 * each.high:+.2f}), "
        f"p = {each.p_value:.2g} (McNemar)"
    )


def _speed(speed: "Speed") -> str:
    what = "file to letter" if speed.from_files else "pixels to letter"
    real_time = "keeps up" if speed.real_time else "does not keep up"
    return (
        f"{what} {speed.latency_ms:.1f} ms (95 % within {speed.latency_p95_ms:.1f}), "
        f"{speed.images_per_s:.0f} images/s in batches, video of 640x480 {speed.video_fps:.0f} "
        f"frames/s ({real_time} with 30), {speed.peak_memory_mb:.0f} MB; {speed.threads} threads, "
        f"{escape(speed.hardware)}"
    )


def _video(figures: "SequenceFigures") -> str:
    text = (
        f"{figures.videos} video{'s' * (figures.videos != 1)}: "
        f"character error rate {figures.character_error_rate:.1%} of "
        f"{figures.characters} (corrected {figures.corrected_character_error_rate:.1%}), word error "
        f"rate {figures.word_error_rate:.1%} of {figures.words} "
        f"(corrected {figures.corrected_word_error_rate:.1%})"
    )
    if figures.precision is None or figures.recall is None or figures.delay_s is None:
        return text
    return (
        f"{text}; letters in time: precision {figures.precision:.1%}, recall {figures.recall:.1%} of "
        f"{figures.letters}, delay {figures.delay_s:.2f} s"
    )


def _missed(missed: "Sequence[Missed]") -> str:
    """How each character is read wrong, the most frequent first."""
    if not missed:
        return "missed: nothing"
    told = ", ".join(f"{_told(each)} {each.n}" for each in missed[:MOST_MISSED])
    more = len(missed) - MOST_MISSED
    return f"missed: {escape(told)}" + (f"; {more} more with --report or --json" if more > 0 else "")


def _told(missed: "Missed") -> str:
    signed, read = named(missed.signed), named(missed.read)
    if not signed:
        return f"{read} put in"
    return f"{signed} as {read}" if read else f"{signed} left out"


def _errors(figures: "SequenceFigures") -> Table:
    """How characters are wrong: all, corrected, by speed, by signer."""
    table = Table(box=None, pad_edge=False)
    table.add_column("characters")
    for title in ("videos", "n", "wrong", "substituted", "left out", "put in"):
        table.add_column(title, justify="right")
    groups = {"as signed": figures.raw, "corrected": figures.corrected}
    for name, errors in (groups | figures.by_speed | figures.by_signer).items():
        counts = (errors.substitutions, errors.deletions, errors.insertions)
        rate = f"{errors.rate:.1%}"
        table.add_row(escape(name), str(errors.videos), str(errors.characters), rate, *map(str, counts))
    return table
