"""Learning curves of a run as one image."""

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from fingerspell.files import write_atomically
from fingerspell.training.record import Row

_PARTS = {"train": "C0", "validation": "C1", "test": "C2"}


def draw_curves(rows: Sequence[Row], path: Path, title: str) -> None:
    """Draw loss, accuracy, learning rate and seconds of each epoch (PNG)."""
    figure = Figure(figsize=(11, 7), layout="constrained")
    axes = figure.subplots(2, 2)
    epochs = [row["epoch"] for row in rows]
    for axis, name in ((axes[0, 0], "loss"), (axes[0, 1], "accuracy")):
        for part, colour in _PARTS.items():
            points = [(row["epoch"], row[f"{part}_{name}"]) for row in rows if f"{part}_{name}" in row]
            if points:
                axis.plot(*zip(*points, strict=True), colour, marker=".", label=part)
        axis.set(ylabel=name)
        axis.legend()
    axes[1, 0].plot(epochs, [row["lr"] for row in rows], "C3", marker=".")
    axes[1, 0].set(ylabel="learning rate", xlabel="epoch")
    axes[1, 1].bar(epochs, [row["train_seconds"] for row in rows], color="C7", label="training")
    waited = [row["train_seconds"] * row["data_wait_share"] for row in rows]
    axes[1, 1].bar(epochs, waited, color="C3", label="of which waiting for images")
    axes[1, 1].set(ylabel="seconds", xlabel="epoch")
    axes[1, 1].legend()
    figure.suptitle(title)
    save_figure(figure, path)


def save_figure(figure: Figure, path: Path) -> None:
    """Write a figure as PNG, whole or not at all."""
    for axis in figure.axes:
        _make_plain(axis)
    path.parent.mkdir(parents=True, exist_ok=True)
    content = io.BytesIO()
    figure.savefig(content, format="png", dpi=110)
    write_atomically(path, content.getvalue())


def _make_plain(axis: Any) -> None:
    axis.grid(alpha=0.3)
    axis.spines[["top", "right"]].set_visible(False)
