"""The table of epochs and the progress bar that a terminal shows; lines where nobody watches."""

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from fingerspell.training.options import Monitor
from fingerspell.training.plan import Plan
from fingerspell.training.record import Row

_COLUMNS = (  # name, title, width, format
    *(("epoch", "epoch", 5, "{:.0f}"), ("lr", "lr", 7, "{:.2g}")),
    *(("train_loss", "loss", 6, "{:.4f}"), ("train_accuracy", "train", 7, "{:.2%}")),
    *(("validation_loss", "valid.", 6, "{:.4f}"), ("validation_accuracy", "valid.", 7, "{:.2%}")),
    *(("test_accuracy", "test", 7, "{:.2%}"), ("train_seconds", "seconds", 7, "{:.1f}")),
    *(("images_per_s", "images/s", 8, "{:,.0f}"), ("data_wait_share", "wait", 5, "{:.0%}")),
    ("memory_mb_device_0", "MB", 6, "{:,.0f}"),
)


class Display:
    """Shows a run on stderr, a row an epoch under one header."""

    def __init__(self, plan: Plan) -> None:
        self.epochs = plan.options.learning.epochs
        self._monitor = plan.options.learning.monitor
        self.console = Console(stderr=True)
        columns = (TextColumn("epoch {task.fields[epoch]}"), BarColumn(), MofNCompleteColumn())
        self.progress = Progress(
            *columns,
            TimeRemainingColumn(),
            console=self.console,
            transient=True,
            disable=not self.console.is_terminal,
        )
        self.task = self.progress.add_task("", total=None, epoch=f"1/{self.epochs}")
        self.progress.start()
        self._has_header = False

    def batch(self, epoch: int, done: int, total: int) -> None:
        """Move the bar."""
        label = f"{epoch + 1}/{self.epochs}"
        self.progress.update(self.task, completed=done, total=total, epoch=label)

    def epoch(self, row: Row, is_best: bool, before: float | None = None) -> None:
        """Add a row; the best so far is marked, and what it was better than stands below."""
        if not self._has_header:
            self._print(" ".join(f"{title:>{width}}" for _, title, width, _ in _COLUMNS))
            self._has_header = True
        cells = (
            f"{form.format(row[name]) if name in row else '':>{width}}"
            for name, _, width, form in _COLUMNS
        )
        self._print(" ".join(cells) + (" *" if is_best else ""))
        if is_best:
            self._print(f"      {_of_best(self._monitor, row, before)}")
        self.progress.reset(self.task)
        if row["epoch"] == self.epochs:
            self.progress.stop()

    def _print(self, line: str) -> None:
        self.console.print(line, highlight=False, soft_wrap=True)


def _of_best(monitor: Monitor, row: Row, before: float | None) -> str:
    """What is saved, and why."""
    name = monitor.value.replace("macro_f1", "macro F1")
    new = f"new best {row[f'validation_{monitor.value}']:.4f}"
    known = "" if before is None else f"previous best {before:.4f}, "
    return f"validation {name}: {known}{new}, saving best.safetensors"
