"""The command line: parse, call, print.

Results go to stdout, messages and progress to stderr. Exit code 0: every input worked; 1: one failed;
2: wrong usage; 130: stopped with Ctrl-C.
"""

import sys
from typing import Annotated

import typer

from fingerspell import __version__
from fingerspell.cli.app import app as web_app
from fingerspell.cli.data import app as data_app
from fingerspell.cli.data_pack import explore, pack
from fingerspell.cli.data_synthesise import synthesise
from fingerspell.cli.evaluate import evaluate
from fingerspell.cli.export import export
from fingerspell.cli.live import live
from fingerspell.cli.models import models
from fingerspell.cli.read import read
from fingerspell.cli.study import study
from fingerspell.cli.train import train
from fingerspell.cli.train_reader import train_reader
from fingerspell.cli.train_sequence import train_sequence

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(read)
data_app.command()(pack)
data_app.command()(explore)
data_app.command()(synthesise)
app.add_typer(data_app, name="data")
app.command()(live)
app.command("app")(web_app)
app.command()(train)
app.command()(train_reader)
app.command()(train_sequence)
app.command()(study)
app.command()(evaluate)
app.command()(export)
app.command()(models)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"fingerspell {__version__}")
        raise typer.Exit


@app.callback()
def fingerspell(
    _version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version."),
    ] = False,
) -> None:
    """Pictures and video of American Sign Language fingerspelling become text."""


def main() -> None:
    """Run the command line."""
    try:
        app()
    except KeyboardInterrupt:
        typer.echo("stopped", err=True)
        sys.exit(130)
