"""`fingerspell data`: fetch, check and split data sets."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
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
from fingerspell.cli.data_tables import print_check, print_split
from fingerspell.data.check import check as check_data
from fingerspell.data.check import clean
from fingerspell.data.corrections import Corrections
from fingerspell.data.groups import DEFAULT_PERSON_PATTERN, People, with_people
from fingerspell.data.index import INDEX_NAME, Index
from fingerspell.data.kaggle_sets import SOURCES
from fingerspell.data.passed_over import PassedOver, documents, told
from fingerspell.data.scan import Scan, scan
from fingerspell.data.split_options import DEFAULT_SHARES, Method, Shares, SplitOptions
from fingerspell.errors import DataError

Folder = Annotated[
    Path,
    typer.Argument(
        metavar="DIR",
        help="Folder of images in class folders, however deep: DIR/A/1.jpg, DIR/webcam/a/1.png, "
        "DIR/asl_alphabet_train/asl_alphabet_train/A/A1.jpg, DIR/asl_alphabet_test/A_test.jpg.",
        show_default=False,
    ),
]
CorrectionsFile = Annotated[
    Path | None,
    typer.Option(
        "--corrections",
        metavar="FILE.csv",
        help="Labels to correct: columns `path` (from DIR), `label` (empty: leave the image out) and "
        "`reason`.",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of a table.")]


def fetch(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help=f"One of {', '.join(SOURCES)}.", show_default=False)
    ],
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Download a data set from Kaggle, and print its folder.

    NAME is asl-alphabet (87,000 images of one signer), asl-alphabet-merged (several sets in one) or
    asl-alphabet-test (870 images of other people and rooms). A data set is downloaded once; set
    KAGGLEHUB_CACHE to choose where it goes.

    For example:

    * `fingerspell data fetch asl-alphabet`
    """
    if name not in SOURCES:
        raise typer.BadParameter(f"{name!r} is none of {', '.join(SOURCES)}")
    with exit_in_a_sentence(debug):
        if not sys.stderr.isatty():  # kagglehub draws its progress bar with tqdm, which reads this
            os.environ.setdefault("TQDM_DISABLE", "1")
        with extra("train"):
            from fingerspell.data import fetch as kaggle  # noqa: PLC0415
        source = SOURCES[name]
        typer.echo(f"{source.citation}\nlicence: {source.licence}, {source.url}", err=True)
        folder = kaggle.fetch(source)
        if as_json:
            facts = {"licence": source.licence, "citation": source.citation, "url": source.url}
            print_json({"name": name, "path": str(folder), **facts})
        else:
            typer.echo(folder)


def check(
    folder: Folder,
    fix: Annotated[
        bool,
        typer.Option(
            "--fix",
            help="Write an index that leaves bad images and surplus copies out, and exit 0. Nothing "
            "is deleted.",
        ),
    ] = False,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help=f"The index.  [default: DIR/{INDEX_NAME}]"),
    ] = None,
    corrections: CorrectionsFile = None,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Check a data set for everything that can be wrong with it; exit 1 if there are errors.

    For example:

    * `fingerspell data check asl_alphabet`
    * `fingerspell data check asl_alphabet --fix -o index.csv`
    """
    if output and not fix:
        raise typer.BadParameter("-o is where --fix writes: add --fix")
    with exit_in_a_sentence(debug):
        scanned = _scan(folder)
        scanned = replace(scanned, index=_corrected(scanned.index, corrections))
        report = check_data(scanned)
        if as_json:
            print_json(report.as_dict() | {"passed_over": documents(scanned.passed_over)})
        else:
            print_check(report)
        if fix:
            target = output or folder / INDEX_NAME
            with writing(target):
                clean(scanned.index).save(target)
        elif report.has_errors:
            raise typer.Exit(1)


By = Annotated[
    Method,
    typer.Option(
        help="auto: given where the data set has parts of its own, else random. given: as folders "
        "named train, valid and test say. random: stratified by class. block: contiguous video "
        "frames. source: each left out in turn. person (or signer): likewise, with whole people in "
        "every part. r1, r2, r3: random, with the proportions of those reports. Copies of one photo "
        "stay together.",
    ),
]
Folds = Annotated[
    int, typer.Option(min=0, help="Cross-validate with this many folds; 0 for a single split.")
]
Validation = Annotated[float, typer.Option(min=0, max=1, help="Share of images to validate on.")]
Test = Annotated[float, typer.Option(min=0, max=1, help="Share of images to test on.")]
Seed = Annotated[int, typer.Option(min=0, max=2**32 - 1, help="Seed of everything random.")]
Gap = Annotated[
    int, typer.Option(min=0, help="Frames left out between blocks, by the number in the name.")
]
GroupPattern = Annotated[
    str,
    typer.Option(
        metavar="REGEX",
        help="Names the source or signer of an image by its path, such as 'hand[0-9]'. With random, "
        "groups stay whole.",
    ),
]
PeopleFile = Annotated[
    Path | None,
    typer.Option(
        "--people",
        metavar="FILE.csv",
        help="By person: one row per person, a column `person`; a column `fold` fixes the fold of "
        "those who have one.",
    ),
]
PersonPattern = Annotated[
    str,
    typer.Option(
        metavar="REGEX",
        help="By person: finds the person in the file's name or path, such as 'hand[0-9]'.  "
        f"[default with --people: `{DEFAULT_PERSON_PATTERN}`]",
        show_default=False,
    ),
]
IndexFile = Annotated[
    Path | None,
    typer.Option(
        "--index",
        metavar="FILE",
        help="Index of DIR, written by `data check --fix`: saves reading the images, and its column "
        "`group` names sources.",
    ),
]
SplitFile = Annotated[
    Path | None,
    typer.Option(
        "--output", "-o", metavar="FILE.csv", help="Save the split, and beside it its report as JSON."
    ),
]


def split(
    folder: Folder,
    by: By = Method.AUTO,
    folds: Folds = 0,
    validation: Validation = DEFAULT_SHARES.validation,
    test: Test = DEFAULT_SHARES.test,
    seed: Seed = 0,
    gap: Gap = 30,
    group_pattern: GroupPattern = "",
    people: PeopleFile = None,
    person_pattern: PersonPattern = "",
    corrections: CorrectionsFile = None,
    index_file: IndexFile = None,
    output: SplitFile = None,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Divide the images into training, validation and test, and report what leaks across.

    For example:

    * `fingerspell data split asl_alphabet --by block -o split.csv`
    * `fingerspell data split massey --by person --person-pattern 'hand[0-9]'`
    * `fingerspell data split signers --by person --people people.csv --folds 10 -o folds.csv`
    """
    if output and output.suffix.lower() != ".csv":
        raise typer.BadParameter("-o must end in .csv")
    if (people or person_pattern) and by not in (Method.PERSON, Method.SIGNER):
        raise typer.BadParameter("--people and --person-pattern are of --by person")
    with exit_in_a_sentence(debug):
        with extra("train"):
            from fingerspell.data import split_file, splits  # noqa: PLC0415
        shares = Shares(round(1 - validation - test, 9), validation, test)
        options = SplitOptions(by, folds, shares, seed, gap, group_pattern)
        passed: tuple[PassedOver, ...] = ()
        if index_file:
            index = Index.load(index_file, folder)
        else:
            scanned = _scan(folder)
            scanned.refuse_without_pictures()
            index, passed = scanned.index, scanned.passed_over
            say(told(folder, passed))
        index = _corrected(index, corrections)
        known = People.load(people) if people else People()
        if people or person_pattern:
            index = _of_people(index, known, person_pattern)
        shared_out = splits.split(index, options, known.column("fold"))
        report = split_file.report_split(shared_out) | {"passed_over": documents(passed)}
        if output:
            with writing(output):
                split_file.save_split(shared_out, output)
                split_file.save_report(report, output.with_suffix(".json"))
        if as_json:
            print_json(report)
        else:
            print_split(report)


def _corrected(index: Index, corrections: Path | None) -> Index:
    """The index after corrections, which stderr is told of."""
    if not corrections:
        return index
    rows = Corrections.load(corrections)
    corrected = rows.applied(index)
    rows.check_found(corrected)
    typer.echo(str(corrected), err=True)
    return corrected.index


def _of_people(index: Index, known: People, pattern: str) -> Index:
    """The usable images of an index, by person; those that a correction left out stay in it."""
    named = Index(index.root, tuple(picture for picture in index.pictures if picture.label))
    people = with_people(named, known, pattern)
    if people is None:
        raise DataError(f"{index.root} shows nobody that the pattern finds: change --person-pattern.")
    return people


def _scan(folder: Path) -> Scan:
    """Scan a folder, with a progress bar."""
    with stages() as stage:
        return scan(folder, stage)


@contextmanager
def writing(path: Path, *others: Path) -> Iterator[None]:
    """Make the folder of files; say where they went, or why they could not be written."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield
    except OSError as error:
        raise DataError(
            f"{path} cannot be written ({error.strerror}): choose another file with -o."
        ) from error
    typer.echo(f"wrote {' and '.join(map(str, (path, *others)))}", err=True)
