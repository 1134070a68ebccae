"""`fingerspell data thin`: a smaller copy of a data set; and the options of what is drawn."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from fingerspell.cli.common import (
    Debug,
    exit_in_a_sentence,
    extra,
    print_json,
    say,
    stages,
)
from fingerspell.cli.data import AsJson, Folder, IndexFile, Seed
from fingerspell.data.index import Index
from fingerspell.data.passed_over import PassedOver, documents, told
from fingerspell.data.scan import scan

if TYPE_CHECKING:
    from fingerspell.data.thin import Amount, Thinned

Share = Annotated[
    float,
    typer.Option(
        min=0.0001,
        max=1,
        help="Share of each class's images to keep, drawn at random; parts and sources keep their "
        "proportions.",
    ),
]
Most = Annotated[
    int, typer.Option(min=0, metavar="N", help="At most so many images of each class; 0: any number.")
]


def thin(
    folder: Folder,
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="NEW", help="A new folder, for the smaller copy.")
    ],
    size: Annotated[
        int,
        typer.Option(
            min=0, max=8192, metavar="PIXELS", help="Shrink longer sides to this; 0 keeps all sizes."
        ),
    ] = 0,
    share: Share = 1.0,
    most: Most = 0,
    every: Annotated[
        int,
        typer.Option(
            min=1, metavar="N", help="Keep every N-th image only, in the order of their paths."
        ),
    ] = 1,
    seed: Seed = 0,
    index_file: IndexFile = None,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Copy a data set with fewer or smaller images, and print how much smaller it is.

    Names and folders stay, so that classes, sources and frame numbers do, too. Images that are not
    shrunk are copied as they are. The same seed draws the same images, and DIR stays as it is.

    For example:

    * `fingerspell data thin asl_alphabet -o small --size 64`
    * `fingerspell data thin asl_alphabet -o few --most 200 --size 100`
    """
    if not size and not most and share == 1 and every == 1:
        raise typer.BadParameter("say what is to be smaller: --size, --most, --share or --every")
    with exit_in_a_sentence(debug):
        with extra("train"):
            from fingerspell.data.thin import thinned, write_thinned  # noqa: PLC0415
        with stages() as stage:
            passed: tuple[PassedOver, ...] = ()
            if index_file:
                index = Index.load(index_file, folder).usable
            else:
                found = scan(folder, stage)
                found.refuse_without_pictures()
                index, passed = found.index.usable, found.passed_over
                say(told(folder, passed))
            kept = thinned(index, share, seed, most, every)
            advance = stage("writing", len(kept.pictures))
            done = write_thinned(index, kept, output, size, advance)
        if as_json:
            print_json({"path": str(output), **asdict(done), "passed_over": documents(passed)})
        else:
            _print(done)
            typer.echo(f"wrote {output}", err=True)


def _print(done: "Thinned") -> None:
    table = Table(box=None, pad_edge=False)
    table.add_column("class")
    for title in ("images before", "after", "MB before", "after"):
        table.add_column(title, justify="right")
    for label, before in done.before.items():
        table.add_row(label, *_cells(before, done.after[label]))
    sums = [_sum(list(amounts.values())) for amounts in (done.before, done.after)]
    table.add_row("all", *_cells(sums[0], sums[1]), style="bold")
    Console(highlight=False).print(table)


def _cells(before: "Amount", after: "Amount") -> list[str]:
    counts = [f"{each.images:,}" for each in (before, after)]
    return [*counts, *(f"{each.n_bytes / 1e6:,.2f}" for each in (before, after))]


def _sum(amounts: "list[Amount]") -> "Amount":
    from fingerspell.data.thin import Amount  # noqa: PLC0415

    return Amount(sum(each.images for each in amounts), sum(each.n_bytes for each in amounts))
