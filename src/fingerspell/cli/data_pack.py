"""`fingerspell data pack` and `data explore`: images to one array, and a look at them."""

import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from fingerspell.cli.common import (
    Debug,
    exit_in_a_sentence,
    extra,
    print_json,
    progress_bar,
    say,
    stages,
)
from fingerspell.cli.data import AsJson, Folder, IndexFile, Seed
from fingerspell.cli.data_thin import Most, Share
from fingerspell.data.passed_over import PassedOver, documents, told
from fingerspell.errors import DataError

if TYPE_CHECKING:
    from fingerspell.data.pack import Packed

Size = Annotated[
    int, typer.Option(min=1, max=2048, metavar="PIXELS", help="Side of the packed images.")
]
Squash = Annotated[
    bool,
    typer.Option("--squash", help="Fill the square; otherwise the image lies in a black square."),
]


def pack(
    folder: Folder,
    output: Annotated[
        Path,
        typer.Option(
            "--output", "-o", metavar="DIR", help="Folder of packs; each gets a folder of its own."
        ),
    ],
    size: Size = 64,
    squash: Squash = False,
    share: Share = 1.0,
    most: Most = 0,
    seed: Seed = 0,
    index_file: IndexFile = None,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Decode every image once into an array on disk, and print its folder.

    Images that cannot be used are left out; `data check` names them. A pack that exists already is
    found at once. A run that is stopped leaves nothing half-done.

    For example:

    * `fingerspell data pack asl_alphabet -o packed`
    * `fingerspell data pack asl_alphabet -o packed --size 150`
    * `fingerspell data pack asl_alphabet -o packed --share 0.5`
    """
    with exit_in_a_sentence(debug):
        began = time.perf_counter()
        options = _Packing(size, squash, share, most, seed)
        packed, decoded, passed = _pack(folder, output, options, index_file)
        if as_json:
            print_json(
                {
                    "path": str(packed.folder),
                    "n": len(packed.images),
                    "size_px": size,
                    "decoded": decoded,
                    "seconds": round(time.perf_counter() - began, 3),
                    "classes": dict(Counter(picture.label for picture in packed.index.pictures)),
                    "passed_over": documents(passed),
                }
            )
        else:
            typer.echo(packed.folder)
            what = f"packed {decoded:,} images" if decoded else "all packed already"
            typer.echo(f"{what}, {packed.images.nbytes / 1e6:,.0f} MB", err=True)


def explore(
    folder: Annotated[
        Path,
        typer.Argument(
            metavar="DIR",
            help="A data set, as for `data check`, or what `data pack` made of one.",
            show_default=False,
        ),
    ],
    output: Annotated[
        Path,
        typer.Option(
            "--output",
            "-o",
            metavar="DIR",
            help="Folder for explore.html, facts.json and charts as PNG.",
        ),
    ],
    size: Size = 64,
    index_file: IndexFile = None,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Draw a data set: classes, samples, colours, brightness, sizes and look-alikes.

    The page needs no network. --size is that of the images to measure, unless DIR is packed already.

    For example:

    * `fingerspell data explore asl_alphabet -o report`
    """
    with exit_in_a_sentence(debug):
        with extra("train"):
            from fingerspell.data import explore as exploration  # noqa: PLC0415
        with _packed(folder, output, size, index_file) as (packed, passed):
            facts = exploration.explore(packed, output)
            if as_json:
                document = exploration.facts_as_dict(facts, packed)
                print_json(document | {"passed_over": documents(passed)})
            else:
                typer.echo(output / "explore.html")


@contextmanager
def _packed(
    folder: Path, output: Path, size: int, index_file: Path | None
) -> "Iterator[tuple[Packed, tuple[PassedOver, ...]]]":
    """A packed folder as it is; a data set packed for as long as it is looked at."""
    from fingerspell.data.pack import is_packed, open_packed  # noqa: PLC0415

    if is_packed(folder):
        yield open_packed(folder), ()
        return
    try:
        output.mkdir(parents=True, exist_ok=True)
        place = tempfile.TemporaryDirectory(dir=output, prefix=".packed-", ignore_cleanup_errors=True)
    except OSError as error:
        raise DataError(
            f"{output} cannot be written to ({error.strerror}): choose another folder with -o."
        ) from error
    with place as cache:
        packed, _, passed = _pack(folder, Path(cache), _Packing(size), index_file)
        yield packed, passed


@dataclass(frozen=True)
class _Packing:
    """Which images are packed, and how; the fields are the options of those names."""

    size: int
    squash: bool = False
    share: float = 1.0
    most: int = 0
    seed: int = 0


def _pack(
    folder: Path, cache: Path, options: _Packing, index_file: Path | None
) -> "tuple[Packed, int, tuple[PassedOver, ...]]":
    """Pack a folder, with progress; how many images were decoded, and what was passed over."""
    with extra("train"):
        from fingerspell.data.decode import PackSpec  # noqa: PLC0415
        from fingerspell.data.index import Index  # noqa: PLC0415
        from fingerspell.data.pack import pack as pack_index  # noqa: PLC0415
        from fingerspell.data.remember import remembered_scan  # noqa: PLC0415
        from fingerspell.data.thin import thinned  # noqa: PLC0415

    decoded = 0
    with stages() as stage:
        passed: tuple[PassedOver, ...] = ()
        if index_file:
            index = Index.load(index_file, folder)
        else:
            found = remembered_scan(folder, cache, stage)
            found.refuse_without_pictures()
            index, passed = found.index, found.passed_over
            say(told(folder, passed))
        index = thinned(index.usable, options.share, options.seed, options.most)
        spec = PackSpec(options.size, keep_aspect=not options.squash)
        show = stage("packing", len(index.pictures))

        def advance(n: int) -> None:
            nonlocal decoded
            decoded += n
            show(n)

        return pack_index(index, cache, spec, advance=advance), decoded, passed


def _progress() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    return progress_bar(*columns, TimeRemainingColumn())
