"""`fingerspell study`: train a grid of runs, measure each, and report what the figures say."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fingerspell.cli.common import (
    TRACKING,
    Debug,
    RunName,
    Tags,
    extra,
    print_json,
    reported,
    say,
    stages,
    tags_of,
)
from fingerspell.cli.training_options import with_settings_as_options
from fingerspell.data.passed_over import PassedOver, documents, told
from fingerspell.errors import StudyError
from fingerspell.extras import require
from fingerspell.study.grid import FIXED, StudyOptions, load_study, make_study
from fingerspell.study.results import load_results
from fingerspell.training.settings import read_yaml

if TYPE_CHECKING:
    from fingerspell.study.results import Result

_GRID = "Grid, lists with commas"


def _axis(metavar: str, text: str) -> Any:
    return typer.Option(metavar=metavar, help=text, rich_help_panel=_GRID)


def study(
    data: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="A data set, as for `train`."),
    ] = None,
    output: Annotated[
        Path,
        typer.Option("--output", "-o", metavar="STUDY", help="Folder of the study."),
    ] = Path("study"),
    config: Annotated[
        Path | None,
        typer.Option(
            metavar="YAML",
            help="The same in a file: `batch_size: [32, 64]`, `epochs: 2` and so on, and `hypotheses`. "
            "Options of the command line override it.",
        ),
    ] = None,
    models: Annotated[
        str, _axis("LIST", "Networks, trained with the defaults of the options below.")
    ] = "",
    recipe: Annotated[
        str,
        _axis(
            "LIST",
            "Recipes instead: each network as its recipe trains it, apart from the options given here.",
        ),
    ] = "",
    devices: Annotated[
        str, _axis("LIST", "How many share the work: GPUs, or processes on a CPU.  [default: 1]")
    ] = "",
    strategy: Annotated[
        str,
        _axis(
            "LIST",
            "How several devices share it: ddp, or dp (GPUs only, as in R0 and R1).  [default: ddp]",
        ),
    ] = "",
    batch_size: Annotated[
        str, _axis("LIST", "Images per step, over all devices together.  [default: 64]")
    ] = "",
    precision: Annotated[str, _axis("LIST", "fp32, bf16, fp16.  [default: fp32]")] = "",
    loading: Annotated[
        str,
        _axis(
            "LIST",
            "reports: files decoded every epoch; packed: one array, packed before; "
            "resident: that array on the GPU.  [default: reports,packed]",
        ),
    ] = "",
    workers: Annotated[
        str, _axis("LIST", "Loading reports: decoding processes beside each that trains.  [default: 0]")
    ] = "",
    repeats: Annotated[
        int | None,
        typer.Option(
            help="Runs of every cell, with seeds 0, 1, ...  [default: 1]", rich_help_panel=_GRID
        ),
    ] = None,
    retry_failed: Annotated[
        bool,
        typer.Option("--retry-failed", help="Run cells again that failed or ran out of memory."),
    ] = False,
    report_only: Annotated[
        bool, typer.Option("--report-only", help="Write the report of what has been measured so far.")
    ] = False,
    runs: Annotated[
        list[Path] | None,
        typer.Option(
            "--run",
            metavar="RUN",
            help="A finished run of `train`, to show beside the figures its report published; may be "
            "given several times.",
        ),
    ] = None,
    tracking: Annotated[
        str,
        typer.Option(
            metavar="WHERE",
            help="Where MLflow (extra `tracking`) logs the study and its cells: local (mlflow.db "
            "beside it), none, the address of a server, or dagshub://user/repository.",
        ),
    ] = TRACKING,
    experiment: Annotated[str, typer.Option(metavar="NAME", help="MLflow's experiment.")] = "study",
    run_name: RunName = "",
    tag: Tags = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print all results as one JSON document.")
    ] = False,
    debug: Debug = False,
    **overrides: Any,
) -> None:
    """Train every cell of a grid, measure it, and print the report's path.

    Each cell is a run of `fingerspell train` in a process of its own. If one fails or runs out of
    memory, that is recorded, and the others go on. After Ctrl-C, `fingerspell study -o STUDY` resumes.
    The first epoch is a warm-up and not counted, so give 2 or more.

    For example:

    * `fingerspell study --recipe compact-net --data asl_alphabet --devices 1,2 --batch-size 128,256,512 --epochs 2`
    * `fingerspell study --models tiny,aslnet --data asl_alphabet --repeats 3 --epochs 3 --share 0.1 -o STUDY`
    * `fingerspell study --config study.yaml --data asl_alphabet -o STUDY`
    """  # noqa: E501
    given = {"models": models, "recipe": recipe, "devices": devices, "strategy": strategy}
    given |= {"batch_size": batch_size, "precision": precision, "loading": loading, "workers": workers}
    values: dict[str, Any] = {name: text for name, text in given.items() if text}
    more = {"data": None if data is None else str(data), "repeats": repeats, **overrides}
    values |= {name: value for name, value in more.items() if value is not None}
    tags = tags_of(tag)
    failed: list[str] = []
    with reported(debug, failed), extra("train"):
        if report_only and (values or config):
            raise StudyError("--report-only measures nothing: leave out the grid's options.")
        is_tracked = tracking != "none" and not report_only
        if is_tracked:
            require("mlflow")  # before hours of measuring
        wanted = _wanted(values, config, output)
        passed = () if report_only else _passed_over(wanted.data)
        if not report_only:
            _run(wanted, output, retry_failed)
        results = load_results(output)
        _print_report(output, runs or [], results, passed, as_json)
        if is_tracked:
            from fingerspell.study.tracking import send  # noqa: PLC0415  (seconds to import)

            send(wanted, output, results, tracking, experiment, run_name, tags)
    if failed:
        raise typer.Exit(1)


def _wanted(values: dict[str, Any], config: Path | None, folder: Path) -> StudyOptions:
    """The study that is asked for: by options, a file, or the folder where it began."""
    if config is not None:
        return make_study(read_yaml(config) | values, str(config))
    return make_study(values, "the command line") if values else load_study(folder)


def _passed_over(data: Path) -> tuple[PassedOver, ...]:
    """What of the images' folder no cell will use, as far as names tell; it is said at the start."""
    from fingerspell.data.pack import is_packed  # noqa: PLC0415  (needs the extra)
    from fingerspell.data.scan import look  # noqa: PLC0415

    if is_packed(data) or not data.is_dir():  # of a study that has all its cells, it may be gone
        return ()
    found = look(data)
    found.refuse_without_pictures()
    say(told(data, found.passed_over))
    return found.passed_over


def _run(wanted: StudyOptions, folder: Path, retry_failed: bool) -> None:
    from fingerspell.study.run import Display, run_study  # noqa: PLC0415

    try:
        with Display() as display:
            run_study(wanted, folder, display, retry_failed)
    except KeyboardInterrupt:
        typer.echo(
            f"what has been measured is kept; go on with: fingerspell study -o {folder}", err=True
        )
        raise


def _print_report(
    folder: Path,
    runs: list[Path],
    results: "list[Result]",
    passed: tuple[PassedOver, ...],
    as_json: bool,
) -> None:
    from fingerspell.study.report import write_report  # noqa: PLC0415

    with stages() as stage:
        path = write_report(folder, runs, stage=stage)
    if as_json:
        cells = [result.to_json() for result in results]
        print_json({"report": str(path), "cells": cells, "passed_over": documents(passed)})
    else:
        typer.echo(path)


with_settings_as_options(study, without=FIXED)
