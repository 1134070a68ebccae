"""`fingerspell data arrange`: class folders of data sets that have none."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from fingerspell.cli.common import (
    Debug,
    exit_in_a_sentence,
    extra,
    print_json,
    say,
    stages,
)
from fingerspell.cli.data import AsJson
from fingerspell.data.arrange import arrange as arrange_set


def arrange(
    folder: Annotated[
        Path,
        typer.Argument(
            metavar="DIR",
            help="Images called A_1.jpg, ..., Sign Language MNIST's CSV files, or a YOLO export.",
            show_default=False,
        ),
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="NEW", help="A new folder, for class folders.")
    ],
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Put the images of a data set without class folders into class folders, and print their folder.

    The data set stays as it is. Its parts (train, valid, test) become folders too. In a YOLO
    export, each box is cut out with some room around it.

    For example:

    * `fingerspell data arrange sign-language-mnist -o mnist`
    """
    with exit_in_a_sentence(debug), extra("train"):
        with stages() as stage:
            arranged = arrange_set(folder, output, stage("arranging", 0))
        if arranged.n_left_out:
            say([f"{folder}: {arranged.n_left_out:,} images or boxes of no class are left out"])
        if as_json:
            print_json({**asdict(arranged), "path": str(output), "n": sum(arranged.classes.values())})
        else:
            typer.echo(output)
