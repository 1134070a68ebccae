"""`fingerspell study`: train a grid of runs, measure each, and report what the figures say."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fingerspell.cli.common import (
    TRACKING,
    Debug,
    Experiment,
    RunName,
    Tags,
    exit_in_a_sentence,
    extra,
    print_json,
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


def _list(text: str) -> Any:
    return typer.Option(metavar="LIST", help=text, rich_help_panel=_GRID)


Data = Annotated[Path | None, typer.Option(metavar="DIR", help="A data set, as for `train`.")]
Output = Annotated[Path, typer.Option("--output", "-o", metavar="STUDY", help="Folder of the study.")]
Config = Annotated[
    Path | None,
    typer.Option(
        metavar="YAML",
        help="The same in a file: `batch_size: [32, 64]`, `epochs: 2` and so on, and `hypotheses`. "
        "Options of the command line override it.",
    ),
]
Models = Annotated[str, _list("Networks, trained with the defaults of the options below.")]
Recipe = Annotated[
    str,
    _list(
        "Recipes instead: each network as its recipe trains it, apart from the options given here.",
    ),
]
Devices = Annotated[
    str,
    _list("How many share the work: GPUs, or processes on a CPU.  [default: 1]"),
]
Strategy = Annotated[
    str,
    _list(
        "How several devices share it: ddp, or dp (GPUs only, as in R0 and R1).  [default: ddp]",
    ),
]
BatchSize = Annotated[str, _list("Images per step, over all devices together.  [default: 64]")]
Precision = Annotated[str, _list("fp32, bf16, fp16.  [default: fp32]")]
Loading = Annotated[
    str,
    _list(
        "reports: files decoded every epoch; packed: one array, packed before; "
        "resident: that array on the GPU.  [default: reports,packed]",
    ),
]
Workers = Annotated[
    str,
    _list(
        "Loading reports: decoding processes beside each that trains.  [default: 0]",
    ),
]
Repeats = Annotated[
    int | None,
    typer.Option(help="Runs of every cell, with seeds 0, 1, ...  [default: 1]", rich_help_panel=_GRID),
]
RetryFailed = Annotated[
    bool, typer.Option("--retry-failed", help="Run cells again that failed or ran out of memory.")
]
ReportOnly = Annotated[
    bool, typer.Option("--report-only", help="Write the report of what has been measured so far.")
]
Runs = Annotated[
    list[Path] | None,
    typer.Option(
        "--run",
        metavar="RUN",
        help="A finished run of `train`, to show beside the figures its report published; may be "
        "given several times.",
    ),
]
Tracking = Annotated[
    str,
    typer.Option(
        metavar="WHERE",
        help="Where MLflow (extra `tracking`) logs the study and its cells: local (mlflow.db "
        "beside it), none, the address of a server, or dagshub://user/repository.",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print all results as one JSON document.")]


def study(
    data: Data = None,
    output: Output = Path("study"),
    config: Config = None,
    models: Models = "",
    recipe: Recipe = "",
    devices: Devices = "",
    strategy: Strategy = "",
    batch_size: BatchSize = "",
    precision: Precision = "",
    loading: Loading = "",
    workers: Workers = "",
    repeats: Repeats = None,
    retry_failed: RetryFailed = False,
    report_only: ReportOnly = False,
    runs: Runs = None,
    tracking: Tracking = TRACKING,
    experiment: Experiment = "study",
    run_name: RunName = "",
    tag: Tags = None,
    as_json: AsJson = False,
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
    lists = {"models": models, "recipe": recipe, "devices": devices, "strategy": strategy}
    lists |= {"batch_size": batch_size, "precision": precision, "loading": loading, "workers": workers}
    more = {"data": None if data is None else str(data), "repeats": repeats, **overrides}
    values: dict[str, Any] = {name: text for name, text in lists.items() if text}
    values |= {name: value for name, value in more.items() if value is not None}
    log = _Log(tracking, experiment, run_name, tags_of(tag))
    with exit_in_a_sentence(debug), extra("train"):
        if report_only:
            if values or config:
                raise StudyError("--report-only measures nothing: leave out the grid's options.")
            load_study(output)
            _print_report(output, runs or [], load_results(output), (), as_json)
        else:
            log.require()  # before hours of measuring
            wanted = _wanted(values, config, output)
            passed = _passed_over(wanted.data)
            _run(wanted, output, retry_failed)
            results = load_results(output)
            _print_report(output, runs or [], results, passed, as_json)
            log.send(wanted, output, results)


@dataclass(frozen=True)
class _Log:
    """Where MLflow logs the study, under which names."""

    tracking: str
    experiment: str
    name: str
    tags: Mapping[str, str]

    def require(self) -> None:
        if self.tracking != "none":
            require("mlflow")

    def send(self, wanted: StudyOptions, folder: Path, results: "Sequence[Result]") -> None:
        if self.tracking != "none":
            from fingerspell.study.tracking import send  # noqa: PLC0415  (seconds to import)

            send(wanted, folder, results, self.tracking, self.experiment, self.name, self.tags)


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
