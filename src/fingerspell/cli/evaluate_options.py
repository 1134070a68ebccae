"""The options of `fingerspell evaluate`."""

from pathlib import Path
from typing import Annotated

import typer

from fingerspell.data.groups import DEFAULT_PERSON_PATTERN

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
        help="Images from the corpus the model was trained on: class folders, however deep, or what "
        "`data pack` made of them. Of its own training data, a run is evaluated on the test part "
        "only. May be given several times.",
    ),
]
External = Annotated[
    list[Path] | None,
    typer.Option(
        metavar="DIR",
        help="Images of people and rooms the model never saw. May be given several times.",
    ),
]
SplitOption = Annotated[
    str,
    typer.Option(
        metavar="HOW",
        help="Which part of --data is evaluated: `given`, the test part that its folders train, valid "
        "and test name; `all`; or FILE.csv, the test part of a split by `data split`.  [default: "
        "given, where there are such folders, else all]",
        show_default=False,
    ),
]
FoldOption = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME",
        help="Fold of --split; once for all models, or once for each, in their order.  "
        "[default: the first]",
        show_default=False,
    ),
]
Report = Annotated[
    Path | None,
    typer.Option(
        "--report", "-o", metavar="DIR", help="Folder for report.html, report.json and charts as PNG."
    ),
]
Videos = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Videos with known text: a CSV table (.csv, .tsv, .txt) with the columns `file`, `text` "
        "and, if known, `signer`; or JSON with `source`, `text` and, if known, `letters`, as "
        "`read -f json` has it.",
    ),
]
Processes = Annotated[
    int, typer.Option(min=1, max=256, help="Processes that share the work; the figures stay the same.")
]
Mirrored = Annotated[bool, typer.Option("--mirrored", help="Evaluate every image mirrored, too.")]
Robustness = Annotated[
    int,
    typer.Option(
        min=0,
        metavar="N",
        help="Turn, scale, darken, blur, compress and mirror N images of each set, in 32 ways.",
    ),
]
WithSpeed = Annotated[bool, typer.Option("--speed/--no-speed", help="Time the model.")]
Groups = Annotated[
    str,
    typer.Option(
        "--group-pattern",
        metavar="REGEX",
        help="Names the source or signer of an image by its path, such as 'hand[0-9]'.",
    ),
]
PeopleFile = Annotated[
    Path | None,
    typer.Option(
        "--people",
        metavar="FILE.csv",
        help="Evaluate by person: one row per person, a column `person`, and any others. People are "
        "grouped by each of these, such as `skin_tone`, `hand`, `light`.",
    ),
]
PersonPattern = Annotated[
    str,
    typer.Option(
        "--person-pattern",
        metavar="REGEX",
        help="Evaluate by person: finds the person in the file's name or path, such as "
        f"`(?P<person>hand[0-9])`.  [default with --people: `{DEFAULT_PERSON_PATTERN}`]",
        show_default=False,
    ),
]
CorrectionsFile = Annotated[
    Path | None,
    typer.Option(
        "--corrections",
        metavar="FILE.csv",
        help="Labels to correct: columns `path` (from the set's folder), `label` (empty: leave the "
        "image out) and `reason`.",
    ),
]
Cache = Annotated[
    Path | None,
    typer.Option(metavar="DIR", help="Keep predictions here, by model and images, for next time."),
]
PairsAtLeast = Annotated[
    int,
    typer.Option(
        min=0,
        metavar="N",
        help="Name the pairs of classes of which one was read as the other at least N times; 0: none.",
    ),
]
Tracking = Annotated[
    str,
    typer.Option(
        metavar="WHERE",
        help="Where MLflow (extra `tracking`) logs the figures and the report: local (mlflow.db beside "
        "the report's folder), none, the address of a server, or dagshub://user/repository.",
    ),
]
WriteCorrections = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE.csv",
        help="Write corrections of labels that the model surely contradicts, for --corrections, "
        "together with those given. Look them over first: the report shows the worst mistakes.",
    ),
]
Surely = Annotated[
    float,
    typer.Option(
        min=0.5,
        max=1,
        metavar="PROBABILITY",
        help="--write-corrections: of another class, from which a label counts as wrong.",
    ),
]
Relabel = Annotated[
    bool,
    typer.Option(
        "--relabel",
        help="--write-corrections: give such images that class, instead of leaving them out.",
    ),
]
