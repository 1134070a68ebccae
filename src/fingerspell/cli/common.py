"""What every command does the same way: errors in one sentence, progress on stderr."""

import json
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fingerspell.core.types import on_one_line
from fingerspell.errors import FingerspellError
from fingerspell.extras import extra, is_installed

if TYPE_CHECKING:
    from rich.progress import Progress, ProgressColumn

    from fingerspell.core.types import Frame
    from fingerspell.progress import Advance, Stage

__all__ = [
    "TRACKING",
    "Debug",
    "Experiment",
    "RunName",
    "Tags",
    "exit_in_a_sentence",
    "extra",
    "print_json",
    "progress_bar",
    "reported",
    "say",
    "stage_lines",
    "stages",
    "tags_of",
]

TRACKING = "local" if is_installed("mlflow") else "none"  # of runs, if nobody says otherwise
Debug = Annotated[bool, typer.Option("--debug", help="Show the traceback of errors.")]
Experiment = Annotated[str, typer.Option(metavar="NAME", help="MLflow's experiment.")]
RunName = Annotated[
    str,
    typer.Option(
        metavar="NAME", help="MLflow's name of the run.  [default: the folder's]", show_default=False
    ),
]
Tags = Annotated[
    list[str] | None,
    typer.Option(
        "--tag", metavar="NAME=VALUE", help="A tag of MLflow's run. May be given several times."
    ),
]


def tags_of(texts: list[str] | None) -> dict[str, str]:
    """Tags by name, of what `--tag` was given."""
    parts = [text.partition("=") for text in texts or ()]
    for name, equals, _ in parts:
        if not name.strip() or not equals:
            raise typer.BadParameter(f"--tag {name}{equals} names no tag: write NAME=VALUE")
    return {name.strip(): value for name, _, value in parts}


@contextmanager
def reported(debug: bool, failed: list[str]) -> Iterator[None]:
    """Turn an error into one sentence on stderr, and remember that there was one."""
    try:
        yield
    except FingerspellError as error:
        if debug:
            raise
        failed.append(str(error))
        typer.secho(f"error: {on_one_line(str(error))}", err=True, fg=typer.colors.RED)


@contextmanager
def exit_in_a_sentence(debug: bool) -> Iterator[None]:
    """Turn an error into one sentence on stderr and exit code 1."""
    failed: list[str] = []
    with reported(debug, failed):
        yield
    if failed:
        raise typer.Exit(1)


def say(sentences: Iterable[str]) -> None:
    """What is no error, but has to be known: on stderr."""
    for sentence in sentences:
        typer.secho(f"note: {sentence}", err=True, fg=typer.colors.YELLOW)


def print_json(document: Any) -> None:
    """Print one document to stdout."""
    sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=2) + "\n")


def progress_bar(*columns: "ProgressColumn") -> "Progress":
    """A progress bar on stderr that leaves no trace, and is not shown where nobody watches."""
    from rich.console import Console  # noqa: PLC0415 - one picture is read before Rich is imported
    from rich.progress import Progress  # noqa: PLC0415

    console = Console(stderr=True)
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)


@contextmanager
def time_bar(name: str, length_s: float) -> "Iterator[Callable[[Frame], None]]":
    """A bar that follows the times of frames, up to `length_s` seconds; 0 if that is unknown."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.progress import BarColumn, TextColumn, TimeRemainingColumn  # noqa: PLC0415

    with progress_bar(TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn()) as progress:
        bar = progress.add_task(name, total=length_s or None)
        yield lambda frame: progress.update(bar, completed=frame.time_s)


def stage_lines() -> "Stage":
    """Progress for programs: a JSON document a line on stderr."""

    def stage(what: str, length: int) -> "Advance":
        done = 0

        def advance(n: int) -> None:
            nonlocal done
            done += n
            sys.stderr.write(json.dumps({"stage": what, "done": done, "total": length}) + "\n")
            sys.stderr.flush()

        advance(0)
        return advance

    return stage


@contextmanager
def stages() -> "Iterator[Stage]":
    """A bar for what is being done; each piece of work takes the place of the last."""
    from rich.progress import (  # noqa: PLC0415
        BarColumn,
        MofNCompleteColumn,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with progress_bar(*columns, TimeRemainingColumn()) as progress:
        task = progress.add_task("starting", total=None)

        def stage(what: str, length: int) -> "Advance":
            progress.reset(task, description=what, total=length or None)
            return lambda n: progress.advance(task, n)

        yield stage
