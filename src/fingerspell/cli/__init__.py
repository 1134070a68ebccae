"""The command line: parse, call, print.

Results go to stdout, messages and progress to stderr. Exit code 0: every input worked; 1: one failed;
2: wrong usage; 130: stopped with Ctrl-C.
"""

import sys
from typing import Annotated

import typer

import fingerspell as package
from fingerspell.cli.lazy import lazy_group
from fingerspell.cli.streams import output_that_may_fail, prepare_streams

app = lazy_group(
    {
        "read": "read:read",
        "live": "live:live",
        "app": "app:app",
        "train": "train:train",
        "train-reader": "train_reader:train_reader",
        "train-sequence": "train_sequence:train_sequence",
        "tune": "tune:tune",
        "study": "study:study",
        "evaluate": "evaluate:evaluate",
        "export": "export:export",
        "models": "models:models",
    },
    "Images and video of American Sign Language fingerspelling become text.",
    for_files="read",
)
data_app = lazy_group(
    {
        "fetch": "data:fetch",
        "check": "data:check",
        "split": "data:split",
        "arrange": "data_arrange:arrange",
        "pack": "data_pack:pack",
        "explore": "data_pack:explore",
        "thin": "data_thin:thin",
        "synthesise": "data_synthesise:synthesise",
    },
    "Fetch, check, thin out, split and pack data sets; synthesise videos.",
)
app.add_typer(data_app, name="data")


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"fingerspell {package.__version__}")
        raise typer.Exit


@app.callback()
def fingerspell(
    _version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version."),
    ] = False,
) -> None:
    """Take what stands before the command."""


def main() -> None:
    """Run the command line."""
    prepare_streams()
    try:
        with output_that_may_fail():
            app()
    except KeyboardInterrupt:
        typer.echo("stopped", err=True)
        sys.exit(130)
