"""What `fingerspell data` prints for people."""

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from fingerspell.data.check import Report

_MAX_SHOWN = 3  # examples of a fault, or kinds of picture size


def print_check(report: Report) -> None:
    """Print what `check` found: the set in figures, its classes, then what is wrong."""
    console = Console(soft_wrap=True, highlight=False)
    _print_figures(console, report)
    for finding in report.findings:
        colour = "red" if finding.severity == "error" else "yellow"
        title = f"[{colour}]{finding.severity}[/]: {finding.kind}, {finding.count:,}"
        console.print(f"{title}: {escape(finding.mend)}")
        for example in finding.examples[:_MAX_SHOWN]:
            console.print(f"    {escape('  '.join(example))}")
        if finding.count > _MAX_SHOWN:
            console.print(f"    and {finding.count - _MAX_SHOWN:,} more")
    if not report.findings:
        console.print("[green]nothing wrong[/]")


def _print_figures(console: Console, report: Report) -> None:
    counts = sorted(report.classes.values())
    pairs = report.near_duplicate_pairs
    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_row("pictures", f"{report.n_pictures:,}, {report.n_bytes / 1e6:,.1f} MB")
    table.add_row("usable", f"{report.n_usable:,}")
    if counts:
        spread = f"{counts[0]:,}" if counts[0] == counts[-1] else f"{counts[0]:,} to {counts[-1]:,}"
        table.add_row("classes", f"{len(counts)}, of {spread} images")
    if report.missing_classes:
        table.add_row("without images", ", ".join(report.missing_classes))
    for title, tally in (
        ("sources", report.groups),
        ("splits", report.splits),
        ("sizes", report.sizes),
        ("modes", report.modes),
    ):
        if tally:
            table.add_row(title, _tally(tally))
    table.add_row(
        "near-duplicates",
        f"{pairs['within_class']:,} pairs within classes, {pairs['across_classes']:,} across classes, "
        f"{pairs['across_splits']:,} across splits",
    )
    table.add_row("ignored", f"{report.n_ignored:,} hidden or system files")
    console.print(table)


def _tally(tally: Mapping[str, int]) -> str:
    shown = ", ".join(f"{name} {count:,}" for name, count in list(tally.items())[:_MAX_SHOWN])
    more = len(tally) - _MAX_SHOWN
    return escape(f"{shown} and {more} more" if more > 0 else shown)


def print_split(report: Mapping[str, Any]) -> None:
    """Print the sizes of each fold, and how much of its test part the training part gives away."""
    table = Table(box=None, pad_edge=False)
    table.add_column("fold")
    for title in ("train", "validation", "test", "unused", "near pairs", "test near train"):
        table.add_column(title, justify="right")
    for fold in report["folds"]:
        leakage = fold["leakage"]
        table.add_row(
            escape(fold["name"]),
            *(f"{fold[part]:,}" for part in ("train", "validation", "test", "unused")),
            f"{leakage['train_test_pairs']:,}",
            f"{leakage['test_near_train']:,} ({leakage['test_near_train_share']:.1%})",
        )
    console = Console(highlight=False)
    console.print(table)
    console.print(
        f"Near-duplicates are of one class and differ in at most {report['max_distance']} of 64 bits "
        "of a perceptual hash, or are copies of one photo by their names; pairs have one image in "
        "train and one in test. Copies that were turned, mirrored or cropped and have names of their "
        "own are not seen."
    )
