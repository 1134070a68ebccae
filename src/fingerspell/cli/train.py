"""`fingerspell train`: every option of `training.options` is an option here, with the same words."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fingerspell.cli.common import (
    TRACKING,
    Debug,
    RunName,
    Tags,
    exit_in_a_sentence,
    extra,
    print_json,
    stages,
    tags_of,
)
from fingerspell.cli.training_options import with_settings_as_options
from fingerspell.errors import TrainingError
from fingerspell.training.recipes import recipe_names, recipe_options
from fingerspell.training.settings import with_settings

if TYPE_CHECKING:
    from fingerspell.training.plan import Plan

_SHOWN = 20  # operations of a profile
_EXPERIMENT = "fingerspell"  # of MLflow, if nobody says otherwise


RecipeName = Annotated[
    str,
    typer.Option(
        metavar="NAME",
        help=f"What to reproduce: {', '.join(recipe_names())}; or a YAML file of options.",
    ),
]
Data = Annotated[
    Path | None,
    typer.Option(
        metavar="DIR",
        help="A data set, as for `data check`, or what `data pack` made. With --resume: where the "
        "same images lie now.",
    ),
]
Output = Annotated[
    Path | None,
    typer.Option(
        "--output", "-o", metavar="DIR", help="Folder of the run.  [default: runs/RECIPE-TIME]"
    ),
]
Resume = Annotated[
    Path | None,
    typer.Option(
        metavar="RUN", help="Go on with a run that was stopped; devices and tracking may differ."
    ),
]
Tracking = Annotated[
    str | None,
    typer.Option(
        metavar="WHERE",
        help="Where MLflow (extra `tracking`) logs the run: local (mlflow.db beside the runs), "
        f"none, the address of a server, or dagshub://user/repository.  [default: {TRACKING}]",
    ),
]
Experiment = Annotated[
    str | None,
    typer.Option(metavar="NAME", help=f"MLflow's experiment.  [default: {_EXPERIMENT}]"),
]
DryRun = Annotated[
    bool,
    typer.Option("--dry-run", help="Estimate how long the run would take, and how much memory."),
]
RangeTest = Annotated[
    Path | None,
    typer.Option(
        metavar="PNG",
        help="Try rising learning rates on some batches, draw the losses, and suggest a rate.",
    ),
]
Profile = Annotated[
    Path | None,
    typer.Option(
        metavar="TRACE.json",
        help="Profile some steps (torch.profiler): print what takes longest, and write a trace for "
        "Perfetto or Chrome's about:tracing.",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print the summary as one JSON document.")]


def train(
    recipe: RecipeName = "",
    data: Data = None,
    output: Output = None,
    resume: Resume = None,
    tracking: Tracking = None,
    experiment: Experiment = None,
    run_name: RunName = "",
    tag: Tags = None,
    dry_run: DryRun = False,
    lr_range_test: RangeTest = None,
    profile: Profile = None,
    as_json: AsJson = False,
    debug: Debug = False,
    **overrides: Any,
) -> None:
    """Train a network, and print the folder of the run.

    A recipe names options; any of them can be changed here. The defaults shown are for what neither
    says. Ctrl-C saves and leaves; so does SIGTERM.

    For example:

    * `fingerspell train --recipe tiny --data asl_alphabet`
    * `fingerspell train --recipe dexnet --data asl_alphabet --epochs 3 --batch-size 32 --dry-run`
    * `fingerspell train --resume runs/dexnet-20260101-120000 --devices 1`
    """
    if data is None and resume is None:
        raise typer.BadParameter("give --data DIR for a new run, or --resume RUN to go on with one")
    if resume and (recipe or output):
        raise typer.BadParameter("--recipe and -o are for a new run: --resume RUN has both")
    given = {name: value for name, value in overrides.items() if value is not None}
    names = {"tracking": tracking, "experiment": experiment, "run_name": run_name, "tags": tags_of(tag)}
    tracked = {name: value for name, value in names.items() if value}
    with exit_in_a_sentence(debug), extra("train"):
        plan = (
            _old_plan(resume, data, tracked, given)
            if resume
            else _new_plan(recipe, data, output, tracked, given)
        )
        if lr_range_test:
            _print_range_test(plan, lr_range_test, as_json)
        elif profile:
            _print_profile(plan, profile, as_json)
        elif dry_run:
            _print_estimate(plan, as_json)
        else:
            _train(plan, as_json)


def _new_plan(
    recipe: str,
    data: Path | None,
    output: Path | None,
    tracked: dict[str, Any],
    given: dict[str, Any],
) -> "Plan":
    from fingerspell.training.launch import is_launched_from_outside  # noqa: PLC0415
    from fingerspell.training.plan import CONFIG, Plan  # noqa: PLC0415

    options = with_settings(recipe_options(recipe), given, "the command line")
    if output is None:
        if is_launched_from_outside():
            raise TrainingError("several processes need one folder to write to: give it with -o.")
        name = Path(recipe).stem or options.model.model
        output = Path("runs") / f"{name}-{datetime.now().astimezone():%Y%m%d-%H%M%S}"
    tracked = {"tracking": TRACKING, "experiment": _EXPERIMENT} | tracked
    plan = Plan(output, Path(str(data)), options, recipe, **tracked)
    if (output / CONFIG).exists():
        # Processes that were started from outside find what the first of them has written.
        if not is_launched_from_outside():
            raise TrainingError(
                f"{output} holds a run: go on with it by --resume {output}, or choose another."
            )
        if other := plan.differences(Plan.load(output)):
            raise TrainingError(
                f"{output} holds a run that differs in {other[0]}: choose another folder with -o."
            )
    return plan


def _old_plan(
    folder: Path, data: Path | None, tracked: dict[str, Any], given: dict[str, Any]
) -> "Plan":
    from fingerspell.training.plan import MAY_CHANGE, Plan  # noqa: PLC0415

    plan = Plan.load(folder)
    fixed = sorted(set(given).difference(MAY_CHANGE))
    if tracked.get("tracking", plan.tracking) == plan.tracking:
        fixed += [name for name, value in tracked.items() if value != getattr(plan, name)]
    if fixed:
        raise TrainingError(
            f"{fixed[0]} cannot change within a run: only {', '.join(MAY_CHANGE)} and tracking can."
        )
    if data is None and not plan.data.is_dir():
        raise TrainingError(
            f"{plan.data}, where the images of {folder} were, is no longer a folder: say where they "
            "are with --data DIR."
        )
    options = with_settings(plan.options, given, "the command line")
    return replace(plan, options=options, data=data or plan.data, **tracked)


def _train(plan: "Plan", as_json: bool) -> None:
    from fingerspell.training.launch import is_first_process  # noqa: PLC0415
    from fingerspell.training.run import train as run  # noqa: PLC0415
    from fingerspell.training.terminal import Display  # noqa: PLC0415

    with stages() as stage:
        summary = run(plan, stage, Display)
    if summary is None:
        typer.echo(f"saved; go on with: fingerspell train --resume {plan.folder}", err=True)
        raise KeyboardInterrupt
    if not is_first_process():  # of several that were started from outside
        return
    if as_json:
        print_json(summary)
        return
    typer.echo(_conclusion(summary, plan.folder), err=True)
    typer.echo(plan.folder)


def _conclusion(summary: dict[str, Any], folder: Path) -> str:
    """How well the run did, and how to learn more."""
    test, spread = summary["test"], summary.get("test_std", {})
    evaluated = summary["folds"][0]["run"] if "folds" in summary else folder
    more = f"for unseen signers: fingerspell evaluate {evaluated} --external DIR"
    if not spread and not test["n"]:
        return f"every image was learned from, so none is left to test on; {more}"
    n = f"standard deviation {spread['accuracy']:.2%}" if spread else f"n = {test['n']:,}"
    shares = [each.get("test_near_train_share") for each in summary.get("folds", [summary])]
    known = [share for share in shares if share is not None]
    near = f", {sum(known) / len(known):.1%} of them with a near-duplicate in training" if known else ""
    return f"test accuracy {test['accuracy']:.2%} ({n}) on the data set's own images{near}; {more}"


def _print_estimate(plan: "Plan", as_json: bool) -> None:
    from fingerspell.training.trial import estimate  # noqa: PLC0415

    with stages() as stage:
        expected = estimate(plan, stage)
    if as_json:
        print_json(vars(expected))
        return
    for line in (
        f"parameters          {expected.parameters:,} ({expected.trained_parameters:,} trained)",
        f"steps an epoch      {expected.steps_per_epoch:,}",
        f"images a second     {expected.images_per_s:,.0f}",
        f"seconds an epoch    {expected.seconds_per_epoch:,.1f}",
        f"minutes to prepare  {expected.preparing_seconds / 60:,.1f}",
        f"hours in all        {expected.total_seconds / 3600:,.2f}",
        *(f"{name:<20}{value:,.0f}" for name, value in expected.memory_mb.items()),
    ):
        typer.echo(line)


def _print_profile(plan: "Plan", trace: Path, as_json: bool) -> None:
    from fingerspell.training.profile import profile_steps  # noqa: PLC0415

    with stages() as stage:
        operations = profile_steps(plan, stage, trace)
    if as_json:
        print_json([vars(each) for each in operations])
        return
    total_ms = sum(each.cpu_ms + each.device_ms for each in operations) or 1.0
    typer.echo(f"{'CPU ms':>10} {'GPU ms':>10} {'share':>6} {'calls':>7}  operation")
    for each in operations[:_SHOWN]:
        share = (each.cpu_ms + each.device_ms) / total_ms
        figures = f"{each.cpu_ms:>10,.1f} {each.device_ms:>10,.1f} {share:>6.1%} {each.calls:>7,}"
        typer.echo(f"{figures}  {each.name}")
    typer.echo(f"without what each calls; wrote {trace}", err=True)


def _print_range_test(plan: "Plan", path: Path, as_json: bool) -> None:
    from fingerspell.training.trial import range_test  # noqa: PLC0415

    with _writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)  # before the work, which would be for nothing
    with stages() as stage:
        tested = range_test(plan, stage)
    with _writing(path):
        tested.draw(path, f"{plan.options.model.model}: loss at rising learning rates")
    if as_json:
        print_json(vars(tested))
    else:
        typer.echo(f"{tested.suggested:.2g}")
        typer.echo(f"the loss falls most steeply there; drew {path}", err=True)


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise TrainingError(
            f"{path} cannot be written ({error.strerror}): choose another place for the drawing."
        ) from error


with_settings_as_options(train)
