"""Search for the options that validate best: runs one after the other, chosen by Optuna.

    FOLDER/tune.yaml      what is searched, and the options that stay
        trials.log        Optuna's journal, from which a search goes on
        trials.csv        a row a trial
        best.yaml         a recipe: the options of the best trial
        runs/ID           the run of each trial, as `training.run` writes it

Each trial's options depend on the seed, its number and the trials before it alone, so that a search
that was stopped goes on as it would have.
"""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import optuna
import yaml
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import FrozenTrial, TrialState

from fingerspell.errors import DivergedError, TrainingError
from fingerspell.files import write_atomically
from fingerspell.progress import Stage
from fingerspell.texts import shown
from fingerspell.training.loop import Watcher
from fingerspell.training.options import Monitor, TrainOptions
from fingerspell.training.plan import Plan
from fingerspell.training.record import Row, save_csv
from fingerspell.training.run import WatcherOf, train
from fingerspell.training.settings import as_flat, coerced, nearest, settings, with_settings

SEARCH, JOURNAL, TABLE, BEST, RUNS = "tune.yaml", "trials.log", "trials.csv", "best.yaml", "runs"
DONE, EARLY, DIVERGED = "done", "ended early", "diverged"  # how a trial came to its end
LOG_FROM = 10.0  # a range whose ends are so far apart is searched by orders of magnitude
FIRST_TRIALS = 5  # drawn at random, and never ended early

Space = dict[str, BaseDistribution]
Told = Callable[[FrozenTrial, optuna.Study], None]


@dataclass(frozen=True)
class Tuned:
    """What a search found.

    Attributes:
        best: path of the recipe.
        values: of the options that were searched.
        monitor: name of the validation figure.
        validation: its value in the best trial.
        run: folder of that trial's run.
        trials: that were run to their end.
        ended_early: that were worse than the others after as many epochs.
        diverged: whose loss became NaN or infinite.
    """

    best: Path
    values: dict[str, Any]
    monitor: str
    validation: float
    run: Path
    trials: int
    ended_early: int
    diverged: int


def space_of(texts: Sequence[str]) -> Space:
    """What is searched: `lr=1e-4..1e-1`, `optimizer=sgd,adamw`, or `augment=none|strong, mirror=0`.

    Raises:
        TrainingError: a name is no option, or a value cannot be its.
    """
    space: Space = {}
    known = {setting.name: setting for setting in settings()}
    for text in texts:
        name, _, values = (part.strip() for part in text.partition("="))
        name = name.replace("-", "_")
        if name not in known:
            raise TrainingError(
                f"--vary {shown(text)} names no option: {nearest(name, [*known])} Write "
                "lr=1e-4..1e-1, for example."
            )
        setting = known[name]
        low, dots, high = values.partition("..")
        if dots and setting.type in (int, float):
            space[name] = _range(name, setting.type, low, high)
        else:
            parts = [part.strip() for part in values.split("|" if "|" in values else ",")]
            space[name] = CategoricalDistribution(
                [_plain(coerced(setting, _read(part), "--vary")) for part in parts]
            )
    return space


def _read(text: str) -> Any:
    """A value as YAML has it."""
    return yaml.safe_load(text) if text else ""


def _plain(value: Any) -> Any:
    return getattr(value, "value", value)


def _range(name: str, kind: type, low: str, high: str) -> BaseDistribution:
    try:
        ends = kind(low), kind(high)
    except ValueError as error:
        raise TrainingError(
            f"--vary {name} cannot go from {shown(low)} to {shown(high)}: give two "
            f"{'whole ' if kind is int else ''}numbers, such as {name}=1..10."
        ) from error
    if not ends[0] < ends[1]:
        raise TrainingError(f"--vary {name} has to rise, but goes from {low} to {high}.")
    by_magnitude = ends[0] > 0 and ends[1] / ends[0] >= LOG_FROM
    distribution = IntDistribution if kind is int else FloatDistribution
    return distribution(*ends, log=by_magnitude)


def tune(
    plan: Plan,
    space: Space,
    n_trials: int,
    stage: Stage,
    told: Told = lambda _trial, _study: None,
    watcher: WatcherOf | None = None,
) -> Tuned:
    """Run trials until there are so many.

    Args:
        plan: of every run; its folder is the search's.
        space: options that differ from trial to trial; see `space_of`.
        n_trials: in all, those of an earlier start counted.
        stage: told of each run's preparations.
        told: called after each trial.
        watcher: makes who is told of batches and epochs.

    Raises:
        TrainingError: the folder holds another search, or a run cannot be trained.
        KeyboardInterrupt: somebody stopped it; the same call goes on.
    """
    _check(plan, space)
    study = _open(plan)
    for begun in study.get_trials(states=(TrialState.RUNNING,)):  # it was stopped in their midst
        study.tell(begun.number, state=TrialState.FAIL)
        study.enqueue_trial(begun.params)
    while len(_done(study)) < n_trials:
        study.sampler = _sampler(plan.options.learning.seed, len(study.trials))
        trial = study.ask(space)
        run = _plan_of(plan, trial.params)
        _run(study, trial, run, stage, watcher)
        told(study.trials[trial.number], study)
        _save_table(study, plan.folder / TABLE)
    return _tuned(plan, study)


def _check(plan: Plan, space: Space) -> None:
    """See that this search can begin, or is the one that the folder holds."""
    if not space:
        raise TrainingError("nothing is searched: say what with --vary, such as lr=1e-4..1e-1.")
    if plan.options.device.devices > 1 or plan.options.device.nodes > 1:
        raise TrainingError("a search trains on one device: leave --devices away.")
    if plan.options.data.folds:
        raise TrainingError("a search compares single runs: leave --folds away.")
    document = {
        "data": str(plan.data.absolute()),
        "space": {name: optuna.distributions.distribution_to_json(d) for name, d in space.items()},
        "options": as_flat(plan.options),
    }
    path = plan.folder / SEARCH
    if not path.exists():
        try:
            plan.folder.mkdir(parents=True, exist_ok=True)
            write_atomically(path, yaml.safe_dump(document, sort_keys=False).encode())
        except OSError as error:
            raise TrainingError(
                f"{plan.folder} cannot be written to ({error.strerror}): choose another folder with -o."
            ) from error
    elif yaml.safe_load(path.read_text()) != document:
        raise TrainingError(f"{plan.folder} holds another search: choose another folder with -o.")


def _open(plan: Plan) -> optuna.Study:
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return optuna.create_study(
        study_name="tune",
        storage=JournalStorage(JournalFileBackend(str(plan.folder / JOURNAL))),
        direction="minimize" if plan.options.learning.monitor == Monitor.LOSS else "maximize",
        pruner=optuna.pruners.MedianPruner(n_startup_trials=FIRST_TRIALS, n_warmup_steps=1),
        load_if_exists=True,
    )


def _sampler(seed: int, number: int) -> optuna.samplers.BaseSampler:
    return optuna.samplers.TPESampler(
        n_startup_trials=FIRST_TRIALS, seed=(seed * 100_003 + number) % 2**32
    )


def _done(study: optuna.Study) -> list[FrozenTrial]:
    """Trials that came to an end: in full, early, or because their loss diverged."""
    ended = (TrialState.COMPLETE, TrialState.PRUNED)
    return [t for t in study.get_trials() if t.state in ended or DIVERGED in t.user_attrs]


def _plan_of(plan: Plan, values: Mapping[str, Any]) -> Plan:
    """A trial's run, which the same options find again."""
    name = hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:10]
    options = with_settings(plan.options, values, "the search")
    return replace(plan, folder=plan.folder / RUNS / name, options=options)


def _run(
    study: optuna.Study, trial: optuna.Trial, run: Plan, stage: Stage, watcher: WatcherOf | None
) -> None:
    trial.set_user_attr("run", str(run.folder))
    figure = f"validation_{run.options.learning.monitor}"

    def watched(of: Plan) -> Watcher:
        return _Pruner(trial, figure, watcher(of) if watcher else None)

    try:
        summary = train(run, stage, watched, with_page=False)
    except optuna.TrialPruned:
        study.tell(trial, state=TrialState.PRUNED)
    except DivergedError as error:
        trial.set_user_attr(DIVERGED, str(error))
        study.tell(trial, state=TrialState.FAIL)
    else:
        if summary is None:
            raise KeyboardInterrupt
        if figure not in summary["best"]:
            raise TrainingError("a search needs a validation part: use another split.")
        study.tell(trial, summary["best"][figure])


class _Pruner:
    """Ends a run that is worse than half of the others after as many epochs.

    Args:
        trial: of the run.
        figure: that is compared.
        watcher: who is told, too.
    """

    def __init__(self, trial: optuna.Trial, figure: str, watcher: Watcher | None) -> None:
        self.trial, self.figure, self.watcher = trial, figure, watcher

    def batch(self, epoch: int, done: int, total: int) -> None:
        """Pass it on."""
        if self.watcher:
            self.watcher.batch(epoch, done, total)

    def epoch(self, row: Row, is_best: bool, before: float | None = None) -> None:
        """Compare.

        Raises:
            optuna.TrialPruned: it is not worth going on.
        """
        if self.watcher:
            self.watcher.epoch(row, is_best, before)
        if self.figure in row:
            self.trial.report(float(row[self.figure]), int(row["epoch"]))
            if self.trial.should_prune():
                raise optuna.TrialPruned


def _save_table(study: optuna.Study, path: Path) -> None:
    rows = [
        {
            "trial": t.number,
            "state": how_it_ended(t),
            "value": t.value,
            **t.params,
            "run": t.user_attrs["run"],
        }
        for t in _done(study)
    ]
    save_csv(rows, path)


def how_it_ended(trial: FrozenTrial) -> str:
    """In words: done, ended early or diverged."""
    return {TrialState.COMPLETE: DONE, TrialState.PRUNED: EARLY}.get(trial.state, DIVERGED)


def _tuned(plan: Plan, study: optuna.Study) -> Tuned:
    states = [how_it_ended(trial) for trial in _done(study)]
    if DONE not in states:
        raise TrainingError("every trial diverged: search lower learning rates.")
    best = study.best_trial
    options = _plan_of(plan, best.params).options
    monitor = str(options.learning.monitor)
    path = plan.folder / BEST
    write_atomically(path, _recipe(options, f"{monitor} {best.value:.4f} on validation").encode())
    return Tuned(
        best=path,
        values=best.params,
        monitor=monitor,
        validation=float(study.best_value),
        run=Path(best.user_attrs["run"]),
        trials=states.count(DONE),
        ended_early=states.count(EARLY),
        diverged=states.count(DIVERGED),
    )


def _recipe(options: TrainOptions, description: str) -> str:
    """The options that are not at their defaults, as a recipe."""
    defaults = as_flat(TrainOptions())
    chosen = {name: value for name, value in as_flat(options).items() if value != defaults[name]}
    return yaml.safe_dump({"description": description, **chosen}, sort_keys=False, allow_unicode=True)


def as_document(tuned: Tuned) -> dict[str, Any]:
    """What `--json` prints."""
    return {name: str(v) if isinstance(v, Path) else v for name, v in asdict(tuned).items()}
