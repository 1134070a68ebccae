"""`fingerspell app`: the web app."""

from pathlib import Path
from typing import Annotated

import typer

from fingerspell.cli.common import Debug, extra, reported
from fingerspell.cli.reader_options import Digits, Hands
from fingerspell.extras import require
from fingerspell.runtime.reader import BUNDLED, BY_ITSELF


def app(
    port: Annotated[int, typer.Option(min=1, max=65535, help="TCP port to listen at.")] = 8501,
    host: Annotated[
        str,
        typer.Option(
            help="Name or address to listen at. `localhost` is this computer alone; `0.0.0.0` is every "
            "network; read docs/hosting.md first."
        ),
    ] = "localhost",
    no_browser: Annotated[
        bool, typer.Option("--no-browser", help="Do not open a browser; print the address only.")
    ] = False,
    model: Annotated[
        str, typer.Option(metavar="MODEL", help="`default` (the bundled one) or a model file.")
    ] = BUNDLED,
    hands: Hands = BY_ITSELF,
    digits: Digits = False,
    runs: Annotated[
        Path, typer.Option(metavar="DIR", help="Training runs to show on the page of results.")
    ] = Path("runs"),
    tracking: Annotated[
        str,
        typer.Option(
            metavar="ADDRESS",
            help="MLflow server, or `dagshub://user/repo`, whose runs are shown too. The store that "
            "`fingerspell train --tracking local` leaves in DIR is found without it.",
        ),
    ] = "",
    signers: Annotated[
        int, typer.Option(min=1, max=64, help="How many cameras can be read at the same time.")
    ] = 4,
    name: Annotated[
        str,
        typer.Option(
            metavar="HOST", help="Host name by which others open the app, if it is behind a proxy."
        ),
    ] = "",
    in_page: Annotated[
        bool,
        typer.Option(
            "--in-page", help="Read inside the visitors' pages only: no image reaches this program."
        ),
    ] = False,
    longest: Annotated[
        float, typer.Option(min=0.1, metavar="MINUTES", help="Longest video that is accepted.")
    ] = 10.0,
    largest: Annotated[
        int, typer.Option(min=1, max=2000, metavar="MB", help="Largest file that is accepted.")
    ] = 200,
    debug: Debug = False,
) -> None:
    """Start the web app: sign to the camera, read files, learn, compare. Ctrl-C ends it.

    This program reads the images on this computer and does not keep them. With `--in-page` the browser
    reads them, and they do not leave it.

    For example:

    * `fingerspell app`
    * `fingerspell app --port 9000 --no-browser`
    * `fingerspell app --name fingerspell.example.org --in-page`
    """
    if in_page and hands != BY_ITSELF:
        raise typer.BadParameter("--in-page reads with the model alone: leave out --hands")
    failed: list[str] = []
    with reported(debug, failed):
        with extra("app"):
            from fingerspell.app.server import run  # noqa: PLC0415
            from fingerspell.app.settings import AppSettings  # noqa: PLC0415
        if tracking:
            require("mlflow")
        settings = AppSettings(
            host=host,
            port=port,
            opens_browser=not no_browser,
            model=model,
            hands=hands,
            digits=digits,
            runs=runs,
            tracking=tracking,
            signers=signers,
            name=name,
            longest_upload_s=60 * longest,
            largest_upload_mb=largest,
            in_page_only=in_page,
        )
        run(settings, lambda: _announce(settings.address))
    if failed:
        raise typer.Exit(1)


def _announce(address: str) -> None:
    typer.echo(f"fingerspell is at {address} (Ctrl-C ends it)", err=True)
