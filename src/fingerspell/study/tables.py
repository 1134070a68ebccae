"""Results as tables: a row a cell, and mean and spread over the repeats of a cell."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from statistics import mean, stdev
from typing import Any

from fingerspell.study.results import Cell, Result, Status
from fingerspell.training.record import save_csv, save_json, save_lines

CSV, LINES, SUMMARY = "cells.csv", "cells.jsonl", "summary.json"
_EACH_DEVICE = ("allocated_mb", "reserved_mb", "driver_mb", "utilisation")
_FIGURES = (
    *("seconds_per_epoch", "total_s", "images_per_s"),
    *("data_share", "compute_share", "communication_share"),
    *("train_accuracy", "validation_accuracy", "test_accuracy"),
)


def write_tables(folder: Path, results: Sequence[Result]) -> None:
    """Write `cells.csv`, `cells.jsonl` and `summary.json`, each whole or not at all."""
    save_csv([row_of(result) for result in results], folder / CSV)
    save_lines((result.to_json() for result in results), folder / LINES)
    save_json({"cells": summaries(results)}, folder / SUMMARY)


def row_of(result: Result) -> dict[str, Any]:
    """A result as one flat row; units stand in the names, and a figure of each device in a column."""
    values = asdict(result)
    row: dict[str, Any] = {"key": result.cell.key} | values.pop("cell")
    epochs, devices = values.pop("epoch_s"), {name: values.pop(name) for name in _EACH_DEVICE}
    row |= values
    row["first_epoch_s"] = epochs[0] if epochs else ""
    row["seconds_per_epoch"] = result.seconds_per_epoch if epochs else ""
    for name, figures in devices.items():
        row |= {f"{name}_device_{place}": figure for place, figure in enumerate(figures)}
    return row


def summaries(results: Sequence[Result]) -> list[dict[str, Any]]:
    """Each cell once, with mean and standard deviation of its figures over the repeats that are done.

    The standard deviation is that of a sample (n - 1); None of a single one. Of devices, the mean over
    them is taken first.
    """
    groups: dict[Cell, list[Result]] = {}
    for result in results:
        groups.setdefault(replace(result.cell, repeat=0), []).append(result)
    return [_summary(cell, group) for cell, group in groups.items()]


def _summary(cell: Cell, group: list[Result]) -> dict[str, Any]:
    done = [result for result in group if result.status == Status.DONE]
    summary: dict[str, Any] = asdict(cell) | {"repeats": len(group), "done": len(done)}
    del summary["repeat"]
    summary["messages"] = [result.message for result in group if result.message]
    for name in (*_FIGURES, *_EACH_DEVICE):
        values = [value for result in done if (value := _figure(result, name)) is not None]
        if values:
            spread = stdev(values) if len(values) > 1 else None
            summary[name] = {"mean": mean(values), "std": spread, "n": len(values)}
    return summary


def _figure(result: Result, name: str) -> float | None:
    value = getattr(result, name)
    if name in _EACH_DEVICE:
        return mean(value) if value else None
    return None if value is None else float(value)
