"""`fingerspell tune`: search for the options that validate best."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fingerspell.cli.common import Debug, exit_in_a_sentence, extra, print_json, stages
from fingerspell.cli.training_options import with_settings_as_options
from fingerspell.errors import TrainingError
from fingerspell.training.recipes import recipe_names, recipe_options
from fingerspell.training.settings import with_settings

if TYPE_CHECKING:
    import optuna
    from optuna.trial import FrozenTrial

    from fingerspell.training.tune import Tuned


Data = Annotated[
    Path,
    typer.Option(
        metavar="DIR",
        show_default=False,
        help="A data set, as for `data check`, or what `data pack` made.",
    ),
]
Output = Annotated[
    Path,
    typer.Option(
        "--output",
        "-o",
        metavar="DIR",
        show_default=False,
        help="Folder of the search; if it holds this search already, that goes on.",
    ),
]
Vary = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME=VALUES",
        help="An option to search, any number of times: a range (lr=1e-4..1e-1) or a list "
        "(optimizer=sgd,adamw). A range whose end is ten times its beginning or more is searched "
        "by orders of magnitude. Values with commas in them are separated by | instead.",
    ),
]
Trials = Annotated[int, typer.Option(min=1, help="How many runs, those already done counted.")]
RecipeName = Annotated[
    str,
    typer.Option(
        metavar="NAME",
        help=f"Options that stay: {', '.join(recipe_names())}; or a YAML file of options.",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print what was found as one JSON document.")]


def tune(
    data: Data,
    output: Output,
    vary: Vary = None,
    trials: Trials = 20,
    recipe: RecipeName = "",
    as_json: AsJson = False,
    debug: Debug = False,
    **overrides: Any,
) -> None:
    """Search for the training options that validate best, and print the path of their recipe.

    Optuna chooses each run's options by the results of those before; runs that are worse than half of
    the others after as many epochs are ended early. Ctrl-C saves; the same command goes on. The test
    part is not looked at in choosing. --monitor says what is best.

    For example:

    * `fingerspell tune --recipe tiny --data asl_alphabet --vary lr=1e-4..1e-1 -o tuned`
    * `fingerspell tune --data asl_alphabet --vary lr=1e-4..1e-1 --vary optimizer=sgd,adamw -o tuned`
    * `fingerspell train --recipe tuned/best.yaml --data asl_alphabet`
    """
    given = {name: value for name, value in overrides.items() if value is not None}
    with exit_in_a_sentence(debug), extra("study"):
        _print_tuned(_search(data, output, vary or [], trials, recipe, given), as_json)


def _search(
    data: Path, output: Path, vary: list[str], trials: int, recipe: str, given: dict[str, Any]
) -> "Tuned":
    from fingerspell.training.plan import Plan  # noqa: PLC0415
    from fingerspell.training.tune import space_of  # noqa: PLC0415
    from fingerspell.training.tune import tune as search  # noqa: PLC0415

    space = space_of(vary)
    if both := sorted(space.keys() & given.keys()):
        raise TrainingError(f"{both[0]} is searched and given: leave one of them away.")
    options = with_settings(recipe_options(recipe), given, "the command line")
    with stages() as stage:
        return search(Plan(output, data, options, recipe), space, trials, stage, _say)


def _print_tuned(tuned: "Tuned", as_json: bool) -> None:
    from fingerspell.training.tune import as_document  # noqa: PLC0415

    if as_json:
        print_json(as_document(tuned))
    else:
        found = ", ".join(f"{name} = {_short(value)}" for name, value in tuned.values.items())
        typer.echo(f"best: {found}; {tuned.monitor} {tuned.validation:.4f}", err=True)
        typer.echo(tuned.best)


def _say(trial: "FrozenTrial", study: "optuna.Study") -> None:
    """A line a trial."""
    from fingerspell.training.tune import DONE, how_it_ended  # noqa: PLC0415

    values = ", ".join(f"{name} = {_short(value)}" for name, value in trial.params.items())
    end = how_it_ended(trial)
    if trial.value is not None and end == DONE:
        end = f"{trial.value:.4f}{' *' if study.best_trial.number == trial.number else ''}"
    typer.echo(f"{trial.number:>3}  {values}: {end}", err=True)


def _short(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)


with_settings_as_options(tune)
