"""`fingerspell evaluate`: how good a model is, and on whom."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fingerspell.cli.common import Debug, extra, print_json, reported, stages
from fingerspell.cli.data import AsJson
from fingerspell.cli.evaluate_tables import print_evaluations

if TYPE_CHECKING:
    from fingerspell.evaluation.evaluate import Stage
    from fingerspell.evaluation.pictures import Pictures

Models = Annotated[
    list[str],
    typer.Argument(
        metavar="MODEL...",
        help="`default` (the bundled one), an .onnx file, a .safetensors checkpoint or a run folder; "
        "several are compared.",
        show_default=False,
    ),
]
Data = Annotated[
    list[Path] | None,
    typer.Option(
        metavar="DIR",
        help="Pictures from the corpus the model was trained on: class folders, however deep, or what "
        "`data pack` made of them. Of its own training data, a run is judged on its test part only. "
        "May be given several times.",
    ),
]
External = Annotated[
    list[Path] | None,
    typer.Option(
        metavar="DIR",
        help="Pictures of people and rooms the model never saw; several times if need be.",
    ),
]
SplitOption = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE.csv", help="Judge only the test part of this split of --data; see `data split`."
    ),
]
FoldOption = Annotated[
    str, typer.Option(metavar="NAME", help="Fold of --split.  [default: the first]", show_default=False)
]
Report = Annotated[
    Path | None,
    typer.Option(
        "--report", "-o", metavar="DIR", help="Gets report.html, report.json and the charts as PNG."
    ),
]
Videos = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Videos with known text: a CSV table with the columns `file`, `text` and, if known, "
        "`signer`; or JSON with `source`, `text` and, if known, `letters`, as `read -f json` has it.",
    ),
]
Processes = Annotated[
    int, typer.Option(min=1, max=256, help="Share the work; the figures are the same.")
]
Mirrored = Annotated[bool, typer.Option("--mirrored", help="Judge every picture mirrored as well.")]
Robustness = Annotated[
    int,
    typer.Option(
        min=0,
        metavar="N",
        help="Turn, scale, darken, blur, compress and mirror N pictures of each set, in 32 ways.",
    ),
]
WithSpeed = Annotated[bool, typer.Option("--speed/--no-speed", help="Time the model.")]
Groups = Annotated[
    str,
    typer.Option(
        "--group-pattern",
        metavar="REGEX",
        help="Names the source or signer of a picture by its path, such as 'hand[0-9]'.",
    ),
]
Cache = Annotated[
    Path | None,
    typer.Option(metavar="DIR", help="Keep predictions here, by model and pictures, for next time."),
]


def evaluate(
    models: Models,
    data: Data = None,
    external: External = None,
    split: SplitOption = None,
    fold: FoldOption = "",
    report: Report = None,
    videos: Videos = None,
    mirrored: Mirrored = False,
    robustness: Robustness = 0,
    speed: WithSpeed = True,
    group_pattern: Groups = "",
    processes: Processes = 1,
    cache: Cache = None,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Judge models on pictures and video, strangers first.

    Predictions range over all 29 classes, also where the data holds fewer, and a hand that is not found
    is a letter missed. With several models, the differences are tested.

    For example:

    * `fingerspell evaluate default --data asl_alphabet_test --external strangers --report out`
    * `fingerspell evaluate default runs/compact --external strangers --json`
    * `fingerspell evaluate default --videos clips/truth.csv --report out`
    """
    if not data and not external and not videos:
        raise typer.BadParameter("give pictures with --data or --external, or videos with --videos")
    if split and len(data or ()) != 1:
        raise typer.BadParameter("--split is of one --data")
    if fold and not split:
        raise typer.BadParameter("--fold is one of --split")
    failed: list[str] = []
    with reported(debug, failed), stages() as stage:
        with extra("train"):
            from fingerspell.evaluation import documents, evaluate, protocols, sequences  # noqa: PLC0415

            if report:  # which takes seconds to import
                from fingerspell.evaluation.report import write_report  # noqa: PLC0415
        sets = _open_sets(data or [], external or [], group_pattern, cache, stage)
        if split:
            sets[0] = protocols.held_out(sets[0], split, fold)
        options = evaluate.EvaluationOptions(processes, cache, mirrored, robustness, speed)
        known = sequences.load_known(videos) if videos else []
        evaluations = [
            evaluate.evaluate(model, sets, options, known, stage) for model in dict.fromkeys(models)
        ]
        if report:
            written = write_report(evaluations, report, stage)
            typer.echo(f"wrote {written.page}", err=True)
        if as_json:
            results = [documents.evaluation_document(each) for each in evaluations]
            print_json(results if len(results) > 1 else results[0])
        else:
            print_evaluations(evaluations)
    if failed:
        raise typer.Exit(1)


def _open_sets(
    data: list[Path], external: list[Path], group_pattern: str, cache: Path | None, stage: "Stage"
) -> "list[Pictures]":
    """What to judge on, in the order given, with progress."""
    from fingerspell.evaluation.pictures import (  # noqa: PLC0415
        Protocol,
        open_pictures,
        with_distinct_names,
    )

    wanted = [(folder, Protocol.GIVEN) for folder in data]
    wanted += [(folder, Protocol.STRANGERS) for folder in external]
    sets = []
    for folder, protocol in wanted:
        advance = stage(f"looking at {folder.name}", 0)
        sets.append(open_pictures(folder, protocol, group_pattern, cache, advance))
    return with_distinct_names(sets)
